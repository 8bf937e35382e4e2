# SPDX-License-Identifier: GPL-3.0-or-later
"""What business figures are planned to be: the table ``plan`` of a history folder."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from ..errors import InputError
from .quality import clean
from .reading import find_table, read_table
from .table import PLAN_COLUMNS, empty

NEEDED = PLAN_COLUMNS[:3]
PLANNED = "kpi_"


def read_plan(folder: Path, series: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """The plan (columns `PLAN_COLUMNS`, sorted; empty where there is none) and sentences on what was dropped.

    ``known_since`` says when a value was planned, so that a forecast of an earlier day does not know it; where it is empty or missing
    the value counts as always known. Of several for one time the one planned last counts. Raises `InputError`.
    """
    path = find_table(folder, "plan")
    if path is None:
        return empty(PLAN_COLUMNS), []
    table = read_table(path, NEEDED).reset_index(drop=True)
    since = _since(table, path)
    cleaned = [(when, clean(part.reset_index(drop=True), path)) for when, part in table.groupby(since, dropna=False, sort=True)]
    parts = [made.assign(known_since=when) for when, (made, _unused) in cleaned]
    plan = pd.concat(parts, ignore_index=True)
    plan["known_since"] = pd.to_datetime(plan["known_since"], utc=True)
    known = series.set_index("unique_id")["metric"]
    for name in sorted(plan["unique_id"].unique()):
        if name not in known.index:
            raise InputError(f"{path}: the series {name!r} is not in the table series; add its row or remove its plan")
        if not str(known[name]).startswith(PLANNED):
            raise InputError(f"{path}: {name!r} is no business figure; only a metric {PLANNED}… can have a plan")
    warnings = [text for _unused, (_made, told) in cleaned for text in told]
    return plan.sort_values(["unique_id", "ds", "known_since"], na_position="first", ignore_index=True), warnings


def _since(table: pd.DataFrame, path: Path) -> pd.Series:
    """The column known_since in UTC, NaT where it is empty."""
    if "known_since" not in table:
        return pd.Series(pd.NaT, index=table.index, dtype="datetime64[ns, UTC]")
    given = table["known_since"].replace("", None)
    times = pd.to_datetime(given, format="ISO8601", utc=True, errors="coerce")
    wrong = given.notna() & times.isna()
    if wrong.any():
        raise InputError(f"{path}: known_since {str(given[wrong].iloc[0])!r} is not a time; write it like 2026-11-23T04:05:06Z")
    return times
