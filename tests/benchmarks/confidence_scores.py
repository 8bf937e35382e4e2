# SPDX-License-Identifier: GPL-3.0-or-later
"""Calibration error and Brier skill, and how sure they are when the crossings of one series hang together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from bootstrap import redrawn

from forecasting.panel import Floats
from forecasting.reliability import calibration_error


@dataclass(frozen=True)
class Sure:
    """A number and its 95 % interval."""

    value: float
    low: float
    high: float


def clusters(rows: pd.DataFrame) -> np.ndarray:
    """A number for each row: rows of one series at consecutive origins that crossed the same limits are one event, and one cluster.

    All limits of a series at an origin are in one cluster; an origin without any crossing is a cluster of its own.
    """
    keys = ["set", "period", "series", "part"]
    state = rows.groupby([*keys, "moment"], sort=True)["came"].sum().rename("state").reset_index()
    changed = state["state"].ne(state.groupby(keys)["state"].shift()) | (state["state"] == 0)
    state["cluster"] = changed.cumsum()
    return rows.merge(state, on=[*keys, "moment"], how="left")["cluster"].to_numpy()


def bootstrap(rows: pd.DataFrame, measure: Callable[[Floats], float], seed: int = 0) -> Sure:
    """Draw whole clusters anew, with replacement. `measure` gets a weight for each row."""
    drawn = [measure(weights) for weights in redrawn(clusters(rows), seed)]
    low, high = np.nanquantile(drawn, [0.025, 0.975])
    return Sure(measure(np.ones(len(rows))), float(low), float(high))


def error(rows: pd.DataFrame, column: str) -> Sure:
    """Expected calibration error of a column of probabilities, in five bins of equal width, as the product's own report has it."""
    stated, came = rows[column].to_numpy(), rows["came"].to_numpy()
    return bootstrap(rows, lambda weights: calibration_error(stated, came, weights))


def error_if_perfect(rows: pd.DataFrame, column: str, seed: int = 0) -> float:
    """The mean calibration error that a perfect forecaster with these probabilities would show on so few rows.

    One draw a series and origin decides all its limits, so that a higher limit is never crossed without the lower one.
    """
    stated = rows[column].to_numpy()
    _names, place = np.unique(rows[["set", "period", "series", "moment"]].astype(str).agg("|".join, axis=1), return_inverse=True)
    rng = np.random.default_rng(seed)
    came = ((rng.random(place.max() + 1)[place] < stated).astype(float) for _draw in range(100))
    return float(np.mean([calibration_error(stated, one, np.ones(len(rows))) for one in came]))


def skill(rows: pd.DataFrame, column: str, peer: str) -> Sure:
    """Brier skill above a peer: 1 is perfect, 0 is no better than the peer."""
    came = rows["came"].to_numpy()
    ours, theirs = (rows[column].to_numpy() - came) ** 2, (rows[peer].to_numpy() - came) ** 2

    def measure(weights: Floats) -> float:
        reference = float(weights @ theirs)
        return 1.0 - float(weights @ ours) / reference if reference > 0 else np.nan

    return bootstrap(rows, measure)


def bins(rows: pd.DataFrame, column: str, edges: tuple[float, ...]) -> list[dict[str, float]]:
    """For each bin of stated probability: how many rows, what was stated and what came on average, with the interval of what came."""
    found = []
    for low, high in pairwise(edges):
        part = rows[(rows[column] >= low) & ((rows[column] < high) | (high == edges[-1]))]
        if len(part):
            came = part["came"].to_numpy()
            sure = bootstrap(part, lambda weights, came=came: float(weights @ came / weights.sum()) if weights.sum() else np.nan)
            found.append({"n": len(part), "stated": float(part[column].mean()), "came": sure.value, "low": sure.low, "high": sure.high})
    return found
