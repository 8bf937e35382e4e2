# SPDX-License-Identifier: GPL-3.0-or-later
"""Where staging runs: twice at once, as an ordinary user, from a read-only collection, on another host over ssh."""

from __future__ import annotations

import json
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from ansible_collections.forestage.network.plugins.plugin_utils.fabric import Fabric

from .conftest import NETWORK, Stage, item

GOOD = {"device": "left", "template": "filter", "name": "scanner", "source": "203.0.113.0/24"}


def test_two_runs_at_once_do_not_meet(stage: Stage, ordinary_stage: Stage) -> None:
    """One of them from an installed collection that nobody can write to and, where root runs the tests, as an ordinary user."""
    runs = [stage.start([item("same-change", **GOOD)]), ordinary_stage.start([item("same-change", **GOOD)])]
    for one, run in zip((stage, ordinary_stage), runs, strict=True):
        verdict = one.verdicts(run)["same-change"]
        assert verdict["result"] == "passed", verdict["reason"]


@pytest.fixture
def staging_host(root: Path, tmp_path: Path) -> Iterator[Path]:
    """A second machine: a host of a fabric that is reached over ssh only; yields an inventory with it."""
    name = f"test-{uuid.uuid4().hex[:8]}"
    python = Path(sys.executable)
    shares = {
        str(path) for path in (root, python.parent.parent, Path(sys.base_prefix)) if str(path).startswith(("/home/", "/root/", "/tmp/"))
    }
    node = {"kind": "host", "mgmt": "192.0.2.9", "ssh": True, "shares": sorted(shares)}
    fabric = Fabric.create(name, {"nodes": {"elsewhere": node}})
    try:
        reached = {
            "ansible_host": "192.0.2.9", "ansible_user": "root", "ansible_ssh_private_key_file": str(fabric.admin_key),
            "ansible_ssh_common_args": fabric.ssh_args, "forestage_staging_python": str(python), "forestage_staging_collection": str(root),
        }  # fmt: skip
        inventory = tmp_path / "inventory.yml"
        inventory.write_text(yaml.safe_dump({"all": {"hosts": {"elsewhere": reached}}}), encoding="utf-8")
        yield inventory
    finally:
        fabric.destroy()


def test_another_host_gives_the_same_verdict(stage: Stage, staging_host: Path) -> None:
    verdict = stage.verdicts(stage.start([item("elsewhere-1", **GOOD)], staging_host, forestage_staging_host="elsewhere"))["elsewhere-1"]
    assert verdict["result"] == "passed", verdict["reason"]
    assert stage.left_over() == []


def test_a_staging_host_with_another_version_is_refused(root: Path, tmp_path: Path) -> None:
    import subprocess

    order = {"plans": [{"fabric": "stage-none", "changes": {}, "not_staged": {}}], "rules": None, "version": "0.0.0", "timeout_s": 60}
    program = root / "plugins" / "plugin_utils" / "staging" / "run.py"
    done = subprocess.run([sys.executable, "-I", str(program)], input=json.dumps(order), capture_output=True, text=True, check=False)
    assert done.returncode == 1 and not done.stdout
    assert done.stderr.startswith("the staging host has version") and "install the same on both" in done.stderr


def test_a_change_that_cannot_be_copied_is_not_staged(stage: Stage) -> None:
    foreign = item("foreign-platform", **GOOD)
    foreign["candidate"]["devices"]["left"]["platform"] = "ios_xe"
    verdict = stage.verdicts(stage.start([foreign]))["foreign-platform"]
    assert (verdict["result"], verdict["checks"]) == ("not_staged", [])
    assert verdict["reason"] == "left is of platform ios_xe, which cannot run virtually here"


def test_lines_that_no_virtual_router_takes_make_the_verdict_partial(stage: Stage) -> None:
    odd = {**NETWORK["left"], "frr": NETWORK["left"]["frr"] + "router isis backbone\n net 49.0001.0000.0000.0001.00\nexit\n"}
    change = item("partly-tried", **GOOD, network={**NETWORK, "left": odd})
    verdict = stage.verdicts(stage.start([change]))["partly-tried"]
    assert verdict["result"] == "partial", verdict["reason"]
    assert "left: -router isis backbone" in verdict["untested"]
    assert "router isis backbone\n net 49.0001.0000.0000.0001.00\nexit\n" in verdict["canonical"]["left"]["frr"]


def test_filters_that_the_copy_does_not_take_make_it_not_staged(stage: Stage) -> None:
    odd = {**NETWORK["left"], "nft": "table inet filter {\n\tnonsense\n}\n"}
    change = item("unknown-rules", **GOOD, network={**NETWORK, "left": odd})
    verdict = stage.verdicts(stage.start([change]))["unknown-rules"]
    assert verdict["result"] == "not_staged"
    assert "the virtual left does not take the nftables rules that run on left" in verdict["reason"]
