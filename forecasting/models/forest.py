# SPDX-License-Identifier: GPL-3.0-or-later
"""A Random Forest (scikit-learn) for all series and all steps ahead, on the rows that the boosted default learns from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.ensemble import RandomForestRegressor

from ..features import window
from ..panel import Floats, Panel
from .protocol import Fitted
from .repeated import repeated
from .rows import Amount, learning_rows

TREES = 50
LEAST_LEAF = 5
ROWS = Amount(most=60_000, least=30_000)


@dataclass(frozen=True)
class Forest:
    """Each tree sees a third of the features at each split; squared loss, as the absolute one takes hours on as many rows."""

    name: str = "forest"
    amount: Amount = ROWS
    seed: int = 0

    def fit(self, panel: Panel, end: int) -> Fitted:
        """See `Model.fit`."""
        x, y = learning_rows(panel, end, self.amount, self.seed)
        if len(y) < 2 * LEAST_LEAF:
            return _Trees(None)
        trees = RandomForestRegressor(TREES, min_samples_leaf=LEAST_LEAF, max_features=1 / 3, random_state=self.seed, n_jobs=1)
        return _Trees(trees.fit(x, y))


@dataclass(frozen=True)
class _Trees:
    """The forest; without one (too little to learn from) it repeats the days and weeks before."""

    trees: RandomForestRegressor | None

    def predict(self, panel: Panel, origin: int) -> Floats:
        """See `Fitted.predict`."""
        if self.trees is None:
            return repeated(panel, origin)
        made = window(panel, origin, np.arange(panel.horizon))
        flat = np.asarray(self.trees.predict(made.x.reshape(-1, made.x.shape[2])))
        return made.in_units(flat.reshape(len(panel.ids), panel.horizon))
