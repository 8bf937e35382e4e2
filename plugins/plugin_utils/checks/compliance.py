# SPDX-License-Identifier: GPL-3.0-or-later
"""Compliance: the device takes the candidate, only the allowed stanzas change, golden rules hold, the way back works."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from ..drivers.frr_config import changed
from ..templates.ruleset import tables
from .evidence import Check, Evidence, listed
from .golden import Rule, violations

CATEGORY = "compliance"


def checks(evidence: Evidence, rules: Sequence[Rule]) -> Iterator[Check]:
    """All compliance checks of a rehearsal."""
    taken = evidence.refused or "taken, and read back in canonical form"
    yield Check.of(
        CATEGORY,
        "the candidate is taken",
        evidence.device,
        not evidence.refused,
        "every affected device takes it as one transaction",
        taken,
    )
    for device, config in sorted(evidence.canonical.items()):
        yield _stanzas(evidence, device, config)
        yield _golden(evidence, device, config, rules)
    for device, left in sorted(evidence.restored.items()):
        seen = " ".join(left.split())[:500] or "as before"
        yield Check.of(CATEGORY, "the rollback restores everything", device, not left, "the configuration of before, to the letter", seen)


def _stanzas(evidence: Evidence, device: str, config: Mapping[str, Any]) -> Check:
    touched = touched_stanzas(evidence.base[device], config)
    allowed = evidence.allowed
    foreign = [f"{part}: {name}" for part, name in touched if not any(fnmatchcase(name, pattern) for pattern in allowed.get(part, []))]
    named = list(dict.fromkeys(f"{part}: {pattern}" for part, patterns in allowed.items() for pattern in patterns))
    expected = f"changes only in {listed(named, 8) or 'nothing'}"
    seen = f"also {listed(foreign)}" if foreign else listed([name for _unused, name in touched], 8) or "nothing changed"
    return Check.of(CATEGORY, "only allowed stanzas change", device, not foreign, expected, seen)


def touched_stanzas(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What differs between two configurations: (frr, path), (nft, table) and (qos, interface)."""
    added, removed = changed(str(before["frr"]), str(after["frr"]))
    touched = [("frr", " / ".join(path)) for path in sorted(added | removed)]
    for part, old, new in (("nft", tables(str(before["nft"])), tables(str(after["nft"]))), ("qos", before["qos"], after["qos"])):
        touched += [(part, name) for name in sorted(set(old) | set(new)) if old.get(name) != new.get(name)]
    return touched


def _golden(evidence: Evidence, device: str, config: Mapping[str, Any], rules: Sequence[Rule]) -> Check:
    before = set(violations(rules, evidence.base[device]))
    new = [sentence for sentence in violations(rules, config) if sentence not in before]
    seen = listed(new) if new else f"they hold ({len(before)} broken before)" if before else "they hold"
    return Check.of(CATEGORY, "golden rules hold", device, not new, f"none of {len(rules)} rules newly broken", seen)
