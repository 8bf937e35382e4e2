# SPDX-License-Identifier: GPL-3.0-or-later
"""All strategies on the same series and limits, each at all its thresholds, and what came of it in a span of time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..panel import Floats, Ints
from .action import Account, Orders, Supply, Terms, account, supply
from .foresight import foresight
from .frontier import Curve
from .planned import Paths, planned
from .strategies import at_limit, by_margin, linear, seasonal_linear

DAY, WEEK = 24, 168
OURS, BEST, REACT, ALWAYS = "forecast", "perfect foresight", "react at the limit", "one quantum always"
PRICES = (1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0, 5.5, 6.0, 7.0, 8.0, 9.0, 10.0, 12.0, 14.0, 17.0, 20.0, 30.0, 50.0, 100.0)
MARGINS = (-0.5, -0.4, -0.3, -0.25, -0.2, -0.15, -0.1, -0.075, -0.05, -0.025, 0.0, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5)
WINDOWS = (6, 24, 72, 168)
SPELL = 6


@dataclass(frozen=True)
class Case:
    """One series under one limit, hourly. series: its number; demand: (t,); first: the step of the first decision."""

    series: int
    demand: Floats
    terms: Terms
    paths: Paths
    first: int


@dataclass(frozen=True)
class Played:
    """What one strategy did on one case: thresholds (k), supply and books (k, t)."""

    case: Case
    thresholds: tuple[float, ...]
    supply: Supply
    books: Account


def play(case: Case) -> dict[str, Played]:
    """Every strategy on one case. The peers decide anew at every hour, the forecast at its origins."""
    demand, terms = case.demand, case.terms
    made = {
        OURS: (PRICES, planned(case.paths, terms, PRICES, len(demand))),
        REACT: (MARGINS, by_margin(at_limit(demand, terms.lead), terms, MARGINS)),
    }
    for window in WINDOWS:
        made[f"linear, {window} h"] = (MARGINS, by_margin(linear(demand, terms.lead, window), terms, MARGINS))
        seasonal = seasonal_linear(demand, terms.lead, window, WEEK)
        made[f"linear and week, {window} h"] = (MARGINS, by_margin(seasonal, terms, MARGINS))
    hindsight = foresight(demand, terms, case.first)[None]
    always = (np.arange(len(demand)) >= case.first + terms.lead).astype(np.int64)[None]
    early = np.arange(len(demand)) - terms.lead
    made |= {BEST: ((1.0,), Orders(hindsight, early)), ALWAYS: ((1.0,), Orders(always, early))}
    return {name: _played(case, thresholds, orders) for name, (thresholds, orders) in made.items()}


def _played(case: Case, thresholds: tuple[float, ...], orders: Orders) -> Played:
    """Orders that somebody would have given before the study begins are not given."""
    known = Orders(np.where(orders.decided >= case.first, orders.wanted, 0), orders.decided)
    came = supply(known, case.terms)
    return Played(case, thresholds, came, account(case.demand, came.quanta, case.terms))


@dataclass(frozen=True)
class Span:
    """A part of a case's time, in steps."""

    start: int
    end: int


def halves(case: Case) -> tuple[Span, Span]:
    """The days that the first and the second half of the daily origins decide on."""
    start = case.first + case.terms.lead
    middle = start + (len(case.demand) - start) // (2 * DAY) * DAY
    return Span(start, middle), Span(middle, len(case.demand))


def curve(played: list[Played], spans: list[Span]) -> tuple[Curve, Ints]:
    """A strategy's books by blocks, and the series of each block; a day of a series is a block, all its limits summed."""
    blocks: dict[tuple[int, int], list[Floats]] = {}
    for one, span in zip(played, spans, strict=True):
        for start in range(span.start, span.end, DAY):
            part = slice(start, min(start + DAY, span.end))
            sums = np.stack([one.books.avoided[:, part].sum(axis=1), one.books.waste[:, part].sum(axis=1)])
            blocks.setdefault((one.case.series, start), []).append(sums)
    order = sorted(blocks)
    values = np.stack([np.sum(blocks[key], axis=0) for key in order], axis=-1)
    return Curve(played[0].thresholds, values[0], values[1]), np.array([key[0] for key in order])


@dataclass(frozen=True)
class Needs:
    """Spells above the limit: how many, how many of them were met in full, and the lead times of those, in steps."""

    count: int
    met: int
    leads: tuple[int, ...]


def needs(played: list[Played], spans: list[Span], threshold: float) -> Needs:
    """How a strategy met the needs. Met: capacity was there from the first step, so before the limit was crossed and anyone would ask."""
    count, leads = 0, []
    for one, span in zip(played, spans, strict=True):
        row = one.thresholds.index(threshold)
        for start, end in _spells(one.books.before[span.start : span.end]):
            count += 1
            first, last = span.start + start, span.start + end
            if not one.books.after[row, first:last].any():
                leads.append(first - int(one.supply.settled[row, first]))
    return Needs(count, len(leads), tuple(sorted(leads)))


def _spells(above: Floats) -> list[tuple[int, int]]:
    """Where spells above the limit begin and end; a pause of a few hours does not end one."""
    found: list[tuple[int, int]] = []
    for step in np.flatnonzero(above).tolist():
        if found and step - found[-1][1] < SPELL:
            found[-1] = (found[-1][0], step + 1)
        else:
            found.append((step, step + 1))
    return found
