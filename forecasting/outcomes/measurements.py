# SPDX-License-Identifier: GPL-3.0-or-later
"""What was measured, as bounds on demand: what samples, capacity, drops and gaps allow it to have been."""

from __future__ import annotations

import json
from collections import defaultdict
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from ..history import History
from .bounds import Bounds, Floats, Seconds

NEAR_CAPACITY = 0.95
DROPPED_SHARE = 0.005
BITS_PER_PACKET = 12000.0
COVERAGE = 0.5
DAY_S = 86400
GAP_DAYS = 28
GAP_HOURS = 1
GAP_MARGIN = 1.25
RATE_METRIC = "if_out_bps"


class Measurements:
    """A history, ready to be asked for many windows of many series."""

    def __init__(self, history: History) -> None:
        self.history = history
        self._bounds: dict[tuple[str, float], Bounds] = {}

    @cached_property
    def ids(self) -> frozenset[str]:
        """The series there are."""
        return frozenset(str(name) for name in self.history.series["unique_id"])

    @cached_property
    def _labels(self) -> dict[str, dict[str, str]]:
        return {str(row["unique_id"]): _labels_of(row["labels"]) for row in self.history.series.to_dict("records")}

    @cached_property
    def _cuts(self) -> dict[tuple[str, str], list[str]]:
        cuts: dict[tuple[str, str], list[str]] = defaultdict(list)
        for row in self.history.demand_series.to_dict("records"):
            cut = self._labels[str(row["unique_id"])].get("cut")
            if cut is not None:
                cuts[row["metric"], cut].append(str(row["unique_id"]))
        return dict(cuts)

    @cached_property
    def _counters(self) -> dict[tuple[str, str], list[str]]:
        counters: dict[tuple[str, str], list[str]] = defaultdict(list)
        for row in self.history.demand_series.to_dict("records"):
            counts = self._labels[str(row["unique_id"])].get("counts")
            if counts is not None:
                counters[row["metric"], counts].append(str(row["unique_id"]))
        return dict(counters)

    def label(self, unique_id: str, name: str) -> str | None:
        """One label of a series."""
        return self._labels[unique_id].get(name)

    def cut_members(self, unique_id: str) -> list[str]:
        """The demand series that share this one's `cut` label and metric, itself included; empty without a cut."""
        return self._cuts.get((self.history.row(unique_id)["metric"], self.label(unique_id, "cut") or ""), [])

    def counters(self, unique_id: str, metric: str) -> list[str]:
        """Rate series of rules whose label `counts` names this one as ``device object metric``."""
        row = self.history.row(unique_id)
        return self._counters.get((metric, f"{row['device']} {row['object']} {row['metric']}"), [])

    def capacity(self, unique_id: str, moment: float) -> float | None:
        """Capacity in force at `moment` on the object of a series."""
        row = self.history.row(unique_id)
        return self.history.limit_at(row["device"], row["object"], pd.Timestamp(moment, unit="s", tz="UTC"))

    def means(self, unique_id: str, first: float, last: float, interval_s: float) -> Bounds:
        """Means over the intervals in [first, last); both bounds are NaN in a gap, the upper is inf where demand was clipped."""
        return self._all(unique_id, interval_s).between(first, last)

    def bounds(self, unique_id: str, first: float, last: float, interval_s: float) -> Bounds:
        """Bounds on the demand behind a series, for every interval that begins in [first, last).

        An interval with less than half of its samples is a gap. Its demand lies between nothing and
        `GAP_MARGIN` times the most that the same hours of the day saw in the 28 days before and during the window.
        """
        grid = np.arange(-(-int(first) // int(interval_s)) * int(interval_s), int(np.ceil(last)), int(interval_s), dtype=np.int64)
        known = self._all(unique_id, interval_s)
        place = np.searchsorted(known.times, grid)
        inside = (place < len(known.times)) & (known.times[np.minimum(place, len(known.times) - 1)] == grid)
        low, high = np.full(len(grid), np.nan), np.full(len(grid), np.nan)
        low[inside], high[inside] = known.low[place[inside]], known.high[place[inside]]
        gap = np.isnan(low)
        if gap.any():
            low[gap], high[gap] = 0.0, _ceiling(known.between(first - GAP_DAYS * DAY_S, last), grid[gap])
        return Bounds(grid, low, high)

    def _all(self, unique_id: str, interval_s: float) -> Bounds:
        key = unique_id, interval_s
        if key not in self._bounds:
            self._bounds[key] = self._averaged(unique_id, int(interval_s))
        return self._bounds[key]

    def _averaged(self, unique_id: str, interval_s: int) -> Bounds:
        row = self.history.row(unique_id)
        values = self.history.values(unique_id)
        times, low = _seconds(values), values.to_numpy(dtype=float)
        if not len(times):
            return Bounds(times, low, low)
        high = low + self._hidden(row, values)
        first = times[0] // interval_s
        place = times // interval_s - first
        count = np.bincount(place)
        enough = count >= COVERAGE * max(1.0, interval_s / float(row["interval_s"] or interval_s))
        with np.errstate(divide="ignore", invalid="ignore"):
            means = [np.where(enough, np.bincount(place, weights=part) / count, np.nan) for part in (low, high)]
        return Bounds((first + np.arange(len(count))) * interval_s, *means)

    def _hidden(self, row: dict[str, Any], values: pd.Series) -> Floats:
        """What demand may have exceeded each sample by: nothing, the bits dropped, or without bound."""
        sample = values.to_numpy(dtype=float)
        if row["metric"] != RATE_METRIC:
            return np.zeros(len(sample))
        capacity = self.history.limits_at(row["device"], row["object"], pd.DatetimeIndex(values.index))
        dropped = np.zeros(len(sample))
        drops_id = f"{row['device']}|{row['object']}|if_drops_per_s"
        if drops_id in self.ids:
            drops = self.history.values(drops_id)
            place = np.clip(np.searchsorted(_seconds(drops), _seconds(values)), 0, len(drops) - 1)
            same = _seconds(drops)[place] == _seconds(values)
            dropped = np.where(same, drops.to_numpy(dtype=float)[place] * BITS_PER_PACKET, 0.0)
        full = (sample >= NEAR_CAPACITY * capacity) | (dropped > DROPPED_SHARE * sample)
        return np.where(full, np.inf, dropped)


def _seconds(values: pd.Series) -> Seconds:
    times: Seconds = pd.DatetimeIndex(values.index).as_unit("s").asi8
    return times


def _labels_of(text: Any) -> dict[str, str]:
    try:
        found = json.loads(text or "{}")
    except (TypeError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _ceiling(known: Bounds, grid: Seconds) -> Floats:
    """The most that each hour of the day (± `GAP_HOURS`) may hide, by what other days showed; inf where none did or one was clipped."""
    by_hour = np.full(24, -np.inf)
    there = ~np.isnan(known.high)
    np.maximum.at(by_hour, (known.times[there] // 3600) % 24, known.high[there])
    around = np.max([np.roll(by_hour, shift) for shift in range(-GAP_HOURS, GAP_HOURS + 1)], axis=0)
    ceiling: Floats = np.where(around > -np.inf, GAP_MARGIN * around, np.inf)[(grid // 3600) % 24]
    return ceiling
