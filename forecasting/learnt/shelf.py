# SPDX-License-Identifier: GPL-3.0-or-later
"""Where what was learnt comes from: from a folder while it is young and right, else it is learnt anew, and kept there."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..contracts import to_text
from ..metrics import seasonal_scale
from ..models import models_for_many
from ..panel import Panel
from ..preparing import Prepared
from ..result import figure
from ..rolling import errors_at
from .folder import load, save
from .learning import Learnt, learn, median_mase

MOST_AGE = pd.Timedelta(days=7)
DRIFT = 1.3


@dataclass(frozen=True)
class Wanted:
    """What something learnt must fit: the numbering of metrics, the cut-off, the models asked for and the seed."""

    metrics: tuple[str, ...]
    cutoff: pd.Timestamp
    model: str | None
    seed: int


@dataclass
class Shelf:
    """folder: where to look and keep; None: nowhere."""

    folder: Path | None = None
    fresh: dict[Path, tuple[Learnt, str]] = field(default_factory=dict)

    def learnt(self, prepared: Prepared, wanted: Wanted) -> tuple[Learnt, dict[str, Any]]:
        """What the sample teaches, or was taught before; and what the meta says of it.

        Raises `InputError` where what is stored is broken or was made by another version.
        """
        place = self.folder / _name(prepared, wanted) if self.folder else None
        why = "nothing was asked to be stored" if place is None else "nothing was stored yet"
        if place is not None and place.exists():
            old, cutoff = load(place)
            good, why = _usable(old, pd.Timestamp(cutoff), prepared.panel, wanted.cutoff)
            if good:
                return old, _told(old, prepared.step_s, cutoff, True, why)
        found = learn(prepared.panel, models_for_many(wanted.model, wanted.seed), wanted.seed)
        cutoff = to_text(wanted.cutoff.to_pydatetime())
        if place is not None:
            self.fresh[place] = found, cutoff
        return found, _told(found, prepared.step_s, cutoff, False, why)

    def keep(self) -> None:
        """Store what was learnt anew."""
        for place, (found, cutoff) in self.fresh.items():
            save(place, found, cutoff)


def _name(prepared: Prepared, wanted: Wanted) -> str:
    """One folder for each kind of question."""
    decisive = [prepared.panel.season, prepared.panel.long_season, wanted.metrics, wanted.model, wanted.seed]
    digest = hashlib.sha256(json.dumps(decisive).encode()).hexdigest()[:12]
    return f"{prepared.step_s}s-{prepared.panel.horizon}-{digest}"


def _usable(old: Learnt, made: pd.Timestamp, panel: Panel, cutoff: pd.Timestamp) -> tuple[bool, str]:
    """Whether what was stored still serves, and why (not)."""
    age = cutoff - made
    if age < pd.Timedelta(0):
        return False, f"what was stored had seen times after the cut-off, up to {to_text(made.to_pydatetime())}"
    if age > MOST_AGE:
        return False, f"what was stored is {age.days} days old; {MOST_AGE.days} are the most"
    now, then = _latest_error(old, panel), old.scores.get(old.model, float("nan"))
    if np.isfinite(now) and np.isfinite(then) and now > DRIFT * then:
        return False, f"the error on the latest horizon is {now / then:.2f} times what it was; more than {DRIFT:g} asks for learning"
    return True, f"it is {age.total_seconds() / 86_400:.1f} days old, and its error on the latest horizon is as it was"


def _latest_error(old: Learnt, panel: Panel) -> float:
    """The median MASE on the latest horizon that is known; NaN where there is none."""
    origin = panel.steps - panel.horizon
    if origin < 2 * panel.season:
        return float("nan")
    return median_mase(errors_at((origin,), old.model, old.fitted, panel), seasonal_scale(panel.y, panel.season))


def _told(found: Learnt, step_s: int, cutoff: str, reused: bool, why: str) -> dict[str, Any]:
    """What the meta says of what was learnt (schema forecast_meta, ``learnt``)."""
    return {
        "interval_s": step_s, "model": found.model, "cutoff": cutoff, "sample": found.sample, "origins": found.origins,
        "scores": {name: figure(score) for name, score in found.scores.items()},
        "cover80": figure(found.cover80), "cover95": figure(found.cover95), "widened": found.widened,
        "reused": reused, "why": why,
    }  # fmt: skip
