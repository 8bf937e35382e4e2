# SPDX-License-Identifier: GPL-3.0-or-later
"""The history as the analytics see it: a table of what each series is, and a long table of samples."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from ..errors import InputError

SERIES_COLUMNS = (
    "unique_id", "device", "object", "metric", "unit", "tz", "kind",
    "criticality", "site", "role", "vendor", "model", "interval_s", "labels",
)  # fmt: skip
EVENT_COLUMNS = (
    "name", "kind", "start", "end", "magnitude", "devices", "sites", "metrics",
    "expected_uplift", "expected_spread", "like", "floating",
)  # fmt: skip
INTERVENTION_COLUMNS = ("change_id", "unique_id", "ds", "template", "effect", "before", "after")
PLAN_COLUMNS = ("unique_id", "ds", "y", "known_since")
DEMAND_KINDS = ("gauge", "event_count")
Piece = tuple[np.ndarray, np.ndarray]
"""Times (ns since 1970, UTC, sorted) and values of one series, shape (n,) each."""
NOTHING: Piece = (np.array([], dtype="int64"), np.array([]))


def empty(columns: tuple[str, ...]) -> pd.DataFrame:
    """A table without rows."""
    return pd.DataFrame({column: pd.Series(dtype=object) for column in columns})


def slices_of(samples: pd.DataFrame) -> dict[str, slice]:
    """Where each series stands in a table that is sorted by series."""
    column = samples["unique_id"]
    if isinstance(column.dtype, pd.CategoricalDtype):
        codes, names = column.cat.codes.to_numpy(), column.cat.categories
    else:
        codes, names = pd.factorize(column)
    if not len(codes):
        return {}
    starts = np.append(0, np.flatnonzero(codes[1:] != codes[:-1]) + 1)
    found = [str(name) for name in names[codes[starts]]]
    return {name: slice(start, end) for name, start, end in zip(found, starts.tolist(), [*starts[1:].tolist(), len(codes)], strict=True)}


def long_table(pieces: Mapping[str, Piece]) -> pd.DataFrame:
    """The samples `unique_id, ds, y` of some series, in the order of their names."""
    order = sorted(pieces)
    names = pd.Series(order, dtype="str").repeat([len(pieces[name][0]) for name in order])
    stamps = np.concatenate([np.array([], dtype="int64"), *(pieces[name][0] for name in order)])
    values = np.concatenate([np.array([]), *(pieces[name][1] for name in order)])
    return pd.DataFrame({"unique_id": names.reset_index(drop=True), "ds": pd.DatetimeIndex(stamps.view("M8[ns]"), tz="UTC"), "y": values})


@dataclass(frozen=True)
class Packed:
    """Samples of n series, one after the other.

    edges: (n + 1,), where each begins and the last ends; values: (m,); stamps: (m,), ns since 1970, UTC, or (m / n,) where all series
    were sampled at the same times (`shared`).
    """

    edges: np.ndarray
    stamps: np.ndarray
    values: np.ndarray
    shared: bool

    @classmethod
    def of(cls, edges: np.ndarray, stamps: np.ndarray, values: np.ndarray) -> Packed:
        """See `Packed`; stamps: (m,)."""
        each = int(edges[1]) if len(edges) > 1 else 0
        same = each > 0 and bool((np.diff(edges) == each).all()) and bool((stamps.reshape(-1, each) == stamps[:each]).all())
        return cls(edges, stamps[:each] if same else stamps, values, same)

    def some(self, places: Sequence[int]) -> Packed:
        """Some of the series; places: their numbers, rising."""
        if len(places) == len(self.edges) - 1:
            return self
        if self.shared:
            each = len(self.stamps)
            return Packed(np.arange(len(places) + 1) * each, self.stamps, self.values.reshape(-1, each)[places].ravel(), True)
        spans = [slice(self.edges[place], self.edges[place + 1]) for place in places]
        edges = np.concatenate([[0], np.cumsum(np.diff(self.edges)[places])])
        return Packed.of(edges, *(np.concatenate([column[span] for span in spans]) for column in (self.stamps, self.values)))

    @property
    def rows(self) -> np.ndarray:
        """The number of the series that each sample belongs to, (m,)."""
        return np.repeat(np.arange(len(self.edges) - 1), np.diff(self.edges))


@dataclass(frozen=True)
class History:
    """All that is known of the past (and the calendar of the future).

    series: one row a series, columns `SERIES_COLUMNS`, sorted by unique_id. Counters appear twice:
        raw (kind ``counter``) and as the rate derived from them (kind ``gauge``).
    samples: `unique_id, ds, y`; ds is UTC, y a float without NaN, sorted, no duplicates.
    events: dated occurrences, columns `EVENT_COLUMNS`; start and end are UTC, end is exclusive (where
        `floating`, they are what the clock of each series shows, written as if it were UTC; see `causes.calendar.acting`).
    interventions: our own changes, columns `INTERVENTION_COLUMNS`.
    plan: what business figures are planned to be, columns `PLAN_COLUMNS`; known_since is NaT where it was known from the beginning.
    """

    series: pd.DataFrame
    samples: pd.DataFrame
    events: pd.DataFrame = field(default_factory=lambda: empty(EVENT_COLUMNS))
    interventions: pd.DataFrame = field(default_factory=lambda: empty(INTERVENTION_COLUMNS))
    warnings: tuple[str, ...] = ()
    left_out: tuple[dict[str, str], ...] = ()
    plan: pd.DataFrame = field(default_factory=lambda: empty(PLAN_COLUMNS))

    @cached_property
    def _rows(self) -> dict[str, dict[str, Any]]:
        return {str(row["unique_id"]): {str(key): value for key, value in row.items()} for row in self.series.to_dict("records")}

    @cached_property
    def _slices(self) -> dict[str, slice]:
        return slices_of(self.samples)

    @cached_property
    def _columns(self) -> Piece:
        """The times and values of all samples, one series after the other."""
        times = pd.DatetimeIndex(self.samples["ds"])
        return (times if times.unit == "ns" else times.as_unit("ns")).asi8, self.samples["y"].to_numpy(dtype=float)

    @cached_property
    def _named(self) -> dict[tuple[Any, Any, Any], dict[str, str]]:
        """(device, object, metric) → kind → unique_id."""
        made: dict[tuple[Any, Any, Any], dict[str, str]] = {}
        columns = (self.series[name] for name in ("device", "object", "metric", "kind", "unique_id"))
        for device, name, metric, kind, unique_id in zip(*columns, strict=True):
            made.setdefault((device, name, metric), {}).setdefault(kind, str(unique_id))
        return made

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

    def piece(self, unique_id: str) -> Piece:
        """The samples of one series as arrays; empty where it has none, or where there is no such series."""
        stamps, values = self._columns
        place = self._slices.get(unique_id, slice(0, 0))
        return stamps[place], values[place]

    def packed(self, unique_ids: Sequence[str]) -> Packed:
        """The samples of some series, one after the other."""
        places = [self._slices.get(name, slice(0, 0)) for name in unique_ids]
        edges = np.concatenate([[0], np.cumsum([place.stop - place.start for place in places], dtype=np.int64)])
        stamps, values = self._columns
        if all(before.stop == after.start for before, after in pairwise(places)):
            whole = slice(places[0].start, places[-1].stop) if places else slice(0, 0)
            return Packed.of(edges, stamps[whole], values[whole])
        return Packed.of(edges, np.concatenate([stamps[place] for place in places]), np.concatenate([values[place] for place in places]))

    def span(self, unique_id: str) -> tuple[int, int, int]:
        """How many samples a series has, and when the first and the last were taken (ns since 1970; 0 where it has none)."""
        stamps, _values = self._columns
        place = self._slices.get(unique_id)
        return (place.stop - place.start, int(stamps[place.start]), int(stamps[place.stop - 1])) if place else (0, 0, 0)

    def named(self, device: str, name: str, metric: str, kind: str | None = None) -> str | None:
        """The unique_id of what is measured there (of that kind), or None."""
        found = self._named.get((device, name, metric), {})
        return next(iter(found.values()), None) if kind is None else found.get(kind)

    def limits(self, device: str, name: str, metric: str = "capacity_bps") -> pd.Series:
        """The dated limit of an object as a step function: each value is in force from its time on. May be empty."""
        found = self.named(device, name, metric, "limit")
        if found is None:
            return pd.Series(dtype=float, index=pd.DatetimeIndex([], tz="UTC", name="ds"))
        return self.values(found)

    def limit_at(self, device: str, name: str, when: datetime | pd.Timestamp, metric: str = "capacity_bps") -> float | None:
        """The limit in force at `when` (the last one dated at or before it), or None where none is known."""
        past = self.limits(device, name, metric).loc[: pd.Timestamp(when)]
        return None if past.empty else float(past.iloc[-1])

    def limits_at(self, device: str, name: str, times: pd.DatetimeIndex, metric: str = "capacity_bps") -> np.ndarray:
        """The limit in force at each of `times`, shape (len(times),); NaN where none is known."""
        return self.limits_on(device, name, times.as_unit("ns").asi8, metric)

    def limits_on(self, device: str, name: str, stamps: np.ndarray, metric: str = "capacity_bps") -> np.ndarray:
        """As `limits_at`, for UTC times in ns since 1970."""
        dated, values = self.piece(self.named(device, name, metric, "limit") or "")
        position = dated.searchsorted(stamps, side="right") - 1
        return np.asarray(np.append(values, np.nan)[position], dtype=float)

    def only(self, wanted: Collection[str]) -> History:
        """The history of some series; all that is not a series' own stays."""
        rows = self.series[self.series["unique_id"].isin(wanted)].reset_index(drop=True)
        return replace(self, series=rows, samples=long_table({str(name): self.piece(str(name)) for name in rows["unique_id"]}))

    def until(self, as_of: datetime | pd.Timestamp) -> History:
        """What was known at `as_of`: samples before it, limits and changes dated up to it, the whole calendar, the plan of that time."""
        moment = pd.Timestamp(as_of)
        stamps, _values = self._columns
        if self.interventions.empty and self.plan.empty and (not len(stamps) or np.max(stamps) < moment.as_unit("ns").value):
            return self
        limits = self.samples["unique_id"].isin(self.series.loc[self.series["kind"] == "limit", "unique_id"])
        keep = (self.samples["ds"] < moment) | (limits & (self.samples["ds"] == moment))
        changes = self.interventions
        if not changes.empty:
            changes = changes[changes["ds"] <= moment]
        plan = self.plan
        if not plan.empty:
            plan = plan[(plan["ds"] >= moment) & (plan["known_since"].isna() | (plan["known_since"] <= moment))]
            plan = plan[~plan.duplicated(["unique_id", "ds"], keep="last")].reset_index(drop=True)
        samples = self.samples if keep.all() else self.samples[keep].reset_index(drop=True)
        return replace(self, samples=samples, interventions=changes, plan=plan)

    @property
    def demand_series(self) -> pd.DataFrame:
        """The rows of `series` that can be forecast: gauges, derived rates and event counts."""
        return self.series[self.series["kind"].isin(DEMAND_KINDS)]
