# SPDX-License-Identifier: GPL-3.0-or-later
"""What policies would have done over past data: a round at each weekly origin, each knowing only what was known then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pandas as pd

from .autonomy import grants
from .calibration import calibrate
from .history import History
from .ledger import Entry, with_outcomes
from .outcomes import measure
from .outlook import Outlook
from .policies import Catalogue, Policy, Templates
from .recommend import Round, recommend

WEEK = timedelta(weeks=1)
LEAST_PAST = timedelta(weeks=4)
Forecaster = Callable[[History, datetime], Callable[[Policy], Outlook]]


@dataclass(frozen=True)
class Replay:
    """The ledger of all rounds, with outcomes, one row a round, and what each policy of mode `auto` is granted in the end.

    warnings: what the rounds' recommendations warned of, each sentence once.
    """

    entries: list[Entry]
    rounds: list[dict[str, Any]]
    autonomy: list[dict[str, str]]
    warnings: list[str]


def origins(history: History, as_of: datetime, first: datetime | None = None) -> list[datetime]:
    """Weekly origins before `as_of`, counted back from it, each with four weeks of past at least (or from `first` on).

    The past begins with the first sample of demand: a limit may be dated long before anything was measured.
    """
    spans = [history.span(str(name)) for name in history.demand_series["unique_id"]]
    begins = [begin for count, begin, _end in spans if count]
    if not begins:
        return []
    earliest = first or pd.Timestamp(min(begins), tz="UTC").to_pydatetime() + LEAST_PAST
    found = []
    moment = as_of - WEEK
    while moment >= earliest:
        found.append(moment)
        moment -= WEEK
    return found[::-1]


def replay(
    history: History,
    catalogue: Catalogue,
    templates: Templates,
    when: list[datetime],
    as_of: datetime,
    forecaster: Forecaster,
    step: Callable[[int, int], None] = lambda done, total: None,
) -> Replay:
    """Forecast, recommend and enter into a ledger at each of the origins `when`; label what has matured by `as_of`.

    At each origin the confidence is calibrated with the outcomes known by then. `step` hears how many origins are done.
    """
    entries: list[Entry] = []
    made: list[dict[str, Any]] = []
    for done, origin in enumerate(when, 1):
        known = history.until(origin)
        past = with_outcomes(entries, measure(known, entries, origin).outcomes)
        given = Round(origin, catalogue, templates, known, forecaster(known, origin), calibration=calibrate(past, origin), past=past)
        result = recommend(given)
        entries += result.ledger
        made.append(result.forecast)
        step(done, len(when))
    labelled = with_outcomes(entries, measure(history.until(as_of), entries, as_of).outcomes)
    granted = grants(catalogue.policies, labelled, (), as_of)
    rows = [_row(forecast, labelled) for forecast in made]
    told = dict.fromkeys(warning for forecast in made for warning in forecast["warnings"])
    return Replay(labelled, rows, [granted[name].as_dict() for name in sorted(granted)], list(told))


def _row(forecast: dict[str, Any], labelled: list[Entry]) -> dict[str, Any]:
    """What one round recommended, how often it turned out to be needed, and which policies might have acted by themselves."""
    names = {item["recommendation_id"] for item in forecast["recommendations"]}
    answers = [(entry["outcome"] or {}).get("needed", "open") for entry in labelled if entry.get("recommendation_id") in names]
    return {
        "as_of": forecast["as_of"],
        "recommended": len(names),
        **{label: answers.count(label) for label in ("needed", "not_needed", "unknown", "open")},
        "auto": [item["policy"] for item in forecast["autonomy"] if item["mode"] == "auto"],
    }
