# SPDX-License-Identifier: GPL-3.0-or-later
"""Open a history: a folder of tables, or one plain table with a mapping file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..contracts import check, errors_of
from ..errors import InputError
from .counters import derive
from .events import load_events
from .quality import clean
from .reading import find_table, read_table, read_yaml
from .table import INTERVENTION_COLUMNS, SERIES_COLUMNS, History
from .zones import require_zone

SAMPLE_COLUMNS = ("unique_id", "ds", "y")
NEEDED = SERIES_COLUMNS[:7]
BEGINNING = pd.Timestamp("1970-01-01", tz="UTC")
MAPPING_DEFAULTS = {"unit": "bit/s", "tz": "UTC", "kind": "gauge"}


def load_history(path: Path, mapping: Path | None = None) -> History:
    """Read and check a history.

    path: a folder with ``series`` and ``values`` tables (Parquet or CSV) and optional ``events.ics``, ``events.yml`` and
    ``interventions``; or one table `unique_id, ds, y`, which needs a `mapping` file. Raises `InputError`.
    """
    if path.is_dir():
        if mapping is not None:
            raise InputError(f"{path} is a history folder and needs no mapping; leave out {mapping}")
        return _folder(path)
    if not path.exists():
        raise InputError(f"there is no history {path}; check the path")
    if mapping is None:
        raise InputError(f"{path} is a plain table: say what its series are with a mapping file (--mapping)")
    return _plain(path, mapping)


def _folder(folder: Path) -> History:
    series_file, values_file = find_table(folder, "series"), find_table(folder, "values")
    if series_file is None or values_file is None:
        missing = "series" if series_file is None else "values"
        raise InputError(f"{folder} has no {missing}.parquet or {missing}.csv; a history folder needs both series and values")
    series = _series_table(read_table(series_file, NEEDED), series_file)
    samples, warnings = clean(read_table(values_file, SAMPLE_COLUMNS), values_file)
    unknown = sorted(set(samples["unique_id"].unique()) - set(series["unique_id"]))
    if unknown:
        raise InputError(f"{values_file}: the series {unknown[0]!r} is not in {series_file.name}; add its row or remove its samples")
    return _assemble(series, samples, warnings, [], load_events(folder), _interventions(folder))


def _plain(path: Path, mapping_file: Path) -> History:
    mapping = read_yaml(mapping_file)
    check("mapping", mapping, str(mapping_file))
    table = read_table(path, SAMPLE_COLUMNS)
    given = set(table["unique_id"].astype(str).unique())
    samples, warnings = clean(table, path)
    absent = sorted(set(mapping) - given)
    if absent:
        raise InputError(
            f"{mapping_file} maps {absent[0]!r}, which is no series of {path}; its series are {', '.join(sorted(given)[:5])}"
        )
    left_out = [
        {"unique_id": name, "reason": f"the mapping {mapping_file.name} does not say what it is"} for name in sorted(given - set(mapping))
    ]
    rows, limits = _mapped_rows(mapping)
    series = _series_table(pd.DataFrame(rows), mapping_file)
    samples = samples[samples["unique_id"].isin(mapping)]
    names = {name: f"{entry['device']}|{entry['object']}|{entry['metric']}" for name, entry in mapping.items()}
    scales = {name: float(entry.get("scale", 1)) for name, entry in mapping.items()}
    samples = samples.assign(y=samples["y"] * samples["unique_id"].map(scales).astype(float), unique_id=samples["unique_id"].map(names))
    samples = pd.concat([samples, pd.DataFrame(limits)], ignore_index=True) if limits else samples
    samples = samples.sort_values(["unique_id", "ds"], ignore_index=True)
    return _assemble(series, samples, warnings, left_out, load_events(path.parent), pd.DataFrame(columns=list(INTERVENTION_COLUMNS)))


def _mapped_rows(mapping: dict[str, dict[str, Any]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Rows of `series` from a mapping, and the samples of its constant capacities."""
    rows: list[dict[str, Any]] = []
    limits: list[dict[str, Any]] = []
    for entry in mapping.values():
        row = MAPPING_DEFAULTS | {key: value for key, value in entry.items() if key not in ("scale", "capacity_bps")}
        rows.append(row | {"unique_id": f"{row['device']}|{row['object']}|{row['metric']}"})
        if "capacity_bps" in entry:
            name = f"{row['device']}|{row['object']}|capacity_bps"
            rows.append(rows[-1] | {"unique_id": name, "metric": "capacity_bps", "unit": "bit/s", "kind": "limit"})
            limits.append({"unique_id": name, "ds": BEGINNING, "y": float(entry["capacity_bps"])})
    return rows, limits


def _series_table(raw: pd.DataFrame, source: Path) -> pd.DataFrame:
    """Check every row against the schema `series_row`, and give the table its full set of columns."""
    rows = []
    for number, raw_row in enumerate(raw.to_dict("records")):
        row = {str(key): value for key, value in raw_row.items() if key in SERIES_COLUMNS and not _blank(value)}
        if "interval_s" in row:
            row["interval_s"] = _interval(row["interval_s"], source, number)
        wrong = errors_of("series_row", row)
        if wrong:
            raise InputError(f"{source} series {number + 1} ({str(row.get('unique_id'))!r}): {wrong[0]}; correct that field")
        require_zone(row["tz"], f"{source} series {row['unique_id']!r}")
        rows.append(row)
    table = pd.DataFrame(rows).reindex(columns=list(SERIES_COLUMNS)).astype(object)
    twice = table["unique_id"].duplicated()
    if twice.any():
        raise InputError(f"{source}: the series {table.loc[twice, 'unique_id'].iloc[0]!r} is described twice; keep one row")
    return table.where(table.notna(), None).sort_values("unique_id", ignore_index=True)


def _blank(value: Any) -> bool:
    return value is None or value == "" or (isinstance(value, float) and np.isnan(value)) or value is pd.NA


def _interval(value: Any, source: Path, number: int) -> float:
    try:
        return float(value)
    except ValueError:
        raise InputError(f"{source} series {number + 1}: interval_s {value!r} is not a number of seconds; correct it") from None


def _assemble(
    series: pd.DataFrame,
    samples: pd.DataFrame,
    warnings: list[str],
    left_out: list[dict[str, str]],
    events: pd.DataFrame,
    interventions: pd.DataFrame,
) -> History:
    """Fill in measured sampling intervals, derive rates from counters, and drop (by name) what has no samples."""
    measured = _measured_intervals(samples)
    bare = ~series["unique_id"].isin(samples["unique_id"].unique())
    left_out += [{"unique_id": name, "reason": "it has no samples with a value"} for name in series.loc[bare, "unique_id"]]
    series = series[~bare].reset_index(drop=True)
    given = pd.to_numeric(series["interval_s"]).astype(float)
    series["interval_s"] = given.fillna(series["unique_id"].map(measured))
    series, samples = derive(series, samples)
    return History(series, samples, events, interventions, tuple(warnings), tuple(left_out))


def _measured_intervals(samples: pd.DataFrame) -> dict[str, float]:
    """The median distance of samples, s, for each series that has at least two."""
    gaps = samples.groupby("unique_id")["ds"].diff().dt.total_seconds()
    return {str(name): float(value) for name, value in gaps.groupby(samples["unique_id"]).median().dropna().items()}


def _interventions(folder: Path) -> pd.DataFrame:
    path = find_table(folder, "interventions")
    if path is None:
        return pd.DataFrame(columns=list(INTERVENTION_COLUMNS))
    table = read_table(path, ("change_id", "unique_id", "ds"))
    table = table.reindex(columns=list(INTERVENTION_COLUMNS))
    table["ds"] = pd.to_datetime(table["ds"], utc=True)
    return table.sort_values(["unique_id", "ds"], ignore_index=True)
