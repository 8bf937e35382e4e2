# SPDX-License-Identifier: GPL-3.0-or-later
"""A rehearsal that stops says so of its own change, and of those alone that would have found a copy that is not as it was."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.forestage.network.plugins.plugin_utils.staging import run as staging_run
from ansible_collections.forestage.network.plugins.plugin_utils.staging.lab import StagingError
from ansible_collections.forestage.network.plugins.plugin_utils.staging.plan import Plan
from ansible_collections.forestage.network.plugins.plugin_utils.staging.rehearsal import not_rehearsed, rehearse, spoilt
from ansible_collections.forestage.network.plugins.plugin_utils.staging.result import verdicts_of
from ansible_collections.forestage.network.plugins.plugin_utils.staging.run import RunError, run, version_of

CONFIG = {"frr": "", "nft": "", "qos": {}}
BASE = {
    "configs": {"r1": CONFIG}, "routes": {}, "untested": {}, "withheld": {}, "observed": {}, "reached": {}, "management": {},
}  # fmt: skip
CHANGE = {"template": "capacity", "device": "r1", "parameters": {}, "devices": {"r1": CONFIG}, "allowed": {}, "demand_bps": None}


class Driver:
    """A virtual device that takes everything back, unless it is broken."""

    def __init__(self, *, broken: bool) -> None:
        self.broken = broken

    def status(self) -> dict[str, Any]:
        if self.broken:
            raise StagingError("the virtual r1 is gone")
        return {"pending": None}

    def running(self) -> dict[str, Any]:
        return {"config": CONFIG}


class Copy:
    """A virtual copy on which routing never settles."""

    def __init__(self, *, broken: bool = False) -> None:
        self.plan = Plan("name", {"nodes": {}}, {}, {}, {"one": CHANGE, "two": CHANGE}, options={"settle_s": 1})
        self.copy = SimpleNamespace(adjacencies=[], nodes={"r1": "r1"})
        self._driver = Driver(broken=broken)

    def settle(self, *_unused: Any, **_named: Any) -> float:
        raise StagingError("routing did not settle in 1 s")

    def driver(self, _device: str) -> Driver:
        return self._driver

    def each(self, devices: Any, work: Any) -> dict[str, Any]:
        return {device: work(device) for device in devices}


def test_a_rehearsal_that_stops_leaves_its_change_without_a_verdict_and_the_copy_as_it_was() -> None:
    found = rehearse(Copy(), "one", BASE)  # type: ignore[arg-type]
    assert found["stopped"] == "the rehearsal stopped: routing did not settle in 1 s"
    assert spoilt([found]) == ""
    verdict = verdicts_of(Copy().plan, BASE, {"one": found}, [])["one"]
    assert (verdict["result"], verdict["reason"]) == ("not_staged", found["stopped"])


def test_what_comes_after_a_copy_was_spoilt_is_not_judged_by_it() -> None:
    found = rehearse(Copy(broken=True), "one", BASE)  # type: ignore[arg-type]
    why = spoilt([BASE, found])
    assert why == "the change one, rehearsed before it, could not be taken back from the virtual r1"
    verdicts = verdicts_of(Copy().plan, BASE, {"one": found, "two": not_rehearsed("two", why)}, [])
    assert {change_id: one["result"] for change_id, one in verdicts.items()} == {"one": "not_staged", "two": "not_staged"}
    assert verdicts["two"]["reason"] == why


def order(*plans: str) -> dict[str, Any]:
    value = [{"fabric": name, "changes": {name: {}}, "not_staged": {}} for name in plans]
    return {"plans": value, "rules": None, "version": version_of(staging_run.COLLECTION), "timeout_s": 1}


def test_a_virtual_network_that_fails_takes_no_verdict_of_another_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    good = {"verdicts": {"good": {"result": "passed"}}, "junit": {"good": "<x/>"}}
    monkeypatch.setattr(staging_run, "_side_by_side", lambda orders: [good, "staging did not end in 1 s"])
    assert run(order("good", "bad")) == {**good, "not_run": {"bad": "staging did not end in 1 s"}}
    monkeypatch.setattr(staging_run, "_side_by_side", lambda orders: ["staging did not end in 1 s"] * 2)
    with pytest.raises(RunError, match="did not end"):
        run(order("worse", "bad"))


def test_each_process_answers_for_itself(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        "import json, sys\nplan = json.load(sys.stdin)['plans'][0]['fabric']\n"
        "sys.exit('no such  thing') if plan == 'bad' else print(json.dumps({'fabric': plan}))\n",
        encoding="utf-8",
    )
    monkeypatch.setattr(staging_run, "__file__", str(program))
    orders = [{"plans": [{"fabric": name}]} for name in ("good", "bad")]
    assert json.dumps(staging_run._side_by_side(orders)) == json.dumps([{"fabric": "good"}, "no such thing"])
