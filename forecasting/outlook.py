# SPDX-License-Identifier: GPL-3.0-or-later
"""A forecast as the policies see it: paths, quantiles and where they come from, per series."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .crossings import COPULA, paths_from_quantiles
from .errors import InputError
from .result import FORECAST_FILE, META_FILE, PATHS_FILE

QUANTILE = re.compile(r"q(\d{2,3})")


@dataclass(frozen=True)
class SeriesOutlook:
    """The future of one series.

    Attributes:
        ds: UTC times of the steps.
        paths: n_paths × n_steps in the series' unit.
        quantiles: one column a level (``q10`` …), one row a step.
        interval_s: sampling interval, seconds.
        meta: model, cutoff and back-test figures where the forecast states them.
    """

    ds: pd.DatetimeIndex
    paths: NDArray[np.float64]
    quantiles: pd.DataFrame
    interval_s: float
    meta: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Outlook:
    """A whole forecast, of this engine or another.

    Attributes:
        frame: unique_id, ds and quantile columns.
        drawn: sample paths (n_paths × n_steps) by series, or None for a forecast that has quantiles only.
        meta: the forecast's own description (schema forecast_meta), or what there is of it.
    """

    frame: pd.DataFrame
    drawn: Mapping[str, NDArray[Any]] | None
    meta: Mapping[str, Any]

    @classmethod
    def read(cls, folder: Path) -> Outlook:
        """Read ``forecast.parquet``, and ``paths.parquet`` and ``forecast.json`` where they exist.

        Raises:
            InputError: when the folder holds no readable forecast.
        """
        file = folder / FORECAST_FILE
        if not file.is_file():
            raise InputError(f"{folder} holds no {FORECAST_FILE}; give the folder that `forecast --out` wrote")
        try:
            frame = pd.read_parquet(file)
            drawn = _drawn(pd.read_parquet(folder / PATHS_FILE)) if (folder / PATHS_FILE).is_file() else None
            meta = json.loads((folder / META_FILE).read_text(encoding="utf-8")) if (folder / META_FILE).is_file() else {}
        except (OSError, ValueError, KeyError) as error:
            raise InputError(f"{folder} cannot be read as a forecast ({str(error).splitlines()[0]}); write it again") from None
        return cls(_checked(frame, file), drawn, meta)

    @cached_property
    def ids(self) -> frozenset[str]:
        """The series that the forecast covers."""
        return frozenset(self._frames)

    @cached_property
    def copula(self) -> str | None:
        """How paths were drawn when the forecast itself has none."""
        return COPULA if self.drawn is None else None

    def of(self, unique_id: str) -> SeriesOutlook:
        """The outlook of one series; `KeyError` when the forecast does not cover it."""
        frame = self._frames[unique_id]
        ds = pd.DatetimeIndex(frame["ds"])
        columns = sorted((name for name in frame.columns if QUANTILE.fullmatch(name)), key=level_of)
        interval_s = float(ds.to_series().diff().median().total_seconds()) if len(ds) > 1 else 3600.0
        quantiles = frame[columns].set_axis(ds)
        return SeriesOutlook(ds, self._paths(unique_id, quantiles, interval_s), quantiles, interval_s, self._series_meta.get(unique_id, {}))

    def why_not(self, unique_id: str) -> str:
        """Why the forecast does not cover a series, as it says itself."""
        listed = self.meta.get("left_out", [])
        said = next((item["reason"] for item in listed if item["unique_id"] == unique_id), None)
        return f"it was not forecast: {said}" if said else "the forecast does not cover it"

    @cached_property
    def _frames(self) -> dict[str, pd.DataFrame]:
        return {str(name): part.sort_values("ds", ignore_index=True) for name, part in self.frame.groupby("unique_id", sort=True)}

    @cached_property
    def _series_meta(self) -> dict[str, Mapping[str, Any]]:
        return {str(item["unique_id"]): item for item in self.meta.get("series", [])}

    def _paths(self, unique_id: str, quantiles: pd.DataFrame, interval_s: float) -> NDArray[np.float64]:
        if self.drawn is not None and unique_id in self.drawn:
            paths = np.asarray(self.drawn[unique_id], dtype=float)
            if paths.shape[1:] != (len(quantiles),) or not np.isfinite(paths).all():
                raise InputError(f"series {unique_id}: its paths do not fit its {len(quantiles)} quantile steps; write the forecast again")
            return paths
        levels = [level_of(name) for name in quantiles.columns]
        seed = zlib.crc32(unique_id.encode())
        return paths_from_quantiles(levels, quantiles.to_numpy(dtype=float), interval_s=interval_s, seed=seed)


def _drawn(table: pd.DataFrame) -> dict[str, NDArray[Any]]:
    ordered = table.sort_values(["unique_id", "path"])
    return {str(name): np.stack(part["y"].to_list()) for name, part in ordered.groupby("unique_id", sort=True)}


def level_of(column: str) -> float:
    """The level of a quantile column: q10 → 0.1, q975 → 0.975, q025 → 0.025."""
    digits = column[1:]
    return float(f"0.{digits}")


def _checked(frame: pd.DataFrame, file: Path) -> pd.DataFrame:
    missing = [name for name in ("unique_id", "ds") if name not in frame.columns]
    levels = [name for name in frame.columns if QUANTILE.fullmatch(str(name))]
    if missing or len(levels) < 2:
        raise InputError(
            f"{file} lacks {missing[0] if missing else 'quantile columns such as q10 and q90'}; a forecast has unique_id, ds and quantiles"
        )
    numbers = frame[levels].apply(pd.to_numeric, errors="coerce")
    broken = ~np.isfinite(numbers.to_numpy(dtype=float)).all(axis=1)
    if broken.any():
        raise InputError(f"{file}: series {frame['unique_id'][broken].iloc[0]!r} has a quantile that is no number; leave that series out")
    ds = pd.to_datetime(frame["ds"], utc=True)
    return frame.assign(ds=ds, **{name: numbers[name] for name in levels})
