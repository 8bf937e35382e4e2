# SPDX-License-Identifier: GPL-3.0-or-later
"""What no change may block: what the user and the policy file protect, and what the devices have and whom they speak to."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from ansible_collections.forestage.network.plugins.plugin_utils.templates import Catalogue, Guard, TemplateError, make_candidate
from ansible_collections.forestage.network.plugins.plugin_utils.templates.policy_guards import policy_guards

FRR = """\
interface eth1
 ip address 10.0.0.1/30
 ipv6 address 2001:db8:1::1/64
exit
interface lo
 ip address 10.255.0.1/32
exit
router bgp 65001
 neighbor PEERS peer-group
 neighbor PEERS remote-as 65002
 neighbor 203.0.113.1 peer-group PEERS
 neighbor 198.18.0.1 remote-as 65003
exit
"""
OBSERVED = {"interfaces": {"eth0": {"addresses": ["192.0.2.7/24"]}, "lo": {}}, "bgp": [{"neighbor": "198.18.5.1"}, {"neighbor": "eth4"}]}
RUNNING = {
    "r1": {"config": {"frr": FRR, "nft": "", "qos": {}}, "digest": "0" * 64, "observe": OBSERVED},
    "r2": {"config": {"frr": "interface eth1\n ip address 198.51.100.1/25\nexit\n", "nft": "", "qos": {}}, "digest": "1" * 64},
}
POLICIES = """\
version: 1
guards: {never_block: [100.64.0.0/16], widest_prefix: {ipv4: 28}}
policies:
  - name: p
    severity: minor
    when: {metric: if_out_bps, limit: {value: 1}}
    what: {template: filter, parameters: {name: x, source: 198.18.9.0/32}, ttl: 1d}
"""


def refusal(template: str, guard: Guard = Guard(), **parameters: Any) -> str:  # noqa: B008  it is frozen
    """Why a change is refused; empty when it is not."""
    job = {"change_id": "test-case", "device": "r1", "change": {"template": template, "kind": "security", "parameters": parameters}}
    try:
        make_candidate(job, RUNNING, Catalogue(), guard)
    except TemplateError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    ("prefix", "reason"),
    [
        ("203.0.113.1/32", "203.0.113.1/32, which is a BGP neighbour of r1"),
        ("198.18.0.0/24", "198.18.0.1/32, which is a BGP neighbour of r1"),
        ("198.18.5.1/32", "198.18.5.1/32, which is a BGP neighbour of r1"),
        ("10.0.0.2/32", "10.0.0.0/30, which is the network of r1 eth1"),
        ("2001:db8:1::/64", "2001:db8:1::/64, which is the network of r1 eth1"),
        ("10.255.0.1/32", "10.255.0.1/32, which is a router's loopback"),
        ("192.0.2.200/32", "192.0.2.0/24, which is the network of r1 eth0"),
        ("198.51.100.9/32", "198.51.100.0/25, which is the network of r2 eth1"),
    ],
)
def test_what_the_devices_have_and_whom_they_speak_to_is_never_blocked(prefix: str, reason: str) -> None:
    for template, parameters in (("blackhole", {"prefix": prefix}), ("filter", {"name": "x", "source": prefix})):
        if template == "filter" or ":" not in prefix:
            assert f"{prefix} overlaps {reason}; name a prefix" in refusal(template, **parameters)


def test_a_stranger_may_be_blocked() -> None:
    assert refusal("filter", name="x", source="203.0.113.64/32") == ""


def test_management_by_name_is_protected_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(name: str, *_unused: Any, **_named: Any) -> list[Any]:
        if name == "r1.example.net":
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("203.0.113.77", 0))]
        raise OSError

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    guard = Guard(management=("unknown.example.net", "r1.example.net"))
    assert "203.0.113.77/32, which is a management network" in refusal("filter", guard, name="x", source="203.0.113.64/26")


def test_a_never_block_list_that_cannot_be_read_is_refused() -> None:
    assert "'10.0.0.0/33' in the never-block list is no prefix" in refusal(
        "filter", Guard(never_block=("10.0.0.0/33",)), name="x", source="203.0.113.64/26"
    )


def test_a_policy_file_gives_its_guards() -> None:
    assert policy_guards(POLICIES) == {"never_block": ["100.64.0.0/16"], "widest_ipv4": 28}
    assert policy_guards(POLICIES.replace("guards:", "pools: {}\n#")) == {"never_block": []}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("policies: [", "p.yml is not YAML"),
        ("version: 1", "p.yml: "),
        (POLICIES.replace("100.64.0.0/16", "100.64.0.1/16"), "p.yml, guards, never_block: 100.64.0.1/16 has host bits set"),
    ],
)
def test_a_policy_file_that_cannot_be_read_names_itself(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=r"^p\.yml") as error:
        policy_guards(text, "p.yml")
    assert sentence in str(error.value)
