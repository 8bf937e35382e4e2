# SPDX-License-Identifier: GPL-3.0-or-later
"""Routing: sessions as before, no prefix lost, no new blackhole, no loop."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network, ip_network

from .evidence import Check, Evidence, listed
from .walk import Walker, representative

CATEGORY = "routing"


def checks(evidence: Evidence) -> Iterator[Check]:
    """All routing checks of a rehearsal."""
    for device in sorted(evidence.before):
        if device in evidence.after:
            yield _sessions(evidence, device)
            yield _prefixes(evidence, device)
    yield from _new_sessions(evidence)
    yield from _walks(evidence)
    if evidence.template == "blackhole" and not evidence.removes:
        yield _blackholed(evidence)


def _up(evidence: Evidence, device: str, after: bool) -> set[str]:
    seen = (evidence.after if after else evidence.before)[device]
    ospf = {f"OSPF {one['neighbor']} on {one['interface']}" for one in seen["ospf"] if one["full"]}
    return ospf | {f"BGP {one['neighbor']}" for one in seen["bgp"] if one["established"]}


def _sessions(evidence: Evidence, device: str) -> Check:
    before, after = _up(evidence, device, False), _up(evidence, device, True)
    lost = sorted(session for session in before - after if not _meant(evidence, device, session))
    seen = f"lost {listed(lost)}" if lost else f"{len(after)} up"
    return Check.of(CATEGORY, "sessions stay up", device, not lost, f"the {len(before)} sessions that were up before", seen)


def _meant(evidence: Evidence, device: str, session: str) -> bool:
    """Whether the change is there to end the session."""
    if not evidence.removes:
        return False
    if evidence.template == "bgp_neighbor":
        return device == evidence.device and session == f"BGP {evidence.parameters['neighbor']}"
    if evidence.template == "device_baseline":
        ends = [(uplink["peer_device"], uplink["peer_interface"]) for uplink in evidence.parameters["uplinks"]]
        return device == evidence.device or any(device == peer and session.endswith(f" on {port}") for peer, port in ends)
    return False


def _leaving(evidence: Evidence) -> list[IPv4Network]:
    """Prefixes that the change is there to take away."""
    if not evidence.removes:
        return []
    given = evidence.parameters
    texts: list[str] = []
    if evidence.template == "blackhole":
        texts = [given["prefix"]]
    elif evidence.template == "bgp_neighbor":
        texts = given["prefixes_in"]
    elif evidence.template == "device_baseline":
        texts = [given["loopback"], *(uplink["address"] for uplink in given["uplinks"])]
    return [IPv4Network(text, strict=False) for text in texts if ":" not in text]


def _prefixes(evidence: Evidence, device: str) -> Check:
    before, after = set(evidence.before[device]["routes"]), set(evidence.after[device]["routes"])
    leaving = _leaving(evidence)
    lost = [prefix for prefix in sorted(before - after) if not any(IPv4Network(prefix).subnet_of(network) for network in leaving)]
    seen = f"lost {listed(lost)}" if lost else f"{len(after)} prefixes"
    return Check.of(CATEGORY, "no prefix is lost", device, not lost, f"the {len(before)} prefixes that were there before", seen)


def _new_sessions(evidence: Evidence) -> Iterator[Check]:
    if evidence.removes or evidence.device not in evidence.after:
        return
    if evidence.template == "bgp_neighbor":
        peer = evidence.parameters["neighbor"]
        if (evidence.device, peer) not in [tuple(one) for one in evidence.sessions]:
            yield Check.skipped(
                CATEGORY, "the new session comes up", evidence.device, f"{peer} is in no network of the device, so nobody can answer"
            )
            return
        up = f"BGP {peer}" in _up(evidence, evidence.device, True)
        state = next((one["state"] for one in evidence.after[evidence.device]["bgp"] if one["neighbor"] == peer), "not configured")
        yield Check.of(CATEGORY, "the new session comes up", evidence.device, up, f"{peer} Established", f"{peer} {state}")
    if evidence.template == "device_baseline":
        full = {one["interface"] for one in evidence.after[evidence.device]["ospf"] if one["full"]}
        for uplink in evidence.parameters["uplinks"]:
            port, peer = uplink["interface"], uplink["peer_device"]
            seen = "Full" if port in full else "no full neighbour"
            yield Check.of(CATEGORY, f"{port} finds its neighbour", evidence.device, port in full, f"OSPF Full with {peer}", seen)


def _walks(evidence: Evidence) -> Iterator[Check]:
    """Follow every destination from every router, before and after."""
    old, new = Walker(evidence.before), Walker(evidence.after)
    prefixes = sorted({prefix for seen in evidence.before.values() for prefix in seen["routes"]} | set(evidence.known_prefixes))
    prefixes = [prefix for prefix in prefixes if ":" not in prefix and prefix != "0.0.0.0/0"]
    leaving = _leaving(evidence)
    bad: dict[str, list[str]] = {"loop": [], "blackhole": []}
    for device in sorted(set(evidence.before) & set(evidence.after)):
        for prefix in prefixes:
            if any(IPv4Network(prefix).subnet_of(network) for network in leaving):
                continue
            was, now = old.fate(device, representative(prefix)), new.fate(device, representative(prefix))
            if now != was and now != "delivered":
                bad["loop" if now == "loop" else "blackhole"].append(f"{prefix} from {device} ({was}, now {now})")
    what = f"every one of {len(prefixes)} known prefixes ends as before from every router"
    yield Check.of(CATEGORY, "no new blackhole", None, not bad["blackhole"], what, listed(bad["blackhole"]) or "as before")
    yield Check.of(CATEGORY, "no new loop", None, not bad["loop"], what, listed(bad["loop"]) or "as before")


def _blackholed(evidence: Evidence) -> Check:
    """A blackhole must discard its prefix, and no part of a network that somebody has."""
    prefix, device = evidence.parameters["prefix"], evidence.device
    network = ip_network(prefix)
    hit = [f"{known} of {owner}" for known, owner in sorted(evidence.known_prefixes.items()) if ip_network(known).version == network.version
           and ip_network(known).overlaps(network)]  # fmt: skip
    if hit:
        return Check.of(
            CATEGORY, "the blackhole hits nobody's network", device, False, f"{prefix} is no network of ours", f"it covers {listed(hit)}"
        )
    if network.version == 6:
        return Check.skipped(CATEGORY, "the prefix is discarded", device, "IPv6 routes are not observed")
    fate = Walker(evidence.after).fate(device, representative(prefix))
    return Check.of(CATEGORY, "the prefix is discarded", device, fate == "blackhole", f"{prefix}: blackhole", f"{prefix}: {fate}")
