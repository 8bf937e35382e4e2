# SPDX-License-Identifier: GPL-3.0-or-later
"""Demand within bounds, per interval of time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..contracts import parse_time

Floats = npt.NDArray[np.float64]
Seconds = npt.NDArray[np.int64]


def seconds(moment: str | datetime) -> float:
    """Seconds since 1970, UTC, of a time as text or as an aware datetime."""
    return parse_time(moment).timestamp() if isinstance(moment, str) else pd.Timestamp(moment).timestamp()


@dataclass(frozen=True)
class Bounds:
    """Lower and upper bound of demand per interval, in the series' unit; `times` are the intervals' starts, seconds since 1970."""

    times: Seconds
    low: Floats
    high: Floats

    def sustained_peak(self, steps: int) -> tuple[float, float]:
        """The highest level held for `steps` intervals on end, within bounds; -inf where there are too few intervals."""
        return _sustained(self.low, steps), _sustained(self.high, steps)

    def between(self, first: float, last: float) -> Bounds:
        """The intervals that begin in [first, last)."""
        start, end = np.searchsorted(self.times, [first, last])
        return Bounds(self.times[start:end], self.low[start:end], self.high[start:end])

    def mirrored(self) -> Bounds:
        """The same with its sign turned, for limits that are broken from above to below."""
        return Bounds(self.times, -self.high, -self.low)


def _sustained(values: Floats, steps: int) -> float:
    if len(values) < steps:
        return -np.inf
    return float(np.max(np.lib.stride_tricks.sliding_window_view(values, steps).min(axis=1)))
