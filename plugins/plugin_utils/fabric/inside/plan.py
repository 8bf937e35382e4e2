# SPDX-License-Identifier: GPL-3.0-or-later
"""The frozen description of a fabric, as made from a specification that was checked before."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from ipaddress import IPv4Interface
from typing import Any

DEFAULT_OOB = "192.0.2.254/24"
MANAGEMENT = "eth0"


@dataclass(frozen=True)
class Node:
    """A router or a traffic host. `config` has the keys frr, nft and qos (schema device_config)."""

    name: str
    kind: str
    mgmt: str | None = None
    loopback: str | None = None
    config: dict[str, Any] = field(default_factory=lambda: {"frr": "", "nft": "", "qos": {}})
    addresses: dict[str, list[str]] = field(default_factory=dict)
    gateway: str | None = None
    ssh: bool = False
    agent: bool = False
    shares: tuple[str, ...] = ()

    @property
    def is_router(self) -> bool:
        return self.kind == "router"

    @property
    def has_sshd(self) -> bool:
        return self.mgmt is not None and (self.is_router or self.ssh)


@dataclass(frozen=True)
class End:
    """One end of a link."""

    node: str
    interface: str

    @classmethod
    def parse(cls, text: str) -> End:
        """Read ``node:interface``."""
        node, _unused, interface = text.partition(":")
        return cls(node, interface)


@dataclass(frozen=True)
class Link:
    """A cable between two interfaces; `mtu` in bytes."""

    a: End
    b: End
    mtu: int = 1500


@dataclass(frozen=True)
class Plan:
    """A whole fabric. `oob` is the address of the management bridge with its prefix length."""

    nodes: tuple[Node, ...]
    links: tuple[Link, ...]
    oob: IPv4Interface

    @classmethod
    def of(cls, spec: dict[str, Any]) -> Plan:
        """Build the plan of a specification that matches the schema ``fabric``."""
        nodes = (_node(name, value) for name, value in spec["nodes"].items())
        links = (Link(End.parse(link["a"]), End.parse(link["b"]), link.get("mtu", 1500)) for link in spec.get("links", ()))
        return cls(tuple(nodes), tuple(links), IPv4Interface(spec.get("oob", DEFAULT_OOB)))

    @cached_property
    def by_name(self) -> dict[str, Node]:
        return {node.name: node for node in self.nodes}


def _node(name: str, value: dict[str, Any]) -> Node:
    known = {key: item for key, item in value.items() if key in Node.__dataclass_fields__}
    return Node(name=name, **{**known, "shares": tuple(value.get("shares", ()))})
