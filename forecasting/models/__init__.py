# SPDX-License-Identifier: GPL-3.0-or-later
"""The models by name. The first is the default; the peers are tried beside it in every back-test."""

from __future__ import annotations

from collections.abc import Callable

from ..errors import InputError
from ..panel import Panel
from .boosted import LIGHT, LIGHT_ROWS, Boosted
from .ets import Ets
from .forest import Forest
from .naive import Naive
from .protocol import Fitted, Model
from .ridge import Ridge
from .sarimax import Sarimax
from .seasonal_naive import SeasonalNaive
from .seasonal_trend import SeasonalTrend
from .stl import Stl

MODELS: dict[str, Callable[[int], Model]] = {
    "boosted": lambda seed: Boosted(seed=seed),
    "seasonal_naive": lambda _seed: SeasonalNaive(),
    "seasonal_naive_week": lambda _seed: SeasonalNaive(weekly=True),
    "seasonal_trend": lambda _seed: SeasonalTrend(),
    "naive": lambda _seed: Naive(),
    "ets": lambda _seed: Ets(),
    "ridge": lambda _seed: Ridge(),
    "forest": lambda seed: Forest(seed=seed),
    "stl": lambda _seed: Stl(),
    "sarimax": lambda _seed: Sarimax(),
}
TRIED = ("boosted", "seasonal_naive", "seasonal_naive_week", "seasonal_trend", "naive", "ets")
TRIED_FOR_MANY = ("boosted", "seasonal_naive", "seasonal_naive_week", "naive")
ETS_MOST_SERIES = 64
RIDGE_MOST_SERIES = 400


def model_named(name: str, seed: int = 0) -> Model:
    """One model by its name. Raises `InputError` for an unknown one."""
    if name not in MODELS:
        raise InputError(f"there is no model {name!r}; choose one of {', '.join(MODELS)}")
    return MODELS[name](seed)


def models_named(names: str, seed: int = 0) -> list[Model]:
    """Models by their names with commas between; the first is the default. Raises `InputError` for an unknown one."""
    return [model_named(name.strip(), seed) for name in names.split(",")]


def models_for_many(names: str | None, seed: int = 0) -> list[Model]:
    """The default and its peers where series are too many to choose for each of them; the first counts unless a peer is clearly better."""
    light: dict[str, Model] = {
        "boosted": Boosted(amount=LIGHT_ROWS, few=LIGHT, many=LIGHT, most_members=1, seed=seed),
        "ridge": Ridge(most=RIDGE_MOST_SERIES),
    }
    return [light.get(model.name, model) for model in models_named(names or ",".join(TRIED_FOR_MANY), seed)]


def candidates(panel: Panel, seed: int = 0) -> list[Model]:
    """The default and its peers for a panel.

    ETS works one series at a time and is left out of panels of more than 64 series; the trend, which moves by the week, is
    tried only where the horizon is a week or more, and the week before only where there are weeks, as the day would count twice.
    The models that are not in `TRIED` must be asked for by name: they cost more than they bring beside the others (docs/tried.md).
    """
    unfit = set()
    if len(panel.ids) > ETS_MOST_SERIES:
        unfit.add("ets")
    if not panel.long_season or panel.horizon < panel.long_season:
        unfit.add("seasonal_trend")
    if not panel.long_season:
        unfit.add("seasonal_naive_week")
    return [MODELS[name](seed) for name in TRIED if name not in unfit]


__all__ = ["MODELS", "Fitted", "Model", "candidates", "model_named", "models_for_many", "models_named"]
