# SPDX-License-Identifier: GPL-3.0-or-later
"""The cables: veth pairs whose ends are parked in the management namespace while their node is off.

Parking keeps the other end alive when a node restarts: its neighbour sees the carrier go, as on a
real cable, and keeps the interface.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable

from .plan import MANAGEMENT, Plan

BRIDGE = "oob"
Port = tuple[str, str]  # (name while parked, name in the node)


class WireError(RuntimeError):
    """The kernel refused a cable; the text is one sentence."""


def run_batch(commands: Iterable[str], namespace_fd: int | None = None) -> None:
    """Run `ip` commands in one go, in this namespace or in the network namespace behind a descriptor."""
    inside = [] if namespace_fd is None else ["nsenter", f"--net=/proc/self/fd/{namespace_fd}"]
    done = subprocess.run(
        [*inside, "ip", "-batch", "-"],
        input="".join(f"{command}\n" for command in commands),
        capture_output=True, text=True, check=False, pass_fds=() if namespace_fd is None else (namespace_fd,),
    )  # fmt: skip
    if done.returncode != 0:
        said = " ".join(done.stderr.split()) or f"exit code {done.returncode}"
        raise WireError(f"the kernel refused a virtual interface ({said}); it needs veth and bridge (modprobe veth bridge)")


class Wires:
    """Every cable of a fabric, made once; `attach` and `park` move one node's ends."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.ports: dict[str, list[Port]] = {node.name: [] for node in plan.nodes}

    def build(self) -> None:
        """Make the management bridge and all cables, every node's end parked."""
        commands = [
            "link set lo up",
            f"link add {BRIDGE} type bridge",
            f"address add {self.plan.oob} dev {BRIDGE}",
            f"link set {BRIDGE} up",
        ]
        for number, node in enumerate(self.plan.nodes):
            if node.mgmt:
                commands += [
                    f"link add m{number} type veth peer name p{number}",
                    f"link set m{number} master {BRIDGE} up",
                ]
                self.ports[node.name].append((f"p{number}", MANAGEMENT))
        for number, link in enumerate(self.plan.links):
            commands.append(f"link add a{number} mtu {link.mtu} type veth peer name b{number} mtu {link.mtu}")
            self.ports[link.a.node].append((f"a{number}", link.a.interface))
            self.ports[link.b.node].append((f"b{number}", link.b.interface))
        run_batch(commands)

    def attach(self, node: str, pid: int) -> None:
        """Give a node, whose init is process `pid`, its ends under their own names."""
        run_batch(f"link set {parked} netns {pid} name {name}" for parked, name in self.ports[node])

    def park(self, node: str, namespace_fd: int) -> None:
        """Take a node's ends back out of its network namespace before that goes."""
        run_batch((f"link set {name} netns {os.getpid()} name {parked}" for parked, name in self.ports[node]), namespace_fd)
