# SPDX-License-Identifier: GPL-3.0-or-later
"""The history as the analytics see it: a table of what each series is, and a long table of samples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from ..errors import InputError

SERIES_COLUMNS = (
    "unique_id", "device", "object", "metric", "unit", "tz", "kind",
    "criticality", "site", "role", "vendor", "model", "interval_s", "labels",
)  # fmt: skip
EVENT_COLUMNS = ("name", "kind", "start", "end", "magnitude", "devices", "sites", "metrics")
INTERVENTION_COLUMNS = ("change_id", "unique_id", "ds", "template", "effect", "before", "after")
DEMAND_KINDS = ("gauge", "event_count")
Piece = tuple[np.ndarray, np.ndarray]
"""Times (ns since 1970, UTC, sorted) and values of one series, shape (n,) each."""


def empty(columns: tuple[str, ...]) -> pd.DataFrame:
    """A table without rows."""
    return pd.DataFrame({column: pd.Series(dtype=object) for column in columns})


def slices_of(samples: pd.DataFrame) -> dict[str, slice]:
    """Where each series stands in a table that is sorted by series."""
    codes, names = pd.factorize(samples["unique_id"])
    starts = np.flatnonzero(np.diff(codes, prepend=-1))
    ends = np.append(starts[1:], len(codes))[: len(starts)]
    return {str(names[codes[start]]): slice(int(start), int(end)) for start, end in zip(starts, ends, strict=True)}


def long_table(pieces: Mapping[str, Piece]) -> pd.DataFrame:
    """The samples `unique_id, ds, y` of some series, in the order of their names."""
    order = sorted(pieces)
    names = pd.Series(order, dtype="str").repeat([len(pieces[name][0]) for name in order])
    stamps = np.concatenate([np.array([], dtype="int64"), *(pieces[name][0] for name in order)])
    values = np.concatenate([np.array([]), *(pieces[name][1] for name in order)])
    return pd.DataFrame({"unique_id": names.reset_index(drop=True), "ds": pd.DatetimeIndex(stamps.view("M8[ns]"), tz="UTC"), "y": values})


@dataclass(frozen=True)
class History:
    """All that is known of the past (and the calendar of the future).

    series: one row a series, columns `SERIES_COLUMNS`, sorted by unique_id. Counters appear twice:
        raw (kind ``counter``) and as the rate derived from them (kind ``gauge``).
    samples: `unique_id, ds, y`; ds is UTC, y a float without NaN, sorted, no duplicates.
    events: dated occurrences, columns `EVENT_COLUMNS`; start and end are UTC, end is exclusive.
    interventions: our own changes, columns `INTERVENTION_COLUMNS`.
    """

    series: pd.DataFrame
    samples: pd.DataFrame
    events: pd.DataFrame = field(default_factory=lambda: empty(EVENT_COLUMNS))
    interventions: pd.DataFrame = field(default_factory=lambda: empty(INTERVENTION_COLUMNS))
    warnings: tuple[str, ...] = ()
    left_out: tuple[dict[str, str], ...] = ()

    @cached_property
    def _rows(self) -> dict[str, dict[str, Any]]:
        return {str(row["unique_id"]): {str(key): value for key, value in row.items()} for row in self.series.to_dict("records")}

    @cached_property
    def _slices(self) -> dict[str, slice]:
        return slices_of(self.samples)

    def row(self, unique_id: str) -> dict[str, Any]:
        """What the series is (columns `SERIES_COLUMNS`). Raises `InputError` for an unknown series."""
        if unique_id not in self._rows:
            raise InputError(f"the history has no series {unique_id!r}; use a unique_id of its table `series`")
        return self._rows[unique_id]

    def series_of(self, **wanted: str | None) -> pd.DataFrame:
        """The rows of `series` whose columns equal all that is given, for example ``metric="if_out_bps", device="core-a1"``.

        A None is no condition.
        """
        keep = pd.Series(True, index=self.series.index)
        for column, value in wanted.items():
            if value is not None:
                keep &= self.series[column] == value
        return self.series[keep]

    def values(self, unique_id: str) -> pd.Series:
        """The samples of one series as floats in its unit, indexed by UTC time; empty where it has none."""
        self.row(unique_id)
        part = self.samples.iloc[self._slices.get(unique_id, slice(0, 0))]
        return pd.Series(part["y"].to_numpy(dtype=float), index=pd.DatetimeIndex(part["ds"], name="ds"), name=unique_id)

    def limits(self, device: str, name: str, metric: str = "capacity_bps") -> pd.Series:
        """The dated limit of an object as a step function: each value is in force from its time on. May be empty."""
        rows = self.series_of(device=device, object=name, metric=metric, kind="limit")
        if rows.empty:
            return pd.Series(dtype=float, index=pd.DatetimeIndex([], tz="UTC", name="ds"))
        return self.values(str(rows["unique_id"].iloc[0]))

    def limit_at(self, device: str, name: str, when: datetime | pd.Timestamp, metric: str = "capacity_bps") -> float | None:
        """The limit in force at `when` (the last one dated at or before it), or None where none is known."""
        past = self.limits(device, name, metric).loc[: pd.Timestamp(when)]
        return None if past.empty else float(past.iloc[-1])

    def limits_at(self, device: str, name: str, times: pd.DatetimeIndex, metric: str = "capacity_bps") -> np.ndarray:
        """The limit in force at each of `times`, shape (len(times),); NaN where none is known."""
        steps = self.limits(device, name, metric)
        position = steps.index.searchsorted(times, side="right") - 1
        known = np.append(steps.to_numpy(dtype=float), np.nan)
        return np.asarray(known[position], dtype=float)

    def until(self, as_of: datetime | pd.Timestamp) -> History:
        """What was known at `as_of`: samples before it, limits and changes dated up to it, the whole calendar."""
        moment = pd.Timestamp(as_of)
        limits = self.samples["unique_id"].isin(self.series.loc[self.series["kind"] == "limit", "unique_id"])
        keep = (self.samples["ds"] < moment) | (limits & (self.samples["ds"] == moment))
        changes = self.interventions
        if not changes.empty:
            changes = changes[changes["ds"] <= moment]
        return replace(self, samples=self.samples[keep].reset_index(drop=True), interventions=changes)

    @property
    def demand_series(self) -> pd.DataFrame:
        """The rows of `series` that can be forecast: gauges, derived rates and event counts."""
        return self.series[self.series["kind"].isin(DEMAND_KINDS)]
