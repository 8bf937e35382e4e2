# SPDX-License-Identifier: GPL-3.0-or-later
"""Samples that show the limit rather than the demand: close to the capacity in force, or with drops beside them.

What went well beyond the capacity was not held back by it: the capacity is wrong, or only agreed on, and the sample is demand.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .history import History
from .panel import Floats, Mask

NEAR, BEYOND = 0.97, 1.03
LIMITED = "_bps"
DROPS = "if_drops_per_s"


def may_be_censored(history: History, row: dict[str, Any]) -> bool:
    """Whether anything is known of a limit of this series: only rates (``…_bps``) of an object have one."""
    device, name = row["device"], row["object"]
    limited = str(row["metric"]).endswith(LIMITED)
    return limited and bool(history.named(device, name, "capacity_bps", "limit") or history.named(device, name, DROPS))


def censored_samples(history: History, row: dict[str, Any]) -> Mask:
    """Which samples of a series are right-censored, one flag a sample. Only rates (``…_bps``) of an object can be."""
    stamps, values = history.piece(row["unique_id"])
    device, name = row["device"], row["object"]
    made = np.zeros(len(values), dtype=bool)
    if not may_be_censored(history, row):
        return made
    if history.named(device, name, "capacity_bps", "limit"):
        limit = history.limits_on(device, name, stamps)
        with np.errstate(invalid="ignore"):  # no limit is known everywhere
            made = (values >= NEAR * limit) & (values <= BEYOND * limit)
    when, lost = history.piece(history.named(device, name, DROPS) or "")
    return made | np.isin(stamps, when[lost > 0]) if (lost > 0).any() else made


def lifted(values: Floats, censored: Mask, season: int, long_season: int) -> Floats:
    """What the next steps may look back on: a censored value is a lower bound, so it is raised to what its phase lets expect.

    values: (t,) without gaps; the expectation is the median of the uncensored values at the same phase of the week
    (of the day, where there is no week), and never lowers a value.
    """
    made = values.copy()
    period = long_season if long_season and len(values) >= 3 * long_season else season
    open_ = np.where(censored | ~np.isfinite(values), np.nan, values)
    for place in np.flatnonzero(censored):
        alike = open_[place % period :: period]
        alike = alike[np.isfinite(alike)]
        if len(alike):
            made[place] = max(values[place], float(np.median(alike)))
    return made
