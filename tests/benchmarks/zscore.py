# SPDX-License-Identifier: GPL-3.0-or-later
"""Robust z-scores, the peers of the anomaly detector: causal, untuned."""

from __future__ import annotations

from collections import deque
from statistics import median
from typing import Protocol

import numpy as np
import pandas as pd

MAD_TO_SIGMA = 1.4826
LEVEL_SHARE = 0.02
DAY_S = 86_400


class Timed(Protocol):
    """What a seasonal score needs: times (n,) UTC, values (n,), the sampling interval in seconds."""

    times: pd.DatetimeIndex
    values: np.ndarray
    step_s: float


def robust_z(values: np.ndarray, window: int, least: int = 20) -> np.ndarray:
    """|y − median| / (1.4826 · MAD) over the `window` samples before, (n,); the spread is at least 2 % of the level."""
    series = pd.Series(values)
    middle = series.shift().rolling(window, min_periods=least).median()
    off = (series - middle).abs()
    spread = MAD_TO_SIGMA * off.shift().rolling(window, min_periods=least).median()
    floor = np.maximum(LEVEL_SHARE * middle.abs(), 1e-12)
    return (off / np.maximum(spread, floor)).fillna(0.0).to_numpy()


def seasonal_z(one: Timed, least: float = 0.2) -> np.ndarray:
    """The same of what is left after the median of the last seven days at the same time of day, (n,).

    The spread, over the last 2000 samples, is 1.4826 · MAD or `least` standard deviations, whichever is larger: flat series with
    rare bursts have no MAD.
    """
    places = (one.times.as_unit("s").asi8 % DAY_S // max(int(one.step_s), 1)).tolist()
    past: dict[int, deque[float]] = {}
    recent: deque[float] = deque(maxlen=100)
    left = np.empty(len(places))
    for number, (place, value) in enumerate(zip(places, one.values.tolist(), strict=True)):
        known = past.setdefault(place, deque(maxlen=7))
        base = known if len(known) >= 3 else recent
        left[number] = value - median(base) if base else 0.0
        known.append(value)
        recent.append(value)
    off, before = pd.Series(np.abs(left)), pd.Series(left).shift().rolling(2000, min_periods=20)
    spread = np.maximum(MAD_TO_SIGMA * off.shift().rolling(2000, min_periods=20).median(), least * before.std())
    floor = np.maximum(LEVEL_SHARE * pd.Series(one.values).abs().shift().rolling(100, min_periods=1).mean(), 1e-12)
    return (off / np.maximum(spread, floor)).fillna(0.0).to_numpy()


def rested(scores: np.ndarray, rest: int = 100) -> np.ndarray:
    """Scores that count only where they are above all of the `rest` samples before, (n,); else 0."""
    before = pd.Series(scores).shift().rolling(rest, min_periods=1).max().fillna(-np.inf).to_numpy()
    return np.where(scores > before, scores, 0.0)
