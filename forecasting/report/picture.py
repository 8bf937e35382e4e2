# SPDX-License-Identifier: GPL-3.0-or-later
"""The picture of a recommendation: what was, the fan of what may come, the limit, and when it is crossed first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from markupsafe import Markup

from ..contracts import parse_time
from ..units import day, quantity, unit_word
from .svg import Scale, band, day_ticks, path, tag, ticks

WIDTH, HEIGHT = 760.0, 290.0
LEFT, RIGHT, TOP, BOTTOM = 62.0, 14.0, 26.0, 34.0
FANS = (("q025", "q975", "fan-95"), ("q10", "q90", "fan-80"), ("q30", "q70", "fan-40"))
RATE_SIZES = (1e12, 1e9, 1e6, 1e3)
Samples = Sequence[tuple[datetime, float]]


@dataclass(frozen=True)
class Scene:
    """What a picture shows. `past` and `since` are samples before and after `as_of`, `events` (start, end, name)."""

    as_of: datetime
    evidence: Mapping[str, Any]
    past: Samples = ()
    since: Samples = ()
    events: Sequence[tuple[datetime, datetime, str]] = ()


@dataclass(frozen=True)
class _Frame:
    x: Scale
    y: Scale
    unit: str

    def at(self, when: datetime) -> float:
        return self.x(when.timestamp())

    def points(self, samples: Samples) -> list[tuple[float, float]]:
        return [(self.at(when), self.y(value)) for when, value in samples]


def picture(scene: Scene) -> Markup:
    """An inline SVG, or nothing where the evidence holds no fan."""
    fan = scene.evidence.get("quantiles") or {}
    if not fan.get("ds"):
        return Markup("")
    times = [parse_time(text) for text in fan["ds"]]
    frame = _frame(scene, fan, times)
    ground = [_events(scene, frame), _crossing(scene, frame), _axes(frame)]
    layers = [*ground, *_fans(fan, times, frame), *_lines(scene, frame), _labels(scene, frame)]
    return tag(
        "svg", tag("title", _title(scene)), *layers, viewBox=f"0 0 {WIDTH:.0f} {HEIGHT:.0f}", role="img", class_="picture"
    )  # fmt: skip


def _title(scene: Scene) -> str:
    return "History, forecast quantiles, limit and first crossing of " + ", ".join(scene.evidence.get("series", ["the series"]))


def _frame(scene: Scene, fan: Mapping[str, Sequence[float]], times: Sequence[datetime]) -> _Frame:
    columns = [name for pair in FANS for name in pair[:2] if name in fan] or [name for name in fan if name != "ds"]
    values = [value for name in columns for value in fan[name]] + [value for _unused, value in (*scene.past, *scene.since)]
    limit = scene.evidence.get("limit")
    values += [] if limit is None else [limit, limit * 1.08]
    low = min(0.0, *values)
    marks = ticks(low, max(values))
    start = min([times[0], scene.as_of, *(when for when, _unused in scene.past[:1])]).timestamp()
    end = max([times[-1], *(when for when, _unused in scene.since[-1:])]).timestamp()
    return _Frame(
        Scale(start, end, LEFT, WIDTH - RIGHT), Scale(marks[0], marks[-1], HEIGHT - BOTTOM, TOP), str(scene.evidence.get("unit", ""))
    )


def _axes(frame: _Frame) -> Markup:
    marks = ticks(frame.y.low, frame.y.high)
    size = next((size for size in RATE_SIZES if frame.unit == "bit/s" and frame.y.high >= size), 1.0)
    unit = quantity(size, frame.unit).split(" ", 1)[-1] if frame.unit == "bit/s" else unit_word(frame.unit)
    lines = [tag("line", x1=LEFT, x2=WIDTH - RIGHT, y1=frame.y(mark), y2=frame.y(mark), class_="grid") for mark in marks]
    labels = [tag("text", f"{mark / size:g}", x=LEFT - 8, y=frame.y(mark) + 4, class_="tick end") for mark in marks]
    start, end = (datetime.fromtimestamp(value, tz=UTC) for value in (frame.x.low, frame.x.high))
    hours = end - start < timedelta(days=4)
    for when in day_ticks(start, end):
        text = f"{when:%H:%M}" if hours and when.hour else day(when)
        lines.append(tag("line", x1=frame.at(when), x2=frame.at(when), y1=HEIGHT - BOTTOM, y2=HEIGHT - BOTTOM + 4, class_="axis"))
        labels.append(tag("text", text, x=frame.at(when), y=HEIGHT - BOTTOM + 18, class_="tick middle"))
    labels.append(tag("text", unit, x=4.0, y=TOP - 12, class_="tick"))
    return tag("g", *lines, *labels)


def _fans(fan: Mapping[str, Sequence[float]], times: Sequence[datetime], frame: _Frame) -> list[Markup]:
    xs = [frame.at(when) for when in times]
    found = [
        band(xs, [frame.y(value) for value in fan[low]], [frame.y(value) for value in fan[high]], class_=name)
        for low, high, name in FANS
        if low in fan and high in fan
    ]
    middle = [path(zip(xs, map(frame.y, fan["q50"]), strict=True), class_="median")] if "q50" in fan else []
    return found + middle


def _lines(scene: Scene, frame: _Frame) -> list[Markup]:
    found = []
    if scene.past:
        found.append(path(frame.points(scene.past), class_="past"))
    if scene.since:
        found.append(path(frame.points(scene.since), class_="since"))
    limit = scene.evidence.get("limit")
    if limit is not None:
        y = frame.y(limit)
        found.append(tag("line", x1=LEFT, x2=WIDTH - RIGHT, y1=y, y2=y, class_="limit"))
    x = frame.at(scene.as_of)
    found.append(tag("line", x1=x, x2=x, y1=TOP - 6, y2=HEIGHT - BOTTOM, class_="now"))
    return found


def _crossing(scene: Scene, frame: _Frame) -> Markup:
    """The range of the first crossing: 10 % to 90 % of the futures (to the end where fewer cross), its median marked."""
    crossing = {name: parse_time(text) for name, text in (scene.evidence.get("crossing") or {}).items() if text}
    if "q10" not in crossing:
        return tag("g")
    left, right = frame.at(crossing["q10"]), frame.at(crossing["q90"]) if "q90" in crossing else WIDTH - RIGHT
    shapes = [tag("rect", x=left, y=TOP, width=max(right - left, 2.0), height=HEIGHT - TOP - BOTTOM, class_="crossing")]
    if "q50" in crossing:
        x = frame.at(crossing["q50"])
        shapes.append(tag("line", x1=x, x2=x, y1=TOP, y2=HEIGHT - BOTTOM, class_="crossing-middle"))
    return tag("g", *shapes)


def _labels(scene: Scene, frame: _Frame) -> Markup:
    """What must stay readable above the lines."""
    found = []
    limit, early = scene.evidence.get("limit"), (scene.evidence.get("crossing") or {}).get("q10")
    if limit is not None:
        words = f"limit {quantity(limit, frame.unit)}"
        found.append(tag("text", words, x=LEFT + 6, y=frame.y(limit) - 6, class_="limit-label"))
    if early:
        already = parse_time(early) <= scene.as_of and scene.evidence["crossing"].get("q90") == early
        x = frame.at(parse_time(early))
        words = "crossed already" if already else "first crossing"
        left_side = already or x > WIDTH * 0.72
        x, style = (x - 6, "tick crossing-label end") if left_side else (x + 6, "tick crossing-label")
        found.append(tag("text", words, x=x, y=HEIGHT - BOTTOM - 8, class_=style))
    found.append(tag("text", "forecast made", x=frame.at(scene.as_of), y=TOP - 10, class_="tick middle"))
    return tag("g", *found)


def _events(scene: Scene, frame: _Frame) -> Markup:
    shapes = []
    for start, end, name in scene.events:
        left, right = (min(max(frame.at(when), LEFT), WIDTH - RIGHT) for when in (start, end))
        if right - left > 1:
            shapes.append(tag("rect", x=left, y=TOP, width=right - left, height=HEIGHT - TOP - BOTTOM, class_="event"))
            shapes.append(tag("text", name, x=(left + right) / 2, y=TOP + 12, class_="tick event-label middle"))
    return tag("g", *shapes)
