# SPDX-License-Identifier: GPL-3.0-or-later
"""Security: management stays reachable, what must pass passes, what must not is stopped, no secret in clear."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network

from ..drivers.agent_file import agent
from ..drivers.frr_config import changed
from .evidence import Check, Evidence, listed

CATEGORY = "security"


def checks(evidence: Evidence) -> Iterator[Check]:
    """All security checks of a rehearsal."""
    for device in sorted(evidence.management_before):
        greeting = evidence.management_after.get(device, "")
        if evidence.management_before[device]:
            yield Check.of(
                CATEGORY,
                "management path is kept",
                device,
                bool(greeting),
                "ssh answers on the management network",
                greeting or "no answer",
            )
    yield from _flows(evidence)
    yield from _rules(evidence)
    for device in sorted(evidence.canonical):
        yield _secrets(evidence, device)


def _flows(evidence: Evidence) -> Iterator[Check]:
    """Everything that could be reached before and that the change is not about."""
    if not evidence.reached_after:
        return
    pairs = [(stub, address) for stub, addresses in sorted(evidence.reached_before.items()) for address in addresses]
    lost = [
        f"{stub} to {address}"
        for stub, address in pairs
        if address not in evidence.reached_after.get(stub, []) and not _meant(evidence, address)
    ]
    seen = f"no longer: {listed(lost)}" if lost else "all of them"
    yield Check.of(
        CATEGORY, "what must pass passes", None, not lost, f"the {len(pairs)} flows between stub hosts and routers that passed before", seen
    )


def _meant(evidence: Evidence, address: str) -> bool:
    """Whether the change is there to cut the address off."""
    if evidence.template == "device_baseline" and evidence.removes:
        gone = [evidence.parameters["loopback"], *(uplink["address"] for uplink in evidence.parameters["uplinks"])]
        return any(IPv4Address(address) in IPv4Network(text, strict=False) for text in gone)
    return False


def _rules(evidence: Evidence) -> Iterator[Check]:
    for measured in evidence.traffic:
        if measured["what"] != "rule":
            continue
        if "skipped" in measured:
            yield Check.skipped(CATEGORY, "the rule stops what it is for", evidence.device, str(measured["skipped"]))
            continue
        sent, dropped, allowance = measured["matching"]["sent"], measured["matching"]["dropped"], measured["allowance"]
        expected = sent if not allowance else sent - allowance
        holds = 0.8 * expected <= dropped <= (sent if not allowance else expected * 1.2)
        said = f"{sent} packets of the source: {expected:g} dropped" + (f" ({allowance:g} a second may pass)" if allowance else "")
        yield Check.of(CATEGORY, "the rule stops what it is for", measured["device"], holds, said, f"{dropped} dropped")
        other = measured["other"]
        said = f"{other['sent']} packets of another source: none dropped"
        yield Check.of(
            CATEGORY, "the rule leaves others alone", measured["device"], not other["dropped"], said, f"{other['dropped']} dropped"
        )


def _secrets(evidence: Evidence, device: str) -> Check:
    """FRR stores passwords as they were typed; a change may not bring new ones."""
    added, _unused = changed(str(evidence.base[device]["frr"]), str(evidence.canonical[device]["frr"]))
    hidden = [agent().masked(" / ".join(path)) for path in sorted(added) if agent().masked(path[-1]) != path[-1]]
    return Check.of(CATEGORY, "no secret in clear", device, not hidden, "no new line with a password or key", listed(hidden) or "none")
