# SPDX-License-Identifier: GPL-3.0-or-later
"""What a series did lately, in the few numbers that a person asks for: last peak, growth, past events."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations

import numpy as np
import pandas as pd

WEEK = pd.Timedelta(days=7)
WEEKS = 8
TREND_WEEKS = 3


@dataclass(frozen=True)
class Past:
    """Facts in the series' unit.

    Attributes:
        last_peak: extreme of the last seven days, or None without samples in them.
        growth: change of the weekly extreme, a week (median of all pairwise slopes); None below three weeks.
        weeks: over how many weeks the growth was measured, weeks without samples among them.
        usual: median of the weekly extremes before the last, or None.
        event_peak: median extreme of past events of the same kind, or None.
        calm_peak: median daily extreme outside them, or None.
    """

    last_peak: float | None
    growth: float | None
    weeks: int
    usual: float | None = None
    event_peak: float | None = None
    calm_peak: float | None = None


def summarise(
    values: pd.Series, as_of: datetime, interval_s: float, *, beyond: str, events: Iterable[tuple[datetime, datetime]] = ()
) -> Past:
    """Summarise samples (indexed by UTC time) up to `as_of`, averaged over `interval_s` as the forecast was.

    `events` are (start, end) of past events to set apart.
    """
    averaged = values.loc[: pd.Timestamp(as_of)].resample(pd.Timedelta(seconds=interval_s)).mean().dropna()
    sign = 1.0 if beyond == "above" else -1.0
    signed = sign * averaged
    now = pd.Timestamp(as_of)
    peaks = [signed.loc[now - (k + 1) * WEEK : now - k * WEEK] for k in range(WEEKS)]
    weekly = [(k, float(part.max())) for k, part in enumerate(peaks) if len(part) > 0]
    complete = weekly if len(weekly) < 2 or len(peaks[weekly[-1][0]]) >= 0.5 * len(peaks[0]) else weekly[:-1]
    slopes = [(a - b) / (later - earlier) for (earlier, a), (later, b) in combinations(complete, 2)]
    growth = float(np.median(slopes)) if len(complete) >= TREND_WEEKS else None
    last = weekly[0][1] if weekly and weekly[0][0] == 0 else None
    event_peak, calm = _events(signed, list(events))
    before = [peak for week, peak in complete if week > 0]
    usual = float(np.median(before)) if before else None
    found = [_times(sign, value) for value in (last, growth, usual, event_peak, calm)]
    return Past(found[0], found[1], complete[-1][0] + 1 if complete else 0, found[2], found[3], found[4])


def _events(signed: pd.Series, events: list[tuple[datetime, datetime]]) -> tuple[float | None, float | None]:
    inside = pd.Series(False, index=signed.index)
    peaks: list[float] = []
    for start, end in events:
        part = (signed.index >= pd.Timestamp(start)) & (signed.index < pd.Timestamp(end))
        if part.any():
            peaks.append(float(signed[part].max()))
            inside |= part
    if not peaks:
        return None, None
    daily = signed[~inside].resample("1D").max().dropna()
    return float(np.median(peaks)), float(daily.median()) if len(daily) else None


def _times(sign: float, value: float | None) -> float | None:
    return None if value is None else sign * value
