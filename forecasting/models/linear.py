# SPDX-License-Identifier: GPL-3.0-or-later
"""A linear least-absolute-error fit on the features: what trees can only build in steps, it says in one line.

Iteratively reweighted least squares (Schlossmacher, JASA 68 (1973) 857-859) with a little shrinkage.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..panel import Floats

ROWS = 100_000
ROUNDS = 4
SHRINKAGE = 1e-5
NEAREST = 0.02
CLIP = 10.0


@dataclass(frozen=True)
class Linear:
    """Weights of the features, (f,), and what is added to them; an unknown feature counts as its window's level, 0."""

    weights: Floats
    constant: float

    def predict(self, x: NDArray[np.float32]) -> Floats:
        """The target for features (rows, f), shape (rows,)."""
        return np.asarray(_known(x) @ self.weights + self.constant)


def fit_linear(x: NDArray[np.float32], y: Floats, seed: int) -> Linear:
    """Fit y (rows,) to x (rows, f), on a random part where there are very many rows."""
    part = np.random.default_rng(seed).permutation(len(y))[:ROWS]
    known, target = np.column_stack([_known(x[part]), np.ones(len(part))]), y[part]
    importance = np.ones(len(part))
    for _round in range(ROUNDS):
        moments = (known * importance[:, None]).T @ known
        shrunk = moments + SHRINKAGE * np.trace(moments) / len(moments) * np.eye(len(moments))
        found = np.linalg.solve(shrunk, (known * importance[:, None]).T @ target)
        importance = 1.0 / np.maximum(np.abs(target - known @ found), NEAREST)
    return Linear(found[:-1], float(found[-1]))


def _known(x: NDArray[np.float32]) -> Floats:
    return np.asarray(np.clip(np.nan_to_num(x.astype(float), nan=0.0), -CLIP, CLIP))
