# SPDX-License-Identifier: GPL-3.0-or-later
"""Every mistake in a specification is one sentence that names the place and the mend."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.forestage.network.plugins.plugin_utils.fabric import FabricError, check_spec
from ansible_collections.forestage.network.plugins.plugin_utils.fabric.spec import digest
from hypothesis import given
from hypothesis import strategies as st

Spec = dict[str, Any]
CONFIG = {"frr": "hostname r\n", "nft": "", "qos": {}}


def spec() -> Spec:
    return {
        "nodes": {
            "r1": {"kind": "router", "mgmt": "192.0.2.1", "loopback": "10.255.0.1/32", "config": copy.deepcopy(CONFIG)},
            "h1": {"kind": "host", "addresses": {"eth1": ["10.1.0.10/24"]}, "gateway": "10.1.0.1"},
        },
        "links": [{"a": "r1:eth1", "b": "h1:eth1"}],
    }


def broken(**changes: Any) -> Spec:
    """A specification with one thing changed; keys are dotted paths with `__`."""
    value = spec()
    for path, new in changes.items():
        *folders, last = path.split("__")
        place = value
        for folder in folders:
            place = place[folder]
        place[last] = new
    return value


MISTAKES = [
    (broken(nodes={}), "nodes"),
    (broken(nodes__r1__kind="switch"), "is not one of"),
    (broken(nodes__r1__mgmt="192.0.2.300"), "write addresses like 192.0.2.11"),
    (broken(nodes__r1__mgmt="198.51.100.1"), "is not in 192.0.2.0/24; choose one that is, or change oob"),
    (broken(nodes__r1__mgmt="192.0.2.254"), "give each its own"),
    (broken(nodes__r1__loopback="10.255.0.1"), "loopback"),
    (broken(nodes__r1__addresses={"eth1": ["10.1.0.1/24"]}), "node r1 is a router with addresses"),
    (broken(nodes__h1__config=CONFIG), "node h1 is a host with a config"),
    (broken(nodes__h1__ssh=True), "node h1 is reached over ssh and has no management address; give it a mgmt"),
    (broken(nodes__r1__mgmt=None), "nodes.r1.mgmt"),
    (broken(nodes__h1__addresses={"eth2": ["10.1.0.10/24"]}), "an address on eth2, which no link ends at; add the link"),
    (broken(links=[{"a": "r1:eth1", "b": "h2:eth1"}]), "there is no node h2; add it or mend the name"),
    (broken(links=[{"a": "r1:eth0", "b": "h1:eth1"}]), "lo and eth0 are taken; name it eth1 or higher"),
    (broken(links=[{"a": "r1:eth1", "b": "h1:eth1"}] * 2), "give each an interface of its own"),
    (broken(links=[{"a": "r1:eth1; reboot", "b": "h1:eth1"}]), "links.0.a"),
    (broken(links=[{"a": "r1:an-interface-far-too-long", "b": "h1:eth1"}]), "links.0.a"),
    (broken(typo=1), "typo"),
    (None, "is not of type 'object'"),
]


def test_a_right_specification_becomes_its_plan() -> None:
    plan = check_spec(spec())
    assert [node.name for node in plan.nodes] == ["r1", "h1"]
    assert plan.by_name["r1"].has_sshd
    assert not plan.by_name["h1"].has_sshd
    assert str(plan.oob) == "192.0.2.254/24"


@pytest.mark.parametrize(("value", "said"), MISTAKES)
def test_a_wrong_specification_is_refused_with_its_file_and_the_mend(value: Any, said: str) -> None:
    with pytest.raises(FabricError) as caught:
        check_spec(value, "lab.yml")
    assert str(caught.value).startswith("lab.yml: ")
    assert said in str(caught.value)


@given(st.recursive(st.none() | st.integers() | st.text(max_size=8), lambda inner: st.dictionaries(st.text(max_size=8), inner, max_size=3)))
def test_whatever_is_given_is_either_accepted_or_refused_in_words(value: Any) -> None:
    with pytest.raises(FabricError, match="^x: "):
        check_spec({"nodes": value}, "x")


def test_the_digest_does_not_depend_on_the_order_of_keys() -> None:
    value = spec()
    assert digest(value) == digest(dict(reversed(value.items())))
    assert digest(value) != digest(broken(nodes__r1__mgmt="192.0.2.2"))


def test_the_labs_inventory_and_its_specification_agree(root: Path) -> None:
    lab = yaml.safe_load((root / "inventories/lab/fabric.yml").read_text(encoding="utf-8"))
    inventory = yaml.safe_load((root / "inventories/lab/hosts.yml").read_text(encoding="utf-8"))
    groups = inventory["all"]["children"]["routers"]["children"]
    listed = {
        name: (host["ansible_host"], role, host["forestage_site"])
        for role, group in groups.items()
        for name, host in group["hosts"].items()
    }
    routers = {name: node for name, node in lab["nodes"].items() if node["kind"] == "router"}
    assert listed == {name: (node["mgmt"], node["role"], node["site"]) for name, node in routers.items()}
    for site in "ab":
        assert set(inventory["all"]["children"][f"site_{site}"]["hosts"]) == {
            name for name, node in routers.items() if node["site"] == site
        }
    assert len(check_spec(lab).nodes) == 12
