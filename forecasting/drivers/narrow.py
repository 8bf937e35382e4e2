# SPDX-License-Identifier: GPL-3.0-or-later
"""As much of a history as one series' forecast rests on."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..history.table import History, long_table


def only(history: History, unique_id: str, as_of: pd.Timestamp) -> History:
    """What was known at `as_of` of a series, of what else is measured at its object (limits, drops), and of planned figures."""
    row, rows = history.row(unique_id), history.series
    beside = (rows["device"] == row["device"]) & (rows["object"] == row["object"])
    planned = set(history.plan["unique_id"]) if len(history.plan) else set()
    kept = rows[beside | rows["unique_id"].isin(planned)].reset_index(drop=True)
    pieces = {}
    for name in kept["unique_id"]:
        stamps, values = history.piece(str(name))
        end = int(np.searchsorted(stamps, as_of.value, side="right"))
        pieces[str(name)] = stamps[:end], values[:end]
    made = History(kept, long_table(pieces), history.events, history.interventions, plan=history.plan)
    return made.until(as_of)
