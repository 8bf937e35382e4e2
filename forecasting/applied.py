# SPDX-License-Identifier: GPL-3.0-or-later
"""What was learnt, applied to a few series: from their history to rows of the forecast's tables."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from .finishing import with_causes
from .history import History
from .learnt.learning import Applied, Learnt, apply, paths_of
from .metrics import LEVEL_NAMES
from .panel import Floats
from .preparing import Prepared, prepare

if TYPE_CHECKING:
    from .chunked import Asked, Lesson


@dataclass
class Part:
    """The forecast of a few series. tables, rows: parts of forecast.parquet and series.parquet; later: whose step length is unknown yet."""

    tables: list[pa.Table] = field(default_factory=list)
    rows: list[pa.Table] = field(default_factory=list)
    left_out: list[dict[str, str]] = field(default_factory=list)
    later: set[str] = field(default_factory=set)
    series: int = 0


def part_of(asked: Asked, lesson: Lesson, history: History) -> Part:
    """Forecast the series of a chunk."""
    known = history.until(asked.cutoff)
    rows = known.demand_series
    if asked.only_metric:
        rows = rows[rows["metric"].isin(asked.only_metric)]
    if lesson.names is not None:
        rows = rows[rows["unique_id"].isin(lesson.names)]
    made = prepare(known, rows, asked.cutoff, asked.ahead, asked.interval, lesson.layouts)
    part = Part(left_out=[*history.left_out, *made.left_out])
    for prepared in made.panels:
        learnt = lesson.learnt.get(prepared.step_s)
        if learnt is None:
            part.later |= set(prepared.panel.ids)
        else:
            _add(part, prepared, learnt, asked.seed)
    return part


def _add(part: Part, prepared: Prepared, learnt: Learnt, seed: int) -> None:
    found = apply(learnt, prepared.panel)
    _put_causes(prepared, learnt, found, seed)
    sound = np.isfinite(found.mean).all(axis=1)
    reason = f"the model {learnt.model} gave no finite forecast; choose another"
    part.left_out += [{"unique_id": prepared.panel.ids[row], "reason": reason} for row in np.flatnonzero(~sound)]
    kept = np.flatnonzero(sound)
    mean, quantiles = _bounded(prepared, found)
    if not sound.all():
        mean, quantiles = mean[kept], quantiles[kept]
    part.tables.append(_table(prepared, mean, quantiles, kept))
    part.rows.append(_rows(prepared, learnt, found.size, kept))
    part.series += len(kept)


def _put_causes(prepared: Prepared, learnt: Learnt, found: Applied, seed: int) -> None:
    """The effects of what is to come, onto the few series that it concerns."""
    for row, entry in enumerate(prepared.entries):
        if any(uplift.ahead(found.mean.shape[1]) for uplift in entry.uplifts):
            rng = np.random.default_rng((seed, zlib.crc32(prepared.panel.ids[row].encode())))
            paths = paths_of(learnt, found.quantiles[row])
            found.mean[row], found.quantiles[row], _unused = with_causes(entry, found.mean[row], found.quantiles[row], paths, rng)


def _bounded(prepared: Prepared, found: Applied) -> tuple[Floats, Floats]:
    """Means (n, steps) and quantiles (n, levels, steps) at the steps asked for, within each series' bounds."""
    floors = np.array([entry.floor for entry in prepared.entries])
    ceilings = np.array([entry.ceiling for entry in prepared.entries])
    picks = np.stack([entry.axis.pick for entry in prepared.entries])
    if (picks != np.arange(found.mean.shape[1])[: picks.shape[1]]).any() or picks.shape[1] != found.mean.shape[1]:
        mean = np.take_along_axis(found.mean, picks, axis=1)
        quantiles = np.take_along_axis(found.quantiles, picks[:, None, :], axis=2)
    else:
        mean, quantiles = found.mean, found.quantiles
    for bounds, nearer in ((floors, np.maximum), (ceilings, np.minimum)):
        if np.isfinite(bounds).any():
            nearer(mean, bounds[:, None], out=mean)
            nearer(quantiles, bounds[:, None, None], out=quantiles)
    return mean, quantiles


def _table(prepared: Prepared, mean: Floats, quantiles: Floats, kept: np.ndarray) -> pa.Table:
    count, steps = mean.shape
    names = pa.array([prepared.panel.ids[row] for row in kept], pa.string())
    codes = pa.array(np.repeat(np.arange(count, dtype=np.int32), steps))
    stamps = pa.array(np.tile(prepared.future.as_unit("ns").asi8, count)).cast(pa.timestamp("ns", tz="UTC"))
    columns: dict[str, Any] = {"unique_id": pa.DictionaryArray.from_arrays(codes, names), "ds": stamps, "mean": mean.ravel()}
    return pa.table(columns | {name: quantiles[:, level].ravel() for level, name in enumerate(LEVEL_NAMES)})


def _rows(prepared: Prepared, learnt: Learnt, size: Floats, kept: np.ndarray) -> pa.Table:
    entries = [prepared.entries[row] for row in kept]
    return pa.table(
        {
            "unique_id": pa.array([entry.row["unique_id"] for entry in entries], pa.string()),
            "model": pa.array([learnt.model] * len(entries), pa.string()),
            "unit": pa.array([entry.row["unit"] for entry in entries], pa.string()),
            "interval_s": pa.array([float(prepared.step_s)] * len(entries), pa.float64()),
            "expected_error": pa.array(size[kept]),
            "known": pa.array([int(entry.fit.sum()) for entry in entries], pa.int64()),
            "censored": pa.array([entry.censored for entry in entries], pa.int64()),
            "filled": pa.array([entry.filled for entry in entries], pa.int64()),
            "anomalous": pa.array([entry.anomalies for entry in entries], pa.int64()),
        }
    )
