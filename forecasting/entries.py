# SPDX-License-Identifier: GPL-3.0-or-later
"""Many series at once made ready for the models: even steps, gaps, limits, events and anomalies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from .anomalies import anomalous
from .causes import Uplift, quieted
from .censoring import censored_samples, lifted, may_be_censored
from .grid import fill, places_before, seasons_of, shared_step_means, step_means, step_of, wall_stamps
from .history import History
from .history.table import Packed
from .panel import Floats, Ints, Mask


@dataclass(frozen=True)
class Axis:
    """The steps of one panel on the wall clock of one zone.

    times: (t + horizon,) starts of the steps, see `grid.wall`; pick: which of the horizon's steps answers each step asked for.
    """

    zone: str
    times: pd.DatetimeIndex
    known: int
    step_s: int
    pick: Ints


@dataclass(frozen=True)
class Entry:
    """One prepared series. y: (t,) without inner gaps and event effects; fit: (t,) what may teach; the rest is told in the meta."""

    row: dict[str, Any]
    axis: Axis
    y: Floats
    fit: Mask
    censored: int
    filled: int
    anomalies: int
    uplifts: tuple[Uplift, ...]
    floor: float
    ceiling: float


def entries_of(history: History, rows: list[dict[str, Any]], axes: dict[str, Axis]) -> list[Entry]:
    """Prepare some series, each on the axis of its time zone; in the order of `rows`."""
    made: dict[int, Entry] = {}
    packed = history.packed([row["unique_id"] for row in rows])
    for zone, axis in axes.items():
        places = [place for place, row in enumerate(rows) if row["tz"] == zone]
        if places:
            made |= zip(places, _on_axis(history, [rows[place] for place in places], packed.some(places), axis), strict=True)
    return [made[place] for place in range(len(rows))]


def _on_axis(history: History, rows: list[dict[str, Any]], packed: Packed, axis: Axis) -> list[Entry]:
    count, step_s = axis.known, axis.step_s
    season, long_season = seasons_of(step_s)
    expected = np.array([step_s / step_of(row["interval_s"]) for row in rows])
    seen, places = _on_steps(packed, axis, expected)
    censored = _censored(history, rows, places, count)
    filled = fill(seen, season, long_season)
    base, uplifts = quieted(history, rows, filled, axis.times, step_s)
    for number in np.flatnonzero(censored.any(axis=1)):
        base[number] = lifted(base[number], censored[number], season, long_season)
    odd = anomalous(base, season, long_season) & ~censored
    _tame(base, odd, season)
    known = np.isfinite(seen)
    counts = (censored, ~known & np.isfinite(filled), odd)
    told = zip(*(np.count_nonzero(marks, axis=1).tolist() for marks in counts), uplifts, *_bounds(rows, packed), strict=True)
    known &= ~(censored | odd)
    return [Entry(row, axis, base[number], known[number], *rest) for number, (row, rest) in enumerate(zip(rows, told, strict=True))]


def _bounds(rows: list[dict[str, Any]], packed: Packed) -> tuple[list[float], list[float]]:
    """The floors and the ceilings that the forecasts keep to: zero and a ratio's one, where no sample went beyond."""
    lows, highs = (extreme.reduceat(packed.values, packed.edges[:-1]).tolist() for extreme in (np.minimum, np.maximum))
    floors = [0.0 if low >= 0.0 else -np.inf for low in lows]
    return floors, [1.0 if row["unit"] == "ratio" and high <= 1.0 else np.inf for row, high in zip(rows, highs, strict=True)]


def _on_steps(packed: Packed, axis: Axis, expected: Floats) -> tuple[Floats, Sequence[Ints]]:
    """Means of the steps, (n, t), and into which step each sample of each series falls; see `grid.step_means`."""
    distance = axis.times[axis.known].value - wall_stamps(packed.stamps, axis.zone)
    place = places_before(distance, axis.step_s, axis.known)
    if packed.shared:
        return shared_step_means(place, packed.values.reshape(len(expected), -1), axis.known, expected), [place] * len(expected)
    return step_means(packed.rows, place, packed.values, axis.known, expected), np.split(place, packed.edges[1:-1])


def _censored(history: History, rows: list[dict[str, Any]], places: Sequence[Ints], count: int) -> Mask:
    """The steps (n, count) in which a sample shows the limit; places: of the samples of each series."""
    made = np.zeros((len(rows), count), dtype=bool)
    for number, (row, mine) in enumerate(zip(rows, places, strict=True)):
        if may_be_censored(history, row):
            marks = censored_samples(history, row)
            made[number, mine[marks & (mine >= 0)]] = True
    return made


def _tame(values: Floats, odd: Mask, season: int) -> None:
    """Replace anomalous steps by the same phase a day before, so that no later step looks back on them."""
    rows, steps = np.nonzero(odd)
    order = np.argsort(steps // season, kind="stable")[np.count_nonzero(steps < season) :]
    rows, steps = rows[order], steps[order]
    edges = np.flatnonzero(np.diff(steps // season, prepend=-1, append=-1))
    for first, last in pairwise(edges.tolist()):  # day by day: a replaced step may be looked back on a day later
        row, step = rows[first:last], steps[first:last]
        before = values[row, step - season]
        known = np.isfinite(before)
        values[row[known], step[known]] = before[known]
