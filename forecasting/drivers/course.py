# SPDX-License-Identifier: GPL-3.0-or-later
"""How the level of a series moved over the last weeks: it stayed, grew, changed at once, or grew and changed."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np

from ..panel import Floats

DAYS = 56
LEAST_DAYS = 10
EDGE = 2
PENALTY = 1.5
UNKNOWN_DAY = 1.5
NEAR = 1


@dataclass(frozen=True)
class Course:
    """level: at the first day; slope: change a day; shift: change at once, at the `day` counted from the last one back (0: the last).

    days: how many days the course is of; ours: whether a change of ours fell on that day.
    """

    level: float
    slope: float
    shift: float
    day: int
    days: int
    ours: bool = False


def course_of(levels: Floats, changed: frozenset[int] = frozenset()) -> Course | None:
    """Fit the last eight weeks of daily levels, (d,); changed: days, counted back from the last, on which we changed something.

    Of all courses the one with the least Bayesian information criterion is taken, its penalty half as much again since neighbouring
    days are alike (Schwarz, Annals of Statistics 6 (1978) 461-464); a change at an unknown day pays for its day too.
    """
    levels = levels[-DAYS:]
    days = np.flatnonzero(np.isfinite(levels)).astype(float)
    if len(days) < LEAST_DAYS:
        return None
    values = levels[np.isfinite(levels)]
    places = [0, *range(EDGE, len(levels) - EDGE + 1)]
    known = {place: _ours(len(levels) - 1 - place, changed) for place in places}
    scores = {(line, place): _fit(days, values, line, place, known[place]) for line, place in product((False, True), places)}
    line, place = min(scores, key=lambda key: scores[key][0])
    level, slope, shift = scores[line, place][1]
    back = len(levels) - 1 - place
    return Course(level, slope, shift, back if place else 0, len(levels), bool(place) and known[place])


def _ours(back: int, changed: frozenset[int]) -> bool:
    return any(abs(back - day) <= NEAR for day in changed)


def _fit(days: Floats, values: Floats, line: bool, place: int, ours: bool) -> tuple[float, tuple[float, float, float]]:
    """Score and (level, slope, shift) of one course; `place` 0: no shift."""
    columns = [np.ones(len(days)), days if line else np.zeros(len(days)), (days >= place) * 1.0 if place else np.zeros(len(days))]
    used = [column for column in columns if column.any()]
    design = np.stack(used, axis=1)
    found, *_rest = np.linalg.lstsq(design, values, rcond=None)
    rest = float(np.mean((values - design @ found) ** 2))
    cost = len(used) + (UNKNOWN_DAY if place and not ours else 0.0)
    score = len(values) * np.log(rest + 1e-12 * float(np.mean(values**2)) + 1e-300) + PENALTY * cost * np.log(len(values))
    filled = iter(found.tolist())
    level, slope, shift = (next(filled) if column.any() else 0.0 for column in columns)
    return float(score), (level, slope, shift)
