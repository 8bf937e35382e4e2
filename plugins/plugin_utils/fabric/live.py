# SPDX-License-Identifier: GPL-3.0-or-later
"""A running fabric as its users see it."""

from __future__ import annotations

import json
import os
import shlex
import socket
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .build import HERE, build, destroy_locked
from .errors import FabricError
from .inside.device import ENVIRONMENT
from .inside.register import read
from .place import folder_of, locked
from .preflight import check_machine
from .spec import check_spec, digest

__all__ = ["Fabric", "FabricError", "NodeState"]


@dataclass(frozen=True)
class NodeState:
    """How to reach a node: process 1 of its namespaces (0 while it is off), management address and ssh port."""

    pid: int
    kind: str
    mgmt: str | None
    ssh_port: int | None


class Fabric:
    """A fabric that runs. It outlives the process that made it, until `destroy`."""

    def __init__(self, folder: Path, value: dict[str, Any]) -> None:
        self.folder = folder
        self.name = folder.name
        self.userns: bool = value["userns"]
        self.holder_pid: int = value["holder_pid"]
        self.digest: str = value["digest"]
        self.spec: dict[str, Any] = value["spec"]
        self.nodes = {name: NodeState(**node) for name, node in value["nodes"].items()}

    @classmethod
    def create(cls, name: str, spec: dict[str, Any], source: str = "the specification") -> Fabric:
        """Build a fabric and return when all its nodes are up; the one that runs, if it was made from the same `spec`.

        Raises:
            FabricError: the specification is wrong, this machine lacks something, a node did not start, or a fabric
                of that name runs with another specification. Nothing is left behind.
        """
        with locked(name) as lock:
            if cls.would_build(name, spec, source):
                destroy_locked(folder_of(name))
                build(folder_of(name), spec, digest(spec), lock)
        return cls.load(name)

    @classmethod
    def would_build(cls, name: str, spec: dict[str, Any], source: str = "the specification") -> bool:
        """Whether `create` would build something; raises what `create` would raise before it builds."""
        plan = check_spec(spec, source)
        check_machine(plan)
        running = cls.find(name)
        if running is not None and running.digest != digest(spec):
            raise FabricError(f"fabric {name} runs with another specification; remove it first (state: absent)")
        return running is None

    @classmethod
    def load(cls, name: str) -> Fabric:
        """The fabric of that name; FabricError when none is up."""
        fabric = cls.find(name)
        if fabric is None:
            raise FabricError(f"no fabric {name} is up for this user; create it first (state: present)")
        return fabric

    @classmethod
    def find(cls, name: str) -> Fabric | None:
        """The fabric of that name, or None when none is up."""
        folder = folder_of(name)
        value = read(folder)
        return cls(folder, value) if value and value["state"] == "up" else None

    @staticmethod
    def remove(name: str) -> bool:
        """Remove a fabric, also a half-built one; whether there was anything to remove."""
        with locked(name):
            return destroy_locked(folder_of(name))

    def destroy(self) -> None:
        """End all processes of the fabric and remove its folder."""
        self.remove(self.name)

    @property
    def admin_key(self) -> Path:
        """Private key that may log in as root on every node with sshd."""
        return self.folder / "admin_key"

    @property
    def agent_key(self) -> Path:
        """Private key meant for the agent's user; its public half is beside it (.pub) for role bootstrap."""
        return self.folder / "agent_key"

    @property
    def known_hosts(self) -> Path:
        """The nodes' ssh host keys, by name and by management address."""
        return self.folder / "known_hosts"

    @property
    def ssh_args(self) -> str:
        """Options by which an `ssh` (or Ansible's) from outside reaches the nodes' management addresses, host keys checked."""
        proxy = ["env", "PYTHONSAFEPATH=1", f"PYTHONPATH={HERE}", sys.executable, "-S", "-m", "inside.proxy", str(self.folder)]
        options = [
            f"ProxyCommand={shlex.join(proxy)} %h %p", f"UserKnownHostsFile={self.known_hosts}", "GlobalKnownHostsFile=/dev/null",
            "StrictHostKeyChecking=yes", "IdentitiesOnly=yes", "ServerAliveInterval=5", "ServerAliveCountMax=3",
            f"ControlPath={self.folder}/s-%h-%r",
        ]  # fmt: skip
        return shlex.join(word for option in options for word in ("-o", option))

    def facts(self) -> dict[str, Any]:
        """What a playbook needs to reach the fabric."""
        return {
            "name": self.name, "folder": str(self.folder), "userns": self.userns, "holder_pid": self.holder_pid,
            "admin_key": str(self.admin_key), "agent_key": str(self.agent_key), "agent_public_key": f"{self.agent_key}.pub",
            "known_hosts": str(self.known_hosts), "ssh_args": self.ssh_args,
            "nodes": {name: asdict(node) for name, node in self.nodes.items()},
        }  # fmt: skip

    def command(self, node: str | None, argv: Sequence[str]) -> list[str]:
        """The command line that runs `argv` in a node, or in the management namespace when `node` is None."""
        enter = ["nsenter", "--target", str(self.holder_pid), "--net"]
        if node is not None:
            if node not in self.nodes:
                raise FabricError(f"fabric {self.name} has no node {node}; it has {', '.join(self.nodes)}")
            if not self.nodes[node].pid:
                raise FabricError(f"node {node} of fabric {self.name} is off; start it (state: rebooted)")
            enter = ["nsenter", "--target", str(self.nodes[node].pid), "--net", "--uts", "--ipc", "--mount", "--pid"]
        user = ["--user", "--preserve-credentials"] if self.userns else []
        return [*enter, *user, "--", *argv]

    def exec(
        self, node: str | None, argv: Sequence[str], *, input: bytes | None = None, timeout: float | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        """Run a program as root in a node (None: the management namespace) and return its exit code and output.

        `timeout` is in seconds; beyond it subprocess.TimeoutExpired is raised and the program killed.
        """
        environment = ENVIRONMENT if node is not None else None
        argv = self.command(node, argv)
        return subprocess.run(argv, input=input or b"", capture_output=True, timeout=timeout, check=False, env=environment, cwd="/")

    def reboot(self, *nodes: str) -> None:
        """Cut the nodes' power and start them again from their disks; returns when they are up."""
        answer = self._ask({"reboot": list(nodes)})
        if not answer["ok"]:
            raise FabricError(f"fabric {self.name}: {answer['error']}")
        self.nodes = type(self).load(self.name).nodes

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        folder = os.open(self.folder, os.O_PATH)  # a socket address holds 107 bytes; this way the folder's length does not matter
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.connect(f"/proc/self/fd/{folder}/control")
                connection.sendall(json.dumps(request).encode() + b"\n")
                line = connection.makefile("rb").readline()
        except OSError as error:
            raise FabricError(
                f"the holder of fabric {self.name} does not answer ({error}); remove the fabric and create it again"
            ) from None
        finally:
            os.close(folder)
        answer: dict[str, Any] = json.loads(line or b'{"ok": false, "error": "its holder ended"}')
        return answer
