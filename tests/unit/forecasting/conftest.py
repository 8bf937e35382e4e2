# SPDX-License-Identifier: GPL-3.0-or-later
"""A small made-up network whose forecast is written by hand, so that a test can say exactly what is to come."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from forecasting.history.table import EVENT_COLUMNS, SERIES_COLUMNS, History
from forecasting.outlook import Outlook
from forecasting.policies import load, read_templates
from forecasting.recommend import Result, Round, recommend

AS_OF = datetime(2026, 11, 23, tzinfo=UTC)
STEPS = 14 * 24
TEMPLATES = read_templates()
read_catalogue = cache(lambda file: load(file, TEMPLATES))
LAB = Path(__file__).resolve().parents[3] / "inventories" / "lab" / "policies.yml"


@dataclass
class World:
    """Series with their past and their future paths; `add` one, then `run` a catalogue on them."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    samples: list[pd.DataFrame] = field(default_factory=list)
    futures: list[tuple[str, np.ndarray]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    folder: Path = Path()

    def add(self, unique_id: str, future: np.ndarray | None, *, level: float = 1.0, unit: str = "bit/s", **columns: Any) -> None:
        """A series whose past is flat at `level`; `future` is n_paths × `STEPS`, None for a limit."""
        device, name, metric = unique_id.split("|")
        row = dict.fromkeys(SERIES_COLUMNS) | {"device": device, "object": name, "metric": metric, "unit": unit, "tz": "UTC"}
        row |= {"kind": "limit" if future is None else "gauge", "unique_id": unique_id} | columns
        row["labels"] = json.dumps(row["labels"]) if isinstance(row["labels"], dict) else row["labels"]
        self.rows.append(row)
        past = pd.date_range(AS_OF - timedelta(weeks=4), AS_OF, freq="h", inclusive="left")
        self.samples.append(pd.DataFrame({"unique_id": unique_id, "ds": past, "y": level}))
        if future is not None:
            self.futures.append((unique_id, future))

    def event(self, kind: str, start: datetime, end: datetime, name: str = "Sale") -> None:
        """A dated event that acts everywhere."""
        everywhere: dict[str, tuple[str, ...]] = {"devices": (), "sites": (), "metrics": ()}
        self.events.append({"name": name, "kind": kind, "start": start, "end": end, "magnitude": 1.0} | everywhere)

    def run(self, catalogue: str | Path = LAB, as_of: datetime = AS_OF, **given: Any) -> Result:
        """One round. `catalogue` is a path or the text of one."""
        if isinstance(catalogue, str):
            file = self.folder / "policies.yml"
            file.write_text(catalogue, encoding="utf-8")
            rules = load(file, TEMPLATES)
        else:
            rules = read_catalogue(catalogue)
        outlook = self.outlook(as_of)
        return recommend(Round(as_of, rules, TEMPLATES, self.history(), lambda policy: outlook, **given))

    def history(self) -> History:
        """All of the past."""
        events = pd.DataFrame(self.events, columns=list(EVENT_COLUMNS))
        for column in ("start", "end"):
            events[column] = pd.to_datetime(events[column], utc=True)
        series = pd.DataFrame(self.rows).astype(object).sort_values("unique_id", ignore_index=True)
        samples = pd.concat(self.samples).sort_values(["unique_id", "ds"], ignore_index=True)
        return History(series, samples, events)

    def outlook(self, as_of: datetime = AS_OF) -> Outlook:
        """The forecast, from `as_of` on."""
        ds = pd.date_range(as_of, periods=STEPS, freq="h")
        levels = {"q10": 0.1, "q50": 0.5, "q90": 0.9}
        frames = [
            pd.DataFrame({"unique_id": name, "ds": ds} | {column: np.quantile(paths, q, axis=0) for column, q in levels.items()})
            for name, paths in self.futures
        ]
        meta = {"series": [{"unique_id": name, "model": "by hand"} for name, _unused in self.futures]}
        return Outlook(pd.concat(frames), dict(self.futures), meta)


def flat(level: float, paths: int = 20) -> np.ndarray:
    """A future that never moves."""
    return np.full((paths, STEPS), float(level))


def rising(shares: Sequence[float], low: float, high: float, paths: int = 100) -> np.ndarray:
    """Paths at `low`, of which `shares[k]` step up to `high` on day k."""
    future = np.full((paths, STEPS), float(low))
    first = 0
    for day, share in enumerate(shares):
        count = round(share * paths)
        future[first : first + count, day * 24 :] = high
        first += count
    return future


@pytest.fixture
def world(tmp_path: Path) -> World:
    """An empty world."""
    return World(folder=tmp_path)


@pytest.fixture(scope="session")
def futures() -> dict[str, Callable[..., np.ndarray]]:
    """Ways to make futures."""
    return {"flat": flat, "rising": rising}


@pytest.fixture
def lab(world: World) -> World:
    """One series of each kind that the lab's policies look for, each due, and quiet ones beside them."""
    quiet, mbit = flat, 1e6
    for site in "ab":
        world.add(f"edge-{site}1|eth3|capacity_bps", None, level=20 * mbit)
        for n in "12":
            world.add(f"core-{site}{n}|eth3|capacity_bps", None, level=20 * mbit)
    uplink = {"labels": {"link": "uplink"}, "role": "edge", "criticality": "critical"}
    world.add("edge-a1|eth3|if_out_bps", rising([0, 0, 0.2, 0.5, 0.2], 14 * mbit, 17 * mbit), level=14 * mbit, site="a", **uplink)
    world.add("edge-b1|eth3|if_out_bps", quiet(7 * mbit), level=7 * mbit, site="b", **uplink)
    between = {"labels": {"link": "inter-site"}, "role": "core"}
    world.add("core-a1|eth3|if_out_bps", rising([0, 0.9], 14 * mbit, 18 * mbit), level=14 * mbit, site="a", **between)
    world.add("core-a2|eth3|if_out_bps", quiet(2 * mbit, 100), level=2 * mbit, site="a", **between)
    shop = {"application": "shop", "interface": "eth3", "destination": "198.51.100.0/24", "protocol": "tcp", "port": "443"}
    world.add("edge-b1|shop|app_response_ms", rising([0, 0, 0, 0.8], 110, 240), level=110, unit="ms", site="b", role="edge", labels=shop)
    attack = {"unit": "attempts", "role": "edge", "kind": "event_count"}
    world.add("edge-b1|eth3|sec_intrusion_attempts", quiet(60), level=50, site="b", labels={"source": "203.0.113.0/24"}, **attack)
    world.add("edge-a1|eth3|sec_intrusion_attempts", quiet(6), level=6, site="a", labels={"source": "198.18.7.0/24"}, **attack)
    world.add("leaf-b1|device|kpi_active_users", rising([0] * 7 + [1.0], 380, 405), level=380, unit="users", site="b", role="leaf")
    world.add("leaf-a1|device|kpi_active_users", quiet(200), level=200, unit="users", site="a", role="leaf")
    world.event("campaign", AS_OF + timedelta(days=3, hours=7), AS_OF + timedelta(days=5, hours=21))
    world.event("campaign", AS_OF - timedelta(days=11), AS_OF - timedelta(days=8), "Sale before")
    return world
