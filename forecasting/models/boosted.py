# SPDX-License-Identifier: GPL-3.0-or-later
"""The default: one gradient-boosted model for all series and all steps ahead (global, direct), with absolute loss."""

from __future__ import annotations

from dataclasses import dataclass

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray

from ..features import window
from ..panel import Floats, Ints, Mask, Panel
from .protocol import Fitted

GOLDEN = 0.6180339887498949
TARGET_CLIP = 10.0
LEAST_ROWS = 60_000
# One thread: trainings run side by side instead (see `forecast_panel`), and the trees do not depend on the number of cores.
THREADS = 1


@dataclass(frozen=True)
class Boosted:
    """LightGBM on same-phase features.

    rows, rows_per_series: at most so many training rows, in all and for each series; trees, leaves, rate, bins: size of
    the model; steps_per_origin: at most so many of the steps ahead are learnt from one origin, so that more origins fit in.
    """

    name: str = "boosted"
    rows: int = 400_000
    rows_per_series: int = 4_000
    trees: int = 250
    leaves: int = 63
    rate: float = 0.06
    bins: int = 63
    steps_per_origin: int = 48
    seed: int = 0

    def fit(self, panel: Panel, end: int) -> Fitted:
        """Learn from targets before `end`; series that never moved teach nothing. See `Model.fit`."""
        past = panel.y[:, :end]
        panel = panel.rows(np.fmax.reduce(past, axis=1) > np.fmin.reduce(past, axis=1))
        if not panel.ids:
            return _Trees(None)
        rng = np.random.default_rng(self.seed)
        xs, ys = [], []
        for origin in self._origins(panel, end):
            steps = self._steps(panel.horizon, rng)
            made = window(panel, origin, steps)
            target = (panel.y[:, origin + steps] - made.level) / made.scale
            keep = panel.fit[:, origin + steps] & np.isfinite(target) & self._known(panel, origin)
            xs.append(made.x[keep])
            ys.append(np.clip(target[keep], -TARGET_CLIP, TARGET_CLIP))
        x, y = (np.concatenate(xs), np.concatenate(ys)) if xs else (np.empty((0, 0), np.float32), np.empty(0))
        return _Trees(self._train(x, y)) if len(y) >= 2 else _Trees(None)

    def _known(self, panel: Panel, origin: int) -> Mask:
        """Series (n, 1) with at least a season of past at `origin`."""
        return (panel.begins <= origin - panel.season)[:, None]

    def _origins(self, panel: Panel, end: int) -> list[int]:
        """Origins spread evenly over the past without a common period, so that all phases are met."""
        last = end - panel.horizon
        context = max(2 * panel.long_season if panel.long_season <= 168 else panel.long_season, 4 * panel.season)
        first = max(min(context, last - max(panel.horizon, panel.season)), min(panel.season, last), 1)
        if last < first:
            return []
        rows = min(self.rows, max(LEAST_ROWS, self.rows_per_series * len(panel.ids)))
        count = max(1, rows // (len(panel.ids) * min(panel.horizon, self.steps_per_origin)))
        if count >= last - first + 1:
            return list(range(first, last + 1))
        places = first + (np.arange(count) * GOLDEN % 1.0 * (last - first + 1)).astype(int)
        return sorted({int(place) for place in places} | {last})

    def _steps(self, horizon: int, rng: np.random.Generator) -> Ints:
        if horizon <= self.steps_per_origin:
            return np.arange(horizon)
        return np.sort(rng.choice(horizon, self.steps_per_origin, replace=False))

    def _train(self, x: NDArray[np.float32], y: Floats) -> lgb.Booster:
        parameters = {
            "objective": "l1", "num_leaves": self.leaves, "learning_rate": self.rate, "min_data_in_leaf": 100,
            "feature_fraction": 0.7, "bagging_fraction": 0.7, "bagging_freq": 1, "num_threads": THREADS,
            "max_bin": self.bins, "verbosity": -1, "seed": self.seed, "deterministic": True, "force_row_wise": True,
        }  # fmt: skip
        return lgb.train(parameters, lgb.Dataset(x, label=y, free_raw_data=True), num_boost_round=self.trees)


@dataclass(frozen=True)
class _Trees:
    """A trained booster; without one (too little to learn from) it repeats the level."""

    booster: lgb.Booster | None

    def predict(self, panel: Panel, origin: int) -> Floats:
        """See `Fitted.predict`."""
        made = window(panel, origin, np.arange(panel.horizon))
        if self.booster is None:
            return np.repeat(made.level, panel.horizon, axis=1)
        flat = np.asarray(self.booster.predict(made.x.reshape(-1, made.x.shape[2]), num_threads=THREADS))
        return np.asarray(flat.reshape(len(panel.ids), panel.horizon) * made.scale + made.level)
