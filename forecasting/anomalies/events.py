# SPDX-License-Identifier: GPL-3.0-or-later
"""From verdicts on samples to what a person is told: when it began, what it is, how large."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from .detector import Cause, Verdict


class Kind(StrEnum):
    """What an anomaly most likely is."""

    LEVEL = "level shift"
    SPIKE = "spike"
    DRIFT = "drift"
    MISSING = "missing data"


KINDS = {Cause.VALUE: Kind.SPIKE, Cause.WEEK: Kind.SPIKE, Cause.DAY: Kind.DRIFT, Cause.LEVEL: Kind.LEVEL}


@dataclass(frozen=True)
class Event:
    """One anomaly of one series.

    Attributes:
        start: when it began, seconds since 1970.
        seen: when it was known to be of this kind, seconds since 1970; never before `start`.
        kind: the likeliest kind.
        size: how far off, in the series' unit; samples for missing data.
        score: the highest in [0, 1].
        last: number of the sample that spoke last.
    """

    start: float
    seen: float
    kind: Kind
    size: float
    score: float
    last: int


class Events:
    """Puts alarms that follow each other closely together; what is told later refines the event that was told first."""

    def __init__(self, within: int) -> None:
        """Alarms at most `within` samples apart are one event."""
        self.within = within
        self.found: list[Event] = []

    def alarm(self, number: int, start: float, seen: float, verdict: Verdict) -> None:
        """Take in the alarm at sample `number`. A change of level that follows a spike means that it was one from the start."""
        kind = KINDS[verdict.cause]
        before = self.found[-1] if self.found else None
        if before is None or before.kind is Kind.MISSING or number - before.last > self.within:
            self.found.append(Event(start, seen, kind, verdict.size, verdict.score, number))
            return
        refined = before.kind is not Kind.LEVEL and (kind is Kind.LEVEL or verdict.score > before.score)
        event = replace(before, score=max(before.score, verdict.score), last=number)
        if refined:
            event = replace(event, kind=kind, size=verdict.size)
        if kind is not before.kind and refined:
            event = replace(event, start=start, seen=seen)
        self.found[-1] = event

    def missing(self, number: int, start: float, seen: float, samples: int) -> None:
        """Take in that `samples` are missing from `start` on; a longer stretch from the same start replaces the shorter."""
        score = samples / (samples + 1.0)
        event = Event(start, seen, Kind.MISSING, float(samples), score, number)
        before = self.found[-1] if self.found else None
        if before is not None and before.kind is Kind.MISSING and before.start == start:
            self.found[-1] = replace(event, seen=before.seen)
        else:
            self.found.append(event)
