# SPDX-License-Identifier: GPL-3.0-or-later
"""What was out of the ordinary with a series before a recommendation: a condition of some policies, and evidence for all."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pandas as pd

from .anomalies.lately import LEAST_SAMPLES, lately
from .history.table import History
from .policies.model import Lately

SHOWN = timedelta(days=7)
MOST_SHOWN = 5
FIELDS = ("kind", "start", "seen", "score", "words")


def noticed(wanted: Lately, row: Mapping[str, Any], history: History, as_of: datetime) -> bool:
    """Whether the series (a row of the series table) was out of the ordinary in the way that a policy asks for."""
    found = _found(row, history, as_of, timedelta(seconds=wanted.within_s), wanted.least)
    return any(not wanted.kinds or item["kind"] in wanted.kinds for item in found)


def shown(row: Mapping[str, Any], history: History, as_of: datetime) -> list[dict[str, Any]]:
    """The latest anomalies of the week before `as_of`, at most five, for the evidence (schema recommendation)."""
    found = _found(row, history, as_of, SHOWN, Lately().least)
    latest = sorted(found, key=lambda item: (item["seen"], item["score"]), reverse=True)[:MOST_SHOWN]
    return [{name: item[name] for name in FIELDS} for item in latest]


def _found(row: Mapping[str, Any], history: History, as_of: datetime, span: timedelta, least: float) -> list[dict[str, Any]]:
    moment = pd.Timestamp(as_of)
    samples = history.values(str(row["unique_id"])).loc[:moment]
    if len(samples) < LEAST_SAMPLES or pd.isna(row["interval_s"]):
        return []
    return list(lately(row, samples, moment, moment - span, least))
