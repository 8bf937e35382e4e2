# SPDX-License-Identifier: GPL-3.0-or-later
"""Scales, ticks and elements: round, within bounds, escaped."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecasting.report.reliability import Bin, diagram
from forecasting.report.svg import Scale, day_ticks, tag, ticks
from forecasting.units import digits, percent, quantity

NUMBERS = st.floats(-1e12, 1e12, allow_nan=False)


@given(NUMBERS, st.floats(1e-6, 1e12))
def test_ticks_cover_the_range_in_even_round_steps(low: float, span: float) -> None:
    found = ticks(low, low + span)
    slack = 1e-6 * (span + abs(low))
    assert found[0] <= low + slack
    assert found[-1] >= low + span - slack
    assert 2 <= len(found) <= 13


@given(st.integers(1, 60 * 24 * 90))
def test_time_ticks_lie_inside_and_can_be_read(minutes: int) -> None:
    start = datetime(2026, 11, 20, 7, 30, tzinfo=UTC)
    found = day_ticks(start, start + timedelta(minutes=minutes))
    assert all(start <= when <= start + timedelta(minutes=minutes) for when in found)
    assert len(found) <= 17


def test_a_long_span_is_ticked_on_mondays() -> None:
    start = datetime(2026, 11, 9, 1, tzinfo=UTC)
    assert {when.weekday() for when in day_ticks(start, start + timedelta(days=28))} == {0}


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff")))
def test_an_element_gives_back_the_text_it_was_given(text: str) -> None:
    element = ElementTree.fromstring(tag("text", text, class_=text, x=1.0))
    assert (element.text or "") == text
    assert element.get("class") == text


def test_a_scale_of_no_width_has_a_middle() -> None:
    assert Scale(3, 3, 0, 10)(3) == 5


def test_the_reliability_diagram_is_sound_svg() -> None:
    bins = [Bin(0.1, 0.0, 0.0, 0.2, 3.0), Bin(0.9, 1.0, 0.8, 1.0, 12.5)]
    root = ElementTree.fromstring(diagram(bins))
    circles = root.findall(".//circle")
    assert len(circles) == 2
    assert "needed above 99 %, effective n 12.5" in str(circles[1].findtext("title"))
    ElementTree.fromstring(diagram([]))


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (16e6, "bit/s", "16 Mbit/s"),
        (1.25e10, "bit/s", "12.5 Gbit/s"),
        (0.0, "bit/s", "0 bit/s"),
        (-14.2, "attempt per 5 min", "−14.2 attempts per 5 min"),
        (0.034, "ratio", "0.034"),
        (1234.6, "user", "1,235 users"),
        (231.4, "ms", "231 ms"),
    ],
)
def test_quantities_in_words(value: float, unit: str, text: str) -> None:
    assert quantity(value, unit) == text


@given(NUMBERS)
def test_digits_never_use_powers_of_ten(value: float) -> None:
    assert "e" not in digits(value)


def test_no_forecast_promises() -> None:
    assert (percent(0.001), percent(0.83), percent(0.9999)) == ("below 1 %", "83 %", "above 99 %")
