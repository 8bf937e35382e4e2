# SPDX-License-Identifier: GPL-3.0-or-later
"""How much each model counts for each series: the smaller its errors in the same back-test, the more. The first model is the default.

A mean of models errs less than the best of them does, as long as one that is clearly worse hardly counts. Near a tie a little luck
moves a share a little, where a single choice would flip (docs/tried.md). The more was tested, the more a difference counts. Errors are
averaged over the origins, so one extreme origin still weighs much.
"""

from __future__ import annotations

import numpy as np

from .panel import Floats
from .rolling import Errors

POWER, POWER_PER_STRETCH, MOST_POWER = 3.0, 0.5, 10.0
PRIOR, DOUBT = 0.25, 0.25
CLIP = 3.0
LEAST = 0.05
TINY = 1e-12


def shares(candidates: list[Errors], stretches: float) -> Floats:
    """Each candidate's share in the forecast of each series, (candidates, n); they sum to one.

    stretches: how many horizons that do not overlap were back-tested. A share goes with the mean absolute error to a negative power, of
    `POWER` and `POWER_PER_STRETCH` for each of them, `MOST_POWER` at most. A peer's error is first taken for `PRIOR` larger than it
    was, in logarithms, and for `DOUBT` more where only one horizon was back-tested, half of that where two were, and so on. What would
    count for less than `LEAST` does not count, nor does a candidate without a finite forecast.
    """
    power = min(POWER + POWER_PER_STRETCH * stretches, MOST_POWER)
    default = candidates[0]
    measured = np.asarray(np.isfinite(default.residuals).any(axis=(0, 2)))
    worse = np.zeros((len(candidates), len(measured)))
    worse[0, ~measured] = np.inf
    for number, peer in enumerate(candidates[1:], 1):
        doubt = DOUBT / max(stretches * len(peer.origins) / max(len(default.origins), 1), 1.0)
        worse[number] = _worse(default, peer) + PRIOR + doubt
    worse[0, np.isinf(worse).all(axis=0)] = 0.0
    weight = np.exp(-power * (worse - worse.min(axis=0)))
    weight /= weight.sum(axis=0)
    weight[weight < LEAST] = 0.0
    return np.asarray(weight / weight.sum(axis=0))


def _worse(default: Errors, peer: Errors) -> Floats:
    """The logarithm of the ratio of the peer's error to the default's where both were measured, (n,); infinite where the peer never was.

    Zero where only the peer was measured: it counts in full then, as the default does not.
    """
    reference = np.abs(default.residuals[[default.origins.index(origin) for origin in peer.origins]])
    size = np.abs(peer.residuals)
    both = np.isfinite(reference) & np.isfinite(size)
    ours, theirs = (np.where(both, values, 0.0).sum(axis=(0, 2)) + TINY for values in (reference, size))
    ratio = np.clip(np.log(theirs / ours), -CLIP, CLIP)
    return np.asarray(np.where(np.isfinite(size).any(axis=(0, 2)), ratio, np.inf))


def blended(candidates: list[Errors], weight: Floats) -> Errors:
    """The errors of the shared forecast, at the default's origins. weight: see `shares`.

    Where a candidate has no error (a slow one is not asked everywhere), the others' count for it.
    """
    default = candidates[0]
    total, counted = np.zeros_like(default.residuals), np.zeros_like(default.residuals)
    for each, candidate in zip(weight, candidates, strict=True):
        places = [default.origins.index(origin) for origin in candidate.origins]
        known = np.isfinite(candidate.residuals) & (each[None, :, None] > 0.0)
        total[places] += np.where(known, candidate.residuals, 0.0) * each[None, :, None]
        counted[places] += known * each[None, :, None]
    return Errors("blended", default.origins, np.where(counted > 0.0, total / np.where(counted > 0.0, counted, 1.0), np.nan))


def together(made: list[Floats | None], weight: Floats) -> Floats:
    """The shared forecast (n, horizon). made: what each candidate forecasts, None where no series wants it.

    One that is not finite for a series is left out, and the others count for it; the default's stays where all fail.
    """
    counted = weight.copy()
    for number, values in enumerate(made):
        counted[number] *= np.isfinite(values).all(axis=1) if values is not None else 0.0
    counted[0, counted.sum(axis=0) == 0.0] = 1.0
    counted /= counted.sum(axis=0)
    known = [(each[:, None], values) for each, values in zip(counted, made, strict=True) if values is not None]
    return np.asarray(sum(np.where(each > 0.0, values, 0.0) * each for each, values in known))
