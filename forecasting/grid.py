# SPDX-License-Identifier: GPL-3.0-or-later
"""From samples at any times to even steps that end at the cut-off."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .errors import InputError
from .panel import Floats, Ints, Mask
from .policies.durations import seconds

DAY_S = 86_400
NATIVE_UP_TO = pd.Timedelta(days=2)
SHORT_GAP = 3
HALF = 0.5


def step_of(interval_s: float) -> int:
    """The even step, s, for a sampling interval: the nearest that divides a day; whole days above one."""
    if interval_s >= DAY_S * 0.75:
        return DAY_S * max(1, round(interval_s / DAY_S))
    divisors = np.array([step for step in range(1, DAY_S // 2 + 1) if DAY_S % step == 0])
    return int(divisors[np.abs(np.log(divisors / max(interval_s, 1.0))).argmin()])


def asked_step(interval: str | None, horizon: pd.Timedelta) -> int:
    """The step to aggregate to, s; 0 for each series' own. Unasked: own up to two days ahead, else an hour."""
    if interval in (None, "auto"):
        return 0 if horizon <= NATIVE_UP_TO else 3600
    if interval == "native":
        return 0
    try:
        length = seconds(str(interval))
    except ValueError as error:
        raise InputError(f"the interval: {error}, or native") from None
    if length < 1 or (length % DAY_S and DAY_S % length):
        raise InputError(f"the interval {interval!r} does not divide a day; give one like 5m, 1h or 1d, or native")
    return int(length)


def seasons_of(step_s: int) -> tuple[int, int]:
    """Steps in a day and in a week; daily data have the week as their season and no longer one."""
    if step_s < DAY_S:
        return DAY_S // step_s, 7 * DAY_S // step_s
    return (7, 0) if step_s == DAY_S else (1, 0)


def to_steps(times: pd.DatetimeIndex, values: Floats, end: pd.Timestamp, step_s: int, count: int, expected: float) -> tuple[Floats, Ints]:
    """Means of the `count` steps before `end`, and which step each sample fell into (−1: before the first).

    A step with fewer than half of its `expected` samples is missing (NaN).
    """
    distance = (end.tz_convert("UTC").value - times.as_unit("ns").asi8) / 1e9
    place = count - np.ceil(distance / step_s - 1e-9).astype(np.int64)
    place = np.where((place >= 0) & (place < count), place, -1)
    inside = place >= 0
    number = np.bincount(place[inside], minlength=count)
    total = np.bincount(place[inside], weights=values[inside], minlength=count)
    enough = number >= max(1.0, HALF * expected)
    return np.where(enough, total / np.maximum(number, 1), np.nan), place


def fill(values: Floats, season: int, long_season: int) -> Floats:
    """Fill the gaps of one series: short ones by a line, longer ones by the same phase a week or a day before.

    What precedes the first value stays NaN. Never looks at later values for a gap longer than three steps.
    """
    known = np.isfinite(values)
    if known.all() or not known.any():
        return values
    made = values.copy()
    first = int(known.argmax())
    starts, ends = _runs(~known & (np.arange(len(values)) > first))
    for start, end in zip(starts, ends, strict=True):
        if end < len(made) and end - start <= SHORT_GAP:
            made[start:end] = np.linspace(made[start - 1], made[end], end - start + 2)[1:-1]
            continue
        for place in range(start, end):
            back = [place - period for period in (long_season, season) if period and place - period >= first]
            made[place] = made[back[0]] if back else made[place - 1]
    return made


def _runs(marked: Mask) -> tuple[Ints, Ints]:
    """Where runs of True begin and end (exclusive)."""
    edges = np.diff(np.concatenate([[0], marked.astype(np.int8), [0]]))
    return np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)


def wall(times: pd.DatetimeIndex, zone: str) -> pd.DatetimeIndex:
    """What the clock on the wall shows at `times`, written as if it were UTC.

    People live by it: on this axis nine in the morning is the same phase in summer and in winter. Where the clock is put
    back an hour comes twice, where it is put forward one is missing.
    """
    return pd.DatetimeIndex(times.tz_convert(zone).tz_localize(None).tz_localize("UTC"))


def clock_places(times: pd.DatetimeIndex, step_s: int, season: int, long_season: int) -> tuple[Ints, Ints]:
    """Each step's place in the day and in the week (in the week and 0 for daily steps); `times` are on the wall clock."""
    weekday = times.day_of_week.to_numpy(dtype=np.int64)
    if step_s >= DAY_S:
        return weekday % season, np.zeros(len(times), dtype=np.int64)
    second = (times.hour * 3600 + times.minute * 60 + times.second).to_numpy(dtype=np.int64)
    day = second // step_s
    return day, weekday * season + day if long_season else np.zeros(len(times), dtype=np.int64)
