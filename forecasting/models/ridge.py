# SPDX-License-Identifier: GPL-3.0-or-later
"""The fast tier: for each step ahead one ridge regression over all series, on the features that the trees see too.

A line for each step needs no tree to tell the hours apart, is solved from its moments in one pass over the rows, and forecasts
with one product. The target is in its window's scale and clipped, which is what keeps squared loss honest here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..features import CLOCKS, window
from ..panel import Floats, Panel
from .protocol import Fitted
from .repeated import repeated
from .rows import TARGET_CLIP, examples, moving, room_of, some_of, spread

LEAST_ORIGINS = 12
ROWS_A_STEP = 4_000
SHRINKAGE = 1e-3
ROUNDS = 3
NEAREST = 0.05
CHUNK = 4_096


@dataclass(frozen=True)
class Ridge:
    """Least squares with shrinkage. rows: about so many origins x series teach each step, and at least 12 origins; most: series that do."""

    name: str = "ridge"
    rows: int = ROWS_A_STEP
    most: int | None = None

    def fit(self, panel: Panel, end: int) -> Fitted:
        """See `Model.fit`."""
        chunks, places = _chunks(some_of(moving(panel, end), self.most)), room_of(panel, end)
        count = sum(len(chunk.ids) for chunk in chunks)
        if not count or not len(places):
            return Lines(None)
        origins = spread(places, max(LEAST_ORIGINS, self.rows // count))
        weights: Floats | None = None
        for _round in range(ROUNDS):
            moments = _Moments(panel.horizon, weights)
            for origin in origins:
                for chunk in chunks:
                    moments.add(chunk, origin)
            weights = moments.solved()
        return Lines(weights)


class _Moments:
    """Sums of products of features, and of features and targets, for each step ahead."""

    def __init__(self, horizon: int, before: Floats | None) -> None:
        self.steps = np.arange(horizon)
        self.before = before
        self.square: Floats | None = None
        self.product: Floats | None = None

    def add(self, panel: Panel, origin: int) -> None:
        """One origin of some series."""
        seen, target, keep = examples(panel, origin, self.steps)
        x = np.where(keep[:, :, None], _linear(seen), np.float32(0.0)).transpose(1, 0, 2)
        y = np.where(keep, target, 0.0).T.astype(np.float32)[:, :, None]
        turned = x.transpose(0, 2, 1)
        if self.before is not None:
            missed = np.abs(y - x @ self.before.astype(np.float32)[:, :, None])
            turned = turned / np.maximum(missed, NEAREST).transpose(0, 2, 1)
        square, product = (turned @ x).astype(float), (turned @ y).astype(float)
        self.square = square if self.square is None else self.square + square
        self.product = product if self.product is None else self.product + product

    def solved(self) -> Floats | None:
        """The weights (horizon, f); None where no row was usable."""
        if self.square is None or self.product is None or not self.square.any():
            return None
        size = np.trace(self.square, axis1=1, axis2=2)[:, None, None] / self.square.shape[1]
        shrunk = self.square + (SHRINKAGE * size + 1e-9) * np.eye(self.square.shape[1])
        return np.asarray(np.linalg.solve(shrunk, self.product)[:, :, 0])


@dataclass(frozen=True)
class Lines:
    """weights: (horizon, f); without them (too little to learn from) it repeats the days and weeks before."""

    weights: Floats | None

    def predict(self, panel: Panel, origin: int) -> Floats:
        """See `Fitted.predict`."""
        if self.weights is None:
            return repeated(panel, origin)
        weights = self.weights.astype(np.float32)
        made = [_chunk(chunk, origin, weights) for chunk in _chunks(panel)]
        return np.concatenate(made) if made else np.empty((0, panel.horizon))


def _chunk(panel: Panel, origin: int, weights: NDArray[np.float32]) -> Floats:
    made = window(panel, origin, np.arange(panel.horizon))
    return made.in_units(np.einsum("nsf,sf->ns", _linear(made.x), weights))  # each sum alone: no digit goes with the chunk


def _chunks(panel: Panel) -> list[Panel]:
    """The series in groups of a size that stays small in memory; what is learnt does not depend on it."""
    count = len(panel.ids)
    if count <= CHUNK:
        return [panel] if count else []
    places = np.arange(count)
    return [panel.rows((places >= first) & (places < first + CHUNK)) for first in range(0, count, CHUNK)]


def _linear(x: NDArray[np.float32]) -> NDArray[np.float32]:
    """The features that a line can use, and a constant: unknown ones count as the window's level, 0; the clocks are left to trees."""
    known = np.clip(np.nan_to_num(x[..., :-CLOCKS], nan=0.0), -TARGET_CLIP, TARGET_CLIP)
    return np.concatenate([known, np.ones((*known.shape[:-1], 1), np.float32)], axis=-1)
