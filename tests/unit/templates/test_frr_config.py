# SPDX-License-Identifier: GPL-3.0-or-later
"""Merging a snippet into FRR's running configuration."""

from __future__ import annotations

import pytest
from ansible_collections.forestage.network.plugins.plugin_utils.drivers.frr_config import (
    FrrConfigError,
    changed,
    lines_in,
    merge,
    parse,
    paths,
    render,
    value_of,
)
from hypothesis import given
from hypothesis import strategies as st

RUNNING = """\
Building configuration...

Current configuration:
!
frr version 8.4.4
frr defaults traditional
hostname core-a1
no ipv6 forwarding
service integrated-vtysh-config
!
ip route 203.0.113.0/24 blackhole
!
interface eth1
 description to core-b1
 ip address 10.0.0.1/30
 ip ospf cost 10
exit
!
interface eth10
 ip ospf cost 7
exit
!
router bgp 65001
 no bgp default ipv4-unicast
 neighbor 10.0.1.2 remote-as 65002
 neighbor 10.0.1.20 remote-as 65003
 !
 address-family ipv4 unicast
  network 10.0.0.0/8
  neighbor 10.0.1.2 activate
  neighbor 10.0.1.2 prefix-list old in
  neighbor 10.0.1.20 activate
 exit-address-family
exit
!
ip prefix-list old seq 5 permit 198.51.100.0/24
!
route-map X permit 10
 match ip address prefix-list old
exit
!
route-map X deny 20
exit
!
end
"""


def test_what_vtysh_prints_comes_back_in_its_own_layout():
    body = RUNNING.split("Current configuration:\n!\n")[1].replace("!\nend\n", "")
    assert render(parse(RUNNING)) == body


def test_a_line_replaces_the_one_that_sets_the_same_thing():
    merged = merge(RUNNING, "interface eth1\n ip ospf cost 20\n")
    assert changed(RUNNING, merged) == ({("interface eth1", "ip ospf cost 20")}, {("interface eth1", "ip ospf cost 10")})


def test_lines_that_may_stand_together_do():
    merged = merge(RUNNING, "interface eth1\n ip address 10.9.9.1/24\nip route 192.0.2.0/24 blackhole\n")
    assert changed(RUNNING, merged) == ({("interface eth1", "ip address 10.9.9.1/24"), ("ip route 192.0.2.0/24 blackhole",)}, set())


def test_no_removes_by_whole_words_and_in_nested_contexts():
    merged = merge(RUNNING, "router bgp 65001\n no neighbor 10.0.1.2\n")
    added, removed = changed(RUNNING, merged)
    assert not added
    assert {path[-1] for path in removed} == {
        "neighbor 10.0.1.2 remote-as 65002",
        "neighbor 10.0.1.2 activate",
        "neighbor 10.0.1.2 prefix-list old in",
    }


def test_no_takes_a_whole_context():
    merged = merge(RUNNING, "no route-map X\nno router bgp 65001\n")
    assert "route-map" not in merged and "bgp" not in merged and "address-family" not in merged


def test_no_of_something_absent_is_nothing():
    assert merge(RUNNING, "interface eth1\n no ip ospf priority\nno ip route 1.0.0.0/8 blackhole\n") is RUNNING


def test_a_negation_that_frr_prints_is_configuration():
    merged = merge(RUNNING, "no ip forwarding\nrouter bgp 65001\n no bgp ebgp-requires-policy\n")
    assert changed(RUNNING, merged)[0] == {("no ip forwarding",), ("router bgp 65001", "no bgp ebgp-requires-policy")}
    again = merge(merged, "router bgp 65001\n bgp ebgp-requires-policy\n")
    assert changed(merged, again) == (
        {("router bgp 65001", "bgp ebgp-requires-policy")},
        {("router bgp 65001", "no bgp ebgp-requires-policy")},
    )


def test_one_list_a_direction():
    merged = merge(
        RUNNING,
        "router bgp 65001\n address-family ipv4 unicast\n  neighbor 10.0.1.2 prefix-list new in\n  neighbor 10.0.1.2 prefix-list new out\n",
    )
    inside = lines_in(merged, "router bgp 65001", "address-family ipv4 unicast")
    assert [line for line in inside if "prefix-list" in line] == [
        "neighbor 10.0.1.2 prefix-list new in",
        "neighbor 10.0.1.2 prefix-list new out",
    ]


def test_nested_contexts_are_closed_with_their_own_word():
    assert merge("", "router bgp 1\n address-family ipv4 unicast\n  network 10.0.0.0/8\n") == (
        "router bgp 1\n address-family ipv4 unicast\n  network 10.0.0.0/8\n exit-address-family\nexit\n"
    )


def test_values_are_found_by_whole_words():
    assert value_of(RUNNING, ("interface eth1",), "ip ospf cost") == "10"
    assert value_of(RUNNING, ("interface eth1",), "ip ospf") == "cost 10"
    assert value_of(RUNNING, ("interface eth2",), "ip ospf cost") is None


def test_an_exit_that_closes_nothing_is_named_with_its_line():
    with pytest.raises(FrrConfigError, match=r"line 2 .*'exit' closes nothing"):
        parse("!\nexit\n")


WORDS = st.sampled_from(["ip ospf cost", "description", "ip address", "network", "neighbor 10.0.0.1 remote-as"])
LINE = st.builds(lambda words, value: f"{words} {value}", WORDS, st.integers(1, 9))
BLOCK = st.tuples(
    st.sampled_from(["interface eth1", "interface eth2", "router ospf", "router bgp 1"]), st.lists(LINE, min_size=1, max_size=5)
)
TEXT = st.lists(BLOCK, max_size=5).map(
    lambda blocks: "".join(f"{head}\n" + "".join(f" {line}\n" for line in lines) + "exit\n" for head, lines in blocks)
)
NEGATED = st.lists(st.tuples(st.booleans(), BLOCK), max_size=4).map(
    lambda entries: "".join(
        f"{head}\n" + "".join(f" {'no ' if negate else ''}{line}\n" for line in lines) for negate, (head, lines) in entries
    )
)


@given(TEXT)
def test_reading_what_was_written_gives_the_same_tree(text: str):
    assert list(paths(parse(render(parse(text))))) == list(paths(parse(text)))


@given(TEXT)
def test_a_configuration_merged_with_nothing_is_itself(text: str):
    assert changed(text, merge(text, "")) == (set(), set())


@given(TEXT, TEXT)
def test_merging_twice_changes_nothing_more(running: str, snippet: str):
    once = merge(merge("", running), snippet)
    assert merge(once, snippet) == once


@given(TEXT, NEGATED)
def test_other_contexts_stay_as_they_were(running: str, snippet: str):
    base = merge("", running)
    touched = {path[0] for path in paths(parse(snippet))}
    added, removed = changed(base, merge(base, snippet))
    assert {path[0] for path in added | removed} <= touched
