# SPDX-License-Identifier: GPL-3.0-or-later
"""The default: gradient-boosted models for all series and all steps ahead (global, direct), with absolute loss.

Where rows are many, the forecast is the mean of two members: one learns the target itself, the other what a linear fit leaves of it. They
err differently (steps against slopes), which is worth more than a larger model or a second seed; see docs/tried.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray

from ..features import window
from ..panel import Floats, Mask, Panel
from .linear import Linear, fit_linear
from .protocol import Fitted

GOLDEN = 0.6180339887498949
TARGET_CLIP = 10.0
LEAST_ROWS = 60_000
SHARE = 0.25
# One thread: trainings run side by side instead (see `forecast_panel`), and the trees do not depend on the number of cores.
THREADS = 1


@dataclass(frozen=True)
class Size:
    """How large each member is, and into how many bins it sorts a feature's values."""

    trees: int
    leaves: int
    rate: float
    bins: int


# With few rows a second member helped on some origins and harmed on others, and somebody waits for a small network.
MANY_ROWS = 100_000
FEW = Size(trees=250, leaves=63, rate=0.06, bins=255)
MANY = Size(trees=250, leaves=127, rate=0.06, bins=63)


@dataclass(frozen=True)
class Boosted:
    """LightGBM on same-phase features.

    rows, rows_per_series: at most so many training rows, in all and for each series; few, many: the size of each member
    for less and for more than `MANY_ROWS` of them; steps_per_origin: at most so many of the steps ahead are learnt from
    one origin, and no more than a `SHARE` of them while there are origins left to learn from, so that more fit in.
    """

    name: str = "boosted"
    rows: int = 400_000
    rows_per_series: int = 4_000
    few: Size = FEW
    many: Size = MANY
    steps_per_origin: int = 48
    seed: int = 0

    def fit(self, panel: Panel, end: int) -> Fitted:
        """Learn from targets before `end`; series that never moved teach nothing. See `Model.fit`."""
        past = panel.y[:, :end]
        panel = panel.rows(np.fmax.reduce(past, axis=1) > np.fmin.reduce(past, axis=1))
        if not panel.ids:
            return _Trees()
        rng = np.random.default_rng(self.seed)
        xs, ys = [], []
        origins, count = self._plan(panel, end)
        for origin in origins:
            steps = np.sort(rng.choice(panel.horizon, count, replace=False))
            made = window(panel, origin, steps)
            target = (panel.y[:, origin + steps] - made.level) / made.scale
            keep = panel.fit[:, origin + steps] & np.isfinite(target) & self._known(panel, origin)
            xs.append(made.x[keep])
            ys.append(np.clip(target[keep], -TARGET_CLIP, TARGET_CLIP))
        x, y = (np.concatenate(xs), np.concatenate(ys)) if xs else (np.empty((0, 0), np.float32), np.empty(0))
        return self._train(x, y) if len(y) >= 2 else _Trees()

    def _known(self, panel: Panel, origin: int) -> Mask:
        """Series (n, 1) with at least a season of past at `origin`."""
        return (panel.begins <= origin - panel.season)[:, None]

    def _plan(self, panel: Panel, end: int) -> tuple[list[int], int]:
        """Origins spread evenly over the past without a common period, so that all phases are met; and the steps of each."""
        last = end - panel.horizon
        context = max(2 * panel.long_season if panel.long_season <= 168 else panel.long_season, 4 * panel.season)
        first = max(min(context, last - max(panel.horizon, panel.season)), min(panel.season, last), 1)
        if last < first:
            return [], 1
        room, series = last - first + 1, len(panel.ids)
        rows = min(self.rows, max(LEAST_ROWS, self.rows_per_series * series))
        steps = min(panel.horizon, self.steps_per_origin, max(ceil(SHARE * panel.horizon), rows // (series * room)))
        count = max(1, rows // (series * steps))
        if count >= room:
            return list(range(first, last + 1)), steps
        places = first + (np.arange(count) * GOLDEN % 1.0 * room).astype(int)
        return sorted({int(place) for place in places} | {last}), steps

    def _train(self, x: NDArray[np.float32], y: Floats) -> _Trees:
        if len(y) < MANY_ROWS:
            return _Trees((self._boost(x, y, None, 0),))
        line = fit_linear(x, y, self.seed)
        return _Trees((self._boost(x, y, None, 0), self._boost(x, y, line.predict(x), 1)), line)

    def _boost(self, x: NDArray[np.float32], y: Floats, begin: Floats | None, member: int) -> lgb.Booster:
        size = self.many if len(y) >= MANY_ROWS else self.few
        parameters = {
            "objective": "l1", "num_leaves": size.leaves, "learning_rate": size.rate, "min_data_in_leaf": 100,
            "feature_fraction": 0.7, "bagging_fraction": 0.7, "bagging_freq": 1, "num_threads": THREADS,
            "max_bin": size.bins, "verbosity": -1, "seed": 2 * self.seed + member, "deterministic": True, "force_row_wise": True,
        }  # fmt: skip
        return lgb.train(parameters, lgb.Dataset(x, label=y, init_score=begin, free_raw_data=True), num_boost_round=size.trees)


@dataclass(frozen=True)
class _Trees:
    """The trained members: trees alone, and trees on top of a line; without them (too little to learn from) it repeats the level."""

    boosters: tuple[lgb.Booster, ...] = ()
    line: Linear | None = None

    def predict(self, panel: Panel, origin: int) -> Floats:
        """See `Fitted.predict`."""
        made = window(panel, origin, np.arange(panel.horizon))
        if not self.boosters:
            return np.repeat(made.level, panel.horizon, axis=1)
        x = made.x.reshape(-1, made.x.shape[2])
        trees = sum(np.asarray(booster.predict(x, num_threads=THREADS)) for booster in self.boosters)
        line = self.line.predict(x) if self.line else np.zeros(len(x))
        flat = np.asarray((trees + line) / len(self.boosters))
        return np.asarray(flat.reshape(len(panel.ids), panel.horizon) * made.scale + made.level)
