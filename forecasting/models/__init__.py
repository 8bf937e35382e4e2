# SPDX-License-Identifier: GPL-3.0-or-later
"""The models by name. The first is the default; the peers are tried beside it in every back-test."""

from __future__ import annotations

from collections.abc import Callable

from ..errors import InputError
from .boosted import Boosted
from .ets import Ets
from .naive import Naive
from .protocol import Fitted, Model
from .seasonal_naive import SeasonalNaive

MODELS: dict[str, Callable[[int], Model]] = {
    "boosted": lambda seed: Boosted(seed=seed),
    "seasonal_naive": lambda _seed: SeasonalNaive(),
    "seasonal_naive_week": lambda _seed: SeasonalNaive(weekly=True),
    "naive": lambda _seed: Naive(),
    "ets": lambda _seed: Ets(),
}
ETS_MOST_SERIES = 64


def model_named(name: str, seed: int = 0) -> Model:
    """One model by its name. Raises `InputError` for an unknown one."""
    if name not in MODELS:
        raise InputError(f"there is no model {name!r}; choose one of {', '.join(MODELS)}")
    return MODELS[name](seed)


def candidates(series: int, seed: int = 0) -> list[Model]:
    """The default and its peers. ETS works one series at a time and is left out of panels of more than 64 series."""
    names = [name for name in MODELS if name != "ets" or series <= ETS_MOST_SERIES]
    return [MODELS[name](seed) for name in names]


__all__ = ["MODELS", "Fitted", "Model", "candidates", "model_named"]
