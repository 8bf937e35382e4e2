# SPDX-License-Identifier: GPL-3.0-or-later
"""What the calendar does to one series, kind by kind."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ..grid import DAY_S, seasons_of, wall
from ..panel import Floats
from .calendar import intensity
from .declared import declared_of
from .learning import Clock, learn
from .uplift import Uplift, without_all

ROUNDS = 2


def uplifts_of(events: list[dict[str, Any]], values: Floats, times: pd.DatetimeIndex, step_s: int) -> tuple[Uplift, ...]:
    """What events do to one series (t,), by kind; start and end are on the clock of `times`.

    Kinds of events that fall together are told apart in a second round, each measured on what the others leave.
    """
    kinds = {kind: [event for event in events if event["kind"] == kind] for kind in sorted({event["kind"] for event in events})}
    if not kinds:
        return ()
    strengths = {kind: intensity(listed, times, step_s) for kind, listed in kinds.items()}
    declared = {kind: declared_of(listed, times[len(values)]) for kind, listed in kinds.items()}
    marked = np.stack([strength[: len(values)] > 0 for strength in strengths.values()])
    busy = np.asarray(marked.any(axis=0))
    clock = clock_of(times, step_s, len(values))
    found: dict[str, Uplift] = {}
    for _round in range(ROUNDS if (marked.sum(axis=0) > 1).any() else 1):
        for kind, strength in strengths.items():
            rest = without_all(values, [uplift for other, uplift in found.items() if other != kind])
            made = learn(kind, rest, strength, busy, clock, declared[kind])
            found = {name: uplift for name, uplift in found.items() if name != kind} | ({kind: made} if made else {})
    return tuple(found[kind] for kind in sorted(found))


def clock_of(times: pd.DatetimeIndex, step_s: int, known: int) -> Clock:
    """The seasons that `known` steps of history can show; `times` are on the wall clock."""
    season, long_season = seasons_of(step_s)
    period = long_season if long_season and known >= 3 * long_season else season
    return Clock(period, max(DAY_S // step_s, 1), times.day_of_week.to_numpy(dtype=np.int64))


def on_the_wall(events: list[dict[str, Any]], zone: str, times: pd.DatetimeIndex) -> list[dict[str, Any]]:
    """The events that touch `times`, with start and end as the clock on the wall shows them."""
    if not events:
        return []
    starts, ends = (wall(pd.DatetimeIndex([event[edge] for event in events]), zone) for edge in ("start", "end"))
    last = times[-1] + (times[-1] - times[-2] if len(times) > 1 else pd.Timedelta(0))
    shown = [event | {"start": start, "end": end} for event, start, end in zip(events, starts, ends, strict=True)]
    return [event for event in shown if event["end"] > times[0] and event["start"] < last]
