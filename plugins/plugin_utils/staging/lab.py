# SPDX-License-Identifier: GPL-3.0-or-later
"""The virtual copy while it runs: its devices through their drivers, its probes, and when its routing has settled."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from ..drivers import DeviceError, Driver, load
from ..drivers.agent_file import COMMAND
from ..fabric import Fabric
from . import probe_program
from .plan import Plan

PAUSE_SECONDS = 0.3
AGENT_SECONDS = 120.0
HELD_BACK_SECONDS = 12.0  # twice the longest that OSPF holds an announcement back by default, and the calculation
_PROGRAM = Path(probe_program.__file__)
Value = TypeVar("Value")
Pair = tuple[str, str]
Routes = dict[str, list[str]]


class StagingError(RuntimeError):
    """The virtual copy did not work; the text is one sentence."""


class Lab:
    """A running copy; methods that ask several devices ask them at the same time."""

    def __init__(self, plan: Plan) -> None:
        """Attach to the plan's fabric, which must be up."""
        self.plan = plan
        self.copy = plan.copy()
        self.fabric = Fabric.load(plan.fabric)
        self._workers = ThreadPoolExecutor(max_workers=8)

    def prepare(self) -> None:
        """Bridge the shared subnets, and give the devices their end of the probes' links."""
        for segment, ports in self.copy.segments.items():
            self.shell(segment, ["ip", "link", "add", "bridge0", "up", "type", "bridge"])
            for port in ports:
                self.shell(segment, ["ip", "link", "set", port, "master", "bridge0", "up"])
        for device, (_unused, address) in self.copy.probes.items():
            node = self.copy.nodes[device]
            shown = self.fabric.exec(node, ["ip", "-json", "address", "show", "dev", "fs-probe"]).stdout
            if address.split("/")[0] not in shown.decode():
                self.shell(node, ["ip", "address", "add", address, "dev", "fs-probe"])

    def shell(self, node: str, argv: list[str], must: bool = True) -> str:
        """Run a program in a node and return what it prints; `StagingError` when it fails and must not."""
        done = self.fabric.exec(node, argv, timeout=AGENT_SECONDS)
        if must and done.returncode:
            raise StagingError(
                f"{' '.join(argv)} failed in the virtual {node}: {' '.join(done.stderr.decode(errors='replace').split())[:300]}"
            )
        return done.stdout.decode(errors="replace")

    def write(self, node: str, path: str, text: str) -> None:
        """Write a file in a node."""
        done = self.fabric.exec(node, ["tee", path], input=text.encode(), timeout=AGENT_SECONDS)
        if done.returncode:
            raise StagingError(f"{path} cannot be written in the virtual {node}: {done.stderr.decode(errors='replace').strip()[:300]}")

    def probe(self, node: str | None, mode: str, **arguments: Any) -> dict[str, Any]:
        """Run the probe's program in a node (None: where the management station is)."""
        done = self.fabric.exec(
            node, ["python3", "-I", "-S", "-c", _PROGRAM.read_text(encoding="utf-8"), mode, json.dumps(arguments)], timeout=AGENT_SECONDS
        )
        if done.returncode:
            raise StagingError(
                f"the probe in {node or 'the management network'} failed: {done.stderr.decode(errors='replace').strip()[-300:]}"
            )
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    def driver(self, device: str) -> Driver:
        """The device's driver, over the fabric instead of ssh."""
        node = self.copy.nodes[device]

        def transport(request: bytes) -> bytes:
            done = self.fabric.exec(node, [COMMAND], input=request, timeout=AGENT_SECONDS)
            if not done.stdout.strip():
                raise DeviceError("no_agent", f"the virtual {device} gave no answer: {done.stderr.decode(errors='replace').strip()[-300:]}")
            return done.stdout

        return load("frr_linux")(transport)

    def each(self, devices: Iterable[str], work: Callable[[str], Value]) -> dict[str, Value]:
        """Do `work` for all devices at once."""
        names = list(devices)
        return dict(zip(names, self._workers.map(work, names), strict=True))

    def together(self, *works: Callable[[], dict[str, Any]]) -> list[dict[str, Any]]:
        """Do several things at the same time; their results in order."""
        return [future.result() for future in [self._workers.submit(work) for work in works]]

    def observe(self, devices: Iterable[str]) -> dict[str, Any]:
        """What each of the devices sees: counters, sessions, routes."""
        return self.each(devices, lambda device: self.driver(device).observe())

    def settle(
        self,
        seconds: float,
        at_least: float = 0.0,
        adjacencies: Iterable[Pair] = (),
        sessions: Iterable[Pair] = (),
        like: Routes | None = None,
    ) -> float:
        """Wait until the expected OSPF neighbours and BGP sessions are up, none is half-way, and no route changes.

        With `like` the routes must also be those again, for a while at least: OSPF may hold an announcement back.
        Returns after `seconds` in any case: what is still missing then is for the checks to say.
        """
        start, wanted = time.monotonic(), {*adjacencies, *sessions}
        before: Routes = {}
        time.sleep(max(0.0, min(at_least, seconds) - PAUSE_SECONDS))  # two looks at the routes are that far apart
        while (passed := time.monotonic() - start) < seconds:
            now = self.routes()
            if now == before and passed >= at_least and (like is None or now == like or passed >= HELD_BACK_SECONDS):
                seen = self.each(self.copy.nodes, self._sessions)
                if wanted <= {(device, end) for device, (ends, _unused) in seen.items() for end in ends} and all(
                    done for _unused, done in seen.values()
                ):
                    break
            before = now
            time.sleep(PAUSE_SECONDS)
        return time.monotonic() - start

    def routes(self) -> Routes:
        """What each virtual kernel forwards by; the numbers of nexthop groups, which change with every calculation, left out."""
        return self.each(self.copy.nodes, self._routes)

    def _routes(self, device: str) -> list[str]:
        shown = self.shell(self.copy.nodes[device], ["ip", "route", "show", "table", "all"])
        return sorted(re.sub(r"\bnhid \d+ ", "", shown).splitlines())

    def _sessions(self, device: str) -> tuple[set[str], bool]:
        """Interfaces with a full OSPF neighbour and addresses of established BGP peers; whether no session is half-way."""
        shown = self.shell(self.copy.nodes[device], ["vtysh", "-c", "show ip ospf neighbor", "-c", "show bgp summary"], must=False)
        neighbours = re.findall(r"^\S+ +\d+ +(\w+)/\S+ .*?(\S+?):\S+ +\d+ +\d+ +\d+ *$", shown, re.MULTILINE)
        up = {interface for state, interface in neighbours if state == "Full"}
        up |= set(re.findall(r"^(\S+) +4 +\d+ .*? (?:\d+:\d+:\d+|\d+d\d+h\S*|\d+w\S+) +\d+ ", shown, re.MULTILINE))
        moving = [state for state, _unused in neighbours if state not in ("Full", "2-Way")]
        return up, not moving and not re.search(r"\s(OpenSent|OpenConfirm)(\s|$)", shown)
