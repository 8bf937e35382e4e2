# SPDX-License-Identifier: GPL-3.0-or-later
"""From samples at any times to even steps that end at the cut-off."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from .contracts.durations import seconds
from .errors import InputError
from .panel import Floats, Ints, Mask, known_from, runs_of

DAY_S = 86_400
HOUR_NS, DAY_NS = 3_600_000_000_000, 86_400_000_000_000
MOST_STEP_S = 366 * DAY_S
NATIVE_UP_TO = pd.Timedelta(days=2)
SHORT_GAP = 3
HALF = 0.5


@cache
def step_of(interval_s: float) -> int:
    """The even step, s, for a sampling interval: the nearest that divides a day; whole days above one."""
    if interval_s >= DAY_S * 0.75:
        return DAY_S * max(1, round(interval_s / DAY_S))
    divisors = np.array([step for step in range(1, DAY_S // 2 + 1) if DAY_S % step == 0])
    return int(divisors[np.argmin(np.abs(np.log(divisors / max(interval_s, 1.0))))])


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
    if length > MOST_STEP_S:
        raise InputError(f"the interval {interval!r} is more than a year; give one like 5m, 1h or 1d, or native")
    if length < 1 or (length % DAY_S and DAY_S % length):
        raise InputError(f"the interval {interval!r} does not divide a day; give one like 5m, 1h or 1d, or native")
    return int(length)


def seasons_of(step_s: int) -> tuple[int, int]:
    """Steps in a day and in a week; daily data have the week as their season and no longer one."""
    if step_s < DAY_S:
        return DAY_S // step_s, 7 * DAY_S // step_s
    return (7, 0) if step_s == DAY_S else (1, 0)


def to_steps(times: pd.DatetimeIndex, values: Floats, end: pd.Timestamp, step_s: int, count: int, expected: float) -> tuple[Floats, Ints]:
    """Means of the `count` steps before `end`, and which step each sample of one series fell into (−1: before the first).

    A step with fewer than half of its `expected` samples is missing (NaN).
    """
    place = places_before(end.tz_convert("UTC").value - times.as_unit("ns").asi8, step_s, count)
    rows = np.zeros(len(place), dtype=np.int64)
    return step_means(rows, place, values, count, np.array([expected]))[0], place


def places_before(distance: Ints, step_s: int, count: int) -> Ints:
    """Which of the `count` steps before the end each sample falls into, −1 before the first; distance: ns to the end, (m,)."""
    place = count + (step_s - distance) // (step_s * 1_000_000_000)  # a billionth of a step late still counts as in time
    place[(place < 0) | (place >= count)] = -1
    return place


def step_means(rows: Ints, place: Ints, values: Floats, count: int, expected: Floats) -> Floats:
    """Means of the samples in each step, (n, count), NaN where there are fewer than half of those expected.

    rows, place, values: (m,), which series and step a sample belongs to (−1: none); expected: (n,), samples in a step.
    """
    inside = place >= 0
    flat = rows * count + place
    if not inside.all():
        flat, values = flat[inside], values[inside]
    shape = (len(expected), count)
    number = np.bincount(flat, minlength=shape[0] * count).reshape(shape)
    total = np.bincount(flat, weights=values, minlength=shape[0] * count).reshape(shape)
    enough = number >= np.maximum(1.0, HALF * expected)[:, None]
    return np.where(enough, total / np.maximum(number, 1), np.nan)


def shared_step_means(place: Ints, values: Floats, count: int, expected: Floats) -> Floats:
    """As `step_means` to the last digit, for series (n, m) that were sampled at the same times; place: (m,), as there."""
    order = np.argsort(place, kind="stable")
    order = order[np.searchsorted(place[order], 0) :]
    number = np.bincount(place[order], minlength=count)
    turn = np.arange(len(order)) - (np.cumsum(number) - number)[place[order]]
    made = np.zeros((len(values), count))
    most = int(np.max(number))
    for one in range(most):  # the first sample of each step, then the second …, in the order of their times
        mine = order[turn == one]
        made[:, _evenly(place[mine])] += values[:, _evenly(mine)]
    if most > 1:
        made /= np.maximum(number, 1)
    for least in np.unique(expected):
        bare = np.flatnonzero(number < max(1.0, HALF * least))
        if len(bare):
            made[np.ix_(expected == least, bare)] = np.nan
    return made


def _evenly(index: Ints) -> Ints | slice:
    """Rising numbers as a slice where they are evenly spaced, which is many times faster to read and write at."""
    if len(index) < 2:
        return index
    stride = int(index[1] - index[0])
    return slice(int(index[0]), int(index[-1]) + 1, stride) if stride > 0 and (np.diff(index) == stride).all() else index


def fill(values: Floats, season: int, long_season: int) -> Floats:
    """Fill the gaps of series (n, t): short ones by a line, longer ones by the same phase a week or a day before.

    What precedes the first value stays NaN. Never looks at later values for a gap longer than three steps.
    """
    known, begins = np.isfinite(values), known_from(values)
    rows = np.flatnonzero(known.sum(axis=1) < values.shape[1] - begins)
    if not len(rows):
        return values
    made = values.copy()
    which, starts, ends = runs_of(~known[rows] & (np.arange(values.shape[1]) > begins[rows, None]))
    gaps = rows[which]
    short = (ends < values.shape[1]) & (ends - starts <= SHORT_GAP)
    for length in range(1, SHORT_GAP + 1):
        _draw_lines(made, gaps, starts, short & (ends - starts == length), length)
    for row, start, end in zip(gaps[~short], starts[~short], ends[~short], strict=True):
        first = begins[row]
        for place in range(start, end):
            back = [place - period for period in (long_season, season) if period and place - period >= first]
            made[row, place] = made[row, back[0]] if back else made[row, place - 1]
    return made


def _draw_lines(made: Floats, rows: Ints, starts: Ints, wanted: Mask, length: int) -> None:
    """Join the ends of gaps of one length."""
    row, start = rows[wanted], starts[wanted]
    before = made[row, start - 1]
    slope = (made[row, start + length] - before) / (length + 1)
    for number in range(length):
        made[row, start + number] = (number + 1) * slope + before


def wall_stamps(stamps: Ints, zone: str) -> Ints:
    """As `wall`, for UTC times in ns since 1970 (m,), of which there may be many."""
    if not len(stamps):
        return stamps
    edges, shifts = _shifts(zone, int(np.min(stamps)) // DAY_NS, int(np.max(stamps)) // DAY_NS + 1)
    return stamps + (shifts[np.searchsorted(edges, stamps, side="right")] if len(edges) else shifts[0])


@cache
def _shifts(zone: str, first: int, last: int) -> tuple[Ints, Ints]:
    """When the clocks change between two days (counted from 1970), ns, and what they differ from UTC before, between and after, ns."""
    hours = np.arange(first * DAY_NS, last * DAY_NS + 1, HOUR_NS)
    shift = _shift(hours, zone)
    edges = []
    for place in np.flatnonzero(np.diff(shift)).tolist():
        seconds_ = np.arange(int(hours[place]), int(hours[place + 1]) + 1, 1_000_000_000)
        edges.append(int(seconds_[np.argmax(_shift(seconds_, zone) == shift[place + 1])]))
    return np.array(edges, dtype=np.int64), np.append(shift[:1], shift[1:][np.diff(shift) != 0])


def _shift(stamps: Ints, zone: str) -> Ints:
    return np.asarray(wall(pd.DatetimeIndex(stamps.view("M8[ns]"), tz="UTC"), zone).as_unit("ns").asi8 - stamps)


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
