# SPDX-License-Identifier: GPL-3.0-or-later
"""One change on the virtual copy: before, applied, measured, rolled back. Gathers evidence; the checks judge it."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from ansible_collections.forestage.network.forecasting.contracts import to_text

from ..drivers import DeviceError
from ..drivers.agent_file import canonical, difference, digest
from ..drivers.frr_config import value_of
from ..fabric import FabricError
from .canonical import read_back
from .interfaces import loopbacks_of
from .lab import Lab, StagingError
from .traffic import measure
from .untested import withheld, without

Evidence = dict[str, Any]
Reached = dict[str, list[str]]  # stub host → addresses
DEADLINE_SECONDS = 1800.0
PING_SECONDS = 1.5
REACH_TRIES = 4  # routes may still move when the first packets are sent
RETURN_SECONDS = 12.0  # in which a neighbour comes back that a busy machine lost; one that the change has cut off does not
GREET_TRIES = 3  # a busy machine may be slow to start an ssh server's child
SSH_PORT = 22
NOT_THE_CHANGE = (StagingError, FabricError, OSError, ValueError, KeyError)
"""What stops a rehearsal without saying anything of the change: it was not staged, and the others are rehearsed all the same."""


def baseline(lab: Lab) -> Evidence:
    """The copy before any change: settled, observed, and how faithful it is."""
    settled = lab.settle(float(lab.plan.options["settle_s"]), adjacencies=lab.copy.adjacencies)
    seen = lab.each(lab.copy.nodes, lambda device: lab.driver(device).gather())
    configs = {device: answer["config"] for device, answer in seen.items()}
    wanted = {device: canonical(config) for device, config in lab.plan.running.items()}
    return {
        "settled_s": round(settled, 1),
        "routes": lab.routes(),
        "configs": configs,
        "untested": {device: difference(config, configs[device]) for device, config in wanted.items() if config != configs[device]},
        "withheld": {device: sorted(withheld(config["frr"], configs[device]["frr"])) for device, config in wanted.items()},
        "observed": {device: answer["observe"] for device, answer in seen.items()},
        "reached": reach(lab, _everybody(lab)),
        "management": greet(lab),
    }


def rehearse(lab: Lab, change_id: str, base: Evidence) -> Evidence:
    """Apply one change to the copy, gather what the checks need, and take it back."""
    change, started = lab.plan.changes[change_id], time.monotonic()
    evidence: Evidence = {"change_id": change_id, "started_at": to_text(datetime.now(UTC)), "traffic": []}
    try:
        lab.settle(float(lab.plan.options["settle_s"]), adjacencies=lab.copy.adjacencies, like=base["routes"])
        applied = lab.each(change["devices"], lambda device: _apply(lab, change_id, device, change["devices"][device], base))
        evidence["canonical"] = applied
        evidence["observed"] = _observe(lab, change, base, applied)
        evidence |= {"reached": _reach_as_before(lab, base), "management": _greet_as_before(lab, base)}
        if all(evidence["management"][device] for device in change["devices"]):
            evidence["traffic"] = measure(lab, change, base["observed"], evidence["observed"])
    except DeviceError as error:
        evidence["refused"] = str(error)
    except subprocess.TimeoutExpired:
        evidence["refused"] = "a virtual device did not answer in time"
    except NOT_THE_CHANGE as error:
        evidence["stopped"] = f"the rehearsal stopped: {error}"
    evidence["restored"] = lab.each(change["devices"], lambda device: _roll_back(lab, device, base))
    return {**evidence, "seconds": round(time.monotonic() - started, 1), "finished_at": to_text(datetime.now(UTC))}


def spoilt(earlier: Iterable[Evidence]) -> str:
    """Why the copy is no longer as it was, from what was gathered so far; empty when every change was taken back."""
    for one in earlier:
        for device, rest in one.get("restored", {}).items():
            if rest:
                return f"the change {one['change_id']}, rehearsed before it, could not be taken back from the virtual {device}"
    return ""


def not_rehearsed(change_id: str, why: str) -> Evidence:
    """The evidence of a change that was not rehearsed."""
    now = to_text(datetime.now(UTC))
    return {"change_id": change_id, "started_at": now, "finished_at": now, "traffic": [], "restored": {}, "stopped": why}


def _apply(lab: Lab, change_id: str, device: str, config: Mapping[str, Any], base: Evidence) -> dict[str, Any]:
    """Apply with a deadline, as production will; returns the configuration read back from the device."""
    driver, running = lab.driver(device), base["configs"][device]
    config = {**config, "frr": without(str(config["frr"]), (tuple(path) for path in base["withheld"].get(device, [])))}
    order: dict[str, Any] = {
        "base_digest": digest(running),
        "deadline_s": DEADLINE_SECONDS,
        "identity": {"hostname": lab.copy.nodes[device]},
    }
    try:
        driver.apply(change_id, config, **order)
    except DeviceError as error:
        if error.code != "apply_failed" or canonical(config)["frr"] == running["frr"]:
            raise
        text = read_back(lab, device, config["frr"], running["frr"])
        driver.apply(_second(change_id), {**config, "frr": text}, **order)
    read: dict[str, Any] = driver.running()["config"]
    return read


def _observe(lab: Lab, change: Mapping[str, Any], base: Evidence, applied: Mapping[str, Any]) -> Evidence:
    """What the devices see once routing has settled; only the changed ones are asked where no routing was changed."""
    looked_at = set(applied)
    if any(config["frr"] != base["configs"][device]["frr"] for device, config in applied.items()):
        lab.settle(float(lab.plan.options["settle_s"]), _patience(base, applied), _adjacencies(change), _sessions(lab, change))
        looked_at = set(lab.copy.nodes)
    seen = lab.observe(looked_at)
    if _neighbours(base["observed"], looked_at) - _neighbours(seen, looked_at):
        lab.settle(RETURN_SECONDS, adjacencies=lab.copy.adjacencies)
        seen = lab.observe(looked_at)
    return {**base["observed"], **seen}


def _neighbours(observed: Mapping[str, Any], devices: Iterable[str]) -> set[tuple[str, str]]:
    """The full OSPF neighbours of some devices."""
    return {(device, one["neighbor"]) for device in devices for one in observed[device]["ospf"] if one["full"]}


def _second(change_id: str) -> str:
    """The id of a second attempt: a device takes each id once."""
    return f"{change_id[:61]}-2"


def _roll_back(lab: Lab, device: str, base: Evidence) -> str:
    """Take the change back; empty when the device is as it was, else what differs or went wrong."""
    driver = lab.driver(device)
    try:
        pending = driver.status()["pending"]
        if pending:
            driver.rollback(pending["change_id"])
        return difference(base["configs"][device], driver.running()["config"])
    except (DeviceError, subprocess.TimeoutExpired, *NOT_THE_CHANGE) as error:
        return str(error)


def _everybody(lab: Lab) -> Reached:
    """For each stub host the addresses of all other stub hosts and the routers' loopbacks."""
    loopbacks = {str(address.ip) for config in lab.plan.running.values() for address in loopbacks_of(config)}
    every = loopbacks | {address for addresses in lab.copy.stubs.values() for address in addresses}
    return {stub: sorted(every - set(own)) for stub, own in lab.copy.stubs.items()}


def reach(lab: Lab, wanted: Reached) -> Reached:
    """Which of the wanted addresses each stub host can reach and hears back from."""

    def ask(stub: str) -> list[str]:
        reached: list[str] = lab.probe(stub, "ping", destinations=wanted[stub], seconds=PING_SECONDS)["reached"]
        return reached

    return lab.each(wanted, ask)


def _reach_as_before(lab: Lab, base: Evidence) -> Reached:
    """What of before can be reached after the change; what is missing is asked again, a second apart, while more of it is found."""
    found: Reached = {stub: [] for stub in lab.copy.stubs}
    missing: Reached = base["reached"]
    for attempt in range(REACH_TRIES):
        time.sleep(1.0 if attempt else 0.0)
        answered = reach(lab, {stub: addresses for stub, addresses in missing.items() if addresses})
        for stub, addresses in answered.items():
            found[stub] = sorted([*found[stub], *addresses])
            missing = {**missing, stub: [address for address in missing[stub] if address not in addresses]}
        if not any(missing.values()) or (attempt and not any(answered.values())):
            break
    return found


def greet(lab: Lab) -> dict[str, str]:
    """What the ssh server of each device says to the management station; empty where the path is cut."""
    addresses = {device: lab.copy.spec["nodes"][node]["mgmt"] for device, node in lab.copy.nodes.items()}
    said = lab.probe(None, "greet", addresses=sorted(addresses.values()), port=SSH_PORT, seconds=2.0)
    return {device: said[address] for device, address in addresses.items()}


def _greet_as_before(lab: Lab, base: Evidence) -> dict[str, str]:
    """What the ssh servers say after the change; asked again while one is silent that spoke before."""
    said: dict[str, str] = {}
    for _attempt in range(GREET_TRIES):
        said = {device: answer or said.get(device, "") for device, answer in greet(lab).items()}
        if all(said[device] or not before for device, before in base["management"].items()):
            break
    return said


def _patience(base: Evidence, applied: Mapping[str, Any]) -> float:
    """Seconds to wait at least: OSPF may hold an announcement back (5 s unless `timers throttle lsa all` says otherwise)."""
    touched = [device for device in applied if applied[device]["frr"] != base["configs"][device]["frr"]]
    holds = [value_of(applied[device]["frr"], ("router ospf",), "timers throttle lsa all") for device in touched]
    return max((float(hold or 5000) / 1000 + 0.7 for hold in holds), default=0.0)


def _adjacencies(change: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The OSPF neighbours that should be there after the change: a new device's own, else none to wait for."""
    if change["template"] != "device_baseline" or change["parameters"]["state"] == "absent":
        return []
    return [(change["device"], uplink["interface"]) for uplink in change["parameters"]["uplinks"]]


def _sessions(lab: Lab, change: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The BGP sessions that the change should bring up."""
    if change["template"] != "bgp_neighbor" or change["parameters"]["state"] == "absent":
        return []
    return [(device, peer) for device, peer in lab.copy.sessions if (device, peer) == (change["device"], change["parameters"]["neighbor"])]
