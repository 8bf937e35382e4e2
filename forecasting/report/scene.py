# SPDX-License-Identifier: GPL-3.0-or-later
"""Gather what the picture of a recommendation shows from the history: the past, what came since, and events."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from ..causes import acting
from ..contracts import parse_time
from ..history import History
from .picture import Samples, Scene

LEAST_PAST = timedelta(days=7)
MOST_POINTS = 700


def scene(recommendation: Mapping[str, Any], history: History | None) -> Scene:
    """The scene of one recommendation; without a history, or where it lacks the series, the fan stands alone."""
    evidence = recommendation["evidence"]
    as_of = parse_time(recommendation["as_of"])
    fan = (evidence.get("quantiles") or {}).get("ds") or []
    name = (evidence.get("series") or [""])[0]
    if history is None or len(fan) < 2 or name not in set(history.series["unique_id"]):
        return Scene(as_of, evidence)
    end = parse_time(fan[-1])
    begin = as_of - max(LEAST_PAST, (end - as_of))
    interval = max((parse_time(fan[1]) - parse_time(fan[0])), timedelta(minutes=1))
    values = history.values(name).loc[pd.Timestamp(begin) : pd.Timestamp(end)]
    steps = values.resample(pd.Timedelta(interval)).mean().dropna()
    now = pd.Timestamp(as_of)
    return Scene(
        as_of, evidence, _thinned(steps[steps.index < now]), _thinned(steps[steps.index >= now]), _events(history, name, begin, end)
    )


def _thinned(values: pd.Series) -> Samples:
    """At most `MOST_POINTS`, each block by its highest value."""
    block = -(-len(values) // MOST_POINTS) or 1
    kept = values.groupby(np.arange(len(values)) // block).idxmax() if block > 1 else values.index
    times = pd.DatetimeIndex(kept)
    return [(when.to_pydatetime(), float(value)) for when, value in zip(times, values.loc[times], strict=True)]


def _events(history: History, name: str, begin: datetime, end: datetime) -> list[tuple[datetime, datetime, str]]:
    row = history.row(name)
    acts = acting(history.events, row)
    here = [item for item in acts if item["end"] > pd.Timestamp(begin) and item["start"] < pd.Timestamp(end)]
    return [(item["start"].to_pydatetime(), item["end"].to_pydatetime(), str(item["name"])) for item in here]
