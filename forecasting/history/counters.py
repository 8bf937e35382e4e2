# SPDX-License-Identifier: GPL-3.0-or-later
"""Rates from counters. A reset or a gap makes a missing rate, never an invented one."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .table import NOTHING, Piece, long_table, slices_of

WRAP = 2.0**32
GAP = 1.5
PLAUSIBLE = 1.5


def rate_name(metric: str, unit: str) -> tuple[str, str, float]:
    """The derived metric, its unit and the factor per unit: octets become bit/s, everything else a count per second."""
    if metric.endswith("_octets"):
        return metric.removesuffix("_octets") + "_bps", "bit/s", 8.0
    return metric + "_per_s", f"{unit}/s" if unit not in ("1", "count", "") else "1/s", 1.0


def rates(times: np.ndarray, counts: np.ndarray, interval_s: float) -> tuple[np.ndarray, np.ndarray]:
    """Rates per second from a cumulative counter.

    times: seconds, sorted, shape (n,); counts: shape (n,). Returns (starts, rates): each rate is the mean over the
    interval that begins at its start. Left out: intervals longer than 1.5 × `interval_s` (a gap), and those in which
    the counter fell (a reset), unless a 32-bit counter wrapped and the wrapped step is no larger than others seen.
    """
    elapsed, step = np.diff(times), np.diff(counts)
    fell = step < 0
    if fell.any() and counts.max() < WRAP and (step > 0).any():
        wrapped = step + WRAP
        likely = fell & (counts[:-1] >= WRAP / 2) & (wrapped <= PLAUSIBLE * step[step > 0].max())
        step = np.where(likely, wrapped, step)
    good = (step >= 0) & (elapsed > 0) & (elapsed <= GAP * interval_s)
    return times[:-1][good], step[good] / elapsed[good]


def derive(series: pd.DataFrame, samples: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Add to both tables the rate of every counter, as a gauge named ``device|object|<rate metric>``.

    `samples` must be sorted by series and time, and is so in the answer.
    """
    if not (series["kind"] == "counter").any():
        return series, samples
    pieces = _pieces(samples)
    present = set(series["unique_id"])
    rows, made = [], {}
    for row in series[series["kind"] == "counter"].to_dict("records"):
        metric, unit, factor = rate_name(row["metric"], row["unit"])
        name = f"{row['device']}|{row['object']}|{metric}"
        stamps, counts = pieces.get(row["unique_id"], NOTHING)
        if name in present or len(stamps) < 2:
            continue
        starts, rate = rates(stamps / 1e9, counts, row["interval_s"])
        rows.append({**row, "unique_id": name, "metric": metric, "unit": unit, "kind": "gauge"})
        made[name] = (starts * 1e9).round().astype("int64"), rate * factor
    if not rows:
        return series, samples
    grown = pd.concat([series, pd.DataFrame(rows)], ignore_index=True).sort_values("unique_id", ignore_index=True)
    return grown, long_table(pieces | made)


def _pieces(samples: pd.DataFrame) -> dict[str, Piece]:
    """The times (ns) and values of each series."""
    stamps = samples["ds"].dt.as_unit("ns").astype("int64").to_numpy()
    values = samples["y"].to_numpy(dtype=float)
    return {name: (stamps[place], values[place]) for name, place in slices_of(samples).items()}
