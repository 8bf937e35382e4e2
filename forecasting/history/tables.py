# SPDX-License-Identifier: GPL-3.0-or-later
"""Histories in tables: a folder of them, or one plain table with a mapping file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from ..errors import InputError
from ..policies.checks import check_schema
from ..policies.source import read
from .events import load_events
from .parts import REQUIRED, SAMPLE_COLUMNS, Parts, series_table
from .plans import read_plan
from .quality import clean
from .reading import find_table, read_table
from .table import INTERVENTION_COLUMNS
from .zones import require_zone

BEGINNING = pd.Timestamp("1970-01-01", tz="UTC")
MOST_MAPPED = 2_000_000  # values in a mapping: ten for each of 200,000 series
MAPPING_DEFAULTS = {"unit": "bit/s", "tz": "UTC", "kind": "gauge"}


def read_tables(path: Path, mapping: Path | None = None) -> Parts:
    """Read and check what lies in tables.

    path: a folder with ``series`` and ``values`` tables (Parquet or CSV) and optional ``events.ics``, ``events.yml``,
    ``interventions`` and ``plan``; or one table `unique_id, ds, y`, which needs a `mapping` file. Raises `InputError`.
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


def _folder(folder: Path) -> Parts:
    series_file, values_file = find_table(folder, "series"), find_table(folder, "values")
    if series_file is None or values_file is None:
        missing = "series" if series_file is None else "values"
        raise InputError(f"{folder} has no {missing}.parquet or {missing}.csv; a history folder needs both series and values")
    series = series_table(read_table(series_file, REQUIRED), series_file)
    samples, warnings = clean(read_table(values_file, SAMPLE_COLUMNS), values_file)
    unknown = sorted(set(samples["unique_id"].unique()) - set(series["unique_id"]))
    if unknown:
        raise InputError(f"{values_file}: the series {unknown[0]!r} is not in {series_file.name}; add its row or remove its samples")
    plan, told = read_plan(folder, series)
    return Parts(series, samples, load_events(folder), _interventions(folder), plan, warnings + told)


def _plain(path: Path, mapping_file: Path) -> Parts:
    mapping = _mapping(mapping_file)
    table = read_table(path, SAMPLE_COLUMNS)
    given = set(table["unique_id"].astype(str).unique())
    samples, warnings = clean(table, path)
    absent = sorted(set(mapping) - given)
    if absent:
        raise InputError(f"{mapping_file} maps {absent[0]!r}, which is no series of {path}; its series are {', '.join(sorted(given)[:5])}")
    left_out = [
        {"unique_id": name, "reason": f"the mapping {mapping_file.name} does not say what it is"} for name in sorted(given - set(mapping))
    ]
    rows, limits = _mapped_rows(mapping)
    series = series_table(pd.DataFrame(rows), mapping_file)
    samples = samples[samples["unique_id"].isin(mapping)]
    names = {name: f"{entry['device']}|{entry['object']}|{entry['metric']}" for name, entry in mapping.items()}
    scales = {name: float(entry.get("scale", 1)) for name, entry in mapping.items()}
    samples = samples.assign(y=samples["y"] * samples["unique_id"].map(scales).astype(float), unique_id=samples["unique_id"].map(names))
    samples = pd.concat([samples, pd.DataFrame(limits)], ignore_index=True) if limits else samples
    samples = samples.sort_values(["unique_id", "ds"], ignore_index=True)
    return Parts(series, samples, load_events(path.parent), warnings=warnings, left_out=left_out)


def _mapping(path: Path) -> dict[str, dict[str, Any]]:
    """What each series of a table is, by its name there."""
    source = read(path, MOST_MAPPED)
    check_schema(source, "mapping")
    for name, entry in source.data.items():
        require_zone(entry.get("tz", "UTC"), f"{path}:{source.line((name, 'tz'))}: tz")
    return dict(source.data)


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


def _interventions(folder: Path) -> pd.DataFrame:
    path = find_table(folder, "interventions")
    if path is None:
        return pd.DataFrame(columns=list(INTERVENTION_COLUMNS))
    table = read_table(path, ("change_id", "unique_id", "ds"))
    table = table.reindex(columns=list(INTERVENTION_COLUMNS))
    table["ds"] = pd.to_datetime(table["ds"], utc=True)
    return table.sort_values(["unique_id", "ds"], ignore_index=True)
