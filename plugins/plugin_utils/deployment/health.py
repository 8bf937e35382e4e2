# SPDX-License-Identifier: GPL-3.0-or-later
"""Health of a device from what its agent observes, before and after a change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Seen = Mapping[str, Any]
QUIET_OSPF = ("Full", "2-Way")
ADMIN_DOWN = "Idle (Admin)"


def troubles(seen: Seen, ignored: Iterable[str] = ()) -> list[str]:
    """What is already wrong with a device, one sentence each; `ignored` names neighbours (router id or address) not to count."""
    known = set(ignored)
    ospf = [one for one in seen["ospf"] if not str(one["state"]).startswith(QUIET_OSPF) and one["neighbor"] not in known]
    bgp = [one for one in seen["bgp"] if not one["established"] and one["state"] != ADMIN_DOWN and one["neighbor"] not in known]
    return [f"OSPF neighbour {one['neighbor']} on {one['interface']} is {one['state']}" for one in ospf] + [
        f"BGP peer {one['neighbor']} is {one['state']}" for one in bgp
    ]


def losses(before: Seen, after: Seen, change: Seen, allowed: Iterable[str] = ()) -> list[str]:
    """What a device had before a change and has no longer, one sentence each.

    Args:
        before: what the agent observed before the change.
        after: the same after it.
        change: the change; what it is there to remove is no loss.
        allowed: further prefixes and neighbours that may go.
    """
    free = {*intended(change), *allowed}
    ospf = _full(before) - _full(after)
    bgp = _established(before) - _established(after)
    lost = [prefix for prefix in before["routes"] if prefix not in after["routes"]]
    holes = [prefix for prefix, route in after["routes"].items() if route["blackhole"] and not _is_hole(before, prefix)]
    return (
        [f"OSPF neighbour {name} on {port} was lost" for name, port in sorted(ospf) if not {name, port} & free]
        + [f"BGP peer {name} was lost" for name in sorted(bgp) if name not in free]
        + [f"the route to {prefix} was lost" for prefix in sorted(lost) if prefix not in free]
        + [f"the route to {prefix} became a blackhole" for prefix in sorted(holes) if prefix not in free]
    )


def losses_of(before: Mapping[str, Seen], after: Mapping[str, Seen], change: Seen, allowed: Iterable[str] = ()) -> list[str]:
    """The same for several devices, by name; a device that no longer answers is lost too."""
    free = list(allowed)
    silent = [f"{name} no longer answers" for name in before if name not in after]
    return silent + [f"{name}: {loss}" for name in before if name in after for loss in losses(before[name], after[name], change, free)]


def summary(seen: Seen) -> dict[str, Any]:
    """What the record of a deployment keeps of an observation."""
    return {
        "observed_at": seen["observed_at"],
        "ospf_full": sorted(name for name, _unused in _full(seen)),
        "bgp_established": sorted(_established(seen)),
        "routes": len(seen["routes"]),
    }


def intended(change: Seen) -> set[str]:
    """The prefixes, neighbours and interfaces that a change is there to take away."""
    given = change["parameters"]
    if change["template"] == "blackhole":
        return {given["prefix"]}
    if given.get("state") != "absent":
        return set()
    uplinks = given.get("uplinks", [])
    ends = [one[key] for one in uplinks for key in ("interface", "peer_interface", "address")]
    names = [given.get("neighbor"), given.get("loopback"), *ends]
    return {str(name) for name in [*names, *given.get("prefixes_in", [])] if name}


def _full(seen: Seen) -> set[tuple[str, str]]:
    return {(one["neighbor"], one["interface"]) for one in seen["ospf"] if one["full"]}


def _established(seen: Seen) -> set[str]:
    return {one["neighbor"] for one in seen["bgp"] if one["established"]}


def _is_hole(seen: Seen, prefix: str) -> bool:
    return bool(seen["routes"].get(prefix, {}).get("blackhole"))
