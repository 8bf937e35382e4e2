# SPDX-License-Identifier: GPL-3.0-or-later
"""The one protocol of all models. Intervals and paths are made alike for all of them, from their back-test errors."""

from __future__ import annotations

from typing import Protocol

from ..panel import Floats, Panel


class Fitted(Protocol):
    """A model that has learnt. It forecasts from any later origin without learning again."""

    def predict(self, panel: Panel, origin: int) -> Floats:
        """Point forecasts (n, horizon) of the panel's next steps, from what lies before `origin` only."""


class Model(Protocol):
    """A way to forecast."""

    @property
    def name(self) -> str:
        """What results are reported under."""

    def fit(self, panel: Panel, end: int) -> Fitted:
        """Learn from the steps before `end` only."""
