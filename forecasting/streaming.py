# SPDX-License-Identifier: GPL-3.0-or-later
"""A forecast written part by part: no more of it is in memory than the part that is being written."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from .applied import Part
from .contracts import check
from .files import done_with, draft_of, unwritable, write_text
from .result import FORECAST_FILE, META_FILE, PATHS_FILE, SERIES_FILE

REPEATING = ("unique_id", "ds", "model", "unit")


class Writer:
    """Writes a forecast's folder: ``forecast.parquet``, ``series.parquet``, ``forecast.json``. Nothing is in place before `finish`."""

    def __init__(self, folder: Path) -> None:
        """Make the folder where it is missing. Raises `InputError` where that cannot be."""
        self.folder = folder
        self._open: dict[str, pq.ParquetWriter] = {}
        self._drafts = {name: draft_of(folder / name) for name in (FORECAST_FILE, SERIES_FILE)}

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for writer in self._open.values():
            with suppress(OSError):  # a full disk: what matters is that no draft stays
                writer.close()
        for draft in self._drafts.values():
            done_with(draft)

    def add(self, part: Part) -> None:
        """Write one part."""
        try:
            for name, tables in ((FORECAST_FILE, part.tables), (SERIES_FILE, part.rows)):
                for table in tables:
                    self._writer(name, table.schema).write_table(table)
        except OSError as error:
            raise unwritable(self.folder, error) from None

    def finish(self, meta: dict[str, Any]) -> None:
        """Put everything in place; what an earlier forecast left there goes."""
        check("forecast_meta", meta, "the forecast's meta")
        try:
            for writer in self._open.values():
                writer.close()
            self._open = {}
            for name, draft in self._drafts.items():
                draft.chmod(0o644)
                draft.replace(self.folder / name)
        except OSError as error:
            raise unwritable(self.folder, error) from None
        (self.folder / PATHS_FILE).unlink(missing_ok=True)
        write_text(self.folder / META_FILE, json.dumps(meta, indent=1, allow_nan=False))

    def _writer(self, name: str, schema: pa.Schema) -> pq.ParquetWriter:
        if name not in self._open:
            repeating = [column for column in schema.names if column in REPEATING]
            packed = {column: "SNAPPY" if column in REPEATING else "NONE" for column in schema.names}  # numbers do not shrink
            self._open[name] = pq.ParquetWriter(
                self._drafts[name], schema, use_dictionary=repeating, compression=packed, store_schema=False, write_statistics=repeating
            )
        return self._open[name]
