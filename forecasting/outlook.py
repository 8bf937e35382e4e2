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
    """A whole forecast: the frames that `forecast` writes.

    Attributes:
        frame: unique_id, ds, mean and quantile columns.
        path_frame: unique_id, path, y (list), or None for a forecast that has quantiles only.
        meta: the forecast's own description (forecast.json).
    """

    frame: pd.DataFrame
    path_frame: pd.DataFrame | None
    meta: Mapping[str, Any]

    @classmethod
    def read(cls, folder: Path) -> Outlook:
        """Read ``forecast.parquet``, and ``paths.parquet`` and ``forecast.json`` where they exist.

        Raises:
            InputError: when the folder holds no readable forecast.
        """
        file = folder / "forecast.parquet"
        if not file.is_file():
            raise InputError(f"{folder} holds no forecast.parquet; give the folder that `forecast --out` wrote")
        try:
            frame = pd.read_parquet(file)
            paths = pd.read_parquet(folder / "paths.parquet") if (folder / "paths.parquet").is_file() else None
            meta = json.loads((folder / "forecast.json").read_text(encoding="utf-8")) if (folder / "forecast.json").is_file() else {}
        except (OSError, ValueError) as error:
            raise InputError(f"{folder} cannot be read as a forecast ({str(error).splitlines()[0]}); write it again") from None
        return cls(_checked(frame, file), paths, meta)

    @cached_property
    def ids(self) -> frozenset[str]:
        """The series that the forecast covers."""
        return frozenset(self._frames)

    @cached_property
    def copula(self) -> str | None:
        """How paths were drawn when the forecast itself has none."""
        return COPULA if self.path_frame is None else None

    def of(self, unique_id: str) -> SeriesOutlook:
        """The outlook of one series; `KeyError` when the forecast does not cover it."""
        frame = self._frames[unique_id]
        ds = pd.DatetimeIndex(frame["ds"])
        columns = sorted((name for name in frame.columns if QUANTILE.fullmatch(name)), key=level_of)
        interval_s = float(ds.to_series().diff().median().total_seconds()) if len(ds) > 1 else 3600.0
        quantiles = frame[columns].set_axis(ds)
        return SeriesOutlook(ds, self._paths(unique_id, quantiles, interval_s), quantiles, interval_s, self._series_meta.get(unique_id, {}))

    @cached_property
    def _frames(self) -> dict[str, pd.DataFrame]:
        return {str(name): part.sort_values("ds", ignore_index=True) for name, part in self.frame.groupby("unique_id", sort=True)}

    @cached_property
    def _path_frames(self) -> dict[str, pd.Series]:
        if self.path_frame is None:
            return {}
        return {str(name): part.sort_values("path")["y"] for name, part in self.path_frame.groupby("unique_id", sort=True)}

    @cached_property
    def _series_meta(self) -> dict[str, Mapping[str, Any]]:
        listed = self.meta.get("series", [])
        return {str(item["unique_id"]): item for item in listed} if isinstance(listed, list) else dict(listed)

    def _paths(self, unique_id: str, quantiles: pd.DataFrame, interval_s: float) -> NDArray[np.float64]:
        if unique_id in self._path_frames:
            paths = np.stack([np.asarray(path, dtype=float) for path in self._path_frames[unique_id]])
            if paths.shape[1] != len(quantiles):
                found = f"its paths have {paths.shape[1]} steps and its quantiles {len(quantiles)}"
                raise InputError(f"series {unique_id}: {found}; write the forecast again")
            return paths
        levels = [level_of(name) for name in quantiles.columns]
        seed = zlib.crc32(unique_id.encode())
        return paths_from_quantiles(levels, quantiles.to_numpy(dtype=float), interval_s=interval_s, seed=seed)


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
