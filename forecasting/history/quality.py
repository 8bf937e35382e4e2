# SPDX-License-Identifier: GPL-3.0-or-later
"""Make a table of samples trustworthy: one zone, real numbers, sorted, no duplicates. Every loss is told."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd

from ..errors import InputError

NOT_FINITE, TWICE = "without a finite value: left out", "given more than once: the last of them counts"
NO_VALUE = ("", "nan", "na", "null", "none")
ZONE = r"(?:[Zz]|[+-]\d{2}:?\d{2})$"


class Lost:
    """How many samples of which series were dropped, and why; filled by `clean_part`."""

    def __init__(self) -> None:
        """Nothing was dropped yet."""
        self._counts: dict[str, Counter[str]] = {}

    def add(self, ids: pd.Series, what: str) -> None:
        """Samples of these series (one entry a sample) were dropped."""
        if len(ids):
            self._counts.setdefault(what, Counter()).update(ids)

    def told(self, source: Path) -> list[str]:
        """A sentence on each reason."""
        return [_told(counts, source, what) for what, counts in self._counts.items()]


def clean(table: pd.DataFrame, source: Path) -> tuple[pd.DataFrame, list[str]]:
    """Turn a raw table `unique_id, ds, y` into sorted samples (ds UTC, y finite float) and sentences on what was dropped.

    A time without a zone is UTC; mixing the two kinds in one table is refused, because one of them would be wrong.
    """
    lost = Lost()
    return clean_part(table, source, lost), lost.told(source)


def clean_part(table: pd.DataFrame, source: Path, lost: Lost) -> pd.DataFrame:
    """The same for a part of a table; what was dropped is added to `lost`."""
    ids = table["unique_id"].astype(str)
    samples = pd.DataFrame({"unique_id": ids, "ds": _times(table["ds"], ids, source), "y": _numbers(table["y"], ids, source)})
    bad = ~np.isfinite(samples["y"])
    lost.add(samples.loc[bad, "unique_id"], NOT_FINITE)
    samples = samples[~bad]
    samples = samples.sort_values(["unique_id", "ds"], kind="stable")
    twice = samples.duplicated(["unique_id", "ds"], keep="last")
    lost.add(samples.loc[twice, "unique_id"], TWICE)
    kept: pd.DataFrame = samples[~twice].reset_index(drop=True)
    return kept


def _told(counts: Counter[str], source: Path, what: str) -> str:
    names = sorted(counts)
    shown = ", ".join(repr(name)[1:-1] for name in names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    return f"{source}: {counts.total()} samples of {shown} {what}"


def _where(rows: pd.Series, ids: pd.Series, source: Path) -> str:
    """Name the first row that a mask marks; a CSV line counts its header."""
    index = int(np.flatnonzero(rows.to_numpy())[0])
    place = f"line {index + 2}" if source.suffix == ".csv" else f"row {index + 1}"
    return f"{source} {place} (series {ids.iloc[index]!r})"


def _times(column: pd.Series, ids: pd.Series, source: Path) -> pd.Series:
    if isinstance(column.dtype, pd.DatetimeTZDtype) or pd.api.types.is_datetime64_dtype(column.dtype):
        return pd.to_datetime(column, utc=True).dt.as_unit("ns")
    if pd.api.types.is_numeric_dtype(column.dtype):
        raise InputError(f"{source}: the column ds holds numbers; write times like 2026-11-23T04:05:06Z")
    text = column.astype(str).str.strip()
    times = pd.to_datetime(text, format="ISO8601", utc=True, errors="coerce")
    if times.isna().any():
        where = _where(times.isna(), ids, source)
        raise InputError(f"{where}: {text[times.isna()].iloc[0]!r} is not a time; write it like 2026-11-23T04:05:06Z")
    zoned = text.str.contains(ZONE, regex=True) & text.str.contains(":")
    if zoned.any() and not zoned.all():
        odd = zoned if zoned.sum() < len(zoned) / 2 else ~zoned
        raise InputError(f"{_where(odd, ids, source)}: times with and without a zone are mixed; write all of them in UTC, ending in Z")
    return times.dt.as_unit("ns")


def _numbers(column: pd.Series, ids: pd.Series, source: Path) -> pd.Series:
    if pd.api.types.is_numeric_dtype(column.dtype):
        return column.astype(float)
    text = column.astype(str).str.strip()
    numbers = pd.to_numeric(text, errors="coerce").astype(float)
    wrong = numbers.isna() & ~text.str.lower().isin(NO_VALUE)
    if wrong.any():
        raise InputError(f"{_where(wrong, ids, source)}: {text[wrong].iloc[0]!r} is not a number; mend or empty that field")
    return numbers
