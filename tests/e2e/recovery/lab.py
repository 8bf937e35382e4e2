# SPDX-License-Identifier: GPL-3.0-or-later
"""A small production network reached over ssh, a queue, and deployments as processes that can be killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ansible_collections.forestage.network.forecasting.contracts import check
from ansible_collections.forestage.network.plugins.plugin_utils.drivers import load
from ansible_collections.forestage.network.plugins.plugin_utils.fabric import Fabric
from ansible_collections.forestage.network.plugins.plugin_utils.queue import Store

HERE = Path(__file__).parent
AGENT = "/usr/local/sbin/forestage-agent"
WORKER = "worker-of-the-test"
STAMP = "2026-01-01T00:00:00Z"
TIMERS = " ip ospf area 0\n ip ospf dead-interval 4\n ip ospf hello-interval 1\n ip ospf network point-to-point\n"


def router(name: str, number: int, ports: dict[int, str]) -> dict[str, Any]:
    """A router of OSPF area 0: port number → its address."""
    links = "".join(f"interface eth{port}\n ip address {address}\n{TIMERS} ip ospf cost 10\nexit\n!\n" for port, address in ports.items())
    frr = (
        f"frr defaults traditional\nhostname {name}\nservice integrated-vtysh-config\n!\n{links}"
        f"interface lo\n ip address 10.255.0.{number}/32\n ip ospf area 0\nexit\n!\n"
        f"router ospf\n ospf router-id 10.255.0.{number}\nexit\n!\nend\n"
    )
    config = {"frr": frr, "nft": "", "qos": {"eth1": {"rate_kbit": 20000}}}
    return {"kind": "router", "mgmt": f"192.0.2.{number}", "loopback": f"10.255.0.{number}/32", "config": config}


def star(spokes: int) -> dict[str, Any]:
    """A hub and its spokes s1, s2 …"""
    numbers = range(1, spokes + 1)
    nodes = {"hub": router("hub", 100, {number: f"10.0.{number}.0/31" for number in numbers})}
    nodes |= {f"s{number}": router(f"s{number}", number, {1: f"10.0.{number}.1/31"}) for number in numbers}
    return {"nodes": nodes, "links": [{"a": f"hub:eth{number}", "b": f"s{number}:eth1"} for number in numbers]}


class Lab:
    """The network, its inventory and its queue."""

    def __init__(self, fabric: Fabric, folder: Path) -> None:
        self.fabric, self.folder = fabric, folder
        self.queue = f"sqlite:///{folder / 'queue.db'}"
        self.store = Store.open(self.queue, create=True)
        facts = fabric.facts()
        hosts = {
            name: {"ansible_host": node.mgmt, **({"forestage_redundancy_group": "pair"} if name in ("s1", "s2") else {})}
            for name, node in fabric.nodes.items()
        }
        shared = {
            "ansible_user": "forestage", "ansible_ssh_private_key_file": facts["agent_key"], "ansible_ssh_common_args": facts["ssh_args"],
            "ansible_python_interpreter": "/usr/bin/python3", "admin_key": facts["admin_key"],
            "agent_public_key": Path(facts["agent_public_key"]).read_text(encoding="utf-8").strip(),
        }  # fmt: skip
        everything = {"forestage_workdir": str(folder / "work"), "forestage_queue_url": self.queue, "forestage_worker": WORKER}
        inventory = {"all": {"vars": everything, "children": {"routers": {"hosts": hosts, "vars": shared}}}}
        self.inventory = folder / "hosts.json"
        self.inventory.write_text(json.dumps(inventory), encoding="utf-8")

    def play(self, name: str, flags: Sequence[str] = (), **variables: Any) -> subprocess.Popen[bytes]:
        """Start a playbook in a process group of its own."""
        given = self.folder / f"{name}-{time.monotonic_ns()}.json"
        given.write_text(json.dumps(variables), encoding="utf-8")
        program = Path(sys.executable).with_name("ansible-playbook")
        command = [str(program), "-i", str(self.inventory), "-e", f"@{given}", *flags, str(HERE / f"{name}.yml")]
        with given.with_suffix(".log").open("wb") as log:
            return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)

    def log_of(self, name: str) -> str:
        """What the last run of a playbook said."""
        return max(self.folder.glob(f"{name}-*.log"), key=lambda path: path.stat().st_mtime).read_text(encoding="utf-8")

    def run(self, name: str, **variables: Any) -> str:
        """Run a playbook to its good end; what it said."""
        process = self.play(name, **variables)
        assert process.wait(240) == 0, self.log_of(name)[-3000:]
        return self.log_of(name)


def kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a controller with all its workers and ssh sessions, at once."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(10)


Edit = Callable[[dict[str, Any]], None]


class Change:
    """One change of one router, on its way through the deployment."""

    def __init__(self, lab: Lab, device: str, edit: Edit, template: str = "te_cost", **parameters: Any) -> None:
        self.lab, self.device = lab, device
        self.driver = load("frr_linux")(lambda request: lab.fabric.exec(device, [AGENT], input=request, timeout=100).stdout)
        self.before = self.driver.running()
        self.startup = self.shell("cat", "/etc/frr/frr.conf")
        config = json.loads(json.dumps(self.before["config"]))
        edit(config)
        change = {"template": template, "kind": "routing", "parameters": parameters or {"interface": "eth1", "cost": 20}}
        request = {
            "schema": "forestage/request/1", "device": device, "object": "eth1", "change": change, "severity": "major", "mode": "approve",
            "reason": "A test of recovery.",
        }  # fmt: skip
        job = lab.store.request(request, actor="planner")
        self.change_id = str(job["change_id"])
        self.candidate = {
            "schema": "forestage/candidate/1", "change_id": self.change_id, "change": change, "inverse": None, "rendered_at": STAMP,
            "devices": {device: {"platform": "frr_linux", "config": config, "base_digest": self.before["digest"], "diff": ""}},
        }  # fmt: skip
        self._begin()

    def _begin(self) -> None:
        """Take the job through the queue to `deploying`, under a lease that has run out by now: an hour ago."""
        store = Store.open(self.lab.queue, clock=lambda: datetime.now(UTC) - timedelta(hours=1))
        claim: dict[str, Any] = {"limit": 1, "lease_s": 60, "devices": [self.device], "now": datetime.now(UTC)}
        job = store.claim(WORKER, **claim)[0]
        assert job["change_id"] == self.change_id
        verdict = {
            "schema": "forestage/verdict/1", "change_id": self.change_id, "result": "passed", "checks": [],
            "started_at": STAMP, "finished_at": STAMP,
        }  # fmt: skip
        passed = {"actor": WORKER, "worker": WORKER, "why": "passed", "documents": {"candidate": self.candidate, "verdict": verdict}}
        store.transition(self.change_id, "staged", **passed)
        store.transition(self.change_id, "awaiting_approval", actor=WORKER, why="its mode is approve", worker=WORKER)
        store.approve(self.change_id, actor="owner", why="agreed")
        store.claim(WORKER, states=["approved"], **claim)
        store.transition(self.change_id, "staged", **passed)
        store.transition(self.change_id, "deploying", actor=WORKER, why="approved by owner", worker=WORKER)

    def shell(self, *argv: str) -> str:
        return self.lab.fabric.exec(self.device, argv, timeout=60).stdout.decode()

    def deploy(self, deadline: float = 60, bake: float = 1, flags: Sequence[str] = ()) -> subprocess.Popen[bytes]:
        """Start its deployment."""
        job = self.lab.store.jobs(change_ids=[self.change_id])[0]
        given = {"deploy_deadline": deadline, "deploy_bake": bake, "deploy_health_tries": 2, "deploy_health_pause": 1}
        return self.lab.play("deploy", flags, deploy_job=job, deploy_candidate=self.candidate, **given)

    def result(self) -> dict[str, Any]:
        """What the deployment recorded."""
        file = self.lab.folder / "work" / "changes" / self.change_id / "deployment.json"
        value: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        check("deployment", value)
        return value

    def recover(self) -> str:
        """Run the recovery; the state of the job after it."""
        self.lab.run("recover")
        return str(self.lab.store.jobs(change_ids=[self.change_id])[0]["state"])

    def record(self) -> dict[str, Any]:
        """The agent's own record of the open transaction, without asking the agent."""
        try:
            value: dict[str, Any] = json.loads(self.shell("cat", "/var/lib/forestage/pending.json"))
        except ValueError:
            return {"state": None, "pid": 0}
        return value

    def await_record(self, state: str, seconds: float = 90) -> dict[str, Any]:
        """Wait for a state of the open transaction."""
        until = time.monotonic() + seconds
        while (record := self.record())["state"] != state:
            assert time.monotonic() < until, (state, record["state"], self.lab.log_of("deploy")[-2000:])
            time.sleep(0.02)
        return record

    def await_state(self, *states: str, seconds: float = 60) -> str:
        """Wait for one of the states of the change on the device; the state reached at the latest after `seconds`."""
        until = time.monotonic() + seconds
        while (state := str(self.driver.status(self.change_id)["change"]["state"])) not in states and time.monotonic() < until:
            time.sleep(0.3)
        return state

    def assert_as_before(self) -> None:
        """The router runs, and would start with, what it had before the change."""
        assert self.driver.running()["config"] == self.before["config"]
        assert self.shell("cat", "/etc/frr/frr.conf") == self.startup


def cost(value: int) -> Edit:
    """An edit of the OSPF cost of eth1."""

    def edit(config: dict[str, Any]) -> None:
        lines = config["frr"].splitlines()
        config["frr"] = "".join(f" ip ospf cost {value}\n" if line.startswith(" ip ospf cost") else line + "\n" for line in lines)

    return edit
