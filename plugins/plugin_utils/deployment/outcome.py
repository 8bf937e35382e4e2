# SPDX-License-Identifier: GPL-3.0-or-later
"""How a deployment ended, from what each device says."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ansible_collections.forestage.network.forecasting.contracts import check

from .health import summary

FINAL = ("confirmed", "rolled_back", "rollback_blocked", "not_applied")


def result_of(states: Collection[str]) -> tuple[str, str]:
    """The result of a deployment and, where devices disagree, why.

    A change that some devices keep and others do not is for a person to mend: it counts as blocked.
    """
    kinds = set(states)
    if not kinds <= set(FINAL):
        return "unknown", "Not every device has said what became of the change."
    if "rollback_blocked" in kinds:
        return "rollback_blocked", "A device was edited by hand after the change was applied, so it was not taken back."
    if kinds == {"confirmed"}:
        return "confirmed", ""
    if "confirmed" in kinds:
        return "rollback_blocked", "Some devices kept the change and others did not; a person must decide."
    return ("rolled_back" if "rolled_back" in kinds else "not_applied"), ""


def document(
    devices: Mapping[str, Mapping[str, Any]],
    change_id: str,
    *,
    started_at: str,
    finished_at: str,
    reason: str = "",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """A value of schema deployment.

    Args:
        devices: each device's entry in it, by name: its ``state``, and ``diff`` and ``message`` where known.
        change_id: which change.
        started_at: RFC 3339 UTC.
        finished_at: the same.
        reason: why it ended so.
        before: what devices observed before the change, by name.
        after: the same after it.
    """
    result, disagreement = result_of([str(entry["state"]) for entry in devices.values()])
    value: dict[str, Any] = {
        "schema": "forestage/deployment/1",
        "change_id": change_id,
        "result": result,
        "devices": {name: {**entry, **_views(name, {"before": before or {}, "after": after or {}})} for name, entry in devices.items()},
        "started_at": started_at,
        "finished_at": finished_at,
    }
    text = " ".join(part for part in (reason.strip(), disagreement) if part)
    if text:
        value["reason"] = text
    check("deployment", value, f"deployment of change {change_id}")
    return value


def _views(device: str, seen: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    return {when: summary(views[device]) for when, views in seen.items() if device in views}
