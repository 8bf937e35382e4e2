# SPDX-License-Identifier: GPL-3.0-or-later
"""Series without the effect of their known causes, and those effects."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ..history import History
from ..panel import Floats
from .calendar import chosen, records
from .events import clock_of, on_the_wall, uplifts_of
from .figures import figures_of
from .kpi import kpi_uplift
from .uplift import Uplift, without_all

FARTHEST = pd.Timedelta(days=2)


def quieted(
    history: History, rows: list[dict[str, Any]], values: Floats, times: pd.DatetimeIndex, step_s: int
) -> tuple[Floats, list[tuple[Uplift, ...]]]:
    """Take the effect of the calendar, and of business figures that have a plan, out of non-negative series of one time zone.

    values: (n, t), NaN only before a series' beginning; times: (t + horizon,) on the wall clock of the zone, see `grid.wall`.
    """
    made: list[tuple[Uplift, ...]] = [()] * len(rows)
    calm = values.copy()
    near = records(_near(history.events, times)) if len(history.events) else []
    known = values.shape[1]
    figures = figures_of(history, times, str(rows[0]["tz"]), step_s, known) if len(history.plan) else []
    for number, row in enumerate(rows if near or figures else []):
        if np.isfinite(values[number]).any() and np.nanmin(values[number]) >= 0.0:
            found = uplifts_of(on_the_wall(chosen(near, row), str(row["tz"]), times), values[number], times, step_s)
            planned = kpi_uplift(row, without_all(values[number], found), figures, clock_of(times, step_s, known).period)
            made[number] = (*found, planned) if planned else found
            calm[number] = without_all(values[number], made[number])
    return calm, made


def _near(events: pd.DataFrame, times: pd.DatetimeIndex) -> pd.DataFrame:
    """The events that may touch `times` on any clock."""
    return events[(events["end"] > times[0] - FARTHEST) & (events["start"] < times[-1] + FARTHEST)]
