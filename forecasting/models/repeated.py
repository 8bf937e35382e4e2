# SPDX-License-Identifier: GPL-3.0-or-later
"""What a model forecasts that found nothing to learn from: the same hours of the days and weeks before."""

from __future__ import annotations

import numpy as np

from ..features import level_and_scale, same_phase
from ..panel import Floats, Panel

DAYS, WEEKS = 7, 4


def repeated(panel: Panel, origin: int) -> Floats:
    """The median at the same place of up to four weeks where two are known, else of up to seven days, else the level; (n, horizon).

    A flat line at the level hides every peak that is to come.
    """
    past, steps = panel.y[:, :origin], np.arange(panel.horizon)
    level, _unused = level_and_scale(past, panel.season, panel.long_season)
    made = _median(same_phase(past, steps, panel.season, DAYS), 1, level)
    return _median(same_phase(past, steps, panel.long_season, WEEKS), 2, made) if panel.long_season else made


def _median(seen: Floats, least: int, otherwise: Floats) -> Floats:
    """The median over the last axis where at least so many values are known."""
    enough = np.isfinite(seen).sum(axis=-1) >= least
    return np.where(enough, np.nanmedian(np.where(enough[..., None], seen, 0.0), axis=-1), otherwise)
