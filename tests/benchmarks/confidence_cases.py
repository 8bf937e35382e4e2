# SPDX-License-Identifier: GPL-3.0-or-later
"""Did it cross? The engine's probability for every series, limit and rolling origin of a set, beside what simple peers would say."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from forecasting.benchmark import SETS, cuts
from forecasting.crossings import crossing_of
from forecasting.models import candidates
from forecasting.panel import Floats, Panel
from forecasting.panel_forecast import forecast_panel

DEVELOPMENT, TEST = 1, 0
INTERVAL_S = {"isp1h": 3600, "isp5m": 300, "abi12": 300, "abi288": 300}
EVERY = {"abi12": 8, "abi288": 4}
QUANTILES = {"q80": 0.80, "q90": 0.90, "q95": 0.95, "q99": 0.99}
PEAKS = {"peak x1.05": 1.05, "peak x1.1": 1.1, "peak x1.2": 1.2, "peak x1.3": 1.3}
LIMITS = (*QUANTILES, *PEAKS)
PARTS = (0.25, 0.5, 1.0)
PEERS = ("climatology", "last", "season", "markov")


@dataclass(frozen=True)
class Origin:
    """One origin: its place among all of its set (development first), in seconds, what was known, what came, the limits (limits, n)."""

    moment: float
    known: Panel
    truth: Floats
    limits: Floats


def limits_of(past: Floats) -> Floats:
    """The limits of each series, (limits, n), from `past` (n, t): quantiles of what was seen, and shares of its peak."""
    quantiles = np.nanquantile(past, list(QUANTILES.values()), axis=1)
    return np.concatenate([quantiles, np.array(list(PEAKS.values()))[:, None] * np.nanmax(past, axis=1)])


def origins_of(name: str, back: int) -> list[Origin]:
    """A set's origins in one period, the earliest first, with every so many-th series. The limits are set before the first of them."""
    found = [_thinned(known, truth, EVERY.get(name, 1)) for known, truth in cuts(name, back)]
    limits = limits_of(found[0][0].y)
    return [Origin(known.steps * float(INTERVAL_S[name]), known, truth, limits) for known, truth in found]


def _thinned(known: Panel, truth: Floats, every: int) -> tuple[Panel, Floats]:
    keep = np.arange(len(known.ids)) % every == 0
    return known.rows(keep), truth[keep]


def gather(name: str, back: int, keep: Path, workers: int, step: Callable[[int, int], None]) -> pd.DataFrame:
    """All rows of one period of a set; the paths of each origin are kept in `keep` and found again."""
    count = SETS[name].origins
    with ProcessPoolExecutor(workers) as pool:
        waiting = [pool.submit(_rows, name, back, number, keep) for number in range(count)]
        for done, _unused in enumerate(as_completed(waiting), 1):
            step(done, count)
        return pd.concat([future.result() for future in waiting], ignore_index=True)


def _rows(name: str, back: int, number: int, keep: Path) -> pd.DataFrame:
    """One origin: a row for each series, limit and part of the horizon."""
    origin = origins_of(name, back)[number]
    file = keep / f"{name}-{back}-{number}.npy"
    if not file.is_file():
        keep.mkdir(parents=True, exist_ok=True)
        made = forecast_panel(origin.known, candidates(origin.known))
        np.save(file, np.stack([made.paths(row) for row in range(len(origin.known.ids))]))
    paths = np.load(file)
    rows = [_judged(name, origin, place, paths[place]) for place in range(len(origin.known.ids))]
    return pd.concat(rows, ignore_index=True).assign(set=name, period=back, moment=origin.moment)


def _judged(name: str, origin: Origin, place: int, paths: Floats) -> pd.DataFrame:
    found = []
    past, horizon = origin.known.y[place], origin.known.horizon
    truth = origin.truth[place]
    for limit_name, limit in zip(LIMITS, origin.limits[:, place], strict=True):
        if not limit > 0.0:
            continue
        for part in PARTS:
            steps = max(1, round(part * horizon))
            stated = crossing_of(paths[:, :steps], float(limit), interval_s=INTERVAL_S[name], duration_s=0.0).probability
            row = {"series": origin.known.ids[place], "limit": limit_name, "part": part, "p": stated}
            row["came"] = float((truth[:steps] > limit).any())
            found.append(row | _peers(past, limit, steps, horizon, origin.known))
    return pd.DataFrame(found)


def _peers(past: Floats, limit: float, steps: int, horizon: int, known: Panel) -> dict[str, float]:
    """What the past alone says of the first `steps` of the next window, from windows of a horizon counted back from the origin."""
    count = len(past) // horizon
    windows = past[len(past) - count * horizon :].reshape(count, horizon)[:, :steps]
    crossed = (windows > limit).any(axis=1)[np.isfinite(windows).all(axis=1)]
    back = (known.long_season or known.season) // horizon
    follows = crossed[1:][crossed[:-1] == crossed[-1]]
    return {
        "climatology": _share(crossed),
        "last": float(crossed[-1]),
        "season": float(crossed[-back] if back <= len(crossed) else crossed[-1]),
        "markov": _share(follows),
    }


def _share(flags: np.ndarray) -> float:
    return (float(flags.sum()) + 0.5) / (len(flags) + 1.0)


def together(names: list[str], keep: Path, workers: int, step: Callable[[str, int, int], None], back: int) -> pd.DataFrame:
    """The rows of several sets."""
    return pd.concat([gather(name, back, keep, workers, partial(step, f"confidence ({name})")) for name in names], ignore_index=True)
