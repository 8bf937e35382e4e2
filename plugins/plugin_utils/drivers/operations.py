# SPDX-License-Identifier: GPL-3.0-or-later
"""The states of module device_config as calls of a driver."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import Driver

NEEDS = {
    "running": (), "observed": (), "gathered": (), "status": (), "check": ("config",), "confirmed": ("change_id",),
    "rolled_back": ("change_id",), "applied": ("change_id", "config", "base_digest"),
}  # fmt: skip
"""Each state and the arguments that it needs."""


def carry_out(driver: Driver, wanted: Mapping[str, Any], dry: bool) -> tuple[bool, dict[str, Any]]:
    """Bring a device to the wanted state.

    Args:
        driver: of the device.
        wanted: the module's arguments.
        dry: ask only: the device is not changed.

    Returns:
        Whether the device changed (or would), and its answer.
    """
    state, change_id = wanted["state"], wanted["change_id"]
    if state in ("confirmed", "rolled_back"):
        if dry:
            answer = driver.status(change_id)
            return answer["change"]["state"] != state, answer
        answer = driver.confirm(change_id) if state == "confirmed" else driver.rollback(change_id)
        return not answer["already"], answer
    if state == "applied" and not dry:
        answer = driver.apply(
            change_id, wanted["config"], base_digest=wanted["base_digest"], deadline_s=wanted["deadline"], identity=wanted["identity"]
        )
        return bool(answer["diff"]), answer
    if state in ("applied", "check"):
        answer = driver.check(wanted["config"])
        return state == "applied" and bool(answer["diff"]), answer
    if state == "status":
        return False, driver.status(change_id)
    readings = {"running": driver.running, "observed": driver.observe, "gathered": driver.gather}
    return False, readings[state]()
