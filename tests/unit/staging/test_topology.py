# SPDX-License-Identifier: GPL-3.0-or-later
"""The copy is derived from configurations alone."""

from __future__ import annotations

from ipaddress import IPv4Interface, IPv4Network
from pathlib import Path

import pytest
import yaml
from ansible_collections.forestage.network.plugins.plugin_utils.fabric import check_spec
from ansible_collections.forestage.network.plugins.plugin_utils.staging.topology import TopologyError, derive, neighbours
from hypothesis import given, settings
from hypothesis import strategies as st


def router(name: str, **addresses: str) -> dict:
    ports = "".join(f"interface {port}\n ip address {address}\n ip ospf area 0\nexit\n" for port, address in addresses.items())
    return {"frr": f"hostname {name}\nservice integrated-vtysh-config\n{ports}router ospf\nexit\n", "nft": "", "qos": {}}


LINE = {
    "a": router("a", eth1="10.0.0.0/31", lo="10.255.0.1/32"),
    "b": router("b", eth1="10.0.0.1/31", eth2="10.0.1.0/31", lo="10.255.0.2/32"),
    "c": router("c", eth1="10.0.1.1/31", eth2="192.168.7.1/24", lo="10.255.0.3/32"),
}


def copy(configs: dict, copied: set[str], candidates: dict | None = None, probed: set[str] = frozenset(), management: dict | None = None):
    topology = derive(configs, candidates or {}, copied, set(probed), management or {})
    check_spec(topology.spec)
    return topology


def links(topology) -> set[frozenset[str]]:
    return {frozenset(link.values()) for link in topology.spec["links"]}


def test_neighbours_share_a_subnet():
    assert neighbours({"a"}, LINE) == {"b"}
    assert neighbours({"b"}, LINE) == {"a", "c"}


def test_a_shared_subnet_is_a_link_and_both_ends_look_for_each_other():
    topology = copy(LINE, {"a", "b", "c"})
    assert {frozenset({"a:eth1", "b:eth1"}), frozenset({"b:eth2", "c:eth1"})} <= links(topology)
    assert set(topology.adjacencies) == {("a", "eth1"), ("b", "eth1"), ("b", "eth2"), ("c", "eth1")}


def test_a_neighbour_outside_the_copy_is_a_stub_with_its_address():
    topology = copy(LINE, {"a", "b"})
    assert topology.stubs == {"stub-1": ["10.0.1.1"]}
    assert topology.far_ends["b:eth2"] == ("stub-1", "eth1", "10.0.1.1")


def test_a_network_of_users_gets_a_host_with_the_router_as_gateway():
    topology = copy(LINE, {"c"})
    users = next(node for node in topology.spec["nodes"].values() if node.get("addresses") == {"eth1": ["192.168.7.2/24"]})
    assert users["gateway"] == "192.168.7.1"


def test_more_than_two_in_a_subnet_share_a_segment():
    configs = {name: router(name, eth1=f"10.0.0.{number}/24") for number, name in enumerate("abc", start=1)}
    topology = copy(configs, set("abc"))
    assert list(topology.segments.values()) == [["port0", "port1", "port2", "port3"]]
    assert topology.far_ends["a:eth1"][2] == "10.0.0.2"


def test_a_new_device_is_linked_by_its_candidate():
    new = router("d", eth1="10.0.9.1/30")
    peer = {**LINE["a"], "frr": LINE["a"]["frr"] + "interface eth5\n ip address 10.0.9.2/30\nexit\n"}
    topology = copy(LINE, {"a", "d"}, {"d": [new], "a": [peer]})
    assert frozenset({"a:eth5", "d:eth1"}) in links(topology)
    assert "hostname d" in topology.spec["nodes"]["d"]["config"]["frr"]
    assert topology.spec["nodes"]["a"]["config"] == LINE["a"]


def test_two_changes_that_want_one_port_cannot_be_staged_together():
    one, two = router("d", eth1="10.0.9.1/30"), router("d", eth1="10.0.10.1/30")
    with pytest.raises(TopologyError, match=r"d:eth1 is in two networks at once"):
        copy(LINE, {"a", "d"}, {"d": [one, two]})


def test_a_shaped_port_without_an_address_exists_too():
    configs = {"a": {**LINE["a"], "qos": {"eth7": {"rate_kbit": 1000}}}}
    assert any("a:eth7" in link for link in links(copy(configs, {"a"})))


def test_production_management_addresses_are_used_where_they_fit():
    topology = copy(LINE, {"a", "b"}, management={"a": "198.51.100.7", "b": "198.51.100.8"})
    assert [topology.spec["nodes"][name]["mgmt"] for name in "ab"] == ["198.51.100.7", "198.51.100.8"]
    assert IPv4Interface(topology.spec["oob"]).network == IPv4Network("198.51.100.0/24")


@pytest.mark.parametrize("management", [{"a": "10.255.0.1", "b": "10.255.0.2"}, {"a": "198.51.100.7", "b": "203.0.113.8"}])
def test_management_in_band_or_in_several_networks_is_replaced(management: dict):
    assert IPv4Interface(copy(LINE, {"a", "b"}, management=management).spec["oob"]).network == IPv4Network("192.0.2.0/24")


def test_a_bgp_neighbour_outside_the_copy_speaks():
    bgp = "router bgp 65001\n neighbor 10.0.0.1 remote-as 65002\n neighbor 10.0.0.1 password hush\n address-family ipv4 unicast\n"
    bgp += "  neighbor 10.0.0.1 prefix-list theirs in\n exit-address-family\nexit\nip prefix-list theirs seq 5 permit 203.0.113.0/24\n"
    configs = {"a": {**LINE["a"], "frr": LINE["a"]["frr"] + bgp}}
    topology = copy(configs, {"a"})
    assert topology.sessions == [("a", "10.0.0.1")]
    text = topology.spec["nodes"]["stub-0"]["config"]["frr"]
    for line in ("router bgp 65002", " neighbor 10.0.0.0 remote-as 65001", " neighbor 10.0.0.0 password hush", "  network 203.0.113.0/24"):
        assert line in text.splitlines()


def test_a_peer_group_and_an_ipv6_neighbour_do_not_hinder_the_copy():
    bgp = "router bgp 65001\n neighbor PG peer-group\n neighbor PG remote-as 65002\n neighbor 2001:db8::1 remote-as 65003\nexit\n"
    configs = {**LINE, "b": {**LINE["b"], "frr": LINE["b"]["frr"] + bgp}}
    topology = copy(configs, {"a", "b"})
    assert set(topology.nodes) == {"a", "b"}
    assert topology.sessions == []


def test_names_that_no_host_could_have_are_mended_and_clashes_refused():
    assert copy({"a_1.x": LINE["a"]}, {"a_1.x"}).nodes == {"a_1.x": "a-1-x"}
    with pytest.raises(TopologyError, match="both called a-1"):
        copy({"a_1": LINE["a"], "a.1": LINE["b"]}, {"a_1", "a.1"})


def test_the_lab_is_copied_as_it_is(root: Path):
    spec = yaml.safe_load((root / "inventories" / "lab" / "fabric.yml").read_text())
    configs = {name: node["config"] for name, node in spec["nodes"].items() if node["kind"] == "router"}
    inside = {frozenset(link.values()) for link in spec["links"] if not any("host-" in end for end in link.values())}
    assert inside <= links(copy(configs, set(configs)))


ADDRESS = st.builds(lambda net, host: f"10.0.{net}.{host}/24", st.integers(0, 4), st.integers(1, 5))


@settings(max_examples=60)
@given(st.lists(st.lists(ADDRESS, min_size=1, max_size=3, unique=True), min_size=1, max_size=5))
def test_whatever_the_addresses_the_copy_can_be_built(devices: list[list[str]]):
    """Every derived specification is one that a fabric accepts, and every addressed port has a cable."""
    configs = {
        f"r{number}": router(f"r{number}", **{f"eth{port}": address for port, address in enumerate(held, start=1)})
        for number, held in enumerate(devices)
    }
    topology = copy(configs, set(configs))
    ends = {end for link in topology.spec["links"] for end in link.values()}
    assert {f"r{number}:eth{port}" for number, held in enumerate(devices) for port in range(1, len(held) + 1)} <= ends
