# SPDX-License-Identifier: GPL-3.0-or-later
"""What scheduled events do to a series, learnt from the past ones and carried to the coming ones.

An event's effect is taken out of the history before the models see it and put back onto their forecast: a handful of
past events cannot teach a model of absolute loss, but their own ratio to the weeks around them can be measured.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from .panel import Floats, Mask

SURE = 2.0
WEEKS_AROUND = 3
LEAST_STEPS = 3
SHAPE_PRIOR = 4.0
MOST_SHAPE = 5.0
MOST_RATIO = 20.0


@dataclass(frozen=True)
class Uplift:
    """The effect of one kind of event on one series: value = base × (1 + effect × intensity).

    effect, spread: per unit of magnitude, with the standard error of a single coming event; occurrences: past events it was
    learnt from; intensity: (t + horizon,), the magnitude in force in each step, times the share of the effect that falls on
    that time of day (a campaign fills the busy hours, not the night).
    """

    kind: str
    effect: float
    spread: float
    occurrences: int
    intensity: Floats


def concerns(event: dict[str, Any], row: dict[str, Any]) -> bool:
    """Whether an event names the series' device, site and metric, or leaves them open."""
    named = (("devices", "device"), ("sites", "site"), ("metrics", "metric"))
    return all(not event[many] or row[one] in event[many] for many, one in named)


def intensity(events: list[dict[str, Any]], times: pd.DatetimeIndex, step_s: int) -> Floats:
    """Magnitude in force in each step, weighted by the share of the step that the event covers, (len(times),)."""
    begin = times.as_unit("ns").asi8 / 1e9
    made = np.zeros(len(times))
    for event in events:
        start, end = event["start"].timestamp(), event["end"].timestamp()
        overlap = np.clip(np.minimum(begin + step_s, end) - np.maximum(begin, start), 0.0, step_s)
        made += event["magnitude"] * overlap / step_s
    return made


def learn(kind: str, values: Floats, strength: Floats, busy: Mask, week: int, day: int) -> Uplift | None:
    """Measure one kind of event on one non-negative series.

    values: (t,) without inner gaps; strength: (t + horizon,), see `intensity`; busy: (t,), steps of any event; week: steps in a
    week (in a day where the history has no week); day: steps in a day. None where nothing was seen, or nothing that stands out: the
    effect must be twice the standard error that quiet weeks and the events' own differences give it.
    """
    past = strength[: len(values)] > 0
    calm = np.where(busy | ~np.isfinite(values), np.nan, values)
    ratios = [found for span in _spans(past) if (found := _ratio(values, strength, calm, span, week)) is not None]
    if not ratios:
        return None
    quiet = [found for span in _spans(past) for found in _quiet(calm, span, week)]
    noise = float(np.std(quiet)) if len(quiet) >= 2 else 0.25
    effect = float(np.median(ratios))
    differ = float(np.std(ratios, ddof=1)) if len(ratios) > 1 else noise
    single = float(np.hypot(differ, noise))
    if abs(effect) < SURE * single / np.sqrt(len(ratios)):
        return None
    shape = _shape(values, strength, calm, week, day, effect)
    return Uplift(kind, effect, single, len(ratios), strength * shape[np.arange(len(strength)) % day])


def _shape(values: Floats, strength: Floats, calm: Floats, week: int, day: int, effect: float) -> Floats:
    """The effect at each time of day relative to `effect`, (day,), drawn towards 1 where few steps tell of it."""
    extra: list[list[float]] = [[] for _unused in range(day)]
    for span in _spans(strength[: len(values)] > 0):
        expected = _around(calm, span, week)
        for place, usual in zip(range(span.start, span.stop), expected, strict=True):
            if usual > 0 and np.isfinite(values[place]):
                extra[place % day].append((values[place] / usual - 1.0) / strength[place])
    shares = [1.0] * day
    for phase, found in enumerate(extra):
        if found:
            shares[phase] = (float(np.median(found)) / effect * len(found) + SHAPE_PRIOR) / (len(found) + SHAPE_PRIOR)
    return np.asarray(np.clip(shares, 0.0, MOST_SHAPE))


def _spans(marked: Mask) -> list[slice]:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], marked.astype(np.int8), [0]])))
    return [slice(int(start), int(end)) for start, end in zip(edges[::2], edges[1::2], strict=True) if end - start >= LEAST_STEPS]


def _around(calm: Floats, span: slice, week: int) -> Floats:
    """The same steps in the nearest quiet weeks before and after, averaged; NaN where there is none."""
    places = np.arange(span.start, span.stop)
    sides = []
    for sign in (-1, 1):
        found = np.full(len(places), np.nan)
        for number in range(1, WEEKS_AROUND + 1):
            other = places + sign * number * week
            inside = (other >= 0) & (other < len(calm))
            value = np.where(inside, calm[np.clip(other, 0, len(calm) - 1)], np.nan)
            found = np.where(np.isfinite(found), found, value)
        sides.append(found)
    both = np.stack(sides)
    known = np.isfinite(both)
    return np.where(known.any(axis=0), np.where(known, both, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1), np.nan)


def _ratio(values: Floats, strength: Floats, calm: Floats, span: slice, week: int) -> float | None:
    """The extra share of one past event for each unit of its magnitude."""
    expected = _around(calm, span, week)
    usable = np.isfinite(expected) & np.isfinite(values[span])
    base = float(expected[usable].sum())
    if usable.sum() < LEAST_STEPS or base <= 0:
        return None
    extra = float(values[span][usable].sum()) / base - 1.0
    size = float((strength[span][usable] * expected[usable]).sum()) / base
    return float(np.clip(extra, -1.0, MOST_RATIO)) / size if size > 0 else None


def _quiet(calm: Floats, span: slice, week: int) -> list[float]:
    """What the same measure gives in weeks without an event: its noise."""
    found = []
    for number in range(-WEEKS_AROUND, WEEKS_AROUND + 1):
        other = slice(span.start + number * week, span.stop + number * week)
        if number == 0 or other.start < 0 or other.stop > len(calm):
            continue
        ratio = _ratio(calm, np.ones(len(calm)), calm, other, week)
        if ratio is not None:
            found.append(ratio)
    return found


def without(values: Floats, uplift: Uplift) -> Floats:
    """The history as it would have been without the events, (t,)."""
    factor = 1.0 + uplift.effect * uplift.intensity[: len(values)]
    return values / np.maximum(factor, 1.0 / (1.0 + MOST_RATIO))


def factors(uplift: Uplift, horizon: int, effects: Floats) -> Floats:
    """Factors (len(effects), horizon) on the coming steps for effects per unit of magnitude; never below 0."""
    return np.maximum(1.0 + effects[:, None] * uplift.intensity[None, -horizon:], 0.0)
