# SPDX-License-Identifier: GPL-3.0-or-later
"""Pure losses over (series × steps) arrays, as the M4 competition defines them.

Source: Makridakis, Spiliotis, Assimakopoulos, The M4 Competition, Int. J. Forecasting 36 (2020) 54-74.
`actual` and `mean` have shape (n, h), `quantiles` (n, q, h); one value a series comes back, shape (n,). A NaN in
`actual` is a step without truth and does not count.
"""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
LEVELS: Array = np.array([0.025, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.975])
LEVEL_NAMES = ("q025", "q10", "q20", "q30", "q40", "q50", "q60", "q70", "q80", "q90", "q975")
FLAT = 1e-9


def _average(values: Array, axis: int | tuple[int, ...] = -1) -> Array:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.asarray(np.nanmean(values, axis=axis))


def seasonal_scale(history: Array, season: int) -> Array:
    """Mean absolute seasonal difference in sample, the divisor of MASE; NaN where a series is flat or too short."""
    if history.shape[-1] <= season:
        return np.full(history.shape[0], np.nan)
    scale = _average(np.abs(history[:, season:] - history[:, :-season]))
    return np.where(scale > FLAT, scale, np.nan)


def smape(actual: Array, mean: Array) -> Array:
    """Symmetric mean absolute percentage error, per cent."""
    size = np.abs(actual) + np.abs(mean)
    return 100.0 * _average(
        np.where(size > 0, 2.0 * np.abs(actual - mean) / np.where(size > 0, size, 1.0), np.where(size == 0, 0.0, np.nan))
    )


def mase(actual: Array, mean: Array, scale: Array) -> Array:
    """Mean absolute error in units of `scale` (n,), see `seasonal_scale`."""
    return _average(np.abs(actual - mean)) / scale


def pinball(actual: Array, quantiles: Array, levels: Array = LEVELS) -> Array:
    """Pinball loss averaged over steps, shape (n, q)."""
    distance = actual[:, None, :] - quantiles
    side = levels[None, :, None]
    return _average(np.maximum(side * distance, (side - 1.0) * distance))


def weighted_quantile_loss(actual: Array, quantiles: Array) -> float:
    """WQL over the deciles of all series: 2 Σ pinball / (9 Σ|y|)."""
    distance = actual[:, None, :] - quantiles[:, 1:-1]
    side = LEVELS[None, 1:-1, None]
    loss = np.maximum(side * distance, (side - 1.0) * distance)
    return float(2.0 * np.nansum(loss) / (9.0 * np.nansum(np.abs(actual))))


def scaled_quantile_loss(actual: Array, quantiles: Array, scale: Array) -> Array:
    """The same pinball loss, but scaled for each series like MASE."""
    return np.asarray(2.0 * pinball(actual, quantiles)[:, 1:-1].mean(axis=1) / scale)


def coverage(actual: Array, low: Array, high: Array) -> float:
    """Share of the known steps that lie inside [low, high]."""
    known = np.isfinite(actual)
    return float(((actual >= low) & (actual <= high))[known].mean()) if known.any() else float("nan")


def msis(actual: Array, low: Array, high: Array, scale: Array, alpha: float = 0.05) -> Array:
    """Mean scaled interval score of the central 1 − `alpha` interval."""
    below, above = np.maximum(low - actual, 0.0), np.maximum(actual - high, 0.0)
    return _average(high - low + 2.0 / alpha * (below + above)) / scale


def owa(smape_value: float, mase_value: float, naive2_smape: float, naive2_mase: float) -> float:
    """Overall weighted average against Naive2."""
    return (smape_value / naive2_smape + mase_value / naive2_mase) / 2.0
