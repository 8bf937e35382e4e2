# SPDX-License-Identifier: GPL-3.0-or-later
"""More series than are forecast together: how they are opened, and their forecast written."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from .chunked import MOST_TOGETHER, Asked, Engine, Past, Told, forecast_many, side_by_side
from .history import History, load_history
from .history.held import Held
from .history.row_ranges import Scattered
from .history.stored import Stored
from .learnt.shelf import Shelf
from .pipeline import TOO_SHORT, cutoff_of, length_of, nothing_forecast
from .progress import Progress
from .result import SERIES_FILE, meta_head
from .streaming import Writer

MOST_ROWS_HELD = 30_000_000


def opened(path: Path, mapping: Path | None, as_of: datetime, in_parts: bool = False) -> History | Past:
    """A history, or the way to one of more series than are forecast together; always the way where in_parts. See `load_history`."""
    if path.is_dir() and mapping is None and _many_rows(path / "series.parquet") and (path / "values.parquet").is_file():
        try:
            return Stored.open(path)
        except Scattered as error:
            if error.rows > MOST_ROWS_HELD:
                raise
    history = load_history(path, mapping, as_of)
    return Held(history) if in_parts or len(history.demand_series) > MOST_TOGETHER else history


def _many_rows(file: Path) -> bool:
    return file.is_file() and file.stat().st_size > 0 and pq.ParquetFile(file).metadata.num_rows > MOST_TOGETHER


def forecast_to_folder(
    past: Past,
    out: Path,
    *,
    as_of: datetime,
    horizon: str,
    interval: str | None = None,
    only_metric: Sequence[str] = (),
    model: str | None = None,
    seed: int = 0,
    models: Path | None = None,
    engine: Engine = side_by_side,
    progress: Progress,
) -> tuple[dict[str, Any], int]:
    """Forecast and write the folder; returns the meta and how many series were forecast. See `pipeline.forecast`.

    models: a folder where what was learnt is found and put; engine: what forecasts the parts.
    Paths are not written: who needs them draws them from the quantiles.
    """
    asked = Asked(cutoff_of(as_of), length_of(horizon), interval, tuple(only_metric), model, seed, Shelf(models))
    told = Told()
    with Writer(out) as writer, threadpool_limits(1):  # chunks run side by side; threads within them would only wait for each other
        for part in forecast_many(past, asked, told, progress, engine):
            writer.add(part)
        left_out = sorted([*past.left_out, *told.left_out], key=lambda item: item["unique_id"])
        if not told.series:
            raise nothing_forecast(asked.cutoff, left_out)
        meta = _meta(asked, told, left_out, past.warnings)
        writer.finish(meta)
    asked.shelf.keep()
    progress.warnings(meta["warnings"])
    return meta, told.series


def _meta(asked: Asked, told: Told, left_out: list[dict[str, str]], warnings: list[str]) -> dict[str, Any]:
    untested = [one for one in told.learnt if not one["origins"]]
    if untested:
        warnings = [*warnings, TOO_SHORT]
    return meta_head(asked.cutoff, asked.ahead, asked.seed) | {
        "series": [],
        "series_table": SERIES_FILE,
        "learnt": told.learnt,
        "left_out": left_out,
        "warnings": warnings,
    }
