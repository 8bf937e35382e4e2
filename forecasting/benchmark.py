# SPDX-License-Identifier: GPL-3.0-or-later
"""The public test sets and how they are cut: rolling origins, seasons, horizons. Data are found by FORESTAGE_DATA."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from time import process_time

import numpy as np
import pandas as pd

from .errors import InputError
from .metrics import coverage, mase, msis, owa, scaled_quantile_loss, seasonal_scale, smape, weighted_quantile_loss
from .models import candidates, model_named
from .models.naive2 import naive2
from .panel import Floats, Panel, plain_panel
from .panel_forecast import forecast_panel

ENVIRONMENT = "FORESTAGE_DATA"


@dataclass(frozen=True)
class TestSet:
    """One set: its file, the season that scales MASE, the long season (0: none), the horizon, the origins and their distance.

    thin: each step is the mean of so many samples of the file.
    """

    file: str
    season: int
    long_season: int
    horizon: int
    origins: int
    step: int
    thin: int = 1


SETS = {
    "m4h": TestSet("m4_hourly", 24, 168, 48, 1, 48),
    "abi12": TestSet("abilene_5min_2w", 288, 0, 12, 8, 108),
    "abi288": TestSet("abilene_5min_2w", 288, 0, 288, 2, 288),
    "isp1h": TestSet("isp_cortez_1H", 24, 168, 24, 14, 24),
    "isp5m": TestSet("isp_cortez_5M", 288, 2016, 288, 7, 288),
    "rtt15": TestSet("rtt_tail5000", 360, 0, 15, 4, 120),
    "abi1h": TestSet("abilene_5min_2w", 24, 0, 24, 4, 24, thin=12),
    "isp1w": TestSet("isp_cortez_1H", 24, 168, 168, 4, 168),
    "m4w": TestSet("m4_hourly", 24, 168, 168, 1, 168),
}
BARS = {
    "m4h": {"OWA": 0.395, "MASE": 0.765, "MSIS": 6.95},
    "abi12": {"MASE": 0.434},
    "abi288": {"MASE": 1.5, "WQL": 0.505},
    "isp1h": {"MASE": 0.43},
    "isp5m": {"MASE": 0.39},
    "rtt15": {"MASE": 0.169},
}
TOLERANCE = dict.fromkeys(SETS, 0.03) | {"abi288": 0.08}
PEERS = ("seasonal_naive", "naive", "ets")
METRICS = ("sMAPE", "MASE", "OWA", "WQL", "sWQL", "MSIS", "cov80", "cov95")
Row = dict[str, float | str]


def data_folder() -> Path:
    """The folder that FORESTAGE_DATA names."""
    given = os.environ.get(ENVIRONMENT)
    if not given:
        raise InputError(f"the benchmark data are not there: set {ENVIRONMENT} to the folder with their Parquet files")
    if not Path(given).is_dir():
        raise InputError(f"{ENVIRONMENT} names {given}, which is no folder; correct it")
    return Path(given)


def cuts(name: str, back: int = 0) -> Iterator[tuple[Panel, Floats]]:
    """Each origin of a set as (what is known, the truth (n, horizon)), the earliest first.

    back: shift all origins by so many whole sets of origins, for development on earlier data.
    """
    if name not in SETS:
        raise InputError(f"there is no test set {name!r}; choose from {', '.join(SETS)}")
    chosen = SETS[name]
    path = data_folder() / f"{chosen.file}.parquet"
    if not path.is_file():
        raise InputError(f"{path} is missing; complete the folder that {ENVIRONMENT} names")
    table = pd.read_parquet(path).sort_values(["unique_id", "ds"])
    series = [(str(key), _thinned(part["y"].to_numpy(dtype=float), chosen.thin)) for key, part in table.groupby("unique_id", sort=True)]
    shift = back * (chosen.horizon + (chosen.origins - 1) * chosen.step)
    for number in range(chosen.origins - 1, -1, -1):
        off = shift + chosen.horizon + number * chosen.step
        known = [(key, values[: len(values) - off]) for key, values in series]
        truth = np.stack([values[len(values) - off : len(values) - off + chosen.horizon] for _unused, values in series])
        yield plain_panel(known, chosen.season, chosen.long_season, chosen.horizon), truth


def _thinned(values: Floats, thin: int) -> Floats:
    """Means of `thin` samples each, counted from the end."""
    return np.asarray(values[len(values) % thin :].reshape(-1, thin).mean(axis=1))


def _points(known: Panel, truth: Floats, mean: Floats, reference: Floats) -> Row:
    """Point metrics of one origin; `reference` is Naive2's forecast."""
    scale = seasonal_scale(known.y, known.season)
    measured = (float(np.mean(smape(truth, mean))), float(np.nanmean(mase(truth, mean, scale))))
    base = (float(np.mean(smape(truth, reference))), float(np.nanmean(mase(truth, reference, scale))))
    return {"sMAPE": measured[0], "MASE": measured[1], "OWA": owa(*measured, *base)}


def _intervals(known: Panel, truth: Floats, quantiles: Floats) -> Row:
    scale = seasonal_scale(known.y, known.season)
    low, high = quantiles[:, 0], quantiles[:, -1]
    return {
        "WQL": weighted_quantile_loss(truth, quantiles),
        "sWQL": float(np.nanmean(scaled_quantile_loss(truth, quantiles, scale))),
        "MSIS": float(np.nanmean(msis(truth, low, high, scale))),
        "cov80": coverage(truth, quantiles[:, 1], quantiles[:, -2]),
        "cov95": coverage(truth, low, high),
    }


def measure(name: str, peers: tuple[str, ...] = PEERS, back: int = 0, report: Callable[[int, int], None] = lambda *_: None) -> list[Row]:
    """One row for each model on one set, averaged over its origins: Forestage's default, Naive2 and the peers."""
    found: dict[str, list[Row]] = {}
    spent: dict[str, float] = {}
    for number, (known, truth) in enumerate(cuts(name, back)):
        report(number, SETS[name].origins)
        begin = process_time()
        reference = naive2(known)
        _note(found, spent, "naive2", _points(known, truth, reference, reference), begin)
        begin = process_time()
        made = forecast_panel(known, candidates(known))
        _note(found, spent, "forestage", _points(known, truth, made.mean, reference) | _intervals(known, truth, made.quantiles), begin)
        for peer in peers:
            begin = process_time()
            model = model_named(peer)
            _note(found, spent, peer, _points(known, truth, model.fit(known, known.steps).predict(known, known.steps), reference), begin)
    report(SETS[name].origins, SETS[name].origins)
    return [_average(name, model, rows, spent[model]) for model, rows in found.items()]


def _note(found: dict[str, list[Row]], spent: dict[str, float], model: str, row: Row, begin: float) -> None:
    found.setdefault(model, []).append(row)
    spent[model] = spent.get(model, 0.0) + process_time() - begin


def _average(name: str, model: str, rows: list[Row], seconds: float) -> Row:
    means = {metric: round(float(np.mean([row[metric] for row in rows])), 4) for metric in METRICS if metric in rows[0]}
    return {"set": name, "model": model} | means | {"cpu_s": round(seconds, 1)}
