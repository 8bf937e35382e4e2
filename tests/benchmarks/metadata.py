# SPDX-License-Identifier: GPL-3.0-or-later
"""What it brings to tell the global model which device a series comes from: role, site, capacity, beside its metric."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from forecasting.history import History, load_history
from forecasting.metrics import seasonal_scale
from forecasting.models.boosted import Boosted
from forecasting.models.rows import Amount
from forecasting.panel import Panel
from forecasting.preparing import prepare
from forecasting.rolling import backtest, origins_of
from forecasting.simulation.generate import simulate, write
from forecasting.simulation.network import lab
from forecasting.simulation.timeline import Timeline

SEEDS = 2
ROWS = Amount(least=20_000, per_series=1_000)
START = datetime(2026, 9, 28, tzinfo=UTC)
WEEKS = 8
YOUNG_DAYS = 10
KINDS: dict[str, tuple[str, ...]] = {
    "metric (as it is)": ("metric",),
    "nothing": (),
    "metric, role, site, capacity": ("metric", "role", "site", "capacity"),
    "each series its own": ("unique_id",),
}


def tables() -> None:
    """The ablation on the lab's generated network; *young*: every third series has ten days of history only."""
    print(f"\nback-test MASE of the boosted model at 24 h, {SEEDS} seeds of the generated network; differences to the first row\n")
    print("| the model is told | all series | difference | with young series: these | difference |\n|---|---|---|---|---|")
    found: dict[str, list[tuple[float, float]]] = {kind: [] for kind in KINDS}
    for seed in range(SEEDS):
        panel, rows = _panel(seed)
        young = np.arange(len(rows)) % 3 == 0
        for kind, columns in KINDS.items():
            told = replace(panel, group=_groups(rows, columns))
            found[kind].append((float(np.nanmean(_mase(told))), float(np.nanmean(_mase(_without_past(told, young))[young]))))
    first = np.array(next(iter(found.values())))
    for kind, pairs in found.items():
        away = np.array(pairs) - first
        mean, error = away.mean(axis=0), away.std(axis=0, ddof=1) / np.sqrt(SEEDS)
        whole, part = np.array(pairs).mean(axis=0)
        print(f"| {kind} | {whole:.3f} | {mean[0]:+.3f} ± {error[0]:.3f} | {part:.3f} | {mean[1]:+.3f} ± {error[1]:.3f} |", flush=True)


def _panel(seed: int) -> tuple[Panel, list[dict[str, object]]]:
    """The lab's hourly panel and what each of its series is; vendor and model are the same everywhere there."""
    with tempfile.TemporaryDirectory() as folder:
        as_of = START + timedelta(weeks=WEEKS)
        write(simulate(lab(), Timeline(START, as_of, lab().tz), seed), Path(folder) / "lab")
        history = load_history(Path(folder) / "lab")
    made = prepare(history, history.demand_series, pd.Timestamp(as_of).as_unit("ns"), pd.Timedelta(days=1), "1h").panels[0]
    return made.panel, [dict(entry.row) | {"capacity": _capacity(history, entry.row, as_of)} for entry in made.entries]


def _capacity(history: History, row: dict[str, object], as_of: datetime) -> float:
    return history.limit_at(str(row["device"]), str(row["object"]), as_of) or 0.0


def _groups(rows: list[dict[str, object]], columns: tuple[str, ...]) -> np.ndarray:
    """A number for each combination, in their order: trees split it step by step, the first column first."""
    kinds = [tuple(str(row[column]) for column in columns) for row in rows]
    return np.array([sorted(set(kinds)).index(kind) for kind in kinds], dtype=np.int64)


def _without_past(panel: Panel, young: np.ndarray) -> Panel:
    """These series begin only some days before the first origin of the back-test."""
    first = origins_of(panel)[0] - YOUNG_DAYS * panel.season
    y, fit = panel.y.copy(), panel.fit.copy()
    y[young, :first], fit[young, :first] = np.nan, False
    return replace(panel, y=y, fit=fit)


def _mase(panel: Panel) -> np.ndarray:
    """(n,), of the origins of a back-test; NaN for a series that never moves."""
    errors = backtest(Boosted(amount=ROWS), panel, origins_of(panel))
    scale = seasonal_scale(panel.y, panel.season)
    return np.asarray(errors.mean_absolute() / np.where(scale > 0, scale, np.nan))
