# SPDX-License-Identifier: GPL-3.0-or-later
"""As much of a history as one series' forecast rests on."""

from __future__ import annotations

import pandas as pd

from ..history import History


def only(history: History, unique_id: str, as_of: pd.Timestamp) -> History:
    """What was known at `as_of` of a series, of what else is measured at its object (limits, drops), and of planned figures."""
    row, rows = history.row(unique_id), history.series
    beside = (rows["device"] == row["device"]) & (rows["object"] == row["object"])
    planned = set(history.plan["unique_id"]) if len(history.plan) else set()
    return history.only(planned | set(rows.loc[beside, "unique_id"])).until(as_of)
