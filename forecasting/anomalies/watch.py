# SPDX-License-Identifier: GPL-3.0-or-later
"""One series under watch: samples in, in as many pieces as they come; scores and events out."""

from __future__ import annotations

import math
from collections import deque

import numpy as np
import pandas as pd

from ..grid import DAY_S, clock_places, seasons_of, step_of, wall
from ..panel import Floats
from .detector import DEFAULT, LISTED, Detector, Settings
from .events import Event, Events

LEAST_MISSING = 3


class Watch:
    """Scores and events of one series. The result does not depend on how its samples are cut into pieces."""

    def __init__(self, step_s: float, zone: str = "UTC", use: Settings = DEFAULT, listed: float = LISTED) -> None:
        """`step_s`: sampling interval; `zone`: whose clock the users live by; `listed`: the score from which there is an event."""
        self.step_s, self.zone, self.listed = step_s, zone, listed
        self.detector = Detector(step_s, use)
        self.told = Events(use.level_after)
        self.times: deque[float] = deque(maxlen=use.smooth)
        self.number = 0
        self.last: float | None = None

    @property
    def events(self) -> list[Event]:
        """What was found so far, in the order of `seen`."""
        return list(self.told.found)

    def feed(self, times: pd.DatetimeIndex, values: Floats) -> Floats:
        """Take in samples, (n,), UTC and in order of time, NaN for a missing one; their scores, (n,) in [0, 1]."""
        if not len(times):
            return np.empty(0)
        stamps = (times.tz_convert("UTC").as_unit("ns").asi8 / 1e9).tolist()
        day, week = self._phases(times)
        values = np.asarray(values, dtype=float)
        return np.array([self._one(*sample) for sample in zip(stamps, values.tolist(), day, week, strict=True)])

    def until(self, moment: pd.Timestamp) -> None:
        """Tell that no sample came between the last one and `moment`."""
        if self.last is not None:
            self._missing(moment.timestamp(), moment.timestamp())

    def _phases(self, times: pd.DatetimeIndex) -> tuple[list[int], list[int]]:
        step = step_of(self.step_s)
        season, long_season = seasons_of(step)
        nowhere = [-1] * len(times)
        if season < 2:
            return nowhere, nowhere
        day, week = clock_places(wall(times, self.zone), step, season, long_season)
        return day.tolist(), week.tolist() if step < DAY_S else nowhere

    def _one(self, time: float, value: float, day: int, week: int) -> float:
        if math.isnan(value):
            return 0.0
        if self.last is not None:
            self._missing(time, time)
        self.last = time
        self.number += 1
        self.times.append(time)
        verdict = self.detector.update(value, day, week)
        if verdict.score >= self.listed:
            start = self.times[max(len(self.times) - 1 - verdict.age, 0)]
            self.told.alarm(self.number, start, time, verdict)
        return verdict.score

    def _missing(self, end: float, seen: float) -> None:
        assert self.last is not None
        absent = round((end - self.last) / self.step_s) - 1
        if absent >= LEAST_MISSING:
            self.told.missing(self.number, self.last + self.step_s, seen, absent)
