# SPDX-License-Identifier: GPL-3.0-or-later
"""A finished forecast: quantiles as a table, paths on demand, and how it came about. Written and read as files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .contracts import check, to_text
from .errors import InputError
from .files import drafted
from .metrics import LEVEL_NAMES

FRAME_COLUMNS = ("unique_id", "ds", "mean", *LEVEL_NAMES)
FORECAST_FILE, PATHS_FILE, META_FILE = "forecast.parquet", "paths.parquet", "forecast.json"
SERIES_FILE = "series.parquet"
ENGINE = {"name": "forestage", "version": "0.1.0"}


@dataclass(frozen=True)
class Forecast:
    """What is to come.

    frame: `unique_id, ds, mean, q025 … q975`, ds in UTC from the cut-off on, in each series' unit. `mean` is the point
    forecast, which minimises the absolute error.
    meta: schema ``forecast_meta``: each series' model, cut-off, back-test figures; what was left out and why.
    """

    frame: pd.DataFrame
    meta: dict[str, Any]
    drawn: Mapping[str, NDArray[np.float32]]

    def paths(self, unique_id: str) -> NDArray[np.float32]:
        """Sample paths (paths, steps) of one series, in its unit; the steps are those of its rows in `frame`."""
        if unique_id not in self.drawn:
            raise InputError(f"the forecast has no series {unique_id!r}; see left_out in its meta")
        return self.drawn[unique_id]

    def write(self, folder: Path) -> None:
        """Write ``forecast.parquet``, ``paths.parquet`` and ``forecast.json`` (schema forecast_meta), each whole or not at all."""
        check("forecast_meta", self.meta, "the forecast's meta")
        rows = [(name, number, path) for name, paths in self.drawn.items() for number, path in enumerate(paths)]
        paths = pd.DataFrame(rows, columns=["unique_id", "path", "y"]).astype({"path": "int64"})
        with drafted(folder / META_FILE) as told, drafted(folder / PATHS_FILE) as drawn, drafted(folder / FORECAST_FILE) as table:
            self.frame.to_parquet(table, index=False)
            paths.to_parquet(drawn, index=False)
            told.write_text(json.dumps(self.meta, indent=1, allow_nan=False), encoding="utf-8")
        (folder / SERIES_FILE).unlink(missing_ok=True)

    @classmethod
    def read(cls, folder: Path) -> Forecast:
        """Read what `write` wrote."""
        missing = [name for name in (FORECAST_FILE, PATHS_FILE, META_FILE) if not (folder / name).is_file()]
        if missing:
            raise InputError(f"{folder} is no forecast: {missing[0]} is missing; write it with the command forecast")
        meta = json.loads((folder / META_FILE).read_text(encoding="utf-8"))
        check("forecast_meta", meta, str(folder / META_FILE))
        table = pd.read_parquet(folder / PATHS_FILE).sort_values(["unique_id", "path"])
        drawn = {str(name): np.stack(part["y"].to_list()).astype(np.float32) for name, part in table.groupby("unique_id", sort=True)}
        return cls(pd.read_parquet(folder / FORECAST_FILE), meta, drawn)


def meta_head(cutoff: pd.Timestamp, ahead: pd.Timedelta, seed: int) -> dict[str, Any]:
    """What the meta of every forecast begins with."""
    return {
        "schema": "forestage/forecast_meta/1",
        "engine": ENGINE,
        "as_of": to_text(cutoff.to_pydatetime()),
        "horizon_s": ahead.total_seconds(),
        "seed": seed,
    }


def figure(value: float) -> float | None:
    """A number for the meta: six digits after the point; None where there is none."""
    return round(float(value), 6) if np.isfinite(value) else None
