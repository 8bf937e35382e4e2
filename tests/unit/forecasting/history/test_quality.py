# SPDX-License-Identifier: GPL-3.0-or-later
"""Samples come out sorted, single and finite, or the file is refused with the line that is wrong."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecasting.errors import InputError
from forecasting.history.quality import clean

CSV = Path("values.csv")


def raw(*rows: tuple[str, str, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["unique_id", "ds", "y"])


@given(st.permutations([("a", f"2026-01-0{day}T00:00:00Z", str(day)) for day in range(1, 8)]))
def test_the_order_of_rows_does_not_matter(rows):
    found, warnings = clean(raw(*rows), CSV)
    assert found["y"].tolist() == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]
    assert warnings == []


def test_the_last_of_duplicates_counts_and_the_user_is_told():
    found, warnings = clean(raw(("a", "2026-01-01T00:00:00Z", "1"), ("a", "2026-01-01T01:00:00+01:00", "2")), CSV)
    assert found["y"].tolist() == [2.0]
    assert "more than once" in warnings[0] and "1 samples of a" in warnings[0]


@pytest.mark.parametrize("empty", ["", "NaN", "null", "inf", "-inf"])
def test_values_that_are_not_finite_are_left_out_and_told(empty):
    found, warnings = clean(raw(("a", "2026-01-01", "1"), ("a", "2026-01-02", empty)), CSV)
    assert found["y"].tolist() == [1.0]
    assert "without a finite value" in warnings[0]


def test_a_change_of_zone_is_one_line_of_time():
    found, _unused = clean(raw(("a", "2026-10-25T02:30:00+02:00", "1"), ("a", "2026-10-25T02:30:00+01:00", "2")), CSV)
    assert found["ds"].diff().iloc[1] == pd.Timedelta("1h")
    assert str(found["ds"].dt.tz) == "UTC"


def test_times_with_and_without_zone_are_refused_by_line():
    rows = [("a", f"2026-01-01T0{hour}:00:00Z", "1") for hour in range(5)] + [("b", "2026-01-01T09:00:00", "1")]
    with pytest.raises(InputError, match=r"values\.csv line 7 \(series 'b'\).*UTC"):
        clean(raw(*rows), CSV)


@pytest.mark.parametrize(("ds", "y", "why"), [("yesterday", "1", "not a time"), ("2026-01-02", "many", "not a number")])
def test_rubbish_is_refused_by_line(ds, y, why):
    with pytest.raises(InputError, match=rf"values\.csv line 3 \(series 'a'\).*{why}"):
        clean(raw(("a", "2026-01-01", "1"), ("a", ds, y)), CSV)


def test_numbers_are_no_times():
    with pytest.raises(InputError, match="numbers; write times"):
        clean(pd.DataFrame({"unique_id": ["a"], "ds": [1], "y": [1.0]}), CSV)
