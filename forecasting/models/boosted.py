# SPDX-License-Identifier: GPL-3.0-or-later
"""The default: gradient-boosted models for all series and all steps ahead (global, direct), with absolute loss.

Where rows are many, the forecast is the mean of two members: one learns the target itself, the other what a linear fit leaves of it. They
err differently (steps against slopes), which is worth more than a larger model or a second seed; see docs/tried.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray

from ..features import window
from ..panel import Floats, Panel
from .linear import Linear, fit_linear
from .protocol import Fitted
from .rows import Amount, learning_rows

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
ROWS = Amount()
FEW = Size(trees=250, leaves=63, rate=0.06, bins=255)
MANY = Size(trees=250, leaves=127, rate=0.06, bins=63)
# For series by the hundred thousand: forecasting takes a sixth of the time, see docs/scale.md.
LIGHT = Size(trees=100, leaves=63, rate=0.12, bins=63)


@dataclass(frozen=True)
class Boosted:
    """LightGBM on same-phase features.

    amount: how many rows it learns from; few, many: the size of each member for less and for more than `MANY_ROWS` of them;
    members: how many there are where rows are many.
    """

    name: str = "boosted"
    amount: Amount = ROWS
    few: Size = FEW
    many: Size = MANY
    members: int = 2
    seed: int = 0

    def fit(self, panel: Panel, end: int) -> Fitted:
        """Learn from targets before `end`; series that never moved teach nothing. See `Model.fit`."""
        x, y = learning_rows(panel, end, self.amount, self.seed)
        return self._train(x, y) if len(y) >= 2 else Trees()

    def _train(self, x: NDArray[np.float32], y: Floats) -> Trees:
        if len(y) < MANY_ROWS or self.members == 1:
            return Trees((self._boost(x, y, None, 0),))
        line = fit_linear(x, y, self.seed)
        return Trees((self._boost(x, y, None, 0), self._boost(x, y, line.predict(x), 1)), line)

    def _boost(self, x: NDArray[np.float32], y: Floats, begin: Floats | None, member: int) -> lgb.Booster:
        size = self.many if len(y) >= MANY_ROWS else self.few
        parameters = {
            "objective": "l1", "num_leaves": size.leaves, "learning_rate": size.rate, "min_data_in_leaf": 100,
            "feature_fraction": 0.7, "bagging_fraction": 0.7, "bagging_freq": 1, "num_threads": THREADS,
            "max_bin": size.bins, "verbosity": -1, "seed": 2 * self.seed + member, "deterministic": True, "force_row_wise": True,
        }  # fmt: skip
        return lgb.train(parameters, lgb.Dataset(x, label=y, init_score=begin, free_raw_data=True), num_boost_round=size.trees)


@dataclass(frozen=True)
class Trees:
    """The trained members: trees alone, and trees on top of a line; without them (too little to learn from) it repeats the level."""

    boosters: tuple[lgb.Booster, ...] = ()
    line: Linear | None = None

    def predict(self, panel: Panel, origin: int) -> Floats:
        """See `Fitted.predict`."""
        made = window(panel, origin, np.arange(panel.horizon))
        if not self.boosters:
            return made.in_units(None)
        x = made.x.reshape(-1, made.x.shape[2])
        trees = sum(np.asarray(booster.predict(x, num_threads=THREADS)) for booster in self.boosters)
        line = self.line.predict(x) if self.line else np.zeros(len(x))
        flat = np.asarray((trees + line) / len(self.boosters))
        return made.in_units(flat.reshape(len(panel.ids), panel.horizon))
