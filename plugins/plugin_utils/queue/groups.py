# SPDX-License-Identifier: GPL-3.0-or-later
"""Redundancy groups: two changes of devices that back each other up are never under way at a time, whoever deploys them."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select

from .claims import require_holder
from .errors import NotAllowed
from .tables import devices
from .writer import Job, Writer


def hold(writer: Writer, job: Job, worker: str, groups: Collection[str]) -> None:
    """Keep other changes out of redundancy groups for as long as `worker` holds the job's lease.

    A group is held like a device, in a row whose name no device can have.
    """
    require_holder(job, worker)
    if not groups:
        return
    rows = sorted({f"group {name}"[:63] for name in groups})
    writer.register(rows)
    query = select(devices).where(devices.c.device.in_(rows)).order_by(devices.c.device).with_for_update()
    for group, other in writer.connection.execute(query).all():
        if other not in (None, job["change_id"]):
            raise NotAllowed(
                f"the change {job['change_id']} waits until {other} has ended, which is being deployed in the redundancy {group}"
            )
    writer.connection.execute(devices.update().where(devices.c.device.in_(rows)).values(change_id=job["change_id"]))
    writer.wrote = True
