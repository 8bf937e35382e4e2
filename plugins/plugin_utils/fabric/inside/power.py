# SPDX-License-Identifier: GPL-3.0-or-later
"""One node's power: start its init in namespaces of its own, cut it off, see it stop."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

from . import kernel
from .device import BootError, boot
from .disk import Kit, make_disk
from .plan import Node, Plan
from .wires import WireError, Wires

_NAMESPACES = kernel.CLONE_NEWNET | kernel.CLONE_NEWUTS | kernel.CLONE_NEWIPC | kernel.CLONE_NEWNS | kernel.CLONE_NEWPID
_READY_SECONDS = 90
_IDLE = ["init", "-c", "sleep infinity & wait"]  # process 1 after the boot: small, and reaps what others leave


class PowerError(RuntimeError):
    """A node did not start; the text is one sentence."""


class Machine:
    """A node that can be switched on and off. Its cables are attached while it runs and parked while not."""

    def __init__(self, node: Node, plan: Plan, disk: Path, kit: Kit, wires: Wires) -> None:
        self.node, self.plan, self.disk, self.kit, self.wires = node, plan, disk, kit, wires
        self.pid = self._parent = 0
        self._namespace = self._ready = -1

    def described(self) -> dict[str, Any]:
        """The node's entry in the register."""
        return {"pid": self.pid, "kind": self.node.kind, "mgmt": self.node.mgmt, "ssh_port": 22 if self.node.has_sshd else None}

    def power_on(self) -> None:
        """Start the node's init; `wait_ready` tells how that went."""
        pid_read, pid_write = os.pipe()
        go_read, go_write = os.pipe()
        self._ready, ready_write = os.pipe()
        holder = os.getpid()
        self._parent = os.fork()
        if self._parent == 0:
            try:
                self._become_node(holder, pid_write, go_read, ready_write)
            finally:
                os._exit(1)
        for descriptor in (pid_write, go_read, ready_write):
            os.close(descriptor)
        self.pid = int(os.read(pid_read, 32) or b"0")
        os.close(pid_read)
        if not self.pid:
            os.close(go_write)
            raise PowerError(f"node {self.node.name}: {self._message() or 'the kernel gave it no namespaces'}")
        self.wires.attach(self.node.name, self.pid)
        self._namespace = os.open(f"/proc/{self.pid}/ns/net", os.O_RDONLY)
        os.write(go_write, b"1")
        os.close(go_write)

    def _become_node(self, holder: int, pid_write: int, go_read: int, ready_write: int) -> None:
        kernel.die_with_parent(holder)
        os.setsid()
        try:
            kernel.unshare(_NAMESPACES)
        except OSError as error:
            os.write(ready_write, f"this kernel refuses a namespace ({error.strerror}); see /proc/sys/user/max_*_namespaces".encode())
            return
        parent = os.getpid()
        init = os.fork()
        if init:
            os.write(pid_write, str(init).encode())
            os.closerange(0, 4096)  # it must not hold other nodes' namespaces open
            os.waitpid(init, 0)
            return
        kernel.die_with_parent(parent)
        os.close(pid_write)
        if os.read(go_read, 1):
            self._init(ready_write)

    def _init(self, ready_write: int) -> None:
        try:
            if not self.disk.exists():
                make_disk(self.disk, self.node, self.plan, self.kit)
            boot(self.node, self.plan, self.disk, self.kit.sudo)
        except (BootError, WireError, OSError, LookupError, ValueError, subprocess.SubprocessError) as error:
            os.write(ready_write, str(error).encode()[:4000])
            return
        os.write(ready_write, b"ready")
        os.execv("/bin/sh", _IDLE)  # noqa: S606  a fixed text

    def wait_ready(self) -> None:
        """Wait for the end of the boot; raises PowerError with what went wrong."""
        text = self._message()
        if text != "ready":
            raise PowerError(f"node {self.node.name} did not start: {text or 'its init was killed'}")

    def _message(self) -> str:
        seen, end = b"", time.monotonic() + _READY_SECONDS
        while select.select([self._ready], [], [], max(0.0, end - time.monotonic()))[0]:
            part = os.read(self._ready, 4096)
            if not part:
                break
            seen += part
        else:
            seen = f"it was not ready in {_READY_SECONDS} s".encode()
        os.close(self._ready)
        return seen.decode(errors="replace")

    def has_stopped(self) -> bool:
        """Whether a node that was on has gone by itself (a reset from inside, or a crash)."""
        return bool(self._parent) and os.waitid(os.P_PID, self._parent, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def power_off(self) -> None:
        """Kill all the node's processes at once and park its cables; what the kernel knew is lost."""
        if not self._parent:
            return
        if not self.has_stopped():
            os.kill(self.pid or self._parent, signal.SIGKILL)
        os.waitpid(self._parent, 0)
        if self._namespace >= 0:
            self.wires.park(self.node.name, self._namespace)
            os.close(self._namespace)
        self._parent, self.pid, self._namespace = 0, 0, -1
