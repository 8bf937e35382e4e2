# SPDX-License-Identifier: GPL-3.0-or-later
"""What the checks look at, and what they say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Observed = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Check:
    """One finding: what was expected, what was seen."""

    category: str
    name: str
    device: str | None
    status: str
    expected: str
    seen: str

    @classmethod
    def of(cls, category: str, name: str, device: str | None, holds: bool, expected: str, seen: str) -> Check:
        """A check that passed when `holds`, and failed otherwise."""
        return cls(category, name, device, "passed" if holds else "failed", expected, seen)

    @classmethod
    def skipped(cls, category: str, name: str, device: str | None, why: str) -> Check:
        """A check that could not be done, with the reason."""
        return cls(category, name, device, "skipped", "", why)


@dataclass(frozen=True)
class Evidence:
    """One change's rehearsal.

    Attributes:
        template, device, parameters: of the change.
        allowed: part (frr, nft, qos) → patterns of what may change.
        before, after: device → what it observed.
        base, canonical: device → its configuration before and after; `canonical` has the changed devices only.
        reached_before, reached_after: stub host → addresses that answer it.
        management_before, management_after: device → what its ssh server says, empty where cut off.
        known_prefixes: prefix → the device that has it, over the whole network as far as it is known.
        traffic: what was offered and what got through.
        refused: why a device did not take the candidate; empty when it did.
        restored: device → what the rollback left different; empty text when nothing.
        sessions: (device, neighbour) of BGP sessions that the copy can bring up.
    """

    template: str
    device: str
    parameters: Mapping[str, Any]
    allowed: Mapping[str, list[str]] = field(default_factory=dict)
    before: Observed = field(default_factory=dict)
    after: Observed = field(default_factory=dict)
    base: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    canonical: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    reached_before: Mapping[str, list[str]] = field(default_factory=dict)
    reached_after: Mapping[str, list[str]] = field(default_factory=dict)
    management_before: Mapping[str, str] = field(default_factory=dict)
    management_after: Mapping[str, str] = field(default_factory=dict)
    known_prefixes: Mapping[str, str] = field(default_factory=dict)
    traffic: list[Mapping[str, Any]] = field(default_factory=list)
    refused: str = ""
    restored: Mapping[str, str] = field(default_factory=dict)
    sessions: list[tuple[str, str]] = field(default_factory=list)

    @property
    def removes(self) -> bool:
        """Whether the change takes something away."""
        return self.parameters.get("state") == "absent"


def listed(things: list[str], most: int = 4) -> str:
    """A few of the things, and how many more there are."""
    shown = ", ".join(things[:most])
    return f"{shown} and {len(things) - most} more" if len(things) > most else shown
