# SPDX-License-Identifier: GPL-3.0-or-later
"""The reliability diagram: how often what was forecast with p % came to be needed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from ..units import percent
from .svg import Scale, path, tag

SIZE, LEFT, RIGHT, TOP, BOTTOM = 350.0, 66.0, 22.0, 12.0, 46.0
MARKS = (0.0, 0.25, 0.5, 0.75, 1.0)
LEAST_RADIUS, MOST_RADIUS = 3.5, 10.0


@dataclass(frozen=True)
class Bin:
    """Forecasts of about the same confidence: mean forecast, share that was needed, its interval, effective n."""

    forecast: float
    needed: float
    low: float
    high: float
    effective_n: float


def bins_of(scores: Mapping[str, Any] | None) -> list[Bin]:
    """The bins of a calibration report's scores (``overall.p_calibrated``)."""
    listed = scores["bins"] if scores else []
    return [Bin(item["stated"], item["came"], item["interval"][0], item["interval"][1], item["n"]) for item in listed]


def diagram(bins: Sequence[Bin]) -> Markup:
    """An inline SVG; the closer the dots lie to the diagonal, the more a confidence means what it says."""
    x, y = Scale(0, 1, LEFT, SIZE - RIGHT), Scale(0, 1, SIZE - BOTTOM, TOP)
    layers = [_grid(x, y), path([(x(0), y(0)), (x(1), y(1))], class_="diagonal")]
    ordered = sorted(bins, key=lambda item: item.forecast)
    if len(ordered) > 1:
        layers.append(path([(x(item.forecast), y(item.needed)) for item in ordered], class_="reliability"))
    most = max((item.effective_n for item in ordered), default=1.0)
    for item in ordered:
        layers.append(tag("line", x1=x(item.forecast), x2=x(item.forecast), y1=y(item.low), y2=y(item.high), class_="whisker"))
        radius = LEAST_RADIUS + (MOST_RADIUS - LEAST_RADIUS) * math.sqrt(item.effective_n / most)
        words = f"forecast {percent(item.forecast)}, needed {percent(item.needed)}, effective n {item.effective_n:.1f}"
        layers.append(tag("circle", tag("title", words), cx=x(item.forecast), cy=y(item.needed), r=radius, class_="dot"))
    layers.append(tag("text", "forecast confidence", x=(LEFT + SIZE - RIGHT) / 2, y=SIZE - 8, class_="tick middle"))
    turn = f"rotate(-90 14 {(TOP + SIZE - BOTTOM) / 2:.0f})"
    layers.append(tag("text", "share that was needed", x=14.0, y=(TOP + SIZE - BOTTOM) / 2, class_="tick middle", transform=turn))
    title = tag("title", "Reliability diagram: forecast confidence against the share that was needed")
    return tag("svg", title, *layers, viewBox=f"0 0 {SIZE:.0f} {SIZE:.0f}", role="img", class_="picture square")


def _grid(x: Scale, y: Scale) -> Markup:
    lines = [tag("line", x1=x(0), x2=x(1), y1=y(mark), y2=y(mark), class_="grid") for mark in MARKS]
    lines += [tag("line", x1=x(mark), x2=x(mark), y1=y(0), y2=y(1), class_="grid") for mark in MARKS]
    labels = [tag("text", f"{100 * mark:.0f} %", x=LEFT - 8, y=y(mark) + 4, class_="tick end") for mark in MARKS]
    labels += [tag("text", f"{100 * mark:.0f} %", x=x(mark), y=SIZE - BOTTOM + 18, class_="tick middle") for mark in MARKS]
    return tag("g", *lines, *labels)
