# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong with a fabric, and that nothing of it stays."""

from __future__ import annotations

import contextlib
import copy
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.forestage.network.plugins.plugin_utils.fabric import Fabric, FabricError
from ansible_collections.forestage.network.plugins.plugin_utils.fabric.inside import register
from ansible_collections.forestage.network.plugins.plugin_utils.fabric.place import folder_of

Spec = dict[str, Any]
CREATE = """
import json, sys
sys.path.insert(0, sys.argv[1])
from ansible_collections.forestage.network.plugins.plugin_utils.fabric import Fabric
Fabric.create(sys.argv[2], json.loads(sys.argv[3]))
print("up", flush=True)
sys.stdin.read()
"""


def until(true: Callable[[], object], seconds: float = 30) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.05)
    return False


def processes_of(name: str) -> list[int]:
    """Processes that hold a fabric or belong to one of its nodes, by the folder in their mounts."""
    found = []
    for mounts in Path("/proc").glob("[0-9]*/mountinfo"):
        with contextlib.suppress(OSError):
            if f"/{name}/disks" in mounts.read_text(encoding="utf-8", errors="replace"):
                found.append(int(mounts.parent.name))
    return found


@pytest.fixture
def creator(root: Path, name: str) -> Callable[[Spec], subprocess.Popen[str]]:
    """Creates a fabric in a process of its own."""
    import json

    def start(spec: Spec) -> subprocess.Popen[str]:
        argv = [sys.executable, "-c", CREATE, str(root / ".cache" / "collections"), name, json.dumps(spec)]
        return subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    return start


def test_a_fabric_outlives_its_creator(creator: Callable[[Spec], subprocess.Popen[str]], name: str, hosts: Spec) -> None:
    with creator(hosts) as process:
        assert process.stdout is not None and process.stdout.readline() == "up\n"
        process.kill()
    assert Fabric.load(name).exec("one", ["ping", "-c", "1", "-W", "2", "10.9.0.2"]).returncode == 0


def test_a_creator_killed_half_way_leaves_what_absent_removes(
    creator: Callable[[Spec], subprocess.Popen[str]], name: str, spec: Spec
) -> None:
    with creator(spec) as process:
        assert until((folder_of(name) / register.FILE).exists)
        process.kill()
    assert Fabric.remove(name)
    assert not folder_of(name).exists()
    assert until(lambda: processes_of(name) == [])
    assert not Fabric.remove(name)


def test_a_node_that_cannot_start_is_named_and_nothing_stays(name: str, spec: Spec) -> None:
    wrong = copy.deepcopy(spec)
    wrong["nodes"]["right"]["config"]["nft"] = "table inet filter { chain x { type nonsense } }\n"
    with pytest.raises(FabricError, match=f"fabric {name} was not built: node right did not start: `nft -f -`"):
        Fabric.create(name, wrong)
    assert not folder_of(name).exists()
    assert until(lambda: processes_of(name) == [])


def test_a_holder_that_was_killed_takes_all_nodes_with_it_and_can_be_built_anew(name: str, hosts: Spec) -> None:
    first = Fabric.create(name, hosts)
    os.kill(first.holder_pid, signal.SIGKILL)
    # a process gives up its mounts before it has ended, and counts as alive for that moment
    assert until(lambda: processes_of(name) == [] and Fabric.find(name) is None)
    with pytest.raises(FabricError, match=f"no fabric {name} is up"):
        Fabric.load(name)
    assert Fabric.create(name, hosts).holder_pid != first.holder_pid


def test_a_node_whose_init_dies_starts_again(name: str, hosts: Spec) -> None:
    fabric = Fabric.create(name, hosts)
    before = fabric.nodes["one"].pid
    os.kill(before, signal.SIGKILL)
    assert until(lambda: Fabric.load(name).nodes["one"].pid not in (0, before))
    assert until(lambda: Fabric.load(name).exec("one", ["ping", "-c", "1", "-W", "1", "10.9.0.2"]).returncode == 0)


def test_another_specification_under_the_same_name_is_refused(name: str, hosts: Spec) -> None:
    fabric = Fabric.create(name, hosts)
    other = copy.deepcopy(hosts)
    other["links"][0]["mtu"] = 1400
    with pytest.raises(FabricError, match="runs with another specification; remove it first"):
        Fabric.create(name, other)
    assert Fabric.load(name).holder_pid == fabric.holder_pid


def test_an_unknown_node_is_named(name: str, hosts: Spec) -> None:
    fabric = Fabric.create(name, hosts)
    for ask in (lambda: fabric.exec("three", ["true"]), lambda: fabric.reboot("three")):
        with pytest.raises(FabricError, match="has no node three; it has one, two"):
            ask()


def test_an_ssh_connection_ends_with_the_fabric(name: str, hosts: Spec) -> None:
    reachable = copy.deepcopy(hosts)
    reachable["nodes"]["one"] |= {"mgmt": "192.0.2.1", "ssh": True}
    fabric = Fabric.create(name, reachable)
    argv = ["ssh", *shlex.split(fabric.ssh_args), "-o", "BatchMode=yes", "-i", str(fabric.admin_key), "root@192.0.2.1"]
    with subprocess.Popen([*argv, "echo in; sleep 600"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as session:
        assert session.stdout is not None and session.stdout.readline() == "in\n"
        fabric.destroy()
        assert session.wait(timeout=10) != 0
