# SPDX-License-Identifier: GPL-3.0-or-later
"""The first round against the last ones, paired; and how far lies can push what was learnt."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

import numpy as np
import pandas as pd
from bootstrap import redrawn

from forecasting.calibration import STREAM_MOST, calibrate
from forecasting.ledger import Entry
from forecasting.reliability import calibration_error

LAST = 3
GRID = np.linspace(0.01, 0.99, 50)


def report(losses: pd.DataFrame, stated: pd.DataFrame, entries: list[Entry], end: datetime) -> str:
    """All tables."""
    lived = losses[losses["round"] > 0]
    lines = [f"{'round':<7}{'MASE':>8}{'WQL':>8}{'came':>8}{'error raw':>11}{'calibrated':>12}{'Brier raw':>11}{'calibrated':>12}"]
    for number, part in lived.groupby("round"):
        said = stated[stated["round"] == number]
        errors = "".join(f"{_error(said, column):>{width}.3f}" for column, width in (("raw", 11), ("calibrated", 12)))
        briers = "".join(f"{_brier(said, column):>{width}.4f}" for column, width in (("raw", 11), ("calibrated", 12)))
        lines.append(f"{number:<7}{part['mase'].mean():>8.3f}{part['wql'].mean():>8.4f}{said['came'].mean():>8.3f}{errors}{briers}")
    last = int(lived["round"].max())
    lines += ["", f"Change from round 1 to the mean of the last {LAST} (95 % interval, series drawn anew; below 0 is better):"]
    for column in ("mase", "wql"):
        lines.append(f"  {column.upper():<34}{_paired(lived, column, last)}")
    for words, measure in (("calibration error", _error), ("Brier score", _brier)):
        for column in ("raw", "calibrated"):
            lines.append(f"  {f'{words}, {column}':<34}{_difference(stated, lambda part, m=measure, c=column: m(part, c), last)}")
    lines += ["", f"What did it, in the last {LAST} rounds:"]
    lines.append(f"  outcomes: calibrated against raw, Brier score    {_learnt(stated, last)}")
    forgot = losses[losses["round"] == 0].merge(losses[losses["round"] == last], on=["seed", "series"], suffixes=("_young", "_old"))
    for column in ("mase", "wql"):
        gap = forgot[f"{column}_old"] - forgot[f"{column}_young"]
        lines.append(f"  history: round {last}, all of it against four weeks, {column.upper():<6}{_interval(gap.to_numpy(), forgot)}")
    return "\n".join([*lines, "", *poisoned(entries, end)])


def _error(part: pd.DataFrame, column: str) -> float:
    return calibration_error(part[column].to_numpy(), part["came"].to_numpy(), part.get("weight", pd.Series(1.0, part.index)).to_numpy())


def _brier(part: pd.DataFrame, column: str) -> float:
    weights = part.get("weight", pd.Series(1.0, part.index)).to_numpy()
    return float(np.average((part[column] - part["came"]) ** 2, weights=weights))


def _draws(names: pd.DataFrame) -> Iterator[np.ndarray]:
    """Weights of each row when whole series of whole networks are drawn anew."""
    return redrawn((names["seed"].astype(str) + "|" + names["series"]).to_numpy())


def _told(value: float, drawn: list[float]) -> str:
    low, high = np.nanquantile(drawn, [0.025, 0.975])
    return f"{value:+.4f} ({low:+.4f} to {high:+.4f})"


def _interval(gap: np.ndarray, names: pd.DataFrame) -> str:
    return _told(float(gap.mean()), [float(weights @ gap / weights.sum()) for weights in _draws(names)])


def _paired(lived: pd.DataFrame, column: str, last: int) -> str:
    first = lived[lived["round"] == 1].set_index(["seed", "series"])[column]
    late = lived[lived["round"] > last - LAST].groupby(["seed", "series"])[column].mean()
    gap = (late - first).dropna()
    return _interval(gap.to_numpy(), gap.index.to_frame(index=False))


def _difference(stated: pd.DataFrame, measure: Callable[[pd.DataFrame], float], last: int) -> str:
    """Of a measure of whole rounds: the mean over the last ones less the first."""
    wanted = stated[(stated["round"] == 1) | (stated["round"] > last - LAST)]

    def gap(weights: np.ndarray) -> float:
        weighted = wanted.assign(weight=weights)
        rounds = {number: measure(part) for number, part in weighted.groupby("round") if part["weight"].sum() > 0}
        return float(np.mean([value for number, value in rounds.items() if number != 1]) - rounds.get(1, np.nan))

    return _told(gap(np.ones(len(wanted))), [gap(weights) for weights in _draws(wanted)])


def _learnt(stated: pd.DataFrame, last: int) -> str:
    late = stated[stated["round"] > last - LAST]
    return _interval(((late["calibrated"] - late["came"]) ** 2 - (late["raw"] - late["came"]) ** 2).to_numpy(), late)


def poisoned(entries: list[Entry], end: datetime) -> list[str]:
    """One stream lies in every round, all at once certain and wrong: how far any confidence moves."""
    honest = calibrate(entries, end)
    victim = entries[0]["unique_id"]
    lines = [f"Poison: the outcomes of one series of the first network, replaced (bound {STREAM_MOST:.3f}):"]
    for words, stated, needed in (("always needed, stated 0 %", 0.0, "needed"), ("never needed, stated 100 %", 1.0, "not_needed")):
        lies = [_lie(entry, stated, needed) if entry["unique_id"] == victim else entry for entry in entries]
        false = calibrate(lies, end)
        pairs = {(entry["policy"], entry["group"]) for entry in entries}
        moved = max(abs(false.judge(*pair, p).confidence - honest.judge(*pair, p).confidence) for pair in pairs for p in GRID)
        lines.append(f"  {words:<30}moves a confidence by at most {moved:.3f}")
    return lines


def _lie(entry: Entry, stated: float, needed: str) -> Entry:
    return entry | {"p_raw": stated, "outcome": {**(entry["outcome"] or {}), "needed": needed}}
