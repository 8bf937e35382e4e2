# SPDX-License-Identifier: GPL-3.0-or-later
"""The streaming detector of one series: a score for every sample, from that sample and earlier ones alone.

Three kinds of evidence say that nothing like this was seen before: the value beyond its range (as the spatial anomaly of Numenta's
detectors, Lavin and Ahmad, 2015), the mean of what lately differs from the same time of day beyond its own range, and what differs
from the same time of the week. Beside them stands a test for a change of level, which may come back to where a series has been.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import isfinite

from .level import Level
from .novelty import Calm, Extent, MovingMean, SamePhase

LISTED, UNSEEN = 0.5, 0.6
WEEK_S = 604_800
MOST = 100.0
SUDDEN = 8.0


class Cause(StrEnum):
    """Which evidence was the strongest."""

    NONE = "none"
    VALUE = "value"
    DAY = "day"
    WEEK = "week"
    LEVEL = "level"


@dataclass(frozen=True)
class Settings:
    """One for all data. Counts are samples; `half` is the excess, in units of the range before, that scores one half.

    After an alarm only a higher score counts for `rest` samples, at most a week. A change of level is `level_distance` spreads and
    `level_share` of the level, and is known after `level_after` samples; its score lies between `LISTED` and `UNSEEN`.
    """

    warm_up: int = 20
    ripe: int = 300
    days: int = 7
    least_days: int = 3
    weeks: int = 4
    least_weeks: int = 2
    smooth: int = 96
    week_weight: float = 0.3
    half: float = 0.012
    rest: int = 100
    level_after: int = 9
    level_before: int = 30
    level_least: int = 20
    level_distance: float = 4.0
    level_share: float = 0.01


DEFAULT = Settings()


@dataclass(frozen=True, slots=True)
class Verdict:
    """One sample's score in [0, 1], the strongest evidence, how far off (in the series' unit), and how many samples ago it began."""

    score: float
    cause: Cause
    size: float
    age: int


QUIET = Verdict(0.0, Cause.NONE, 0.0, 0)


class Detector:
    """The state of one series; of bounded size, and independent of how the samples arrive."""

    def __init__(self, step_s: float, use: Settings = DEFAULT) -> None:
        """`step_s`: the series' sampling interval."""
        self.use = use
        self.value = Extent(use.warm_up, use.ripe)
        self.day, self.week = SamePhase(use.days), SamePhase(use.weeks)
        self.mean = MovingMean(use.smooth)
        self.day_extent, self.week_extent = Extent(use.ripe, falls=False), Extent(use.ripe, falls=False)
        self.level = Level(use.level_after, use.level_before, use.level_least, use.level_distance, use.level_share)
        self.calm = Calm(max(1, min(use.rest, int(WEEK_S / step_s))))
        self.drift, self.drifting = 0.0, 0

    def update(self, value: float, day_phase: int, week_phase: int) -> Verdict:
        """Judge one sample and learn it. The phases are its step's place in the day and in the week, −1 without; NaN scores 0."""
        if not isfinite(value):
            return QUIET
        excess, cause, size = self.value.update(value), Cause.VALUE, 0.0
        days, expected = self.day.update(day_phase, value) if day_phase >= 0 else (0, value)
        if days >= self.use.least_days:
            off = value - expected
            more = self._of_day(off)
            if more > excess or (more > self.use.half and excess > 0.0 and abs(off) < SUDDEN * abs(self.drift)):
                excess, cause, size = max(more, excess), Cause.DAY, self.drift
        weeks, of_week = self.week.update(week_phase, value) if week_phase >= 0 else (0, value)
        if weeks >= self.use.least_weeks:
            more = self.use.week_weight * self.week_extent.update(abs(value - of_week))
            if more > excess:
                excess, cause, size = more, Cause.WEEK, value - of_week
        usual = self.level.usual()
        change = self.level.update(value, ((expected, of_week) if weeks else (expected,)) if days else ())
        score = self.calm.update(excess / (excess + self.use.half))
        if change is not None and score < UNSEEN:
            return Verdict(UNSEEN - (UNSEEN - LISTED) / min(change.needs, MOST), Cause.LEVEL, change.size, change.age)
        if score == 0.0:
            return QUIET
        if cause is Cause.VALUE:
            size = value - usual if usual is not None else 0.0
        return Verdict(score, cause, size, self.drifting if cause is Cause.DAY else 0)

    def _of_day(self, off: float) -> float:
        """How far the mean difference from the same time of day is beyond its range."""
        mean = self.mean.update(off)
        self.drifting = min(self.drifting + 1, self.use.smooth - 1) if mean * self.drift > 0 else 0
        self.drift = mean
        return self.day_extent.update(abs(mean))
