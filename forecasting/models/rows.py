# SPDX-License-Identifier: GPL-3.0-or-later
"""What a global direct model learns from: the features of many origins, and what came after each."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from ..features import window
from ..panel import Floats, Ints, Mask, Panel

GOLDEN = 0.6180339887498949
TARGET_CLIP = 10.0
SHARE = 0.25


@dataclass(frozen=True)
class Amount:
    """How many rows there may be.

    most, least, per_series: at most `most` in all; below that `per_series` for each series, but `least` in all if there are as
    many; steps: at most so many of the steps ahead are learnt from one origin, and no more than a `SHARE` of them while there
    are origins left to learn from, so that more fit in; series: only so many of the series teach (None: all), each then at more origins.
    """

    most: int = 400_000
    least: int = 60_000
    per_series: int = 4_000
    steps: int = 48
    series: int | None = None


def learning_rows(panel: Panel, end: int, amount: Amount, seed: int) -> tuple[NDArray[np.float32], Floats]:
    """Features (rows, f) and targets (rows,) in their window's scale, all before `end`; series that never moved give none."""
    panel = some_of(moving(panel, end), amount.series)
    if not panel.ids:
        return np.empty((0, 0), np.float32), np.empty(0)
    rng = np.random.default_rng(seed)
    xs, ys = [], []
    origins, count = _plan(panel, end, amount)
    for origin in origins:
        steps = np.sort(rng.choice(panel.horizon, count, replace=False))
        x, target, keep = examples(panel, origin, steps)
        xs.append(x[keep])
        ys.append(target[keep])
    return (np.concatenate(xs), np.concatenate(ys)) if xs else (np.empty((0, 0), np.float32), np.empty(0))


def moving(panel: Panel, end: int) -> Panel:
    """The series that were not constant before `end`."""
    past = panel.y[:, :end]
    unknown = np.isnan(past)
    most, least = np.max(np.where(unknown, -np.inf, past), axis=1), np.min(np.where(unknown, np.inf, past), axis=1)
    return panel.rows(most > least)


def some_of(panel: Panel, most: int | None) -> Panel:
    """At most so many of the series, evenly from first to last."""
    count = len(panel.ids)
    if most is None or count <= most:
        return panel
    return panel.rows(np.isin(np.arange(count), np.linspace(0, count - 1, most).astype(int)))


def examples(panel: Panel, origin: int, steps: Ints) -> tuple[NDArray[np.float32], Floats, Mask]:
    """What one origin teaches: features (n, s, f), targets (n, s) in their window's scale, clipped, and which of them count.

    Those count that were measured, in series with at least a season of past.
    """
    made = window(panel, origin, steps)
    target = (panel.y[:, origin + steps] - made.level) / made.scale
    keep = panel.fit[:, origin + steps] & np.isfinite(target) & (panel.begins <= origin - panel.season)[:, None]
    return made.x, np.clip(target, -TARGET_CLIP, TARGET_CLIP), keep


def _plan(panel: Panel, end: int, amount: Amount) -> tuple[list[int], int]:
    """The origins, and how many steps of each."""
    places = room_of(panel, end)
    room, series = len(places), len(panel.ids)
    if room < panel.season:  # from less than every time of day once, a flat line is learnt
        return [], 1
    rows = min(amount.most, max(amount.least, amount.per_series * series))
    steps = min(panel.horizon, amount.steps, max(ceil(SHARE * panel.horizon), rows // (series * room)))
    return spread(places, max(1, rows // (series * steps))), steps


def room_of(panel: Panel, end: int) -> range:
    """The origins before `end` with enough past to look back on and a whole horizon ahead."""
    last = end - panel.horizon
    context = max(2 * panel.long_season if panel.long_season <= 168 else panel.long_season, 4 * panel.season)
    first = max(min(context, last - max(panel.horizon, panel.season)), min(panel.season, last), 1)
    return range(first, last + 1)


def spread(places: range, count: int) -> list[int]:
    """So many of the places, without a common period, so that all phases are met, and the last; all where there are not more."""
    if count >= len(places):
        return list(places)
    chosen = places.start + (np.arange(count) * GOLDEN % 1.0 * len(places)).astype(int)
    return sorted({int(place) for place in chosen} | {places[-1]})
