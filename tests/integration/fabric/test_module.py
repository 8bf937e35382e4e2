# SPDX-License-Identifier: GPL-3.0-or-later
"""The module's states: what they tell, and that check mode does nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.forestage.network.plugins.plugin_utils.fabric import Fabric, FabricError
from ansible_collections.forestage.network.plugins.plugin_utils.fabric.states import bring

DEFAULTS: dict[str, Any] = {"spec": None, "spec_file": None, "wait": 10.0, "nodes": [], "flows": []}


def test_each_state_tells_what_it_would_change_and_changes_it_once(name: str, hosts: dict[str, Any]) -> None:
    present = {**DEFAULTS, "name": name, "state": "present", "spec": hosts}
    absent = {**DEFAULTS, "name": name, "state": "absent"}
    assert bring(present, dry=True) == {"changed": True}
    assert Fabric.find(name) is None
    built = bring(present, dry=False)
    assert built["changed"]
    assert set(built["fabric"]["nodes"]) == {"one", "two"}
    assert not bring(present, dry=False)["changed"]
    reboot = {**DEFAULTS, "name": name, "state": "rebooted", "nodes": ["one"]}
    assert bring(reboot, dry=True) == {"changed": True}
    assert Fabric.load(name).nodes == {key: type(Fabric.load(name).nodes["one"])(**node) for key, node in built["fabric"]["nodes"].items()}
    assert bring(absent, dry=True) == {"changed": True}
    assert Fabric.find(name) is not None
    assert bring(absent, dry=False) == {"changed": True}
    assert bring(absent, dry=False) == {"changed": False}


@pytest.mark.parametrize("text", [None, "nodes: [", "- a list\n", ""])
def test_a_file_that_is_no_specification_is_named(name: str, tmp_path: Path, text: str | None) -> None:
    file = tmp_path / "lab.yml"
    if text is not None:
        file.write_text(text, encoding="utf-8")
    with pytest.raises(FabricError, match=r"^\S+/lab\.yml"):
        bring({**DEFAULTS, "name": name, "state": "present", "spec_file": str(file)}, dry=False)


def test_the_routes_that_never_come_are_named(name: str, spec: dict[str, Any]) -> None:
    lonely = {**spec, "links": spec["links"][1:]}
    with pytest.raises(
        FabricError, match=r"no routes after 1 s for left: 10\.2\.0\.10, left: 10\.255\.0\.2, right: .*look at `show ip ospf"
    ):
        bring({**DEFAULTS, "name": name, "state": "present", "spec": lonely, "wait": 1.0}, dry=False)
