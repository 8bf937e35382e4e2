# SPDX-License-Identifier: GPL-3.0-or-later
"""A fitted model as plain data: LightGBM's own text and arrays, never a pickle."""

from __future__ import annotations

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..models import model_named
from ..models.boosted import Trees
from ..models.linear import Linear
from ..models.naive import Naive
from ..models.protocol import Fitted
from ..models.ridge import Lines
from ..models.seasonal_naive import SeasonalNaive
from ..models.seasonal_trend import SeasonalTrend
from ..models.stl import Stl

Arrays = dict[str, NDArray[np.float64]]
LEARN_NOTHING = (Naive, SeasonalNaive, SeasonalTrend, Stl)


def to_data(name: str, fitted: Fitted) -> tuple[Arrays, list[str]]:
    """Arrays and texts that `from_data` makes the same model of. Raises `InputError` for a model that cannot be stored."""
    if isinstance(fitted, Trees):
        line = {"line": np.append(fitted.line.weights, fitted.line.constant), "lined": np.array([fitted.lined])} if fitted.line else {}
        return line, [booster.model_to_string() for booster in fitted.boosters]
    if isinstance(fitted, Lines):
        return ({} if fitted.weights is None else {"lines": fitted.weights}), []
    if isinstance(fitted, LEARN_NOTHING):
        return {}, []
    raise InputError(f"the model {name} cannot be stored; leave out --models, or choose boosted or ridge")


def from_data(name: str, arrays: Arrays, texts: list[str]) -> Fitted:
    """The model that `to_data` told of."""
    if name == "boosted":
        boosters = tuple(lgb.Booster(model_str=text) for text in texts)
        if "line" not in arrays:
            return Trees(boosters)
        line = arrays["line"]
        return Trees(boosters, Linear(line[:-1], float(line[-1])), float(arrays["lined"][0]))
    if name == "ridge":
        return Lines(arrays.get("lines"))
    stateless = model_named(name)
    if not isinstance(stateless, LEARN_NOTHING):
        raise InputError(f"the model {name} cannot be stored; remove what is stored under its name")
    return stateless
