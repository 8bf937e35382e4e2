# SPDX-License-Identifier: GPL-3.0-or-later
"""From a history to panels: even steps, censoring, anomalies and event effects, one panel for each step length."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from .anomalies import anomalous
from .censoring import censored_samples, lifted
from .grid import DAY_S, asked_step, clock_places, fill, seasons_of, step_of, to_steps, wall
from .history import History
from .panel import Floats, Ints, Mask, Panel
from .uplift import Uplift, concerns, intensity, learn, without

MOST_WEEKS = 16
MOST_STEPS = 40_000
LEAST_VALUES = 8
STALE_S = 3 * DAY_S
STALE_SHARE = 0.25


@dataclass(frozen=True)
class Axis:
    """The steps of one panel on the wall clock of one zone.

    times: (t + horizon,) starts of the steps, see `grid.wall`; pick: which of the horizon's steps answers each step asked for.
    """

    zone: str
    times: pd.DatetimeIndex
    known: int
    step_s: int
    pick: Ints


@dataclass(frozen=True)
class Entry:
    """One prepared series. y: (t,) without inner gaps and event effects; fit: (t,) what may teach; the rest is told in the meta."""

    row: dict[str, Any]
    axis: Axis
    y: Floats
    fit: Mask
    censored: int
    filled: int
    anomalies: int
    uplifts: tuple[Uplift, ...]
    floor: float
    ceiling: float


@dataclass(frozen=True)
class Prepared:
    """A panel and where it lies in time; entries are in the panel's order. future: the UTC steps asked for, from the cut-off on."""

    panel: Panel
    step_s: int
    entries: list[Entry]
    future: pd.DatetimeIndex


@dataclass
class Preparation:
    """All panels of one forecast, and the series that are in none of them, with the reason."""

    panels: list[Prepared] = field(default_factory=list)
    left_out: list[dict[str, str]] = field(default_factory=list)


def prepare(history: History, rows: pd.DataFrame, as_of: pd.Timestamp, horizon: pd.Timedelta, interval: str | None) -> Preparation:
    """Make panels of the series in `rows`. `history` must end at `as_of` already."""
    asked = asked_step(interval, horizon)
    grouped: dict[int, list[dict[str, Any]]] = defaultdict(list)
    made = Preparation()
    for record in rows.sort_values("unique_id").to_dict("records"):
        row = {str(key): value for key, value in record.items()}
        reason = _unusable(history, row, as_of)
        if reason:
            made.left_out.append({"unique_id": row["unique_id"], "reason": reason})
        else:
            grouped[max(asked, step_of(row["interval_s"]))].append(row)
    for step_s, members in sorted(grouped.items()):
        _add_panel(made, history, members, as_of, horizon, step_s)
    return made


def _unusable(history: History, row: dict[str, Any], as_of: pd.Timestamp) -> str | None:
    """Why a series cannot be forecast, or None."""
    times = history.values(row["unique_id"]).index
    if len(times) < LEAST_VALUES:
        return f"it has {len(times)} samples before the cut-off; {LEAST_VALUES} are needed"
    silent, known = (as_of - times[-1]).total_seconds(), (times[-1] - times[0]).total_seconds()
    if silent > max(min(STALE_S, STALE_SHARE * known), 3 * row["interval_s"]):
        return f"its last sample is {pd.Timedelta(silent, unit='s').round('s')} before the cut-off; bring its data up to date"
    return None


def _add_panel(
    made: Preparation, history: History, rows: list[dict[str, Any]], as_of: pd.Timestamp, horizon: pd.Timedelta, step_s: int
) -> None:
    ahead = max(1, int(np.ceil(horizon.total_seconds() / step_s)))
    begin = min(history.values(row["unique_id"]).index[0] for row in rows)
    most = min(MOST_STEPS, max(MOST_WEEKS * 7 * DAY_S // step_s, 3 * ahead))
    count = int(np.clip(np.ceil((as_of - begin).total_seconds() / step_s), 1, most))
    future = pd.date_range(as_of, periods=ahead, freq=pd.Timedelta(step_s, unit="s"))
    axes = _axes(sorted({str(row["tz"]) for row in rows}), future, count, step_s)
    entries = []
    for row in rows:
        entry = _entry(history, row, axes[row["tz"]])
        if int(np.isfinite(entry.y).sum()) < min(LEAST_VALUES, count):
            reason = f"it has too few samples for steps of {pd.Timedelta(step_s, unit='s')}; forecast it at its own interval"
            made.left_out.append({"unique_id": row["unique_id"], "reason": reason})
        else:
            entries.append(entry)
    if entries:
        made.panels.append(Prepared(_joined(entries), step_s, entries, future))


def _axes(zones: list[str], future: pd.DatetimeIndex, count: int, step_s: int) -> dict[str, Axis]:
    """One axis a zone, all of one length: an hour longer than asked where a clock is put forward within the horizon."""
    walls = {zone: wall(future, zone) for zone in zones}
    picks = {zone: np.asarray((shown - shown[0]).total_seconds() // step_s, dtype=np.int64) for zone, shown in walls.items()}
    ahead = max(int(pick.max()) + 1 for pick in picks.values())
    step = pd.Timedelta(step_s, unit="s")
    return {
        zone: Axis(
            zone, pd.date_range(shown[0] - count * step, periods=count + ahead, freq=step), count, step_s, np.maximum(picks[zone], 0)
        )
        for zone, shown in walls.items()
    }


def _joined(entries: list[Entry]) -> Panel:
    """The panel of some entries, which share the length of their axes."""
    step_s, known = entries[0].axis.step_s, entries[0].axis.known
    season, long_season = seasons_of(step_s)
    places = {entry.axis.zone: clock_places(entry.axis.times, step_s, season, long_season) for entry in entries}
    metrics = sorted({entry.row["metric"] for entry in entries})
    return Panel(
        ids=tuple(entry.row["unique_id"] for entry in entries),
        y=np.stack([entry.y for entry in entries]),
        fit=np.stack([entry.fit for entry in entries]),
        day=np.stack([places[entry.axis.zone][0] for entry in entries]),
        week=np.stack([places[entry.axis.zone][1] for entry in entries]),
        season=season,
        long_season=long_season,
        horizon=len(entries[0].axis.times) - known,
        group=np.array([metrics.index(entry.row["metric"]) for entry in entries], dtype=np.int64),
    )


def _entry(history: History, row: dict[str, Any], axis: Axis) -> Entry:
    """Prepare one series on the steps of `axis`."""
    count, step_s = axis.known, axis.step_s
    season, long_season = seasons_of(step_s)
    values = history.values(row["unique_id"])
    raw = values.to_numpy(dtype=float)
    shown = wall(pd.DatetimeIndex(values.index), axis.zone)
    seen, place = to_steps(shown, raw, axis.times[count], step_s, count, step_s / step_of(row["interval_s"]))
    censored = np.zeros(count, dtype=bool)
    marks = censored_samples(history, row)
    censored[place[marks & (place >= 0)]] = True
    filled = fill(seen, season, long_season)
    base, uplifts = _quieted(history.events, row, filled, axis)
    base = lifted(base, censored, season, long_season)
    odd = anomalous(base, season, long_season) & ~censored
    fit = np.isfinite(seen) & ~censored & ~odd
    gaps = int((~np.isfinite(seen) & np.isfinite(filled)).sum())
    ceiling = 1.0 if row["unit"] == "ratio" and raw.max() <= 1.0 else np.inf
    floor = 0.0 if raw.min() >= 0.0 else -np.inf
    return Entry(row, axis, _tamed(base, odd, season), fit, int(censored.sum()), gaps, int(odd.sum()), uplifts, floor, ceiling)


def _tamed(values: Floats, odd: Mask, season: int) -> Floats:
    """Anomalous steps replaced by the same phase a day before, so that no later step looks back on them."""
    made = values.copy()
    for place in np.flatnonzero(odd):
        if place >= season and np.isfinite(made[place - season]):
            made[place] = made[place - season]
    return made


def _quieted(events: pd.DataFrame, row: dict[str, Any], values: Floats, axis: Axis) -> tuple[Floats, tuple[Uplift, ...]]:
    """A non-negative series without the effect of its events, and those effects."""
    if events.empty or not np.isfinite(values).any() or np.nanmin(values) < 0.0:
        return values, ()
    shown = events.assign(start=wall(pd.DatetimeIndex(events["start"]), axis.zone), end=wall(pd.DatetimeIndex(events["end"]), axis.zone))
    listed = [{str(key): value for key, value in event.items()} for event in shown.to_dict("records")]
    mine = [event for event in listed if concerns(event, row) and event["end"] > axis.times[0]]
    if not mine:
        return values, ()
    kinds = sorted({event["kind"] for event in mine})
    strengths = {kind: intensity([event for event in mine if event["kind"] == kind], axis.times, axis.step_s) for kind in kinds}
    season, long_season = seasons_of(axis.step_s)
    busy = np.any([strength[: len(values)] > 0 for strength in strengths.values()], axis=0)
    week = long_season if long_season and len(values) >= 3 * long_season else season
    found = [learn(kind, values, strength, busy, week, season) for kind, strength in strengths.items()]
    uplifts = tuple(uplift for uplift in found if uplift is not None)
    for uplift in uplifts:
        values = without(values, uplift)
    return values, uplifts
