# SPDX-License-Identifier: GPL-3.0-or-later
"""The one process that holds a fabric: builds it, answers on its socket, restarts nodes, and takes all with it when it ends.

Started as ``python -m inside.holder`` with one JSON object on standard input (folder, lock_fd, spec, keys …);
says one JSON line on standard output when the fabric is up or has failed.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import socket
import sys
from pathlib import Path
from typing import Any

from . import kernel, register
from .disk import host_key, make_kit
from .plan import Plan
from .power import Machine, PowerError
from .userns import become_root
from .wires import WireError, Wires


class Holder:
    """A fabric from inside."""

    def __init__(self, order: dict[str, Any]) -> None:
        self.folder = Path(order["folder"])
        self.order = order
        self.plan = Plan.of(order["spec"])
        self.wires = Wires(self.plan)
        self.userns = os.geteuid() != 0
        self.machines: dict[str, Machine] = {}
        self.state = "starting"

    def enter(self) -> None:
        """Leave the machine's namespaces; from here on nothing done touches them."""
        if self.userns:
            become_root()
        kernel.unshare(kernel.CLONE_NEWNET | kernel.CLONE_NEWNS | kernel.CLONE_NEWUTS | kernel.CLONE_NEWIPC)
        kernel.mount(None, "/", None, kernel.MS_REC | kernel.MS_PRIVATE)

    def build(self) -> None:
        """Make disks and cables and start every node; raises with a sentence when one does not come up."""
        disks = self.folder / "disks"
        disks.mkdir()
        kernel.mount("tmpfs", str(disks), "tmpfs", kernel.MS_NODEV, "mode=0755")
        agent = Path(self.order["agent_file"]).read_text(encoding="utf-8") if any(node.agent for node in self.plan.nodes) else ""
        kit = make_kit(disks, self.userns, self.order["admin_key"], agent)
        for node in self.plan.nodes:
            self.machines[node.name] = Machine(node, self.plan, disks / node.name, kit, self.wires)
        self.wires.build()
        self.start(list(self.machines))
        known = (f"{node.name},{node.mgmt} {host_key(disks / node.name)}\n" for node in self.plan.nodes if node.has_sshd)
        (self.folder / "known_hosts").write_text("".join(known), encoding="utf-8")

    def start(self, names: list[str]) -> None:
        """Start nodes side by side and wait until all are ready."""
        machines = [self.machines[name] for name in names]
        for machine in machines:
            machine.power_on()
        self.note()  # a half-built fabric can be removed by these process ids
        for machine in machines:
            machine.wait_ready()

    def reboot(self, names: list[str]) -> None:
        """Cut the power of nodes and start them again from their disks."""
        unknown = [name for name in names if name not in self.machines]
        if unknown:
            raise PowerError(f"the fabric has no node {unknown[0]}; it has {', '.join(self.machines)}")
        for name in names:
            self.machines[name].power_off()
        self.start(names)

    def note(self) -> None:
        """Write what others need to reach the nodes."""
        nodes = {name: machine.described() for name, machine in self.machines.items()}
        register.write(self.folder, self.state, self.userns, self.order["spec"], self.order["digest"], nodes)

    def serve(self) -> None:
        """Answer requests, one JSON line each, and restart nodes that reset themselves, until killed."""
        with socket.socket(socket.AF_UNIX) as listener, selectors.DefaultSelector() as selector:
            os.chdir(self.folder)  # a relative name is never too long for a socket address
            listener.bind("control")
            listener.listen()
            os.chdir("/")
            selector.register(listener, selectors.EVENT_READ)
            print(json.dumps({"ok": True}), flush=True)
            _let_go(sys.stdout.fileno())
            while True:
                if selector.select(timeout=1):
                    self._answer(listener)
                lost = [name for name, machine in self.machines.items() if machine.has_stopped()]
                if lost:
                    self._restart(lost)

    def _restart(self, names: list[str]) -> None:
        try:
            self.reboot(names)
        except (PowerError, WireError, OSError) as error:
            print(error, file=sys.stderr, flush=True)
            for name in names:
                self.machines[name].power_off()  # better off than in a loop
            self.note()

    def _answer(self, listener: socket.socket) -> None:
        connection, _unused = listener.accept()
        connection.settimeout(5)
        try:
            with connection, connection.makefile("rwb") as stream:
                request = json.loads(stream.readline())
                try:
                    self.reboot(request["reboot"])
                    answer: dict[str, Any] = {"ok": True}
                except (PowerError, WireError, OSError) as error:
                    answer = {"ok": False, "error": str(error)}
                stream.write(json.dumps(answer).encode() + b"\n")
        except (OSError, ValueError, KeyError) as error:
            print(f"a request was not answered: {error}", file=sys.stderr, flush=True)


def _let_go(descriptor: int) -> None:
    """Point a descriptor at nothing, so that the creator sees its end."""
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, descriptor)
    os.close(nothing)


def main() -> int:
    """Build the fabric and hold it; returns only when that failed."""
    for number in (signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    os.umask(0o022)
    order = json.loads(sys.stdin.read())
    holder = Holder(order)
    holder.note()
    os.close(order["lock_fd"])  # from here on whoever removes the fabric finds this process
    try:
        holder.enter()
        holder.build()
        holder.state = "up"
        holder.note()
        holder.serve()
    except (PowerError, WireError, OSError, LookupError) as error:
        print(json.dumps({"ok": False, "error": str(error)}), flush=True)
    return 1


if __name__ == "__main__":
    sys.exit(main())
