# SPDX-License-Identifier: GPL-3.0-or-later
"""One policy on one series: the limit in force, the hours to look at, and what the paths say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from .causes import acting
from .contracts import errors_of
from .contracts.durations import spoken
from .crossings import Crossing, Flags, Floats, beyond_limit, crossing_of
from .history.table import History
from .outlook import Outlook, SeriesOutlook
from .policies.expressions import ExpressionError, render
from .policies.model import Limit, Peer, Policy


class LeftOut(ValueError):
    """A series cannot be evaluated; the text is the reason, one sentence without the series' name."""


class NoEvent(LeftOut):
    """Nothing of the policy's kind is to come: nothing to say, and no fault."""


@dataclass(frozen=True)
class Event:
    """A coming event. `end` is exclusive."""

    name: str
    kind: str
    start: datetime
    end: datetime
    magnitude: float


@dataclass(frozen=True)
class PeerView:
    """The second series of a condition: what it is, its own limit in its unit, and its outlook."""

    row: Mapping[str, Any]
    outlook: SeriesOutlook
    limit: float | None
    peak: float


@dataclass(frozen=True)
class Evaluation:
    """What a policy found for a series.

    Attributes:
        limit: in force at the cut-off, in the series' unit (for a ratio: its median over the window).
        window: the steps of the outlook that count.
        start: first moment that counts.
        end: end of the window (exclusive).
    """

    policy: Policy
    row: Mapping[str, Any]
    outlook: SeriesOutlook
    limit: float
    crossing: Crossing
    window: Flags
    start: datetime
    end: datetime
    event: Event | None = None
    peer: PeerView | None = None

    def at(self, step: int | None) -> datetime | None:
        """The UTC time of a step of the outlook."""
        return None if step is None else self.outlook.ds[step].to_pydatetime()


@dataclass(frozen=True)
class Look:
    """What one evaluation looks at: a policy, a series row with its facts, and all that is known at `as_of`."""

    policy: Policy
    row: Mapping[str, Any]
    facts: Mapping[str, Any]
    history: History
    outlook: Outlook
    as_of: datetime


def plain_row(row: Mapping[Any, Any]) -> dict[str, Any]:
    """A row of the series table with None for whatever is not known."""
    return {str(key): None if pd.isna(value) else value for key, value in row.items()}


def evaluate(look: Look) -> Evaluation:
    """Measure a policy on a series.

    Raises:
        LeftOut: when there is no forecast, limit, peer or coming event for it.
    """
    policy, row = look.policy, look.row
    name = str(row["unique_id"])
    if name not in look.outlook.ids:
        raise LeftOut(look.outlook.why_not(name))
    future = look.outlook.of(name)
    latest = look.as_of + timedelta(seconds=policy.when.horizon_s)
    event = _next_event(look, latest) if policy.when.event else None
    start, end = (max(look.as_of, event.start), min(event.end, latest)) if event else (look.as_of, latest)
    window = np.asarray((future.ds >= pd.Timestamp(start)) & (future.ds < pd.Timestamp(end)))
    if not window.any():
        raise LeftOut(f"its forecast has no step between {start:%Y-%m-%d %H:%M} and {end:%Y-%m-%d %H:%M} UTC; forecast further ahead")
    reach = future.ds[-1] + timedelta(seconds=2 * future.interval_s)  # a step more, for grids that do not begin at the cut-off
    if reach < pd.Timestamp(end):
        asked = spoken((end - look.as_of).total_seconds())
        raise LeftOut(f"its forecast ends at {future.ds[-1]:%Y-%m-%d %H:%M} UTC, the policy looks {asked} ahead; forecast that far ahead")
    limit, compared = _limit(look, future)
    also, idle = _also(look, future)
    when = policy.when
    crossing = crossing_of(
        future.paths, limit, interval_s=future.interval_s, duration_s=when.duration_s, beyond=when.beyond, window=window, also=also
    )
    plain = float(np.median(limit[..., window])) if isinstance(limit, np.ndarray) else limit
    return Evaluation(policy, row, future, plain, crossing, window, start, end, event, idle or compared)


def _next_event(look: Look, latest: datetime) -> Event:
    window = look.policy.when.event
    kind = window.kind if window else ""
    for item in acting(look.history.events, look.row):
        if item["kind"] == kind and item["end"] > look.as_of and item["start"] < latest:
            if errors_of("checked_text", {"label": item["name"]}):
                raise LeftOut(f"the event {str(item['name'])[:60]!r} has a name that no label may have; correct it in the calendar")
            return Event(item["name"], item["kind"], item["start"].to_pydatetime(), item["end"].to_pydatetime(), float(item["magnitude"]))
    raise NoEvent(f"no event of kind {kind} is to come within the horizon")


def _limit(look: Look, future: SeriesOutlook) -> tuple[Floats | float, PeerView | None]:
    limit = look.policy.when.limit
    if limit.ratio_to is None:
        return plain_limit(limit, look.row, look.history, look.as_of), None
    row, peer = _peer(limit.ratio_to, look, future)
    return limit.times * _paired(peer, future), PeerView(row, peer, None, _peak(peer))


def plain_limit(limit: Limit, row: Mapping[str, Any], history: History, as_of: datetime) -> float:
    """The limit in force at `as_of`, in the series' unit."""
    if limit.value is not None:
        return limit.value
    metric = str(limit.series)
    value = history.limit_at(row["device"], row["object"], as_of, metric)
    if value is None:
        raise LeftOut(f"no {metric} of {row['device']} {row['object']} is known at the cut-off; add that dated series to the history")
    return limit.share * value


def _also(look: Look, future: SeriesOutlook) -> tuple[Flags | None, PeerView | None]:
    also = look.policy.when.also
    if also is None:
        return None, None
    row, peer = _peer(also.peer, look, future)
    limit = plain_limit(also.limit, row, look.history, look.as_of)
    return beyond_limit(_paired(peer, future), limit, also.beyond), PeerView(row, peer, limit, _peak(peer))


def _peer(peer: Peer, look: Look, future: SeriesOutlook) -> tuple[Mapping[str, Any], SeriesOutlook]:
    try:
        device = render(peer.device or look.row["device"], look.facts)
        name = render(peer.object or look.row["object"], look.facts)
    except ExpressionError as error:
        raise LeftOut(f"its peer cannot be named: {error}") from None
    wrong = errors_of("checked_text", {"device": device, "object": name})
    if wrong:
        raise LeftOut(f"its peer is no device and object ({wrong[0]})")
    metric = peer.metric or look.row["metric"]
    found = look.history.demand_series
    found = found[(found["device"] == device) & (found["object"] == name) & (found["metric"] == metric)]
    if found.empty or str(found["unique_id"].iloc[0]) not in look.outlook.ids:
        raise LeftOut(f"its peer {device} {name} {metric} has no forecast")
    outlook = look.outlook.of(str(found["unique_id"].iloc[0]))
    if not outlook.ds.equals(future.ds):
        raise LeftOut(f"its peer {device} {name} {metric} is forecast at other times; forecast both in one run")
    return plain_row(found.iloc[0].to_dict()), outlook


def _paired(peer: SeriesOutlook, future: SeriesOutlook) -> Floats:
    """The peer's paths, one for each path of the first series; equal numbers stand for the same future."""
    return peer.paths[np.arange(len(future.paths)) % len(peer.paths)]


def _peak(outlook: SeriesOutlook) -> float:
    return float(np.median(outlook.paths.max(axis=1)))
