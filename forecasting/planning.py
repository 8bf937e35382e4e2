# SPDX-License-Identifier: GPL-3.0-or-later
"""Which forecasts a catalogue needs: one for policies that think in minutes, one for those that think in days."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from .contracts.durations import spoken
from .errors import InputError
from .history import History
from .outlook import Outlook
from .pipeline import forecast
from .policies import Catalogue, Policy
from .progress import Progress

HOUR_S = 3600.0
NATIVE_HORIZON_S = 2 * 86400.0


@dataclass(frozen=True)
class Plan:
    """One forecast: sampling interval (None: each series' own), horizon in seconds, metrics."""

    interval: str
    horizon_s: float
    metrics: tuple[str, ...]


def interval_of(policy: Policy) -> str:
    """``native`` for a duration below an hour and a horizon of two days at most, else ``1h``."""
    short = policy.when.duration_s < HOUR_S and policy.when.horizon_s <= NATIVE_HORIZON_S
    return "native" if short else "1h"


def plans_of(catalogue: Catalogue, known: set[str]) -> dict[str, Plan]:
    """The forecasts that the policies need of the metrics that are `known`, by interval."""
    plans: dict[str, Plan] = {}
    for policy in catalogue.policies:
        wanted = _metrics(policy) & known
        if wanted:
            interval = interval_of(policy)
            old = plans.get(interval, Plan(interval, 0.0, ()))
            metrics = tuple(sorted({*old.metrics, *wanted}))
            plans[interval] = Plan(interval, max(old.horizon_s, policy.when.horizon_s), metrics)
    return plans


def _metrics(policy: Policy) -> set[str]:
    peers = [policy.when.limit.ratio_to, policy.when.also.peer if policy.when.also else None]
    return {policy.when.metric} | {peer.metric for peer in peers if peer and peer.metric}


def outlooks(catalogue: Catalogue, history: History, as_of: datetime, progress: Progress, seed: int = 0) -> Callable[[Policy], Outlook]:
    """Forecast what the catalogue needs and return which forecast each policy works on.

    Raises:
        InputError: when the history has no metric that any policy looks at, or nothing in it can be forecast.
    """
    known = {str(name) for name in history.demand_series["metric"]}
    if not known:
        why = "; ".join(f"{item['unique_id']}: {item['reason']}" for item in history.left_out[:3])
        raise InputError(f"the history holds nothing that can be forecast ({why or 'it has no series'}); bring series with samples")
    plans = plans_of(catalogue, known)
    if not plans:
        raise InputError(f"{catalogue.path}: no policy looks at a metric of the history; it has {', '.join(sorted(known))}")
    made: dict[str, Outlook] = {}
    for plan in plans.values():
        progress.step(f"forecast {spoken(plan.horizon_s)} ahead", len(made), len(plans))
        found = forecast(
            history, as_of=as_of, horizon=pd.Timedelta(seconds=plan.horizon_s), interval=plan.interval,
            only_metric=plan.metrics, seed=seed, progress=progress,
        )  # fmt: skip
        made[plan.interval] = Outlook(found.frame, found.drawn, found.meta)
    return lambda policy: made.get(interval_of(policy)) or next(iter(made.values()))
