# SPDX-License-Identifier: GPL-3.0-or-later
"""A change of level: the median of the last few samples away from the median of those before them, by many times their spread."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque
from typing import NamedTuple

QUARTILES_TO_SIGMA = 1.349
HALF_WAY = 0.5


class Change(NamedTuple):
    """Size in the series' unit, and in what a change needs (at least 1); how many samples ago the first at the new level came."""

    size: float
    needs: float
    age: int


class Level:
    """Tracks the level since it last changed; memory of `after + before` samples."""

    def __init__(self, after: int, before: int, least: int, distance: float, share: float) -> None:
        """Compare `after` samples with up to `before` (at least `least`) earlier ones.

        A change is `distance` spreads (from the quartiles), and at least `share` of the level.
        """
        self.after, self.before, self.least, self.distance, self.share = after, before, least, distance, share
        self.recent: deque[float] = deque()
        self.old: deque[float] = deque()
        self.ordered: list[float] = []

    def usual(self) -> float | None:
        """The level before the latest samples, None while nothing is known."""
        return self.ordered[len(self.ordered) // 2] if self.ordered else None

    def update(self, value: float) -> Change | None:
        """What changed, where that has just become known; then starts anew from there."""
        self.recent.append(value)
        if len(self.recent) <= self.after:
            return None
        self._remember(self.recent.popleft())
        if len(self.ordered) < self.least:
            return None
        ordered, count = self.ordered, len(self.ordered)
        middle = ordered[count // 2]
        spread = (ordered[(3 * count) // 4] - ordered[count // 4]) / QUARTILES_TO_SIGMA
        needed = max(self.distance * spread, self.share * abs(middle), 1e-300)
        if abs(value - middle) < needed:
            return None
        now = sorted(self.recent)[self.after // 2]
        if (now - middle) * (value - middle) < 0 or abs(now - middle) < max(needed, HALF_WAY * abs(value - middle)):
            return None
        size = now - middle
        since = next(place for place, one in enumerate(self.recent) if (one - middle) / size > HALF_WAY)
        self.old.clear()
        self.ordered.clear()
        kept = list(self.recent)[since:]
        self.recent.clear()
        for one in kept:
            self._remember(one)
        return Change(size, abs(size) / needed, len(kept) - 1)

    def _remember(self, value: float) -> None:
        if len(self.old) == self.before:
            gone = self.old.popleft()
            del self.ordered[bisect_left(self.ordered, gone)]
        self.old.append(value)
        insort(self.ordered, value)
