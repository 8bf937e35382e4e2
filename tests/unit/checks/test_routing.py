# SPDX-License-Identifier: GPL-3.0-or-later
"""Routing checks: what a change may not do to sessions, prefixes and paths."""

from __future__ import annotations

from dataclasses import replace

from ansible_collections.forestage.network.plugins.plugin_utils.checks import routing
from ansible_collections.forestage.network.plugins.plugin_utils.checks.evidence import Evidence
from ansible_collections.forestage.network.plugins.plugin_utils.checks.walk import Walker, representative
from hypothesis import given
from hypothesis import strategies as st

Routes = dict[str, dict]


def via(address: str | None, interface: str = "eth1", protocol: str = "ospf") -> dict:
    return {"protocol": protocol, "metric": 10, "blackhole": False, "nexthops": [{"address": address, "interface": interface}]}


CONNECTED = via(None, protocol="connected")
NULL = {"protocol": "static", "metric": 0, "blackhole": True, "nexthops": []}


def router(address: str, routes: Routes, neighbors: tuple[str, ...] = ("10.255.0.9",)) -> dict:
    ospf = [{"neighbor": name, "interface": "eth1", "full": True, "state": "Full/-", "address": ""} for name in neighbors]
    return {"interfaces": {"eth1": {"addresses": [address]}}, "routes": routes, "ospf": ospf, "bgp": []}


# a --- b --- the network 10.9.0.0/24, on 10.0.0.0/30
NETWORK = {
    "a": router("10.0.0.1/30", {"10.0.0.0/30": CONNECTED, "10.9.0.0/24": via("10.0.0.2")}),
    "b": router("10.0.0.2/30", {"10.0.0.0/30": CONNECTED, "10.9.0.0/24": via(None, "eth2", "connected")}),
}
SAME = Evidence(
    "te_cost", "a", {"state": "present"}, before=NETWORK, after=NETWORK, known_prefixes={"10.9.0.0/24": "b", "10.0.0.0/30": "a"}
)


def failed(evidence: Evidence) -> dict[str, str]:
    return {check.name: check.seen for check in routing.checks(evidence) if check.status == "failed"}


def after(**devices: dict) -> Evidence:
    return replace(SAME, after={**NETWORK, **devices})


def test_nothing_changed_passes():
    assert failed(SAME) == {}


def test_a_lost_session_is_named():
    assert failed(after(a=router("10.0.0.1/30", NETWORK["a"]["routes"], ()))) == {"sessions stay up": "lost OSPF 10.255.0.9 on eth1"}


def test_a_lost_prefix_is_named_and_is_a_blackhole():
    found = failed(after(a=router("10.0.0.1/30", {"10.0.0.0/30": CONNECTED})))
    assert found["no prefix is lost"] == "lost 10.9.0.0/24"
    assert found["no new blackhole"] == "10.9.0.0/24 from a (delivered, now no route)"


def test_a_null_route_over_a_living_prefix_is_a_blackhole():
    found = failed(after(a=router("10.0.0.1/30", {**NETWORK["a"]["routes"], "10.9.0.0/24": NULL})))
    assert found == {"no new blackhole": "10.9.0.0/24 from a (delivered, now blackhole)"}


def test_a_loop_is_found_wherever_it_is():
    found = failed(after(b=router("10.0.0.2/30", {"10.0.0.0/30": CONNECTED, "10.9.0.0/24": via("10.0.0.1")})))
    assert "10.9.0.0/24 from b (delivered, now loop)" in found["no new loop"]


def test_a_blackhole_that_covers_somebodys_network_fails_though_nobody_here_routes_to_it():
    evidence = replace(
        SAME, template="blackhole", parameters={"state": "present", "prefix": "10.77.1.0/24"}, known_prefixes={"10.77.0.0/16": "far"}
    )
    assert failed(evidence) == {"the blackhole hits nobody's network": "it covers 10.77.0.0/16 of far"}


def test_a_blackhole_must_discard():
    evidence = replace(SAME, template="blackhole", parameters={"state": "present", "prefix": "203.0.113.0/24"})
    assert failed(evidence) == {"the prefix is discarded": "203.0.113.0/24: no route"}
    discarding = router("10.0.0.1/30", {**NETWORK["a"]["routes"], "203.0.113.0/24": NULL})
    assert failed(replace(evidence, after={**NETWORK, "a": discarding})) == {}


def test_what_a_removal_is_for_is_not_held_against_it():
    before = {**NETWORK, "a": router("10.0.0.1/30", {**NETWORK["a"]["routes"], "203.0.113.0/24": NULL})}
    evidence = replace(SAME, template="blackhole", parameters={"state": "absent", "prefix": "203.0.113.0/24"}, before=before)
    assert failed(evidence) == {}


def test_a_new_neighbour_must_come_up_unless_nobody_can_answer():
    present = {"state": "present", "neighbor": "10.0.0.2"}
    evidence = replace(SAME, template="bgp_neighbor", parameters=present, sessions=[("a", "10.0.0.2")])
    assert failed(evidence) == {"the new session comes up": "10.0.0.2 not configured"}
    skipped = [check for check in routing.checks(replace(evidence, sessions=[])) if check.status == "skipped"]
    assert [check.name for check in skipped] == ["the new session comes up"]


def test_of_several_next_hops_the_worst_counts():
    both = {**via("10.0.0.2"), "nexthops": [{"address": "10.0.0.2", "interface": "eth1"}, {"address": "10.0.9.2", "interface": "eth3"}]}
    network = {
        "a": router("10.0.0.1/30", {"10.9.0.0/24": both}),
        "b": router("10.0.0.2/30", {"10.9.0.0/24": NULL}),
        "c": router("10.0.9.2/30", {"10.9.0.0/24": CONNECTED}),
    }
    assert Walker(network).fate("a", representative("10.9.0.0/24")) == "blackhole"


@given(
    st.dictionaries(st.sampled_from("abcd"), st.sampled_from(["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4", None, "null"]), min_size=1)
)
def test_every_walk_ends(hops: dict[str, str | None]):
    """Over arbitrary next hops, loops included."""
    addresses = {"a": "10.0.0.1", "b": "10.0.0.2", "c": "10.0.0.3", "d": "10.0.0.4"}
    network = {name: router(f"{addresses[name]}/24", {"10.9.0.0/24": NULL if hop == "null" else via(hop)}) for name, hop in hops.items()}
    fates = {name: Walker(network).fate(name, representative("10.9.0.0/24")) for name in network}
    assert set(fates.values()) <= {"delivered", "blackhole", "loop", "no route"}
