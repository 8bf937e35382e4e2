# SPDX-License-Identifier: GPL-3.0-or-later
"""Generated hourly demand whose causes are known: season, growth, noise that lasts, events, and a business figure behind it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from forecasting.history.table import EVENT_COLUMNS, SERIES_COLUMNS, History

DAY, WEEK = 24, 168
START = pd.Timestamp("2026-01-05T00:00Z")  # a Monday
ROW = {"device": "r1", "object": "eth1", "metric": "if_out_bps", "unit": "bit/s", "tz": "UTC", "kind": "gauge", "interval_s": 3600.0}


def lasting(rng: np.random.Generator, count: int, memory: float) -> np.ndarray:
    """Normal noise of deviation 1 whose neighbours an hour apart correlate by `memory`, (count,)."""
    white = rng.standard_normal(count)
    made = np.empty(count)
    before = rng.standard_normal()
    for place in range(count):
        before = memory * before + np.sqrt(1.0 - memory**2) * white[place]
        made[place] = before
    return made


@dataclass(frozen=True)
class Demand:
    """How demand is made: steps of an hour on `weeks` weeks and one more to come.

    noise: deviation of a single hour, relative; memory: its correlation from one hour to the next; growth: relative, a week;
    night: share of the day's middle that is added and taken; weekend: share of a workday.
    """

    weeks: int = 14
    noise: float = 0.15
    memory: float = 0.9
    growth: float = 0.01
    night: float = 0.5
    weekend: float = 0.7
    level: float = 100.0

    def usual(self) -> np.ndarray:
        """Season and growth without noise, (steps,), the week to come included."""
        hours = np.arange((self.weeks + 1) * WEEK)
        day = 1.0 + self.night * np.sin(2 * np.pi * (hours % DAY - 8) / DAY)
        week = np.where(hours // DAY % 7 >= 5, self.weekend, 1.0)
        return np.asarray(self.level * day * week * (1.0 + self.growth * hours / WEEK))

    def draw(self, rng: np.random.Generator) -> np.ndarray:
        """Demand, (steps,)."""
        usual = self.usual()
        return np.asarray(usual * np.exp(self.noise * lasting(rng, len(usual), self.memory)))


def starts_of(rng: np.random.Generator, demand: Demand, past: int, hours: int) -> list[int]:
    """The first hours of `past` events, evenly over the weeks on workdays drawn at random, and of one in the week to come."""
    opening = 0 if hours % DAY == 0 else 9
    gap = demand.weeks // past if past else 0
    weeks = [number * gap + gap // 2 for number in range(past)] + [demand.weeks]
    return [week * WEEK + int(rng.integers(0, 5)) * DAY + opening for week in weeks]


def events_table(starts: list[int], hours: int, magnitudes: list[float] | None = None, **fields: object) -> pd.DataFrame:
    """A calendar of one kind of event."""
    sizes = magnitudes or [1.0] * len(starts)
    rows = []
    for number, (start, size) in enumerate(zip(starts, sizes, strict=True)):
        begin = START + pd.Timedelta(hours=start)
        row = dict.fromkeys(EVENT_COLUMNS) | {"name": f"Sale {number + 1}", "kind": "campaign", "magnitude": size}
        row |= {"start": begin, "end": begin + pd.Timedelta(hours=hours), "floating": False, "devices": (), "sites": (), "metrics": ()}
        rows.append(row | fields)
    table = pd.DataFrame(rows, columns=list(EVENT_COLUMNS))
    return table.assign(start=pd.to_datetime(table["start"], utc=True), end=pd.to_datetime(table["end"], utc=True))


def history_of(series: dict[str, np.ndarray], events: pd.DataFrame | None = None, **rows: dict[str, object]) -> History:
    """A history of hourly series by ``device|object|metric`` from `START` on; `rows` overrides columns by metric."""
    table, samples = [], []
    for name, values in sorted(series.items()):
        device, thing, metric = name.split("|")
        named = {"unique_id": name, "device": device, "object": thing, "metric": metric}
        table.append(dict.fromkeys(SERIES_COLUMNS) | ROW | named | rows.get(metric, {}))
        times = pd.date_range(START, periods=len(values), freq="h")
        samples.append(pd.DataFrame({"unique_id": name, "ds": times, "y": values}))
    made = History(pd.DataFrame(table).astype(object), pd.concat(samples, ignore_index=True))
    return made if events is None else History(made.series, made.samples, events)


LINK, KPI = "r1|eth1|if_out_bps", "shop|all|kpi_orders"


def driven(seed: int, follows: float, demand: Demand, rises: int = 6) -> tuple[History, np.ndarray]:
    """A link that follows a business figure, the figure's plan for the week to come, and by how much the figure was raised in each step.

    follows: relative change of the link for each unit of relative change of the figure.
    """
    rng = np.random.default_rng(seed)
    orders = Demand(weeks=demand.weeks, noise=0.05, growth=demand.growth, level=1000.0)
    raised = np.ones(len(demand.usual()))
    for start in starts_of(rng, demand, rises, 36):
        raised[start : start + 36] += rng.uniform(0.2, 0.6)
    figure = orders.draw(rng) * raised
    link = demand.draw(rng) * np.maximum(1.0 + follows * (figure / orders.usual() - 1.0), 0.0)
    known = demand.weeks * WEEK
    made = history_of({LINK: link[:known], KPI: figure[:known]}, kpi_orders={"unit": "order"})
    ahead = pd.date_range(START + pd.Timedelta(hours=known), periods=WEEK, freq="h")
    plan = pd.DataFrame({"unique_id": KPI, "ds": ahead, "y": (orders.usual() * raised)[known:], "known_since": pd.NaT})
    return replace(made, plan=plan.assign(known_since=pd.to_datetime(plan["known_since"], utc=True))), raised
