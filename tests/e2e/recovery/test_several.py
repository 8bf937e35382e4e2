# SPDX-License-Identifier: GPL-3.0-or-later
"""Several changes in one run: one that goes wrong holds back its like, and what concerns one job does not stop the others."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ansible_collections.forestage.network.forecasting.contracts import parse_time
from ansible_collections.forestage.network.plugins.plugin_utils.drivers import load

from .lab import AGENT, STAMP, WORKER, Edit, Lab, cost

TASKS = Path(__file__).parents[3] / "playbooks" / "tasks"


def silence(config: dict[str, Any]) -> None:
    """An edit that loses the router's only neighbour."""
    config["frr"] = config["frr"].replace(" ip ospf hello-interval 1\n", " ip ospf hello-interval 2\n", 1)


def verdict(change_id: str) -> dict[str, Any]:
    value = {"schema": "forestage/verdict/1", "result": "passed", "checks": [], "started_at": STAMP, "finished_at": STAMP}
    return {**value, "change_id": change_id}


def item(lab: Lab, device: str, edit: Edit, change: dict[str, Any], worker: str = WORKER) -> dict[str, Any]:
    """An approved and claimed job and its candidate, as a run holds them after staging."""
    running = load("frr_linux")(lambda request: lab.fabric.exec(device, [AGENT], input=request, timeout=100).stdout).running()
    config = json.loads(json.dumps(running["config"]))
    edit(config)
    request = {
        "schema": "forestage/request/1", "device": device, "object": "eth1", "change": change, "severity": "major", "mode": "approve",
        "reason": "A test of several changes.",
    }  # fmt: skip
    change_id = lab.store.request(request, actor="planner")["change_id"]
    candidate = {
        "schema": "forestage/candidate/1", "change_id": change_id, "change": change, "inverse": None, "rendered_at": STAMP,
        "devices": {device: {"platform": "frr_linux", "config": config, "base_digest": running["digest"], "diff": ""}},
    }  # fmt: skip
    papers = {"candidate": candidate, "verdict": verdict(change_id)}
    claim = {"limit": 1, "lease_s": 600, "devices": [device], "now": datetime.now(UTC)}
    lab.store.claim(worker, **claim)
    lab.store.transition(change_id, "staged", actor=worker, why="passed", worker=worker, documents=papers)
    lab.store.transition(change_id, "awaiting_approval", actor=worker, why="its mode is approve", worker=worker)
    lab.store.approve(change_id, actor="owner", why="agreed")
    (job,) = lab.store.claim(worker, states=["approved"], **claim)
    return {"job": job, "candidate": candidate, "running": {}}


def given(items: list[dict[str, Any]], **variables: Any) -> dict[str, Any]:
    """The variables of a run whose changes all passed staging."""
    verdicts = {one["job"]["change_id"]: verdict(one["job"]["change_id"]) for one in items}
    return {"forestage_items": items, "stage_verdicts": verdicts, "playbook_tasks": str(TASKS), "deploy_health_tries": 2, **variables}


def carry(lab: Lab, items: list[dict[str, Any]], **variables: Any) -> dict[str, tuple[str, str]]:
    """Carry changes as far as they may go; the state of each device's job and its last reason."""
    lab.run("carry", **given(items, **variables))
    jobs = lab.store.jobs(change_ids=[one["job"]["change_id"] for one in items])
    return {job["device"]: (job["state"], lab.store.history(job["change_id"])[-1]["why"]) for job in jobs}


def withdraw(lab: Lab) -> None:
    for job in lab.store.jobs(states=["queued"]):
        lab.store.transition(job["change_id"], "withdrawn", actor="planner", why="the test is over")


def te_cost(value: int) -> dict[str, Any]:
    return {"template": "te_cost", "kind": "routing", "parameters": {"interface": "eth1", "cost": value}}


def test_the_like_of_what_was_rolled_back_waits_for_the_next_run(lab: Lab) -> None:
    ends = carry(lab, [item(lab, "s1", silence, te_cost(10)), item(lab, "s3", cost(46), te_cost(46))])
    assert ends["s1"][0] == "rolled_back", ends
    assert ends["s3"] == ("queued", "te_cost on s1 eth1 was rolled back in this run, so every other te_cost waits for the next run.")
    withdraw(lab)


def test_a_job_that_is_lost_to_another_run_does_not_stop_the_others(lab: Lab) -> None:
    items = [item(lab, "s3", cost(47), te_cost(47), worker="another-run"), item(lab, "s1", cost(48), te_cost(48))]
    ends = carry(lab, items)
    assert ends["s3"][0] == "claimed", "it is still the other run's"
    assert ends["s1"][0] == "verified", ends
    lab.store.transition(items[0]["job"]["change_id"], "queued", actor="planner", why="the test is over", worker="another-run")
    withdraw(lab)


def test_times_that_do_not_fit_give_the_job_back_before_anything_is_sent(lab: Lab) -> None:
    items = [item(lab, "s3", cost(49), te_cost(49))]
    ends = carry(lab, items, deploy_bake=700, deploy_deadline=700)
    assert ends["s3"][0] == "queued"
    assert ends["s3"][1].startswith("The deadline of 700 s must be longer than the 700 s for which the change is watched")
    withdraw(lab)


def test_the_lease_lasts_as_long_as_the_deployment_may(lab: Lab) -> None:
    """With a deadline beyond the usual lease of 600 s, another run must not take the change back meanwhile."""
    items = [item(lab, "s3", cost(50), te_cost(50))]
    change_id = items[0]["job"]["change_id"]
    run = lab.play("carry", **given(items, deploy_deadline=1200, deploy_bake=5))
    while (job := lab.store.jobs(change_ids=[change_id])[0])["state"] != "deploying":
        assert run.poll() is None, lab.log_of("carry")[-3000:]
        time.sleep(0.1)
    assert parse_time(job["lease"]["until"]) > datetime.now(UTC) + timedelta(seconds=1200)
    assert run.wait(120) == 0
    assert lab.store.jobs(change_ids=[change_id])[0]["state"] == "verified"
