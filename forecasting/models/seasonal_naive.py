# SPDX-License-Identifier: GPL-3.0-or-later
"""The same phase of the last day or week again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..features import same_phase
from ..panel import Floats, Panel


@dataclass(frozen=True)
class SeasonalNaive:
    """Repeats the last season: a week where `weekly` and two of them are known, else a day.

    A series shorter than a season repeats its last value.
    """

    weekly: bool = False

    @property
    def name(self) -> str:
        """What results are reported under."""
        return "seasonal_naive_week" if self.weekly else "seasonal_naive"

    def fit(self, panel: Panel, end: int) -> SeasonalNaive:
        """See `Model.fit`."""
        return self

    def predict(self, panel: Panel, origin: int) -> Floats:
        """See `Fitted.predict`."""
        past, steps = panel.y[:, :origin], np.arange(panel.horizon)
        made = same_phase(past, steps, panel.season, 1)[:, :, 0]
        if self.weekly and panel.long_season:
            week = same_phase(past, steps, panel.long_season, 1)[:, :, 0]
            made = np.where(np.isfinite(week), week, made)
        return np.where(np.isfinite(made), made, past[:, -1:])
