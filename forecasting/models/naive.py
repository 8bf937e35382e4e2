# SPDX-License-Identifier: GPL-3.0-or-later
"""The last value goes on: the peer to beat where a level wanders at random."""

from __future__ import annotations

import numpy as np

from ..panel import Floats, Panel


class Naive:
    """Repeats the last value. There is nothing to learn, so it is its own fitted form."""

    name = "naive"

    def fit(self, panel: Panel, end: int) -> Naive:
        """See `Model.fit`."""
        return self

    def predict(self, panel: Panel, origin: int) -> Floats:
        """See `Fitted.predict`."""
        return np.repeat(panel.y[:, origin - 1, None], panel.horizon, axis=1)
