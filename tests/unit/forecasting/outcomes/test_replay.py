# SPDX-License-Identifier: GPL-3.0-or-later
"""A replay knows at each origin only what was known then, and judges every round by what came."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta

import pytest

from forecasting.contracts import check, parse_time
from forecasting.history import History
from forecasting.outlook import Outlook
from forecasting.pipeline import forecast
from forecasting.policies import load, read_templates
from forecasting.reliability import reliability
from forecasting.replay import Replay, origins, replay
from forecasting.simulation.generate import simulate
from forecasting.simulation.network import lab
from forecasting.simulation.timeline import Timeline

from .worlds import START, as_history

AS_OF = START + timedelta(weeks=7)
CATALOGUE = """
version: 1
policies:
  - name: uplink-capacity
    severity: critical
    mode: auto
    when: {metric: if_out_bps, limit: {series: capacity_bps, share: 0.5}, duration: 1h, horizon: 7d}
    what: {template: capacity, parameters: {interface: "{{ object }}", rate_mbit: 40}}
"""


@pytest.fixture(scope="module")
def history() -> History:
    network = dataclasses.replace(lab(), cuts=lab().cuts[:3], applications=(), threats=(), users=())
    return as_history(simulate(network, Timeline(START, AS_OF, network.tz), 2))


@pytest.fixture(scope="module")
def seen() -> list[datetime]:
    """The last sample that each forecast was given."""
    return []


@pytest.fixture(scope="module")
def made(history: History, seen: list[datetime], tmp_path_factory: pytest.TempPathFactory) -> Replay:
    policies = tmp_path_factory.mktemp("policies") / "policies.yml"
    policies.write_text(CATALOGUE)

    def forecaster(known: History, origin: datetime):
        seen.append(known.samples["ds"].max().to_pydatetime())
        found = forecast(known, as_of=origin, horizon="7d", interval="1h", only_metric=("if_out_bps",), model="seasonal_naive")
        return lambda policy: Outlook(found.frame, found.drawn, found.meta)

    templates = read_templates()
    return replay(history, load(policies, templates), templates, origins(history, AS_OF), AS_OF, forecaster)


def test_origins_are_weekly_and_leave_enough_past(history: History) -> None:
    assert origins(history, AS_OF) == [START + timedelta(weeks=week) for week in (4, 5, 6)]
    assert origins(history, AS_OF, START + timedelta(weeks=6)) == [START + timedelta(weeks=6)]


def test_no_round_looks_ahead(made: Replay, seen: list[datetime]) -> None:
    assert all(last < origin for last, origin in zip(seen, [parse_time(row["as_of"]) for row in made.rounds], strict=True))


def test_every_pair_of_every_round_is_in_the_ledger_and_labelled(made: Replay, history: History) -> None:
    links = len(history.demand_series.query("metric == 'if_out_bps'"))
    assert len(made.entries) == 3 * links
    for entry in made.entries:
        check("ledger_entry", entry)
        assert entry["outcome"]["needed"] in ("needed", "not_needed", "unknown")
    assert {entry["outcome"]["needed"] for entry in made.entries} >= {"needed", "not_needed"}


def test_the_report_has_a_row_for_each_weekly_origin(made: Replay) -> None:
    report = reliability(made.entries, AS_OF)
    assert [row["week"] for row in report["origins"]] == [row["as_of"] for row in made.rounds]
    assert 0 < report["overall"]["p_raw"]["effective_n"] <= len(made.entries)


def test_a_replay_says_who_may_have_acted_by_itself(made: Replay) -> None:
    assert [row["auto"] for row in made.rounds] == [[], [], []]
    assert [(item["policy"], item["mode"]) for item in made.autonomy] == [("uplink-capacity", "approve")]
    assert "0 changes of this policy can be judged" in made.autonomy[0]["reason"]


def test_too_short_a_past_has_no_origin(history: History) -> None:
    assert origins(history, START + timedelta(weeks=4)) == []
