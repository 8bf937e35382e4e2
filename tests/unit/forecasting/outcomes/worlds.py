# SPDX-License-Identifier: GPL-3.0-or-later
"""Small simulated worlds, and predictions about them, for the tests of the outcome labels."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from forecasting.contracts import to_text
from forecasting.history import History
from forecasting.history.counters import derive
from forecasting.history.table import INTERVENTION_COLUMNS, SERIES_COLUMNS
from forecasting.simulation.config import Deployed, parse_config
from forecasting.simulation.demand import draw
from forecasting.simulation.generate import Simulation, simulate
from forecasting.simulation.network import Network, lab
from forecasting.simulation.served import serve
from forecasting.simulation.timeline import Timeline

START = datetime(2026, 9, 28, tzinfo=UTC)
WEEKS = 4
NOW = START + timedelta(weeks=WEEKS)


def world(seed: int, *changes: dict[str, Any], network: Network | None = None) -> tuple[History, dict[str, pd.Series]]:
    """A simulated history, and the latent truth by series as hourly means."""
    net = network or lab()
    config = {"schema": "forestage/simulation_config/1", "changes": list(changes)}
    made = simulate(net, Timeline(START, NOW, net.tz), seed, parse_config(config, net, "test"))
    return as_history(made), truth_of(made)


def change(device: str, template: str, ds: datetime, state: str = "present", **parameters: Any) -> dict[str, Any]:
    return {"ds": to_text(ds), "device": device, "template": template, "parameters": parameters, "state": state}


def as_history(made: Simulation) -> History:
    """The history that `load_history` would read, without the way over files."""
    rows = pd.DataFrame([record.row for record in made.records if len(record.values)], columns=list(SERIES_COLUMNS)).astype(object)
    parts = [
        pd.DataFrame({"unique_id": record.row["unique_id"], "ds": pd.to_datetime(record.times, utc=True).as_unit("ns"), "y": record.values})
        for record in made.records
        if len(record.values)
    ]
    samples = pd.concat(parts, ignore_index=True).sort_values(["unique_id", "ds"], ignore_index=True)
    series, samples = derive(rows.sort_values("unique_id", ignore_index=True), samples)
    interventions = pd.DataFrame(made.interventions, columns=list(INTERVENTION_COLUMNS))
    interventions["ds"] = pd.to_datetime(interventions["ds"], utc=True)
    return History(series, samples, interventions=interventions)


def truth_of(made: Simulation) -> dict[str, pd.Series]:
    return {name: pd.Series(values, index=pd.to_datetime(times, utc=True)).resample("1h").mean() for name, times, values in made.latent}


def entry(unique_id: str, limit: float, as_of: datetime, *, days: float = 7, duration_s: float = 3600.0, **more: Any) -> dict[str, Any]:
    device, name, _metric = unique_id.split("|")
    return {
        "schema": "forestage/ledger_entry/1",
        "entry_id": f"entry-{abs(hash((unique_id, limit, as_of, duration_s))):x}",
        "as_of": to_text(as_of),
        "policy": "test",
        "template": "capacity",
        "device": device,
        "object": name,
        "unique_id": unique_id,
        "group": "core",
        "limit": limit,
        "duration_s": duration_s,
        "horizon_s": days * 86400.0,
        "p_raw": 0.5,
        "p_calibrated": 0.5,
        "forecast_peak": None,
        "recommendation_id": None,
        "estimator": "direct",
        "matures_at": to_text(as_of + timedelta(days=days)),
        "outcome": None,
        **more,
    }


def truth_under(seed: int, changes: list[dict[str, Any]], network: Network) -> dict[str, pd.Series]:
    """Hourly demand on every link had just these changes been made."""
    timeline = Timeline(START, NOW, network.tz)
    config = parse_config({"schema": "forestage/simulation_config/1", "changes": changes}, network, "test")
    served = serve(network, draw(network, timeline, seed), Deployed(config, timeline), seed)
    times = pd.to_datetime(timeline.times[::12], utc=True)
    return {f"{name}|if_out_bps": pd.Series(state.demand.reshape(-1, 12).mean(axis=1), index=times) for name, state in served.links.items()}


def truly_needed(truth: dict[str, pd.Series], wanted: dict[str, Any]) -> bool:
    """Did the latent demand stay beyond the limit for the duration, within the window."""
    first = pd.Timestamp(wanted["as_of"])
    window = truth[wanted["unique_id"]].loc[first : pd.Timestamp(wanted["matures_at"]) - pd.Timedelta(seconds=1)].to_numpy()
    steps = max(1, round(wanted["duration_s"] / 3600.0))
    beyond = np.convolve(window > wanted["limit"], np.ones(steps), "valid")
    return bool((beyond >= steps).any())


def strained(seed: int) -> Network:
    """The lab at random strain: some links far above what they carry, some calm, most in between."""
    rng = np.random.default_rng(seed)
    net = lab()
    cuts = tuple(
        dataclasses.replace(cut, load=dataclasses.replace(cut.load, level=rng.uniform(0.5, 1.4) * cut.links[0].capacity_bps, growth=0.03))
        for cut in net.cuts[:4]
    )
    return dataclasses.replace(net, cuts=cuts, applications=(), threats=(), users=())
