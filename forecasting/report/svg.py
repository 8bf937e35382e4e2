# SPDX-License-Identifier: GPL-3.0-or-later
"""The little of SVG that the pictures need: escaped elements, scales and round ticks."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from markupsafe import Markup, escape

Point = tuple[float, float]
DAY = timedelta(days=1)
DAY_STEPS = (1, 2, 7, 14, 28)
MONDAYS = 7
FLAT = 1e-9  # a range narrower than this share of its numbers is drawn as a flat line
FEWEST_TICKS, MOST_TICKS = 4, 10


def tag(name: str, *children: str | Markup, **attributes: str | float | None) -> Markup:
    """An element; every text and attribute is escaped. ``class_`` and ``stroke_width`` become class and stroke-width."""
    listed = Markup("").join(
        Markup(' {}="{}"').format(key.rstrip("_").replace("_", "-"), _plain(value))
        for key, value in attributes.items()
        if value is not None
    )
    inner = Markup("").join(escape(child) for child in children)
    return Markup("<{0}{1}>{2}</{0}>").format(name, listed, inner)


def _plain(value: str | float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def path(points: Iterable[Point], *, closed: bool = False, **attributes: str | float | None) -> Markup:
    """A line through `points`, closed to an area when asked for."""
    steps = " L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    return tag("path", d=f"M{steps}{' Z' if closed else ''}" if steps else "M0 0", **attributes)


@dataclass(frozen=True)
class Scale:
    """Maps [low, high] of the data to [start, end] of the picture."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """The place of `value`."""
        span = self.high - self.low
        return self.start + (value - self.low) / span * (self.end - self.start) if span else (self.start + self.end) / 2


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round numbers (1, 2 or 5 times a power of ten) that cover [low, high]."""
    span = max(high - low, FLAT * max(abs(low), abs(high))) or 1.0
    raw = span / about
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(count * step, 10) for count in range(first, max(last, first + 1) + 1)]


def day_ticks(start: datetime, end: datetime) -> list[datetime]:
    """Midnights (UTC) between `start` and `end`, as many as fit to be read: Mondays for a long span, hours for a short one."""
    if end - start < FEWEST_TICKS * DAY:
        hours = max(1, round((end - start) / timedelta(hours=1) / MOST_TICKS / 6)) * 6
        first = start.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        count = int((end - first) / timedelta(hours=hours))
        return [moment for step in range(count + 1) if (moment := first + step * timedelta(hours=hours)) >= start]
    first = (start.astimezone(UTC) + DAY - timedelta(microseconds=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    days = next((step for step in DAY_STEPS if (end - first) / (step * DAY) <= MOST_TICKS), DAY_STEPS[-1])
    if days >= MONDAYS:
        first += -first.weekday() % 7 * DAY
    return [first + step * days * DAY for step in range(int((end - first) / (days * DAY)) + 1)]


def band(xs: Sequence[float], low: Sequence[float], high: Sequence[float], **attributes: str | float | None) -> Markup:
    """The area between two lines."""
    return path([*zip(xs, high, strict=True), *reversed(list(zip(xs, low, strict=True)))], closed=True, **attributes)
