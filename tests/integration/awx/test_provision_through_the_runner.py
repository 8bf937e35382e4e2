# SPDX-License-Identifier: GPL-3.0-or-later
"""Provisioning as AWX runs it: ansible-runner, a private data directory, the collection from its tarball, a queue in PostgreSQL."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ansible_runner
import pytest
from ansible_collections.forestage.network.plugins.plugin_utils.drivers import load
from ansible_collections.forestage.network.plugins.plugin_utils.fabric import Fabric
from ansible_collections.forestage.network.plugins.plugin_utils.queue import Store

from tests.e2e.recovery.lab import AGENT, Lab, star
from tests.support import postgres

SECRET = "hush-hush"
SURVEY = {"forestage_mode_ceiling": "auto", "forestage_claim_limit": 5, "forestage_deadline_s": 180}
BY_ALICE = {"awx_user_name": "alice", "awx_job_launch_type": "manual"}
REQUEST = {
    "device": "s1",
    "object": "eth1",
    "change": {"template": "capacity", "kind": "capacity", "parameters": {"interface": "eth1", "rate_mbit": 30}},
    "reason": "The new office moves in on Monday.",
}


class Pod:
    """A place like a pod of AWX: everything in one private folder, the queue's address in the environment, no home that lasts."""

    def __init__(self, folder: Path, collections: Path, lab: Lab, queue: str) -> None:
        self.folder, self.lab, self.queue = folder, lab, queue
        inventory = json.loads(lab.inventory.read_text(encoding="utf-8"))
        inventory["all"]["vars"] = {"forestage_workdir": str(folder / "work")}
        self._write("inventory/hosts.json", inventory)
        self.home = folder / "home"
        self.home.mkdir()
        (folder / "project").mkdir()
        environment = {
            "FORESTAGE_QUEUE_URL": queue,
            "HOME": str(self.home),
            "ANSIBLE_HOME": str(folder / "ansible"),
            "ANSIBLE_COLLECTIONS_PATH": str(collections),
            "AWX_HOST": "https://awx.example.com",
            "JOB_ID": "17",
            "FORESTAGE_TRUST_AWX_USER": "true",
        }
        self._write("env/envvars", environment)
        self.events: list[Any] = []

    def _write(self, name: str, value: Any) -> None:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(value), encoding="utf-8")

    def run(self, playbook: str, cmdline: str = "", **survey: Any) -> str:
        """Run a playbook of the collection; what it printed."""
        self._write("env/extravars", {**SURVEY, **BY_ALICE, **survey})
        (self.folder / "env" / "cmdline").write_text(cmdline, encoding="utf-8")
        run = ansible_runner.run(private_data_dir=str(self.folder), playbook=f"forestage.network.{playbook}", quiet=True)
        output, self.events = run.stdout.read(), list(run.events)
        assert run.status == "successful", output[-4000:]
        return str(output)


@pytest.fixture(scope="module")
def pod(installed_collection: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pod]:
    if postgres.programs() is None:
        pytest.skip("PostgreSQL's server is not installed")
    folder = tmp_path_factory.mktemp("pod")
    fabric = Fabric.create(f"awx{os.getpid()}", star(2))
    try:
        lab = Lab(fabric, tmp_path_factory.mktemp("awx-lab"))
        lab.run("bootstrap")
        set_password(fabric)
        with postgres.server() as socket:
            yield Pod(folder, installed_collection, lab, postgres.new_database(socket, "forestage"))
    finally:
        fabric.destroy()
        shutil.rmtree(folder, ignore_errors=True)


def set_password(fabric: Fabric) -> None:
    """Let the running configurations hold a secret: a password for a BGP session that stays down."""
    lines = ("router bgp 65001", "neighbor 192.0.2.250 remote-as 65002", "neighbor 192.0.2.250 shutdown")
    words = ("configure terminal", *lines, f"neighbor 192.0.2.250 password {SECRET}")
    for device in ("hub", "s1"):
        fabric.exec(device, ["vtysh", *(part for word in words for part in ("-c", word)), "-c", "end", "-c", "write"])


def assert_silent(pod: Pod) -> None:
    """No event that AWX would store holds a whole configuration, nor the secret in it."""
    text = json.dumps(pod.events)
    assert SECRET not in text, [event["event_data"].get("task") for event in pod.events if SECRET in json.dumps(event)]


def running(pod: Pod, device: str) -> dict[str, Any]:
    driver = load("frr_linux")(lambda request: pod.lab.fabric.exec(device, [AGENT], input=request, timeout=100).stdout)
    return dict(driver.running())


def rows(pod: Pod) -> list[Any]:
    store = Store.open(pod.queue)
    jobs = store.jobs(documents=True)
    return [[{key: job[key] for key in job if not key.startswith("priority")}, store.history(job["change_id"])] for job in jobs]


def test_a_survey_a_rehearsal_of_the_rehearsal_and_a_deployment(pod: Pod) -> None:
    pod.run("queue_migrate")
    pod.run("request", forestage_request=REQUEST)
    before, queued = running(pod, "s1"), rows(pod)
    assert [job["requester"] for job, _unused in queued] == ["alice"], "who asked is the user that AWX has logged in"

    shown = pod.run("provision", cmdline="--check --diff")
    assert "rate_kbit" in shown
    assert_silent(pod)
    assert (running(pod, "s1"), rows(pod)) == (before, queued), "check mode changed something"

    pod.run("provision", cmdline="-vv")
    assert_silent(pod)
    ((job, history),) = rows(pod)
    assert job["state"] == "awaiting_approval", history
    pod.run("approve", forestage_change_id=job["change_id"], forestage_reason="agreed", awx_user_name="bob")
    pod.run("provision", cmdline="-vv")
    assert_silent(pod)
    (job, history), *others = rows(pod)
    assert others == []
    assert job["approved_by"] == "bob"
    assert job["state"] == "verified", history
    assert job["documents"]["verdict"]["result"] == "passed"
    assert running(pod, "s1")["config"]["qos"]["eth1"]["rate_kbit"] == 30000
    assert [path.name for path in pod.home.rglob("queue.db")] == []
