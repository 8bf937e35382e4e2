# SPDX-License-Identifier: GPL-3.0-or-later
"""The default: gradient-boosted models for all series and all steps ahead (global, direct), with absolute loss.

The forecast is the mean of several members. Some learn the target itself, others what a linear fit leaves of it: they err differently
(steps against slopes), which is worth more than a larger model or a second seed. The line needs weeks to be of use: with less than
three of them it made errors up to twice as large. Where rows are plenty, another such pair learns from other rows. See docs/tried.md.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray

from ..features import window
from ..panel import Floats, Panel
from .linear import Linear, fit_linear
from .protocol import Fitted, Model
from .repeated import repeated
from .rows import Amount, learning_rows

OTHER_ROWS = 1_000  # far from any seed that a user gives
# One thread: trainings run side by side instead (see `forecast_panel`), and the trees do not depend on the number of cores.
THREADS = 1


@dataclass(frozen=True)
class Size:
    """How large a member is.

    bins: into how many it sorts a feature's values; least: rows in a leaf; by_tree, by_split: shares of the features that a tree and each
    of its splits may use.
    """

    trees: int
    leaves: int
    rate: float
    bins: int
    least: int = 100
    by_tree: float = 0.7
    by_split: float = 1.0


MANY_ROWS, PLENTY_OF_ROWS = 100_000, 200_000
LINE_WEEKS, LINE_WEEKS_OF_FEW = 3, 6  # weeks of history from which on a line helps: where rows are many, and where they are few
ROWS = Amount()
FEW = Size(trees=250, leaves=63, rate=0.06, bins=255)
MANY = Size(trees=250, leaves=127, rate=0.06, bins=63)
PLENTY = Size(trees=200, leaves=1023, rate=0.03, bins=63, least=30, by_tree=1.0, by_split=0.5)
# For series by the hundred thousand: fewer and smaller trees from fewer series at more origins, see docs/scale.md.
LIGHT = Size(trees=60, leaves=63, rate=0.15, bins=63)
LIGHT_ROWS = Amount(most=200_000, series=500)


@dataclass(frozen=True)
class Boosted:
    """LightGBM on same-phase features.

    amount: how many rows a pair learns from; few, many, plenty: the size of a member below `MANY_ROWS`, below `PLENTY_OF_ROWS`
    and from there on; most_members: 1; 2, which are one below `MANY_ROWS`; or 4, which are two or three below it.
    """

    name: str = "boosted"
    amount: Amount = ROWS
    few: Size = FEW
    many: Size = MANY
    plenty: Size = PLENTY
    most_members: int = 4
    seed: int = 0

    def fit(self, panel: Panel, end: int) -> Fitted:
        """Learn from targets before `end`; series that never moved teach nothing. See `Model.fit`."""
        x, y = learning_rows(panel, end, self.amount, self.seed)
        weeks = end / panel.long_season if panel.long_season else np.inf
        if len(y) < 2:
            return Trees()
        if len(y) < MANY_ROWS:
            return self._few(x, y, weeks >= LINE_WEEKS_OF_FEW)
        if self.most_members == 1:
            return Trees((self._boost(x, y, self.many, 0),))
        if weeks < LINE_WEEKS:
            return Trees((self._boost(x, y, self.many, 0), self._boost(x, y, self.many, 1)))
        line = fit_linear(x, y, self.seed)
        if len(y) < PLENTY_OF_ROWS or self.most_members == 2:
            return Trees(self._pair(x, y, line, self.many, 0), line, 0.5)
        pair = self._pair(x, y, line, self.plenty, 0)
        x, y = learning_rows(panel, end, self.amount, self.seed + OTHER_ROWS)
        return Trees((*pair, *self._pair(x, y, line, self.plenty, 2)), line, 0.5)

    def _few(self, x: NDArray[np.float32], y: Floats, lined: bool) -> Trees:
        """From few rows: two members on the target, and with enough history a third on what a line leaves."""
        first = self._boost(x, y, self.few, 0)
        if self.most_members < 4:
            return Trees((first,))
        if not lined:
            return Trees((first, self._boost(x, y, self.few, 1)))
        line = fit_linear(x, y, self.seed)
        return Trees((first, *self._pair(x, y, line, self.few, 1)), line, 1 / 3)

    def _pair(self, x: NDArray[np.float32], y: Floats, line: Linear, size: Size, member: int) -> tuple[lgb.Booster, lgb.Booster]:
        """Trees on the target, and trees on what the line leaves of it."""
        return self._boost(x, y, size, member), self._boost(x, y, size, member + 1, line.predict(x))

    def _boost(self, x: NDArray[np.float32], y: Floats, size: Size, member: int, begin: Floats | None = None) -> lgb.Booster:
        parameters = {
            "objective": "l1", "num_leaves": size.leaves, "learning_rate": size.rate, "min_data_in_leaf": size.least,
            "feature_fraction": size.by_tree, "feature_fraction_bynode": size.by_split, "bagging_fraction": 0.7, "bagging_freq": 1,
            "max_bin": size.bins, "num_threads": THREADS, "verbosity": -1, "seed": 2 * self.seed + member, "deterministic": True,
            "force_row_wise": True,
        }  # fmt: skip
        return lgb.train(parameters, lgb.Dataset(x, label=y, init_score=begin, free_raw_data=True), num_boost_round=size.trees)


def rehearsed(model: Model) -> Model:
    """What stands for a model in back-tests, where it learns several times: without the deep members, which cost four times as much.

    They make errors smaller by about a hundredth (m4h), so what is measured errs to the safe side.
    """
    return replace(model, most_members=min(model.most_members, 2)) if isinstance(model, Boosted) else model


@dataclass(frozen=True)
class Trees:
    """The trained members; without any (too little to learn from) the hours before again, see `repeated`.

    lined: the share of the members that stands on top of the line.
    """

    boosters: tuple[lgb.Booster, ...] = ()
    line: Linear | None = None
    lined: float = 0.0

    def predict(self, panel: Panel, origin: int) -> Floats:
        """See `Fitted.predict`."""
        if not self.boosters:
            return repeated(panel, origin)
        made = window(panel, origin, np.arange(panel.horizon))
        x = made.x.reshape(-1, made.x.shape[2])
        trees = sum(np.asarray(booster.predict(x, num_threads=THREADS)) for booster in self.boosters)
        line = self.line.predict(x) if self.line else np.zeros(len(x))
        flat = np.asarray(trees / len(self.boosters) + self.lined * line)
        return made.in_units(flat.reshape(len(panel.ids), panel.horizon))
