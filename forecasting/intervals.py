# SPDX-License-Identifier: GPL-3.0-or-later
"""Conformal quantiles from back-test errors.

Cross-conformal prediction (Vovk, Gammerman, Shafer, Algorithmic Learning in a Random World, 2005; Vovk, Cross-conformal predictors,
2015) with errors normalised by each series' own size of error, then pooled over series in blocks of the horizon. That size is known
from the other windows only, as it is for the future: where they are few it is uncertain, and the intervals are wider for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from .metrics import LEVELS
from .panel import Floats, Panel
from .rolling import Errors, mean_absolute

BLOCKS = 12
OWN_PRIOR = 50.0
PHASE_PRIOR = 20.0
TINY = 1e-9
UNTESTED = 64
LEAST_SIZE = 1 / 3
ENOUGH = 4
WIDENINGS = (1.0, 1.1, 1.2, 1.35, 1.5, 1.75, 2.0, 2.5, 3.0)
TOLERANCE = 0.02


@dataclass(frozen=True)
class Normalised:
    """Errors in units of their expected size.

    size: (n, horizon), in the series' unit; z: (origins, n, horizon), in the size that all origins let expect; apart: the same errors,
    each origin about the middle and in the size that the other origins let expect, as those of the future will be.
    """

    size: Floats
    z: Floats
    apart: Floats


def _centred(residuals: Floats) -> tuple[Floats, Floats]:
    """Errors (origins, n, horizon) about their own median, series by series, and those medians, (n, 1).

    The model under test learnt from less than the final one does: where it was off to one side on the whole, the
    final one has since seen why. (Kept in, that bias made every quantile loss tried worse.)
    """
    known = np.asarray(np.isfinite(residuals).any(axis=(0, 2)))
    middle = np.zeros((len(known), 1))
    middle[known, 0] = np.nanmedian(residuals[:, known], axis=(0, 2))
    return residuals - middle, middle


def _own_size(residuals: Floats, spread: Floats) -> Floats:
    """Each series' mean absolute error, drawn towards what its `spread` (n,) lets expect the more, the fewer errors there are; (n,)."""
    measured = mean_absolute(residuals)
    ratio = measured / spread
    usual = ratio[ratio > TINY]  # a series forecast without error says nothing of the others
    expected = spread * (float(np.median(usual)) if len(usual) else 1.0)
    own = np.where(np.isfinite(measured), measured, expected)
    count = np.isfinite(residuals).sum(axis=(0, 2))
    weight = count / (count + OWN_PRIOR)
    return np.asarray(np.maximum(np.exp(weight * np.log(own + TINY) + (1.0 - weight) * np.log(expected + TINY)), TINY))


def _phase_shape(panel: Panel, origins: tuple[int, ...], residuals: Floats, size: Floats) -> Floats:
    """How the size of errors goes with the time of day, (n, season), about 1; flat where little is known."""
    absolute = np.abs(residuals) / size[None, :, None]
    total, count = np.zeros((len(panel.ids), panel.season)), np.zeros((len(panel.ids), panel.season))
    rows = np.arange(len(panel.ids))[:, None]
    for number, origin in enumerate(origins):
        phase = panel.day[:, origin : origin + panel.horizon]
        known = np.isfinite(absolute[number])
        np.add.at(total, (rows, phase), np.where(known, absolute[number], 0.0))
        np.add.at(count, (rows, phase), known)
    average = total.sum(axis=1, keepdims=True) / np.maximum(count.sum(axis=1, keepdims=True), 1.0)
    shape = (total + PHASE_PRIOR * average) / ((count + PHASE_PRIOR) * np.maximum(average, TINY))
    return np.where(average > TINY, shape, 1.0)


def normalise(panel: Panel, errors: Errors, spread: Floats) -> Normalised:
    """Put the errors of all series into one unit. `spread` (n,) is each series' present spread, see `features`.

    A series forecast without any error (all zero, say) has no unit: its z is NaN, so that it does not narrow the others'.
    """
    centred, _unused = _centred(errors.residuals)
    exact = mean_absolute(centred) <= TINY
    size = np.where(exact, TINY, _own_size(centred, spread))
    shape = _phase_shape(panel, errors.origins, centred, size)
    rows = np.arange(len(panel.ids))[:, None]
    shapes = np.stack([shape[rows, panel.day[:, origin : origin + panel.horizon]] for origin in errors.origins])
    ahead = size[:, None] * shape[rows, panel.day[:, panel.steps : panel.steps + panel.horizon]]
    z = np.where(exact[:, None], np.nan, centred / (size[:, None] * shapes))
    apart = np.where(exact[:, None], np.nan, _apart(errors.residuals, spread, size) / shapes) if len(z) > 1 else z
    return Normalised(np.asarray(ahead), z, apart)


def _apart(residuals: Floats, spread: Floats, size: Floats) -> Floats:
    """Each origin's errors about the median, and in units of the size, of the other origins' errors; (origins, n, horizon).

    That size is taken for no smaller than `LEAST_SIZE` of the size with all origins, (n,): a burst after nothing is no measure for others.
    """
    made = np.empty_like(residuals)
    for number in range(len(residuals)):
        others, middle = _centred(np.delete(residuals, number, axis=0))
        made[number] = (residuals[number] - middle) / np.maximum(_own_size(others, spread), LEAST_SIZE * size)[:, None]
    return made


def untested(panel: Panel, spread: Floats) -> Normalised:
    """Stand-in for a history too short to back-test: normal errors of the series' whole spread, growing over the first day."""
    ahead = np.minimum(1.0, np.sqrt((np.arange(panel.horizon) + 1.0) / max(panel.season, 1)))
    size = np.where(np.isfinite(spread), spread, TINY)[:, None] * (0.5 + ahead)[None, :]
    shapes = np.random.default_rng(0).standard_normal((UNTESTED, len(panel.ids), 1))
    z = np.repeat(1.25 * shapes, panel.horizon, axis=2)
    return Normalised(size, z, z)


def _blocks(horizon: int) -> list[slice]:
    edges = np.linspace(0, horizon, min(horizon, BLOCKS) + 1).astype(int)
    return [slice(int(start), int(end)) for start, end in pairwise(edges)]


def _levels(z: Floats, everything: Floats) -> Floats:
    """The error quantiles of one block, (levels,); those of all blocks where it has none; zero where there was never an error."""
    known = z[np.isfinite(z)]
    pool = known if len(known) else everything
    return np.quantile(pool, LEVELS) if len(pool) else np.zeros(len(LEVELS))


@dataclass(frozen=True)
class Coverage:
    """Share of back-test truth inside the central 80 % and 95 % interval, each origin judged by the errors of the others.

    cover80, cover95: (n,), after widening; widened: the factor on the quantiles that this took, 1 where none was needed.
    """

    cover80: Floats
    cover95: Floats
    widened: float
    origins: int


def measure(normalised: Normalised) -> Coverage:
    """Leave-one-origin-out coverage. Where it falls short over all series, find the factor that mends it (at most 3).

    Of fewer than `ENOUGH` origins the others are too few to judge one by: nothing is widened then.
    """
    z = normalised.apart
    count = len(z)
    if not np.isfinite(z).any():
        nothing = np.full(z.shape[1], np.nan)
        return Coverage(nothing, nothing, 1.0, count)
    bounds = np.empty((count, len(LEVELS), z.shape[2]))
    for number in range(count):
        others = np.delete(z, number, axis=0) if count > 1 else z
        bounds[number] = level_table(others)
    for widened in WIDENINGS if count >= ENOUGH else WIDENINGS[:1]:
        inside80 = _inside(z, widened * bounds[:, 1], widened * bounds[:, -2])
        inside95 = _inside(z, widened * bounds[:, 0], widened * bounds[:, -1])
        if np.nanmean(inside80) >= 0.8 - TOLERANCE and np.nanmean(inside95) >= 0.95 - TOLERANCE:
            break
    return Coverage(_share(inside80), _share(inside95), float(widened), count)


def _inside(z: Floats, low: Floats, high: Floats) -> Floats:
    """1 inside, 0 outside, NaN without truth; (origins, n, horizon)."""
    return np.where(np.isfinite(z), (z >= low[:, None]) & (z <= high[:, None]), np.nan)


def _share(inside: Floats) -> Floats:
    known = np.isfinite(inside).sum(axis=(0, 2))
    return np.where(known > 0, np.nansum(inside, axis=(0, 2)) / np.maximum(known, 1), np.nan)


def level_table(z: Floats) -> Floats:
    """Error quantiles at `LEVELS`, (levels, horizon), pooled over series and blocks of the horizon; z: (origins, n, horizon)."""
    made = np.empty((len(LEVELS), z.shape[2]))
    everything = z[np.isfinite(z)]
    for block in _blocks(z.shape[2]):
        made[:, block] = _levels(z[:, :, block], everything)[:, None]
    return made


def fan(mean: Floats, normalised: Normalised, widened: float = 1.0) -> Floats:
    """Quantiles at `LEVELS`, (n, levels, horizon), rising in the level: the point forecast plus pooled errors × `widened`."""
    levels = widened * level_table(normalised.apart)
    return np.asarray(mean[:, None, :] + levels[None, :, :] * normalised.size[:, None, :])
