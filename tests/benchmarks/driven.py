# SPDX-License-Identifier: GPL-3.0-or-later
"""Links whose main driver is known, brought to a recommendation by the whole chain: forecast, policy, explanation."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from forecasting.history.table import INTERVENTION_COLUMNS, History
from forecasting.outlook import Outlook
from forecasting.pipeline import forecast
from forecasting.policies import load, read_templates
from forecasting.recommend import Round, recommend
from tests.benchmarks.made import DAY, START, WEEK, Demand, events_table, history_of, starts_of

POLICY = """\
version: 1
policies:
  - name: busy
    severity: major
    when: {metric: if_out_bps, limit: {value: 1.0}, min_confidence: 0.5, horizon: 7d}
    what: {template: capacity, parameters: {interface: "{{ object }}", rate_mbit: 30}}
"""
AGO = 9
STEADY = Demand(weeks=10, noise=0.05, growth=0.0, night=0.3, weekend=0.9)
CAUSES: dict[str, Demand] = {
    "growth": replace(STEADY, growth=0.05),
    "day": replace(STEADY, night=0.6),
    "week": replace(STEADY, night=0.1, weekend=1.8),
    "shift": STEADY,
    "change": STEADY,
    "event": STEADY,
    "declared": STEADY,
    "kpi": STEADY,
}


def named(cause: str) -> str:
    """The kind of part (see `Part`) that a cause must be named as."""
    return "event" if cause == "declared" else cause


@dataclass
class _Network:
    """What a history of many links is gathered from. strength: of what is put there, 1 as a rule; noise: of a single hour."""

    strength: float = 1.0
    noise: float = STEADY.noise
    series: dict[str, np.ndarray] = field(default_factory=dict)
    events: list[pd.DataFrame] = field(default_factory=list)
    plans: list[pd.DataFrame] = field(default_factory=list)
    changes: list[dict[str, Any]] = field(default_factory=list)

    def add(self, cause: str, device: str, rng: np.random.Generator) -> None:
        """One link, moved by one cause."""
        full = CAUSES[cause]
        demand = replace(full, noise=self.noise, growth=self.strength * full.growth)
        values, known = demand.draw(rng), demand.weeks * WEEK
        name = f"{device}|eth1|if_out_bps"
        match cause:
            case "shift" | "change":
                values[known - AGO * DAY :] *= 1.0 + 0.5 * self.strength
                at = START + pd.Timedelta(hours=known - AGO * DAY)
                ours = {"change_id": "c-1", "unique_id": name, "ds": at, "template": "te_cost"}
                self.changes += [dict.fromkeys(INTERVENTION_COLUMNS) | ours] if cause == "change" else []
            case "event" | "declared":
                starts = starts_of(rng, demand, 5 if cause == "event" else 0, 36)
                for start in starts:
                    values[start : start + 36] *= 1.0 + 0.6 * self.strength
                said = {"expected_uplift": 0.6 * self.strength} if cause == "declared" else {}
                self.events.append(events_table(starts, 36, devices=(device,), **said))
            case "kpi":
                values *= self._figure(device, demand, rng)
        self.series[name] = values[:known]

    def _figure(self, device: str, demand: Demand, rng: np.random.Generator) -> np.ndarray:
        """A business figure with its plan, and what it does to the link of its device, (steps,)."""
        orders, known = replace(demand, level=1000.0), demand.weeks * WEEK
        raised = np.ones(len(orders.usual()))
        for start in starts_of(rng, demand, 5, 36):
            raised[start : start + 36] += 0.7 * self.strength
        figure = orders.draw(rng) * raised
        self.series[f"{device}|shop|kpi_orders"] = figure[:known]
        plan = {"unique_id": f"{device}|shop|kpi_orders", "y": (orders.usual() * raised)[known:]}
        ahead = pd.date_range(START + pd.Timedelta(hours=known), periods=WEEK, freq="h")
        self.plans.append(pd.DataFrame(plan | {"ds": ahead, "known_since": ahead[0] - pd.Timedelta(days=1)}))
        return np.asarray(np.maximum(0.9 * (figure / orders.usual() - 1.0) + 1.0, 0.0))


def world(seeds: int, causes: tuple[str, ...] = tuple(CAUSES), strength: float = 1.0, noise: float = STEADY.noise) -> History:
    """A link for each cause and seed, with its calendar, plan and changes; ten weeks, the forecast begins after them."""
    made = _Network(strength, noise)
    for cause in causes:
        for seed in range(seeds):
            made.add(cause, f"{cause}-{seed}", np.random.default_rng((seed, sorted(CAUSES).index(cause))))
    history = history_of(made.series, pd.concat(made.events, ignore_index=True) if made.events else None, kpi_orders={"unit": "order"})
    plan = pd.concat(made.plans, ignore_index=True) if made.plans else history.plan
    return replace(history, plan=plan, interventions=pd.DataFrame(made.changes, columns=list(INTERVENTION_COLUMNS)))


def explained(history: History, folder: Path, model: str | None = None) -> dict[str, dict[str, Any]]:
    """device → the evidence of its recommendation. `folder`: where the policy is written."""
    file = folder / "policies.yml"
    file.write_text(POLICY, encoding="utf-8")
    templates = read_templates()
    as_of = START + pd.Timedelta(weeks=STEADY.weeks)
    made = forecast(history, as_of=as_of, horizon="7d", interval="1h", only_metric=["if_out_bps"], model=model)
    outlook = Outlook(made.frame, made.drawn, made.meta)
    result = recommend(Round(as_of.to_pydatetime(), load(file, templates), templates, history.until(as_of), lambda policy: outlook))
    return {item["device"]: item["evidence"] for item in result.forecast["recommendations"]}


def main_driver(evidence: dict[str, Any]) -> str:
    """The kind of the part that is named the main driver, or nothing."""
    return next((str(part["kind"]) for part in evidence["drivers"] if part["main"]), "")
