# SPDX-License-Identifier: GPL-3.0-or-later
"""The last touch: known causes put back onto a forecast, and the bounds that a series keeps."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .causes import factors
from .entries import Entry
from .metrics import LEVELS
from .panel import Floats


def with_causes(
    entry: Entry, mean: Floats, quantiles: Floats, paths: NDArray[np.float32], rng: np.random.Generator
) -> tuple[Floats, Floats, Floats]:
    """Mean (horizon,), quantiles (levels, horizon) and paths (paths, horizon) of one series with the effects of its known causes."""
    horizon, drawn = len(mean), paths.astype(float)
    for uplift in entry.uplifts:
        ahead = uplift.intensity[-horizon:] != 0.0
        effects = rng.normal(uplift.effect, uplift.spread, len(drawn))
        drawn *= factors(uplift, horizon, effects)
        mean = mean * factors(uplift, horizon, np.array([uplift.effect]))[0]
        quantiles = np.where(ahead, np.quantile(drawn, LEVELS, axis=0), quantiles)
    return mean, quantiles, drawn
