# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables from files. A file that cannot be read is refused by name."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ..errors import InputError

SUFFIXES = (".parquet", ".csv")


def find_table(folder: Path, name: str) -> Path | None:
    """The file ``name.parquet`` or ``name.csv`` in a folder, or None."""
    found = [folder / f"{name}{suffix}" for suffix in SUFFIXES if (folder / f"{name}{suffix}").is_file()]
    if len(found) > 1:
        raise InputError(f"{folder} has both {found[0].name} and {found[1].name}; keep one of them")
    return found[0] if found else None


def read_table(path: Path, needed: tuple[str, ...]) -> pd.DataFrame:
    """Read Parquet or CSV (all columns of a CSV as text) and require the columns `needed`."""
    if not path.is_file():
        raise InputError(f"there is no file {path}; give a history folder, or a .csv or .parquet file")
    if path.suffix not in SUFFIXES:
        raise InputError(f"{path} is neither .csv nor .parquet; convert it to one of them")
    if path.stat().st_size == 0:
        raise InputError(f"{path} is empty; export it again")
    table = _parquet(path) if path.suffix == ".parquet" else _csv(path)
    missing = [column for column in needed if column not in table.columns]
    if missing:
        raise InputError(f"{path} lacks the column {', '.join(missing)}; it needs {', '.join(needed)}")
    if table.empty:
        raise InputError(f"{path} has no rows; export it again")
    return table


def _parquet(path: Path) -> pd.DataFrame:
    try:
        table: pd.DataFrame = pq.read_table(path).to_pandas()
        return table
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{path} is not a readable Parquet file ({str(error).splitlines()[0]}); export it again") from None


def _csv(path: Path) -> pd.DataFrame:
    try:
        return pd.read_csv(path, dtype=str, keep_default_na=False)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is not a readable CSV file ({str(error).strip()}); export it again as UTF-8") from None
