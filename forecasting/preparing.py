# SPDX-License-Identifier: GPL-3.0-or-later
"""From a history to panels: even steps, censoring, anomalies and event effects, one panel for each step length."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from .entries import Axis, Entry, entries_of
from .grid import DAY_S, asked_step, clock_places, seasons_of, step_of, wall
from .history import History
from .panel import Panel

MOST_WEEKS = 16
MOST_STEPS = 40_000
LEAST_VALUES = 8
STALE_S = 3 * DAY_S
STALE_SHARE = 0.25


@dataclass(frozen=True)
class Layout:
    """What all series of one step length share, whichever of them are prepared together. future: the UTC steps asked for."""

    step_s: int
    future: pd.DatetimeIndex
    axes: dict[str, Axis]
    metrics: tuple[str, ...]


@dataclass(frozen=True)
class Layouts:
    """The layouts of series that are prepared part by part.

    begin: when the first of all their samples was taken; weeks: at most so many of the last weeks, of steps shorter than a day.
    """

    as_of: pd.Timestamp
    horizon: pd.Timedelta
    begin: pd.Timestamp
    zones: tuple[str, ...]
    metrics: tuple[str, ...]
    weeks: int = MOST_WEEKS

    def of(self, step_s: int) -> Layout:
        """The layout of one step length."""
        ahead = max(1, int(np.ceil(self.horizon.total_seconds() / step_s)))
        most = min(MOST_STEPS, max((self.weeks if step_s < DAY_S else MOST_WEEKS) * 7 * DAY_S // step_s, 3 * ahead))
        count = int(np.clip(np.ceil((self.as_of - self.begin).total_seconds() / step_s), 1, most))
        future = pd.date_range(self.as_of, periods=ahead, freq=pd.Timedelta(step_s, unit="s"))
        return Layout(step_s, future, _axes(self.zones, future, count, step_s), self.metrics)


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


def prepare(
    history: History,
    rows: pd.DataFrame,
    as_of: pd.Timestamp,
    horizon: pd.Timedelta,
    interval: str | None,
    layouts: Layouts | None = None,
) -> Preparation:
    """Make panels of the series in `rows`. `history` must end at `as_of` already; `layouts`: where these are not all series."""
    asked = asked_step(interval, horizon)
    grouped: dict[int, list[dict[str, Any]]] = defaultdict(list)
    made = Preparation()
    ordered = rows.sort_values("unique_id")
    names = [str(name) for name in ordered.columns]
    for values in zip(*(ordered[name].tolist() for name in ordered.columns), strict=True):
        row = dict(zip(names, values, strict=True))
        reason = _unusable(row, *history.span(row["unique_id"]), as_of)
        if reason:
            made.left_out.append({"unique_id": row["unique_id"], "reason": reason})
        else:
            grouped[max(asked, step_of(row["interval_s"]))].append(row)
    for step_s, members in sorted(grouped.items()):
        _add_panel(made, history, members, (layouts or _own_layouts(history, members, as_of, horizon)).of(step_s))
    return made


def _own_layouts(history: History, rows: list[dict[str, Any]], as_of: pd.Timestamp, horizon: pd.Timedelta) -> Layouts:
    begin = min(history.piece(row["unique_id"])[0][0] for row in rows)
    zones, metrics = ({str(row[column]) for row in rows} for column in ("tz", "metric"))
    return Layouts(as_of, horizon, pd.Timestamp(int(begin), tz="UTC"), tuple(sorted(zones)), tuple(sorted(metrics)))


def _unusable(row: dict[str, Any], count: int, first: int, last: int, as_of: pd.Timestamp) -> str | None:
    """Why a series cannot be forecast, or None. count: how many samples it has; first, last: when, ns since 1970."""
    if count < LEAST_VALUES:
        return f"it has {count} samples before the cut-off; {LEAST_VALUES} are needed"
    silent, known = (as_of.value - last) / 1e9, (last - first) / 1e9
    if silent > max(min(STALE_S, STALE_SHARE * known), 3 * row["interval_s"]):
        return f"its last sample is {pd.Timedelta(silent, unit='s').round('s')} before the cut-off; bring its data up to date"
    return None


def _add_panel(made: Preparation, history: History, rows: list[dict[str, Any]], layout: Layout) -> None:
    entries, least = [], min(LEAST_VALUES, next(iter(layout.axes.values())).known)
    for entry in entries_of(history, rows, layout.axes):
        if int(np.isfinite(entry.y).sum()) < least:
            reason = f"it has too few samples for steps of {pd.Timedelta(layout.step_s, unit='s')}; forecast it at its own interval"
            made.left_out.append({"unique_id": entry.row["unique_id"], "reason": reason})
        else:
            entries.append(entry)
    if entries:
        made.panels.append(Prepared(_joined(entries, layout), layout.step_s, entries, layout.future))


def _axes(zones: Iterable[str], future: pd.DatetimeIndex, count: int, step_s: int) -> dict[str, Axis]:
    """One axis a zone, all of one length: an hour longer than asked where a clock is put forward within the horizon."""
    walls = {zone: wall(future, zone) for zone in zones}
    picks = {zone: np.asarray((shown - shown[0]).total_seconds() // step_s, dtype=np.int64) for zone, shown in walls.items()}
    ahead = max(int(np.max(pick)) + 1 for pick in picks.values())
    step = pd.Timedelta(step_s, unit="s")
    return {
        zone: Axis(
            zone, pd.date_range(shown[0] - count * step, periods=count + ahead, freq=step), count, step_s, np.maximum(picks[zone], 0)
        )
        for zone, shown in walls.items()
    }


def _joined(entries: list[Entry], layout: Layout) -> Panel:
    """The panel of some entries, which share the length of their axes."""
    step_s, known = layout.step_s, entries[0].axis.known
    season, long_season = seasons_of(step_s)
    zones = sorted({entry.axis.zone for entry in entries})
    places = [clock_places(layout.axes[zone].times, step_s, season, long_season) for zone in zones]
    which = np.array([zones.index(entry.axis.zone) for entry in entries])
    day, week = (np.stack(kind)[which] for kind in zip(*places, strict=True))
    return Panel(
        ids=tuple(entry.row["unique_id"] for entry in entries),
        y=np.stack([entry.y for entry in entries]),
        fit=np.stack([entry.fit for entry in entries]),
        day=day,
        week=week,
        season=season,
        long_season=long_season,
        horizon=len(entries[0].axis.times) - known,
        group=np.array([layout.metrics.index(entry.row["metric"]) for entry in entries], dtype=np.int64),
    )
