# SPDX-License-Identifier: GPL-3.0-or-later
"""Which events act on a series, when on its own clock, and how strongly in each step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ..panel import Floats


def concerns(event: Mapping[Any, Any], row: Mapping[str, Any]) -> bool:
    """Whether an event (a row of the calendar) names the series' device, site and metric, or leaves them open."""
    named = (("devices", "device"), ("sites", "site"), ("metrics", "metric"))
    return all(not event[many] or row[one] in event[many] for many, one in named)


def acting(events: pd.DataFrame, row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The events that act on a series, by start, in UTC. One without a zone (a whole day) is that of the series' own clock."""
    return chosen(records(events), row)


def records(events: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a calendar."""
    return [{str(key): value for key, value in event.items()} for event in events.to_dict("records")]


def chosen(events: Sequence[dict[str, Any]], row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """As `acting`, for a calendar whose rows are wanted many times."""
    found = [_placed(event, str(row["tz"])) if event.get("floating") is True else event for event in events if concerns(event, row)]
    return sorted(found, key=lambda event: (event["start"], str(event["name"])))


def _placed(event: dict[str, Any], zone: str) -> dict[str, Any]:
    return event | {edge: _on_clock(event[edge], zone) for edge in ("start", "end")}


def _on_clock(shown: pd.Timestamp, zone: str) -> pd.Timestamp:
    """The moment at which the clock of `zone` shows what is written as if it were UTC."""
    return shown.tz_localize(None).tz_localize(zone, ambiguous=True, nonexistent="shift_forward").tz_convert("UTC")


def intensity(events: list[dict[str, Any]], times: pd.DatetimeIndex, step_s: int) -> Floats:
    """Magnitude in force in each step, weighted by the share of the step that the event covers, (len(times),)."""
    begin = times.as_unit("ns").asi8 / 1e9
    made = np.zeros(len(times))
    for event in events:
        start, end = event["start"].timestamp(), event["end"].timestamp()
        overlap = np.clip(np.minimum(begin + step_s, end) - np.maximum(begin, start), 0.0, step_s)
        made += event["magnitude"] * overlap / step_s
    return made
