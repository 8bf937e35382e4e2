# SPDX-License-Identifier: GPL-3.0-or-later
"""Series of one sampling interval side by side: what the models work on."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Panel:
    """`n` series on one grid of `t` steps that ends at the cut-off.

    y: (n, t), in each series' own unit; NaN only before a series begins, gaps inside are filled.
    fit: (n, t), True where y was measured and may teach demand: not filled, not censored, not an anomaly.
    day, week: (n, t + horizon), each step's place in the season (0 … season-1) on the series' local clock.
    season, long_season: steps in a day and in a week (long_season is 0 where there is none).
    group: (n,), a small number for what kind of series it is (its metric).
    """

    ids: tuple[str, ...]
    y: Floats
    fit: Mask
    day: Ints
    week: Ints
    season: int
    long_season: int
    horizon: int
    group: Ints

    def rows(self, wanted: Mask) -> Panel:
        """The panel of some of its series; wanted: (n,)."""
        ids = tuple(name for name, keep in zip(self.ids, wanted, strict=True) if keep)
        cut = {name: getattr(self, name)[wanted] for name in ("y", "fit", "day", "week", "group")}
        return replace(self, ids=ids, **cut)

    @property
    def steps(self) -> int:
        """How many steps of history there are."""
        return int(self.y.shape[1])

    @property
    def begins(self) -> Ints:
        """The first step with a value of each series, (n,); `steps` where there is none."""
        return known_from(self.y)


def known_from(values: Floats) -> Ints:
    """The first place with a value in each row of (n, t); t where there is none."""
    known = np.isfinite(values)
    return np.asarray(np.where(known.any(axis=1), known.argmax(axis=1), values.shape[1]), dtype=np.int64)


def runs_of(marked: Mask) -> tuple[Ints, Ints, Ints]:
    """The runs of True along each row of (n, t): their row, where they begin, and where they end (exclusive), from left to right."""
    edges = np.diff(np.pad(marked.astype(np.int8), ((0, 0), (1, 1))), axis=1)
    rows, starts = np.nonzero(edges == 1)
    return rows, starts, np.nonzero(edges == -1)[1]


def plain_panel(series: list[tuple[str, Floats]], season: int, long_season: int, horizon: int) -> Panel:
    """A panel of bare arrays that end together, with the seasons counted from the end (for benchmarks)."""
    width = max(len(values) for _unused, values in series)
    y = np.full((len(series), width), np.nan)
    for row, (_unused, values) in enumerate(series):
        y[row, width - len(values) :] = values
    clock = np.broadcast_to(np.arange(width + horizon), (len(series), width + horizon))
    return Panel(
        ids=tuple(name for name, _unused in series),
        y=y,
        fit=np.isfinite(y),
        day=(clock % season).astype(np.int64),
        week=(clock % long_season if long_season else clock * 0).astype(np.int64),
        season=season,
        long_season=long_season,
        horizon=horizon,
        group=np.zeros(len(series), dtype=np.int64),
    )
