# SPDX-License-Identifier: GPL-3.0-or-later
"""Two virtual routers with the agent, reached without ssh."""

from __future__ import annotations

import json
import os
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ansible_collections.forestage.network.forecasting.contracts import check
from ansible_collections.forestage.network.plugins.plugin_utils.drivers import load
from ansible_collections.forestage.network.plugins.plugin_utils.fabric import Fabric

AGENT = "/usr/local/sbin/forestage-agent"


def frr(name: str, number: int) -> str:
    """A router of OSPF area 0 with one link."""
    return (
        f"frr defaults traditional\nhostname {name}\nservice integrated-vtysh-config\n!\n"
        f"interface eth1\n ip address 10.0.0.{number}/30\n ip ospf area 0\n ip ospf cost 10\n"
        " ip ospf dead-interval 4\n ip ospf hello-interval 1\n"
        f" ip ospf network point-to-point\nexit\n!\ninterface lo\n ip address 10.255.0.{number}/32\n ip ospf area 0\nexit\n!\n"
        f"router ospf\n ospf router-id 10.255.0.{number}\nexit\n!\nend\n"
    )


GUARD = (
    "table inet guard {\n\tchain incoming {\n\t\ttype filter hook input priority filter; policy accept;\n"
    "\t\tip daddr 10.0.0.1 counter\n\t}\n}\n"
)


def spec() -> dict[str, Any]:
    """The network's specification."""

    def node(name: str, number: int) -> dict[str, Any]:
        config = {"frr": frr(name, number), "nft": GUARD if number == 1 else "", "qos": {"eth1": {"rate_kbit": 20000}}}
        return {"kind": "router", "mgmt": f"192.0.2.{number}", "loopback": f"10.255.0.{number}/32", "agent": True, "config": config}

    return {"nodes": {"r1": node("r1", 1), "r2": node("r2", 2)}, "links": [{"a": "r1:eth1", "b": "r2:eth1"}]}


class Router:
    """One router and the driver that speaks to its agent."""

    def __init__(self, fabric: Fabric, name: str) -> None:
        self.fabric, self.name = fabric, name
        self.driver = load("frr_linux")(self.raw)

    def raw(self, request: bytes) -> bytes:
        answer = self.fabric.exec(self.name, [AGENT], input=request, timeout=100).stdout
        check("agent_answer", json.loads(answer), "the agent's answer")
        return answer

    def shell(self, *argv: str, input: str = "") -> str:
        done = self.fabric.exec(self.name, argv, input=input.encode(), timeout=60)
        assert done.returncode == 0, (argv, done.stderr)
        return done.stdout.decode()

    def configure(self, *lines: str) -> None:
        """A person's hand edit."""
        self.shell("vtysh", *(word for line in ("configure terminal", *lines) for word in ("-c", line)))

    def startup(self) -> str:
        return self.shell("cat", "/etc/frr/frr.conf")

    def state(self, change_id: str) -> str:
        return str(self.driver.status(change_id)["change"]["state"])

    def apply(self, edit: Callable[[dict[str, Any]], None], seconds: float = 60, change_id: str = "") -> str:
        """Apply an edited copy of the running configuration; returns the change's id."""
        answer = self.driver.running()
        edit(answer["config"])
        change_id = change_id or str(uuid.uuid4())
        self.driver.apply(
            change_id, answer["config"], base_digest=answer["digest"], deadline_s=seconds,
            identity={"hostname": self.name, "device_id": answer["device_id"]},
        )  # fmt: skip
        return change_id

    def wait(self, change_id: str, *states: str, seconds: float = 30) -> str:
        """Wait for a state; returns the state reached, whichever it is, at the latest after `seconds`."""
        until = time.monotonic() + seconds
        while (state := self.state(change_id)) not in states and time.monotonic() < until:
            time.sleep(0.2)
        return state


def cost(value: int) -> Callable[[dict[str, Any]], None]:
    """An edit of the OSPF cost, whatever it was."""

    def edit(config: dict[str, Any]) -> None:
        lines = config["frr"].splitlines()
        config["frr"] = "\n".join(f" ip ospf cost {value}" if line.startswith(" ip ospf cost") else line for line in lines) + "\n"

    return edit


@pytest.fixture(scope="session")
def fabric() -> Iterator[Fabric]:
    made = Fabric.create(f"agent{os.getpid()}", spec())
    yield made
    made.destroy()


@pytest.fixture
def router(fabric: Fabric) -> Iterator[Router]:
    """Router r1; what a test leaves open is taken back."""
    router = Router(fabric, "r1")
    yield router
    pending = router.driver.status()["pending"]
    if pending:
        router.driver.rollback(pending["change_id"])


@pytest.fixture
def neighbour(fabric: Fabric) -> Router:
    return Router(fabric, "r2")
