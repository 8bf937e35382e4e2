# SPDX-License-Identifier: GPL-3.0-or-later
"""Round after round: a policy earns `auto` while its changes wait for approval, and loses it when its outcomes turn bad."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from forecasting.calibration import calibrate
from forecasting.contracts import check, parse_time, to_text
from forecasting.report.inputs import Inputs
from forecasting.report.page import build
from forecasting.report.table import render

LINKS, ROUND = 4, timedelta(days=14)
CATALOGUE = """\
version: 1
policies:
  - name: busy
    severity: major
    mode: auto
    when: {metric: if_out_bps, limit: {series: capacity_bps, share: 0.8}, duration: 1h}
    what: {template: capacity, parameters: {interface: "{{ object }}", rate_mbit: 30}}
"""


class Loop:
    """Each round everything recommended is deployed, by a person or by itself; two weeks later its outcome is known."""

    def __init__(self, world: Any, futures: Any) -> None:
        self.world, self.ledger, self.log = world, [], []
        for link in range(LINKS):
            world.add(f"edge-{link}|eth3|capacity_bps", None, level=20e6)
            world.add(f"edge-{link}|eth3|if_out_bps", futures["rising"]([0.0, 0.9, 0.06], 5e6, 18e6), labels={"link": "uplink"})
        self.now: datetime = parse_time("2026-11-23T00:00:00Z")

    def round(self, helped: str = "yes", state: str = "verified") -> dict[str, Any]:
        given = {"past": self.ledger, "change_log": self.log, "calibration": calibrate(self.ledger, self.now)}
        made = self.world.run(CATALOGUE, as_of=self.now, **given)
        self.now += ROUND
        for entry in made.ledger:
            self.ledger.append(entry | {"outcome": self._outcome(entry, helped, state)})
        forecast: dict[str, Any] = made.forecast
        return forecast

    def _outcome(self, entry: dict[str, Any], helped: str, state: str) -> dict[str, Any]:
        change_id = f"change-{len(self.log):04d}"
        target = {name: entry[name] for name in ("policy", "device", "object", "template")}
        self.log.append(target | {"change_id": change_id, "origin": "recommendation", "state": state, "at": entry["as_of"]})
        found = {"schema": "forestage/outcome/1", "entry_id": entry["entry_id"], "needed": "needed", "measured_at": to_text(self.now)}
        found |= {"helped": helped, "change_id": change_id}
        check("outcome", found)
        return found


@pytest.fixture
def loop(world: Any, futures: Any) -> Loop:
    return Loop(world, futures)


def modes(forecast: dict[str, Any]) -> set[str]:
    assert len(forecast["recommendations"]) == LINKS
    return {item["mode"] for item in forecast["recommendations"]}


def test_auto_is_earned_by_good_outcomes_and_lost_by_bad_ones(loop: Loop) -> None:
    earned = [loop.round() for _unused in range(6)]
    assert [modes(forecast) for forecast in earned] == [{"approve"}] * 5 + [{"auto"}]
    assert "16.0 independent outcomes of this policy, 20 are asked for" in earned[4]["recommendations"][0]["mode_reason"]
    assert "mode_reason" not in earned[5]["recommendations"][0]
    assert modes(loop.round(helped="no")) == {"auto"}
    lost = loop.round(helped="no")
    assert modes(lost) == {"approve"}
    reason = "mode auto was withdrawn to approve: 6 of the last 10 changes helped, 80 % have to help"
    assert lost["autonomy"] == [{"policy": "busy", "mode": "approve", "reason": reason}]
    assert {item["mode_reason"] for item in lost["recommendations"]} == {reason}
    regained = [modes(loop.round()) for _unused in range(4)]
    assert regained[0] == {"approve"}
    assert regained[-1] == {"auto"}


def test_rollbacks_take_it_away_in_the_next_round(loop: Loop) -> None:
    for _unused in range(6):
        forecast = loop.round()
    assert modes(forecast) == {"auto"}
    loop.round(helped="unknown", state="rolled_back")
    assert "and 4 were rolled back" in loop.round()["autonomy"][0]["reason"]


def test_people_are_told_wherever_the_forecast_is_shown(loop: Loop) -> None:
    forecast = loop.round()
    said = " ".join(render(forecast, 100).split())
    assert "busy: mode auto is held at approve: 0.0 independent outcomes of this policy, 20 are asked for" in said
    assert max(map(len, render(forecast, 100).splitlines())) <= 100
    page = build(Inputs(forecast, loop.world.history())).replace("\N{NO-BREAK SPACE}", " ")
    assert page.count("mode auto is held at approve: 0.0 independent outcomes") == LINKS + 1
    assert "Which policies act by themselves" in page
