# SPDX-License-Identifier: GPL-3.0-or-later
"""One generated network, round by round: what is recommended is deployed, and what came of it is what the next round learns from."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from forecasting.calibration import EMPTY, calibrate
from forecasting.contracts import parse_time, to_text
from forecasting.history import History, load_history
from forecasting.ledger import Entry, with_outcomes
from forecasting.metrics import mase, seasonal_scale, weighted_quantile_loss
from forecasting.outcomes import measure
from forecasting.outlook import Outlook
from forecasting.pipeline import forecast
from forecasting.policies import load, read_templates
from forecasting.recommend import Result, Round, recommend
from forecasting.result import Forecast
from forecasting.simulation.config import Change, parse_config
from forecasting.simulation.generate import simulate, write
from forecasting.simulation.network import Cut, Link, Load, Network
from forecasting.simulation.timeline import Timeline

START = datetime(2026, 1, 5, tzinfo=parse_time("2026-01-05T00:00:00Z").tzinfo)
WEEK = timedelta(weeks=1)
FIRST_WEEKS, LINKS, SEASON, AHEAD = 4, 12, 24, 168
SHARES = (0.5, 0.6, 0.7, 0.8, 0.9)
DEPLOYS = 0.8
METRIC = "if_out_bps"
POLICY = """
  - name: above-{percent}
    severity: major
    when: {{metric: if_out_bps, limit: {{series: capacity_bps, share: {share}}}, duration: 1h, horizon: 7d, min_confidence: {least}}}
    what: {{template: capacity, parameters: {{interface: "{{{{ object }}}}", rate_mbit: "{{{{ (peak_q90 / 0.65 / 1e6) | ceil_to(1) }}}}"}}}}
"""


@dataclass(frozen=True)
class Loop:
    """What one network gave: a row a round and series; a row a prediction; the ledger, and when it ended."""

    losses: pd.DataFrame
    stated: pd.DataFrame
    entries: list[Entry]
    end: datetime


def network(seed: int) -> Network:
    """Links of many sizes, growths and days; the capacity is such that some are near it by week 8 and some never are."""
    rng = np.random.default_rng(seed)
    cuts, sites = [], {}
    for number in range(LINKS):
        level, growth = float(rng.uniform(4, 40)) * 1e6, float(rng.choice([0.0, 0.0, 0.01, 0.02, 0.04]))
        load = Load(level, growth, float(rng.uniform(9, 21)), float(rng.uniform(0.2, 0.5)), float(rng.uniform(0.5, 1.1)))
        rate = max(1.0, round(level * 1.1 / float(rng.uniform(0.5, 1.0)) / 1e6))
        device = f"r{number + 1:02d}"
        sites[device] = "a"
        cuts.append(Cut(f"cut-{number}", load, (Link(device, "eth1", rate * 1e6, 10, "edge", "a", "uplink"),), 0.0))
    return Network(tuple(cuts), (), (), (), sites)


def run(seed: int, rounds: int, model: str | None) -> Loop:
    """All rounds of one network."""
    net, templates = network(seed), read_templates()
    entries: list[Entry] = []
    changes: list[dict[str, Any]] = []
    losses = []
    end = START + WEEK * (FIRST_WEEKS + rounds)
    truth = _truth(net, seed, end)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "policies.yml").write_text("version: 1\npolicies:" + "".join(_policy(share) for share in SHARES))
        catalogue = load(folder / "policies.yml", templates)
        for number in range(rounds):
            origin = START + WEEK * (FIRST_WEEKS + number)
            known = _lived(net, seed, origin, changes, folder)
            learnt = calibrate(with_outcomes(entries, measure(known, entries, origin).outcomes), origin) if entries else EMPTY
            made = forecast(known, as_of=origin, horizon="7d", interval="1h", only_metric=(METRIC,), model=model)
            result = recommend(Round(origin, catalogue, templates, known, lambda _policy, made=made: _outlook(made), calibration=learnt))
            entries += result.ledger
            changes += _deployed(result, origin)
            losses.append(_losses(made, truth, origin, number + 1))
            if number == rounds - 1:
                young = _forgetful(known, origin)
                short = forecast(young, as_of=origin, horizon="7d", interval="1h", only_metric=(METRIC,), model=model)
                losses.append(_losses(short, truth, origin, 0))
        known = _lived(net, seed, end, changes, folder)
    labelled = with_outcomes(entries, measure(known, entries, end).outcomes)
    return Loop(pd.concat(losses).assign(seed=seed), _stated(labelled).assign(seed=seed), labelled, end)


def _policy(share: float) -> str:
    """Only the policy at `DEPLOYS` may recommend; the others are watched."""
    return POLICY.format(percent=round(100 * share), share=share, least=0.6 if share == DEPLOYS else 1.0)


def _lived(net: Network, seed: int, until: datetime, changes: list[dict[str, Any]], folder: Path) -> History:
    """What monitoring saw until then, with all that was deployed."""
    config = parse_config({"schema": "forestage/simulation_config/1", "changes": changes}, net, "the loop")
    write(simulate(net, Timeline(START, until, net.tz), seed, _before(config, until)), folder / "history")
    return load_history(folder / "history")


def _before(changes: tuple[Change, ...], until: datetime) -> tuple[Change, ...]:
    return tuple(change for change in changes if change.ds < until)


def _outlook(made: Forecast) -> Outlook:
    return Outlook(made.frame, made.drawn, made.meta)


def _deployed(result: Result, origin: datetime) -> list[dict[str, Any]]:
    """Everything recommended is deployed a day later."""
    return [
        {
            "ds": to_text(origin + timedelta(days=1)), "device": item["device"], "template": "capacity",
            "parameters": {"interface": item["object"], "rate_mbit": item["change"]["parameters"]["rate_mbit"]},
            "state": "present", "change_id": item["recommendation_id"],
        }
        for item in result.forecast["recommendations"]
    ]  # fmt: skip


def _truth(net: Network, seed: int, until: datetime) -> dict[str, np.ndarray]:
    """Hourly means of the demand itself, until then."""
    made = simulate(net, Timeline(START, until, net.tz), seed)
    return {name: values.reshape(-1, 12).mean(axis=1) for name, _times, values in made.latent if name.endswith(METRIC)}


def _losses(made: Forecast, truth: dict[str, np.ndarray], origin: datetime, number: int) -> pd.DataFrame:
    """MASE (in the seasonal naive's error of the whole past) and WQL of each series."""
    rows = []
    now = round((origin - START) / timedelta(hours=1))
    for name, part in made.frame.groupby("unique_id"):
        past, came = truth[str(name)][None, :now], truth[str(name)][None, now : now + AHEAD]
        quantiles = part.filter(regex=r"^q\d+$").to_numpy().T[None]
        error = float(mase(came, part["mean"].to_numpy()[None], seasonal_scale(past, SEASON))[0])
        rows.append({"round": number, "series": name, "mase": error, "wql": weighted_quantile_loss(came, quantiles)})
    return pd.DataFrame(rows)


def _forgetful(known: History, origin: datetime) -> History:
    """The same network as one that has just begun to watch it: only the weeks that the first round had."""
    samples = known.samples
    keep = (samples["ds"] >= pd.Timestamp(origin - WEEK * FIRST_WEEKS)) | ~samples["unique_id"].str.endswith(METRIC)
    return History(known.series, samples[keep], events=known.events, interventions=known.interventions)


def _stated(entries: list[Entry]) -> pd.DataFrame:
    """A row a decided prediction."""
    rows = [
        {
            "round": round((parse_time(entry["as_of"]) - START) / WEEK) - FIRST_WEEKS + 1, "series": entry["unique_id"],
            "policy": entry["policy"], "raw": entry["p_raw"], "calibrated": entry["p_calibrated"],
            "came": float(entry["outcome"]["needed"] == "needed"),
        }
        for entry in entries if (entry["outcome"] or {}).get("needed") in ("needed", "not_needed")
    ]  # fmt: skip
    return pd.DataFrame(rows)
