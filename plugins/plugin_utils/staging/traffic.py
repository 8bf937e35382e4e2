# SPDX-License-Identifier: GPL-3.0-or-later
"""Real packets through a changed router: what was offered, what got through. Judging is for the checks.

A probe host sends from the RFC 2544 network over its own link, because a shaped sender would only be
held back. Routes to the test destinations are set in the virtual kernel for as long as it takes.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from ipaddress import IPv4Network, ip_network
from typing import Any

from ..drivers.agent_file import htb
from .lab import Lab

TARGET = "198.19.255.1"
SIZE = 1400
MOST_PACKETS = 6000  # a second: what a virtual link surely carries
WARM_UP = 0.4
TRIES = 5  # a busy machine may not send as fast as it should
ENOUGH = 0.9
BUSY = "this machine was too busy to send the traffic that the check needs"
Measured = dict[str, Any]


def measure(lab: Lab, change: Mapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Measured]:
    """The measurements that suit the change's template; each names what was offered and what was seen."""
    present = change["parameters"]["state"] == "present"
    work = {"capacity": _capacity, "qos_event": _event, "te_cost": _detour, "drain": _detour, "filter": _rule, "rate_limit": _rule}
    template = change["template"]
    if template not in work or (not present and template not in ("te_cost", "drain")):
        return []
    return work[template](lab, change, before, after)


def _untested(what: str, why: str) -> list[Measured]:
    """A measurement that the change calls for and that cannot be made here: the verdict will be partial."""
    return [{"what": what, "skipped": why, "untested": True}]


def _flow(lab: Lab, device: str, destination: str, bits_per_second: float, **more: Any) -> Measured:
    source = _probe_address(lab, device)
    rate = bits_per_second / 8 / SIZE
    return {"source": source, "destination": destination, "protocol": "udp", "port": 9, "size": SIZE, "packets_per_second": rate, **more}


def _probe_address(lab: Lab, device: str) -> str:
    node, _unused = lab.copy.probes[device]
    address: str = lab.copy.spec["nodes"][node]["addresses"]["eth1"][0]
    return address.split("/")[0]


def _run(
    lab: Lab, device: str, interfaces: list[str], flows: list[Measured], carried: Callable[[Measured], float], bounds: tuple[float, float]
) -> Measured:
    """Send the flows and sample the interfaces once their queues are full; rates in bit/s.

    A machine that stalls measures too little, or too much when it catches up: what `carried` reads from the
    interfaces' samples is measured again when it is out of `bounds`.
    """
    seconds = float(lab.plan.options["measure_s"])
    probe, _unused = lab.copy.probes[device]
    total = WARM_UP + seconds + 0.2
    for _attempt in range(TRIES):
        sent, seen = lab.together(
            lambda: lab.probe(probe, "send", flows=flows, seconds=total),
            lambda: lab.probe(lab.copy.nodes[device], "sample", interfaces=interfaces, delay=WARM_UP, seconds=seconds),
        )
        offered = [count * (SIZE + 14) * 8 / total for count in sent["sent"]]
        enough = all(count >= ENOUGH * total * flow["packets_per_second"] for count, flow in zip(sent["sent"], flows, strict=True))
        if enough and bounds[0] <= carried(seen) <= bounds[1]:
            break
    return {"offered": offered, "carried": carried(seen), "seen": seen, "enough": enough}


@contextmanager
def _routed(lab: Lab, device: str, interface: str, *destinations: str) -> Iterator[bool]:
    """Have the device send `destinations` out of `interface`, where the far end drops them; whether that is possible."""
    far = lab.copy.far_ends.get(f"{device}:{interface}")
    if far is None or far[2] is None:
        yield False
        return
    here, (there, _unused, address) = lab.copy.nodes[device], far
    for destination in destinations:
        lab.shell(there, ["ip", "route", "replace", "blackhole", f"{destination}/32"])
        lab.shell(here, ["ip", "route", "replace", f"{destination}/32", "via", str(address), "dev", interface, "metric", "1"])
    try:
        yield True
    finally:
        for destination in destinations:
            lab.shell(here, ["ip", "route", "del", f"{destination}/32", "metric", "1"], must=False)
            lab.shell(there, ["ip", "route", "del", "blackhole", f"{destination}/32"], must=False)


@contextmanager
def _scaled(lab: Lab, device: str, interface: str, shaping: Mapping[str, Any]) -> Iterator[float]:
    """Divide the rates of a shaper that is too fast for virtual links; yields the divisor. A rollback brings the true ones back."""
    factor = max(1.0, shaping["rate_kbit"] / (1000.0 * float(lab.plan.options["traffic_mbit"])))
    if factor > 1.0:
        _set_rates(lab, device, interface, shaping, factor)
    try:
        yield factor
    finally:
        if factor > 1.0:
            _set_rates(lab, device, interface, shaping, 1.0)


def _set_rates(lab: Lab, device: str, interface: str, shaping: Mapping[str, Any], factor: float) -> None:
    total, classes = shaping["rate_kbit"], shaping.get("classes", [])
    rest = max(8, total - sum(one["rate_kbit"] for one in classes))
    tree = [(1, total, total, 0), (16, rest, total, 7), *((one["id"], one["rate_kbit"], one["ceil_kbit"], one["prio"]) for one in classes)]
    for minor, rate, ceil, prio in tree:
        parent = "1:" if minor == 1 else "1:1"
        head = ["tc", "class", "change", "dev", interface, "parent", parent, "classid", f"1:{minor:x}"]
        lab.shell(lab.copy.nodes[device], [*head, *htb(max(8, round(rate / factor)), max(8, round(ceil / factor)), prio)])


def _capacity(lab: Lab, change: Mapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Measured]:
    """Once more than the new rate, to see that it holds; once the forecast demand, to see that it fits."""
    device, interface = change["device"], change["parameters"]["interface"]
    shaping = change["devices"][device]["qos"][interface]
    limit = shaping["rate_kbit"] * 1000.0
    with _routed(lab, device, interface, TARGET) as possible, _scaled(lab, device, interface, shaping) as factor:
        if not possible:
            return _untested("rate", f"{device}:{interface} has no address, so nothing can be sent through it")
        offers = {"rate": 1.5 * limit, **({"demand": change["demand_bps"]} if change["demand_bps"] else {})}
        results = []
        for what, wanted in offers.items():
            flows = [_flow(lab, device, TARGET, wanted / factor)]
            bounds = (0.96 * wanted / factor, math.inf) if what == "demand" else (0.9 * limit / factor, 1.05 * limit / factor)
            ran = _run(lab, device, [interface], flows, lambda seen: float(seen[interface]["bits_per_second"]), bounds)
            if not ran["enough"]:
                results += _untested(what, BUSY)
                continue
            results.append({
                "what": what, "device": device, "interface": interface, "limit": limit, "scale": factor,
                "offered": ran["offered"][0] * factor, "carried": ran["carried"] * factor,
            })  # fmt: skip
        return results


def _event(lab: Lab, change: Mapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Measured]:
    """The event's traffic at its share, while other traffic alone would fill the interface."""
    device, given = change["device"], change["parameters"]
    interface, match = given["interface"], given["match"]
    shaping = change["devices"][device]["qos"][interface]
    own = next(one for one in shaping["classes"] if one["name"] == given["class_name"])
    if ip_network(match["destination"]).version == 6:
        return _untested("share", "the probes speak IPv4 only")
    inside = str(next(IPv4Network(match["destination"]).hosts()))
    with _routed(lab, device, interface, TARGET, inside) as possible, _scaled(lab, device, interface, shaping) as factor:
        if not possible:
            return _untested("share", f"{device}:{interface} has no address, so nothing can be sent through it")
        event = _flow(
            lab, device, inside, own["rate_kbit"] * 1000 / factor, protocol=match.get("protocol", "udp"), port=match.get("port", 9)
        )
        crowd = _flow(lab, device, TARGET, 1.3 * shaping["rate_kbit"] * 1000 / factor)
        bounds = (0.95 * own["rate_kbit"] * 1000 / factor, math.inf)
        ran = _run(
            lab, device, [interface], [event, crowd], lambda seen: float(seen[interface]["classes"].get(str(own["id"]), 0.0)), bounds
        )
        if not ran["enough"]:
            return _untested("share", BUSY)
        return [{
            "what": "share", "device": device, "interface": interface, "class": own["name"], "scale": factor,
            "guaranteed": own["rate_kbit"] * 1000.0, "offered": ran["offered"][0] * factor, "carried": ran["carried"] * factor,
        }]  # fmt: skip


def _detour(lab: Lab, change: Mapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Measured]:
    """Traffic to what lay behind the interface before: where it goes now, and whether all of it gets out."""
    device, interface = change["device"], change["parameters"]["interface"]
    routes = before[device]["routes"]
    learnt = {prefix: route for prefix, route in routes.items() if route["protocol"] != "connected" and prefix != "0.0.0.0/0"}
    behind = [prefix for prefix, route in learnt.items() if _uses(route, interface)]
    if not behind:
        return [{"what": "detour", "skipped": f"no route of {device} led through {interface} before the change"}]
    behind = sorted(behind, key=lambda prefix: IPv4Network(prefix).prefixlen)[:4]
    wanted = min(change["demand_bps"] or 2e6, 1e6 * float(lab.plan.options["traffic_mbit"]))
    flows = [_flow(lab, device, _host_in(prefix), wanted / len(behind)) for prefix in behind]
    ports = sorted({key.split(":")[1] for key in lab.copy.far_ends if key.split(":")[0] == device})
    ran = _run(lab, device, ports, flows, lambda seen: sum(one["bits_per_second"] for one in seen.values()), (0.96 * wanted, math.inf))
    if not ran["enough"]:
        return _untested("detour", BUSY)
    return [{
        "what": "detour", "device": device, "interface": interface, "prefixes": behind, "offered": sum(ran["offered"]),
        "carried": ran["carried"], "through": ran["seen"][interface]["bits_per_second"],
        "alone": not _alternative(after[device]["routes"], behind, interface),
    }]  # fmt: skip


def _uses(route: Mapping[str, Any], interface: str) -> bool:
    return any(hop["interface"] == interface for hop in route["nexthops"])


def _alternative(routes: Mapping[str, Any], prefixes: list[str], interface: str) -> bool:
    """Whether any of the prefixes has another way among a device's routes."""
    return any(not _uses(routes[prefix], interface) for prefix in prefixes if prefix in routes)


def _host_in(prefix: str) -> str:
    network = IPv4Network(prefix)
    return str(network.network_address if network.prefixlen > 30 else network.network_address + 1)


def _rule(lab: Lab, change: Mapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Measured]:
    """Packets that the rule is for, and the same from elsewhere, which it must leave alone."""
    device, given = change["device"], change["parameters"]
    if ip_network(given["source"]).version == 6 or ip_network(given.get("destination", "0.0.0.0/0")).version == 6:
        return _untested("rule", "the probes speak IPv4 only")
    allowance = float(given.get("packets_per_second", 0))
    rate = 3.0 * allowance if allowance else 50.0
    if rate > MOST_PACKETS:
        return _untested("rule", f"{rate:g} packets a second are more than a virtual link surely carries")
    destination = _host_in(given["destination"]) if "destination" in given else TARGET
    table = f"inet forestage_{given['name']}"
    results = {}
    for what, source in (("matching", _host_in(given["source"])), ("other", _probe_address(lab, device))):
        flow = {"source": source, "destination": destination, "protocol": given.get("protocol", "udp"), "port": given.get("port", 9),
                "size": 100, "packets_per_second": rate}  # fmt: skip
        start = _count(lab, device, table)
        sent = lab.probe(lab.copy.probes[device][0], "send", flows=[flow], seconds=1.0)["sent"][0]
        results[what] = {"sent": sent, "dropped": _count(lab, device, table) - start}
    return [{"what": "rule", "device": device, "table": table, "allowance": allowance, **results}]


def _count(lab: Lab, device: str, table: str) -> int:
    """Packets that the rules of a table have counted."""
    shown = lab.shell(lab.copy.nodes[device], ["nft", "list", "table", *table.split()])
    return sum(int(packets) for packets in re.findall(r"counter packets (\d+)", shown))
