# SPDX-License-Identifier: GPL-3.0-or-later
"""Which model forecasts which series: the default, unless a peer was clearly better in the same back-test."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .rolling import Errors

MINIMUM_GAIN = 0.1
MINIMUM_WINS = 0.7


def choose(candidates: list[Errors], minimum_gain: float = MINIMUM_GAIN) -> NDArray[np.int64]:
    """The number of the chosen candidate for each series, (n,). The first candidate is the default.

    A peer replaces it only where its mean absolute error is lower by `minimum_gain` and it was the better one in most of
    the origins: a lucky origin is no reason. A candidate without a finite forecast is never chosen.
    """
    default = candidates[0]
    chosen = np.zeros(default.residuals.shape[1], dtype=np.int64)
    best = default.mean_absolute()
    for number, peer in enumerate(candidates[1:], 1):
        shared = [default.origins.index(origin) for origin in peer.origins]
        reference = np.abs(default.residuals[shared])
        size = np.abs(peer.residuals)
        both = np.isfinite(reference) & np.isfinite(size)
        known = np.maximum(both.sum(axis=2), 1)
        ours, theirs = np.where(both, reference, 0.0).sum(axis=2) / known, np.where(both, size, 0.0).sum(axis=2) / known
        wins = (theirs < ours).mean(axis=0)
        gain = theirs.mean(axis=0) < (1.0 - minimum_gain) * ours.mean(axis=0)
        error = peer.mean_absolute()
        lost = ~np.isfinite(best) & np.isfinite(error)
        better = (gain & (wins >= MINIMUM_WINS) & (error < best)) | lost
        chosen, best = np.where(better, number, chosen), np.where(better, error, best)
    return chosen
