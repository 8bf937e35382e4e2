# SPDX-License-Identifier: GPL-3.0-or-later
"""Naive2, the yardstick of OWA: the last value of the seasonally adjusted series, made seasonal again.

As in the M4 competition's own benchmark code: a series is adjusted by classical multiplicative decomposition where its
autocorrelation at the season is significant at 90 %, else it is plain Naive.
"""

from __future__ import annotations

import numpy as np

from ..panel import Floats, Panel

T90 = 1.645


def naive2(panel: Panel) -> Floats:
    """Point forecasts (n, horizon) from the whole panel."""
    return np.stack([_one(panel.y[row, int(begin) :], panel.season, panel.horizon) for row, begin in enumerate(panel.begins)])


def _one(values: Floats, season: int, horizon: int) -> Floats:
    if season < 2 or len(values) < 3 * season or (values <= 0).any() or not _seasonal(values, season):
        return np.full(horizon, values[-1])
    indices = _indices(values, season)
    ahead = (len(values) + np.arange(horizon)) % season
    return np.asarray(values[-1] / indices[(len(values) - 1) % season] * indices[ahead])


def _seasonal(values: Floats, season: int) -> bool:
    """Whether the autocorrelation at the season stands out (Bartlett's limit)."""
    centred = values - values.mean()
    power = float(centred @ centred)
    if power <= 0:
        return False
    own = np.array([float(centred[lag:] @ centred[: len(values) - lag]) / power for lag in range(1, season + 1)])
    limit = T90 * np.sqrt((1.0 + 2.0 * float((own[:-1] ** 2).sum())) / len(values))
    return bool(abs(own[-1]) > limit)


def _indices(values: Floats, season: int) -> Floats:
    """Multiplicative seasonal indices by phase, averaging 1, from a centred moving average."""
    weights = np.ones(season + 1 - season % 2) / season
    if season % 2 == 0:
        weights[[0, -1]] /= 2.0
    half = len(weights) // 2
    trend = np.convolve(values, weights, mode="valid")
    ratio = values[half : len(values) - half] / trend
    phase = (half + np.arange(len(ratio))) % season
    means = np.array([ratio[phase == place].mean() for place in range(season)])
    return np.asarray(means / means.mean())
