# SPDX-License-Identifier: GPL-3.0-or-later
"""The terminal table is as wide as asked for, says everything in words, and prints no control character."""

from __future__ import annotations

from typing import Any

import pytest

from forecasting.report.table import render


def test_every_recommendation_is_a_row_in_rank_order(lab: Any) -> None:
    forecast = lab.run().forecast
    text = render(forecast, 120)
    places = [text.index(f"\n{rank}  {item['device']}") for rank, item in enumerate(forecast["recommendations"], 1)]
    assert places == sorted(places)
    assert "set eth3 to 25 Mbit/s" in text
    assert "leaf-b2 (leaf)" in text
    assert "Why" in text.splitlines()[2]


@pytest.mark.parametrize("width", [100, 120, 200])
def test_no_line_is_wider_than_asked(lab: Any, width: int) -> None:
    assert max(len(line) for line in render(lab.run().forecast, width).splitlines()) <= width


def test_a_quiet_forecast_says_so(world: Any, futures: Any) -> None:
    world.add("edge-a1|eth3|capacity_bps", None, level=20e6)
    world.add("edge-a1|eth3|if_out_bps", futures["flat"](1e6), labels={"link": "uplink"})
    assert "Nothing is forecast to be needed." in render(world.run().forecast, 80)


def test_what_was_left_out_is_said_without_control_characters() -> None:
    forecast = {"as_of": "2026-11-23T00:00:00Z", "recommendations": [], "left_out": [{"unique_id": "a\x1b[2J", "reason": "b\nc"}]}
    text = render(forecast, 80)
    assert "\x1b" not in text
    assert text.splitlines()[-1].startswith("  a\N{REPLACEMENT CHARACTER}[2J: b")
