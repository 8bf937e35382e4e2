# SPDX-License-Identifier: GPL-3.0-or-later
"""A node from power-on to ready: runs as process 1 of the node's own namespaces.

Everything it needs is imported before the mounts hide the controller's Python.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
from pathlib import Path

from . import kernel, wires
from .disk import PRIVATE
from .plan import MANAGEMENT, Node, Plan

AGENT = "/usr/local/sbin/forestage-agent"
FRR = "/usr/lib/frr/frrinit.sh"
ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8", "TERM": "dumb"}
_SYSCTL = {
    "ipv4/ip_forward": 1, "ipv4/fib_multipath_hash_policy": 1, "ipv4/icmp_ratelimit": 0,
    "ipv4/conf/all/rp_filter": 0, "ipv4/conf/default/rp_filter": 0,
    "ipv4/conf/all/send_redirects": 0, "ipv4/conf/default/send_redirects": 0,
    "ipv6/conf/all/forwarding": 1,
}  # fmt: skip
_IN_MEMORY = {"/run": "0755", "/tmp": "1777", "/var/tmp": "1777", "/dev/shm": "1777"}  # noqa: S108  these are mount points
_SHARED = ("/var/lib/dpkg",)  # of the private folders' contents on the machine, what a node still sees (read-only)
_STEP_SECONDS = 60


class BootError(RuntimeError):
    """A node could not start; the text is one sentence."""


def boot(node: Node, plan: Plan, disk: Path, sudo: Path | None) -> None:
    """Bring a node up; `disk` is its folder of private folders, `sudo` the private copy when not root."""
    socket.sethostname(node.name)
    _mounts(node, disk, sudo)
    with open("/var/log/boot.log", "ab", buffering=0) as log:
        _network(node, plan)
        if node.is_router:
            _run([FRR, "start"], log.fileno())
            agent = os.access(AGENT, os.X_OK)
            _run(["nft", "-f", "-"], log.fileno(), Path("/etc/nftables.conf").read_text(encoding="utf-8"), must=not agent)
            if agent:  # it loads its own filters and shaping, and settles what an unfinished change left
                _run([AGENT, "boot"], log.fileno(), must=False)
            else:
                _shape(log.fileno())
        if node.has_sshd:
            Path("/run/sshd").mkdir(mode=0o755)
            _run(["/usr/sbin/sshd", "-f", "/etc/ssh/sshd_config"], log.fileno())


def _run(argv: list[str], log: int, text: str = "", must: bool = True) -> None:
    try:
        done = subprocess.run(
            argv, env=ENVIRONMENT, cwd="/", input=text, text=True, stdout=log, stderr=log, timeout=_STEP_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise BootError(f"`{' '.join(argv)}` did not end in {_STEP_SECONDS} s") from None
    if done.returncode != 0 and must:
        said = Path("/var/log/boot.log").read_text(encoding="utf-8", errors="replace").strip().splitlines()[-3:]
        raise BootError(f"`{' '.join(argv)}` ended with exit code {done.returncode}: {' / '.join(said)}")


def _mounts(node: Node, disk: Path, sudo: Path | None) -> None:
    shares = [(os.open(path, os.O_PATH), path) for path in (*_SHARED, *node.shares) if os.path.isdir(path)]
    for name, target in PRIVATE.items():
        kernel.bind(str(disk / name), target)
    if sudo is not None:
        kernel.bind(str(sudo / "sudo"), os.path.realpath("/usr/bin/sudo"))
        kernel.bind(str(sudo / "plugins"), os.path.realpath("/usr/libexec/sudo"))
    kernel.unmount(str(disk.parent))  # the other nodes' disks are not for this one
    for target, mode in _IN_MEMORY.items():
        kernel.mount("tmpfs", target, "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, f"mode={mode}")
    kernel.mount("proc", "/proc", "proc", kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC)
    kernel.mount("sysfs", "/sys", "sysfs", kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC)
    kernel.mount("devpts", "/dev/pts", "devpts", kernel.MS_NOSUID | kernel.MS_NOEXEC, "newinstance,ptmxmode=0666,mode=620,gid=5")
    kernel.bind("/dev/pts/ptmx", "/dev/ptmx")
    for descriptor, path in shares:
        os.makedirs(path, exist_ok=True)
        kernel.bind(f"/proc/self/fd/{descriptor}", path)
        kernel.make_read_only(path)
        os.close(descriptor)
    kernel.make_read_only("/")


def _network(node: Node, plan: Plan) -> None:
    for name, value in _SYSCTL.items():
        path = Path("/proc/sys/net", name)
        if path.exists():  # a machine may be without IPv6
            path.write_text(str(value), encoding="utf-8")
    names = [name for _unused, name in socket.if_nameindex() if name != "lo"]
    commands = ["link set lo up", *(f"link set {name} up" for name in sorted(names))]
    if node.mgmt:
        commands.append(f"address add {node.mgmt}/{plan.oob.network.prefixlen} dev {MANAGEMENT}")
    commands += [f"address add {address} dev {name}" for name, held in node.addresses.items() for address in held]
    if node.gateway:
        commands.append(f"route add default via {node.gateway}")
    wires.run_batch(commands)


def _shape(log: int) -> None:
    """What a router without the agent does with the agent's start-up file: of the shaping only the root rates."""
    wanted = json.loads(Path("/etc/forestage/qos.json").read_text(encoding="utf-8"))
    lines = [
        f"qdisc replace dev {name} root handle 1: htb default 1\n"
        f"class replace dev {name} parent 1: classid 1:1 {_htb(shaper['rate_kbit'])}\n"
        for name, shaper in wanted.items()
        if os.path.exists(f"/sys/class/net/{name}")  # a copy may lack links of the original
    ]
    _run(["tc", "-batch", "-"], log, "".join(lines))


def _htb(rate: int) -> str:
    """One class for everything, which may make up for 10 ms at once, as the agent's classes may."""
    burst = max(3000, rate * 10 // 8)
    return f"htb rate {rate}kbit burst {burst} ceil {rate}kbit cburst {burst} quantum 3000"
