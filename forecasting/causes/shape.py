# SPDX-License-Identifier: GPL-3.0-or-later
"""When an event acts: its effect at each time of day, and days that behave like another day of the week."""

from __future__ import annotations

import numpy as np

from ..history.occurrence import DAYS
from ..panel import Floats, Ints

MOST_SHAPE = 5.0
WHOLE = 0.8
LEAST_SEEN = 2


def day_shape(values: Floats, strength: Floats, usual: Floats, day: int, effect: float) -> Floats:
    """The effect at each time of day relative to `effect`, (day,), about 1.

    Times of day are drawn towards 1 as far as their differences can be explained by chance (empirical Bayes: James and
    Stein): with noisy or few events every time of day gets the same.
    """
    flat = np.ones(day)
    places = np.flatnonzero((strength > 0) & np.isfinite(values) & (usual > 0))
    if not len(places) or effect == 0.0:
        return flat
    shares = np.clip((values[places] / usual[places] - 1.0) / strength[places] / effect, -MOST_SHAPE, 2.0 * MOST_SHAPE)
    phase = places % day
    count = np.bincount(phase, minlength=day)
    mean = np.bincount(phase, weights=shares, minlength=day) / np.maximum(count, 1)
    free = len(places) - int((count > 0).sum())
    if (count > 0).sum() < LEAST_SEEN or free < LEAST_SEEN:
        return flat
    chance = float(((shares - mean[phase]) ** 2).sum()) / free / np.maximum(count, 1)
    seen = count > 0
    centre = float(np.average(mean[seen], weights=count[seen]))
    true = max(float(np.var(mean[seen])) - float(chance[seen].mean()), 0.0)
    drawn = np.where(seen, centre + (mean - centre) * true / (true + chance + 1e-12), centre)
    made = np.clip(drawn, 0.0, MOST_SHAPE)
    weight = np.bincount(phase, weights=usual[places], minlength=day)
    average = float((made * weight).sum() / weight.sum())
    return made / average if average > 0 else flat


def whole_days(strength: Floats, weekday: Ints) -> bool:
    """Whether the events fill the days that they touch, from midnight to midnight; weekday: (t + horizon,), 0 for Monday."""
    day = np.concatenate([[0], np.cumsum(np.diff(weekday) != 0)])
    filled = np.bincount(day, weights=strength > 0) / np.bincount(day)
    touched = filled[filled > 0]
    return len(touched) > 0 and bool(touched.mean() >= WHOLE)


def like_day(calm: Floats, strength: Floats, weekday: Ints, per_day: int, like: str) -> Floats | None:
    """The share that is added where each step of an event is like the same hour of another day of the week, (t + horizon,).

    calm: (t,) the past without events; weekday: (t + horizon,), 0 for Monday; like: ``sunday`` and so on. None where the past
    shows no such day, or no week at all.
    """
    hour, week = np.arange(len(strength)) % per_day, 7 * per_day
    weeks = np.concatenate([calm, np.full(-len(calm) % week, np.nan)]).reshape(-1, week)
    seen = np.flatnonzero(np.isfinite(weeks).any(axis=0))
    profile = np.full((7, per_day), np.nan)
    profile[weekday[seen], hour[seen]] = np.nanmedian(weeks[:, seen], axis=0)
    own, other = profile[weekday, hour], profile[DAYS.index(like), hour]
    share = np.where(own > 0, other / np.where(own > 0, own, 1.0) - 1.0, np.nan)
    acts = strength > 0
    if not np.isfinite(share[acts]).all():
        return None
    return np.where(acts, share, 0.0)
