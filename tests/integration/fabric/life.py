# SPDX-License-Identifier: GPL-3.0-or-later
"""A program: live through one fabric's life as whoever runs it, and print what was seen as JSON.

The tests run it as themselves and, where they are root, as an ordinary user too. It is a program of its own because
that user may have to run it with another interpreter. Usage: life.py COLLECTIONS NAME SPECIFICATION.
"""

from __future__ import annotations

import json
import os
import shlex
import stat
import subprocess
import sys
from pathlib import Path

import yaml

sys.path.insert(0, sys.argv[1])

from ansible_collections.forestage.network.plugins.plugin_utils.fabric import Fabric
from ansible_collections.forestage.network.plugins.plugin_utils.fabric.converge import wait_converged

USER_ON_DEVICE = """
set -e
useradd --system --create-home --shell /bin/sh forestage
echo 'forestage ALL=(root) NOPASSWD: /usr/bin/id' > /etc/sudoers.d/forestage
chmod 440 /etc/sudoers.d/forestage
install -d -m 700 -o forestage ~forestage/.ssh
cat > ~forestage/.ssh/authorized_keys
chown forestage ~forestage/.ssh/authorized_keys
"""


def text(fabric: Fabric, node: str | None, *argv: str) -> str:
    done = fabric.exec(node, argv)
    return done.stdout.decode().strip() or done.stderr.decode().strip()


def ssh(fabric: Fabric, user: str, address: str, command: str, *options: str) -> tuple[int, str]:
    key = fabric.admin_key if user == "root" else fabric.agent_key
    argv = ["ssh", *options, *shlex.split(fabric.ssh_args), "-o", "BatchMode=yes", "-i", str(key), f"{user}@{address}", command]
    done = subprocess.run(argv, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    return done.returncode, done.stdout.strip()


def outside() -> list[str]:
    return sorted(os.listdir("/sys/class/net"))


def live(name: str, spec: dict[str, object]) -> dict[str, object]:
    before = outside()
    first = Fabric.create(name, spec)
    second = Fabric.create(f"{name}-twin", spec)
    seen: dict[str, object] = {
        "userns": first.userns,
        "again_is_the_same": Fabric.create(name, spec).holder_pid == first.holder_pid,
        "outside_unchanged": outside() == before,
        "hostname": text(first, "left", "hostname"),
        "converged": [wait_converged(first, 30) >= 0, wait_converged(second, 30) >= 0],
        "ping": first.exec("host-left", ["ping", "-c", "1", "-W", "2", "10.2.0.10"]).returncode,
        "shaped": "rate 10Mbit" in text(first, "left", "tc", "class", "show", "dev", "eth1"),
        "modes": {path.name: stat.S_IMODE(path.stat().st_mode) for path in (first.folder, first.admin_key, first.agent_key)},
    }
    seen["ssh"] = ssh(first, "root", "192.0.2.1", "hostname")
    seen["twin_by_ssh"] = ssh(second, "root", "192.0.2.1", "hostname")
    wrong = ("-o", f"UserKnownHostsFile={second.known_hosts}")  # the first of two options counts
    seen["ssh_with_the_twins_host_keys"] = ssh(first, "root", "192.0.2.1", "hostname", *wrong)[0]
    first.exec("left", ["sh", "-c", USER_ON_DEVICE], input=Path(f"{first.agent_key}.pub").read_bytes())
    seen["sudo"] = ssh(first, "forestage", "192.0.2.1", "id -un; sudo -n /usr/bin/id -un; sudo -n /usr/bin/true || echo refused")
    seen.update(private(first, second), **restart(first))
    processes = [first.holder_pid, *(node.pid for node in first.nodes.values())]
    first.destroy()
    seen["left_over"] = [str(first.folder)] * first.folder.exists() + [str(pid) for pid in processes if runs(pid)]
    seen["twin_lives"] = text(second, "right", "hostname")
    return seen


def private(first: Fabric, second: Fabric) -> dict[str, object]:
    first.exec("left", ["sh", "-c", "echo mine > /etc/mine; echo x > /usr/mine; echo x > /var/lib/forestage/mine"])
    return {
        "mine": text(first, "left", "cat", "/etc/mine"),
        "seen_elsewhere": [Path("/etc/mine").exists()]
        + [fabric.exec(node, ["test", "-e", "/etc/mine"]).returncode == 0 for fabric, node in ((first, "right"), (second, "left"))],
        "machine_written": Path("/usr/mine").exists(),
        "machines_passwords": "$" in text(first, "left", "cat", "/etc/shadow"),
        "processes_of_others": "holder" in text(first, "left", "ps", "ax"),
    }


def restart(fabric: Fabric) -> dict[str, object]:
    fabric.exec("left", ["sh", "-c", "nft add table inet lost; ip route add blackhole 198.51.100.0/24; touch /run/lost /root/kept"])
    before = fabric.nodes["left"].pid
    fabric.reboot("left")
    return {
        "other_init": fabric.nodes["left"].pid != before,
        "lost": [text(fabric, "left", "nft", "list", "tables"), text(fabric, "left", "ip", "route", "show", "type", "blackhole"),
                 text(fabric, "left", "ls", "/run/lost")],
        "kept": [text(fabric, "left", "cat", "/etc/mine"), text(fabric, "left", "ls", "/root/kept")],
        "neighbour_keeps_interface": "10.0.0.1/31" in text(fabric, "right", "ip", "-brief", "address", "show", "eth1"),
        "converged_again": wait_converged(fabric, 30) >= 0,
    }  # fmt: skip


def runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


if __name__ == "__main__":
    wanted = yaml.safe_load(Path(sys.argv[3]).read_text(encoding="utf-8"))
    try:
        print(json.dumps(live(sys.argv[2], wanted)))
    finally:
        Fabric.remove(sys.argv[2])
        Fabric.remove(f"{sys.argv[2]}-twin")
