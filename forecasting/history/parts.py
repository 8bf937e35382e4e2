# SPDX-License-Identifier: GPL-3.0-or-later
"""What one source brings, how several become one, and the step from there to a `History`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from ..contracts import errors_of, field_test
from ..errors import InputError
from .counters import derive
from .table import EVENT_COLUMNS, INTERVENTION_COLUMNS, PLAN_COLUMNS, SERIES_COLUMNS, History, empty, slices_of
from .zones import require_zone

SAMPLE_COLUMNS = ("unique_id", "ds", "y")
REQUIRED = SERIES_COLUMNS[:7]


@dataclass
class Parts:
    """Checked tables, columns as in `History`, before rates are derived from counters."""

    series: pd.DataFrame = field(default_factory=lambda: empty(SERIES_COLUMNS))
    samples: pd.DataFrame = field(default_factory=lambda: empty(SAMPLE_COLUMNS))
    events: pd.DataFrame = field(default_factory=lambda: empty(EVENT_COLUMNS))
    interventions: pd.DataFrame = field(default_factory=lambda: empty(INTERVENTION_COLUMNS))
    plan: pd.DataFrame = field(default_factory=lambda: empty(PLAN_COLUMNS))
    warnings: list[str] = field(default_factory=list)
    left_out: list[dict[str, str]] = field(default_factory=list)


def series_table(raw: pd.DataFrame, source: object) -> pd.DataFrame:
    """Check every row against the schema `series_row`, and give the table its full set of columns."""
    columns = {column: _column(raw, column) for column in SERIES_COLUMNS}
    for number in np.flatnonzero(np.any([wrong for _unused, wrong in columns.values()], axis=0)):
        _refuse(raw.iloc[int(number) : int(number) + 1].to_dict("records")[0], int(number), source)
    table = pd.DataFrame({column: pd.Series(values, dtype=object) for column, (values, _unused) in columns.items()})
    twice = table["unique_id"].duplicated()
    if twice.any():
        raise InputError(f"{source}: the series {table.loc[twice, 'unique_id'].iloc[0]!r} is described twice; keep one row")
    return table.sort_values("unique_id", ignore_index=True)


def _column(raw: pd.DataFrame, column: str) -> tuple[np.ndarray, np.ndarray]:
    """A column's values (None where blank), and in which rows they break the schema; each value that occurs is looked at once."""
    if column not in raw:
        return np.full(len(raw), None, dtype=object), np.full(len(raw), column in REQUIRED)
    try:
        codes, found = pd.factorize(raw[column])
    except TypeError:  # a list or the like, which no column may hold
        return np.full(len(raw), None, dtype=object), np.ones(len(raw), dtype=bool)
    held = np.full(len(found) + 1, None, dtype=object)
    wrong = np.full(len(found) + 1, column in REQUIRED)
    for place, value in enumerate(found):
        if not _blank(value):
            held[place], wrong[place] = _checked(column, value)
    return held[codes], wrong[codes]


def _checked(column: str, value: Any) -> tuple[Any, bool]:
    """The value as it is kept, and whether it breaks the schema."""
    try:
        kept: Any = float(value) if column == "interval_s" else value
        if column == "tz":
            require_zone(kept, "")
    except (ValueError, TypeError):
        return value, True
    return kept, not field_test("series_row", column)(kept)


def _refuse(raw_row: dict[Any, Any], number: int, source: object) -> None:
    """Raise the sentence on what is wrong in a row."""
    row = {str(key): value for key, value in raw_row.items() if key in SERIES_COLUMNS and not _blank(value)}
    if "interval_s" in row:
        row["interval_s"] = _interval(row["interval_s"], source, number)
    wrong = errors_of("series_row", row)
    if wrong:
        raise InputError(f"{source} series {number + 1} ({str(row.get('unique_id'))!r}): {wrong[0]}; correct that field")
    require_zone(row["tz"], f"{source} series {row['unique_id']!r}")


def _blank(value: Any) -> bool:
    return value is None or value == "" or (isinstance(value, float) and np.isnan(value)) or value is pd.NA


def _interval(value: Any, source: object, number: int) -> float:
    try:
        return float(value)
    except ValueError:
        raise InputError(f"{source} series {number + 1}: interval_s {value!r} is not a number of seconds; correct it") from None


def merged(named: Sequence[tuple[str, Parts]]) -> Parts:
    """All sources in one. Where two bring samples of one series for the same time, the source listed first counts.

    A series that a later source describes with another kind or unit is left out of that source.
    """
    whole = Parts()
    known: dict[str, tuple[Any, Any]] = {}
    tables: dict[str, list[pd.DataFrame]] = {"series": [], "samples": [], "events": [], "interventions": [], "plan": []}
    for name, part in named:
        odd = {str(row["unique_id"]) for row in part.series.to_dict("records") if known.get(row["unique_id"], _sort(row)) != _sort(row)}
        whole.left_out += part.left_out + [
            {"unique_id": unique_id, "reason": f"source {name} gives it another kind or unit than an earlier source; correct one of them"}
            for unique_id in sorted(odd)
        ]
        fresh = ~part.series["unique_id"].isin(known)
        known |= {row["unique_id"]: _sort(row) for row in part.series[fresh].to_dict("records")}
        tables["series"].append(part.series[fresh])
        tables["samples"].append(part.samples[~part.samples["unique_id"].isin(odd)])
        tables["events"].append(part.events)
        tables["interventions"].append(part.interventions)
        tables["plan"].append(part.plan)
        whole.warnings += part.warnings
    filled = {key: [table for table in found if not table.empty] for key, found in tables.items()}
    for key, found in filled.items():
        if found:
            setattr(whole, key, pd.concat(found, ignore_index=True))
    return _ordered(whole)


def _sort(row: dict[Any, Any]) -> tuple[Any, Any]:
    return row["kind"], row["unit"]


def _ordered(whole: Parts) -> Parts:
    whole.series = whole.series.sort_values("unique_id", ignore_index=True)
    samples = whole.samples.sort_values(["unique_id", "ds"], kind="stable", ignore_index=True)
    whole.samples = samples[~samples.duplicated(["unique_id", "ds"])].reset_index(drop=True)
    events = whole.events.drop_duplicates(["name", "kind", "start", "end", "devices", "sites", "metrics"])
    whole.events = events.sort_values(["start", "name"], ignore_index=True)
    whole.interventions = whole.interventions.sort_values(["unique_id", "ds"], ignore_index=True)
    return whole


def assemble(parts: Parts) -> History:
    """Fill in measured sampling intervals, derive rates from counters, and drop (by name) what has no samples."""
    series, samples = parts.series, parts.samples
    places = slices_of(samples)
    bare = ~series["unique_id"].isin(list(places))
    left_out = parts.left_out + [{"unique_id": name, "reason": "it has no samples with a value"} for name in series.loc[bare, "unique_id"]]
    series = series[~bare].reset_index(drop=True)
    given = pd.to_numeric(series["interval_s"]).astype(float)
    if given.isna().any():
        unknown = series.loc[given.isna(), "unique_id"]
        given = given.fillna(series["unique_id"].map(_measured_intervals(samples, {name: places[name] for name in unknown})))
    series["interval_s"] = given
    series, samples = derive(series, samples)
    return History(series, samples, parts.events, parts.interventions, tuple(parts.warnings), tuple(left_out), parts.plan)


def _measured_intervals(samples: pd.DataFrame, places: Mapping[str, slice]) -> dict[str, float]:
    """The median distance of samples, s, for each of some series that has at least two."""
    stamps = samples["ds"].dt.as_unit("ns").astype("int64").to_numpy()
    several = {name: place for name, place in places.items() if place.stop - place.start > 1}
    return {name: float(np.median(np.diff(stamps[place]) / 1e9)) for name, place in several.items()}
