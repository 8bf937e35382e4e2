# SPDX-License-Identifier: GPL-3.0-or-later
"""Learn what one kind of event does to one series, or take it from what the calendar declares."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..panel import Floats, Ints, Mask
from .declared import Declared, Measured, pooled
from .measure import NEIGHBOURS, deviation, middle, past_effects
from .shape import day_shape, like_day, whole_days
from .uplift import Source, Uplift
from .usual import around, spans

SURE = 3.0
MINIMUM_GAIN = 0.1
HOLIDAY = "sunday"


@dataclass(frozen=True)
class Clock:
    """period: steps in a week (in a day where the history is too short); per_day: steps in a day; weekday: (t + horizon,), 0 Monday."""

    period: int
    per_day: int
    weekday: Ints

    @property
    def weekly(self) -> bool:
        """Whether the period is a week."""
        return self.period == 7 * self.per_day


def learn(kind: str, values: Floats, strength: Floats, busy: Mask, clock: Clock, declared: Declared) -> Uplift | None:
    """Measure one kind of event on one non-negative series.

    values: (t,) without inner gaps; strength: (t + horizon,), see `calendar.intensity`; busy: (t,), steps of any event.
    None where nothing was declared and nothing stands out: the effect must be three times its standard error.
    """
    past = strength[: len(values)]
    calm = np.where(busy | ~np.isfinite(values), np.nan, values)
    usual = around(calm, clock.period)
    as_a_day = _as_a_day(kind, values, strength, calm, usual, clock, declared)
    if as_a_day is not None:
        return as_a_day
    shares, noise = past_effects(values, past, usual, clock.period, max(int(NEIGHBOURS * clock.per_day), 1))
    if not len(shares):
        return None if declared.uplift is None else Uplift(kind, declared.uplift, declared.spread, 0, strength, "declared")
    single = deviation(shares, noise)
    found = Measured(middle(shares), single / np.sqrt(len(shares)), float(np.sqrt(max(single**2 - noise**2, 0.0))), len(shares))
    clear = abs(found.effect) >= SURE * found.error
    if declared.uplift is None and not clear:
        return None
    effect, spread = pooled(found, declared)
    shape = day_shape(values, past, usual, clock.per_day, found.effect) if clear else np.ones(clock.per_day)
    source: Source = "learnt" if declared.uplift is None else "pooled"
    return Uplift(kind, effect, spread, found.count, strength * shape[np.arange(len(strength)) % clock.per_day], source)


def _as_a_day(kind: str, values: Floats, strength: Floats, calm: Floats, usual: Floats, clock: Clock, declared: Declared) -> Uplift | None:
    """Days that behave like another day of the week: where the calendar says so and no past denies it.

    Where the calendar says nothing, whole days are like a Sunday if the past says so clearly.
    """
    like = declared.like or HOLIDAY
    silent = declared.uplift is None and whole_days(strength, clock.weekday)
    if not clock.weekly or not (declared.like or silent):
        return None
    share = like_day(calm, strength, clock.weekday, clock.per_day, like)
    if share is None or not (share != 0.0).any():
        return None
    past = [span for span in spans(strength[: len(values)] > 0) if np.isfinite(usual[span]).any()]
    if past and not _better(values, usual, share, past):
        return None
    if not past and not declared.like:
        return None
    moved = share[share != 0.0]
    effect = float(moved.mean())
    if effect == 0.0:
        return None
    spread = _day_spread(values, usual, share, past) * abs(effect) / float(np.sqrt(np.mean(moved**2)))
    source: Source = "declared" if not past else "pooled" if declared.like else "learnt"
    return Uplift(kind, effect, spread, len(past), share / effect, source, like)


def _better(values: Floats, usual: Floats, share: Floats, past: list[slice]) -> bool:
    """Whether the days are nearer to the other day than to their own, and than to a common uplift of the other occurrences."""
    ratios = [float(np.nansum(values[span]) / np.nansum(usual[span])) for span in past]
    plain = like = common = 0.0
    for number, span in enumerate(past):
        others = ratios[:number] + ratios[number + 1 :]
        plain += float(np.nansum(np.abs(values[span] - usual[span])))
        like += float(np.nansum(np.abs(values[span] - usual[span] * (1.0 + share[span]))))
        common += float(np.nansum(np.abs(values[span] - usual[span] * (np.mean(others) if others else 1.0))))
    return like < (1.0 - MINIMUM_GAIN) * min(plain, common)


def _day_spread(values: Floats, usual: Floats, share: Floats, past: list[slice]) -> float:
    """Relative deviation of the single past days from the likeness; a tenth where there are too few."""
    sizes = [float(np.nansum(values[span]) / np.nansum(usual[span] * (1.0 + share[span]))) for span in past]
    return float(np.std(sizes, ddof=1)) if len(sizes) > 1 else 0.1
