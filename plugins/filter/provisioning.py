# SPDX-License-Identifier: GPL-3.0-or-later
"""Small views on jobs, candidates and what the devices said, for playbooks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible_collections.forestage.network.plugins.plugin_utils.queue.writer import devices_of


def affected_devices(jobs: Iterable[Mapping[str, Any]]) -> list[str]:
    return sorted({device for job in jobs for device in devices_of(dict(job))})


def as_tested(candidate: Mapping[str, Any], verdict: Mapping[str, Any]) -> dict[str, Any]:
    canonical = verdict.get("canonical") or {}
    devices = {name: {**entry, "config": canonical.get(name, entry["config"])} for name, entry in candidate["devices"].items()}
    return {**candidate, "devices": devices}


def what_runs(names: Iterable[str], hostvars: Mapping[str, Any]) -> dict[str, Any]:
    """Devices that did not say what runs on them are left out."""
    found = {}
    for name in names:
        running = _answer(hostvars[name], "forestage_running")
        if "digest" in running:
            observed = _answer(hostvars[name], "forestage_observed")
            found[name] = {"config": running["config"], "digest": running["digest"], "observe": observed}
    return found


def _answer(variables: Mapping[str, Any], registered: str) -> Mapping[str, Any]:
    return (variables.get(registered) or {}).get("device") or {}


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"affected_devices": affected_devices, "as_tested": as_tested, "what_runs": what_runs}
