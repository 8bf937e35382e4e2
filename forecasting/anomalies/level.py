# SPDX-License-Identifier: GPL-3.0-or-later
"""A change of level: the median of the last few samples away from the median of those before them, by many times their spread."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque
from statistics import median
from typing import NamedTuple

QUARTILES_TO_SIGMA = 1.349
HALF_WAY = 0.5
BEFORE, ON_ITS_WAY = 5, 0.35
Sample = tuple[float, tuple[float, ...]]


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
        self.recent: deque[Sample] = deque()
        self.old: deque[Sample] = deque()
        self.ordered: list[float] = []

    def usual(self) -> float | None:
        """The level before the latest samples, None while nothing is known."""
        return self.ordered[len(self.ordered) // 2] if self.ordered else None

    def update(self, value: float, expected: tuple[float, ...]) -> Change | None:
        """What changed, where that has just become known; then starts anew from there.

        `expected`: what is usual at this time of day and at this time of the week, as far as known. A change that is usual is none.
        """
        self.recent.append((value, expected))
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
        size = sorted(value for value, _expected in self.recent)[self.after // 2] - middle
        if size * (value - middle) < 0 or abs(size) < max(needed, HALF_WAY * abs(value - middle)):
            return None
        since = next(place for place, (one, _expected) in enumerate(self.recent) if (one - middle) / size > HALF_WAY)
        kept = list(self.recent)[since:]
        unusual = min(((size - usual) / size for usual in self._usually(kept)), default=1.0)
        farthest = ordered[-1 - count // 10] if size > 0 else ordered[count // 10]
        rare = (farthest - middle) / size < HALF_WAY
        just_before = [value for value, _expected in [*self.old, *self.recent]][-len(kept) - BEFORE : -len(kept)]
        sudden = (median(just_before) - middle) / size < ON_ITS_WAY
        self.old.clear()
        self.ordered.clear()
        self.recent.clear()
        for sample in kept:
            self._remember(sample)
        return Change(size, abs(size) / needed, len(kept) - 1) if sudden and rare and unusual >= HALF_WAY else None

    def _usually(self, kept: list[Sample]) -> list[float]:
        """By how much the level usually changes here, by the day and by the week, as far as known."""
        both = min(len(expected) for _value, expected in [*kept, *self.old])
        return [median(usual[kind] for _value, usual in kept) - median(usual[kind] for _value, usual in self.old) for kind in range(both)]

    def _remember(self, sample: Sample) -> None:
        if len(self.old) == self.before:
            gone, _expected = self.old.popleft()
            del self.ordered[bisect_left(self.ordered, gone)]
        self.old.append(sample)
        insort(self.ordered, sample[0])
