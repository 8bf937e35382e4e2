# SPDX-License-Identifier: GPL-3.0-or-later
"""A person's own request on its way into the queue."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.forestage.network.forecasting.contracts import ContractError, check, to_text

from .errors import NotAllowed, NotValid
from .states import PARKED
from .tables import jobs
from .values import of_request
from .writer import Job, Writer, open_key

_IDENTITY = ("device object change severity criticality mode needed_by not_before revert_at expires requester reason").split()


def request(writer: Writer, wanted: Mapping[str, Any]) -> str:
    """Put a request in and return its change_id; the same request again is the same change.

    It takes the place of an open recommendation for the same device, object and template, which becomes
    `superseded`. It never displaces work in progress or another person's request.
    """
    try:
        check("request", dict(wanted))
    except ContractError as error:
        raise NotValid(str(error)) from None
    fresh = of_request(wanted, writer.actor, writer.as_of)
    _check_times(fresh, writer)
    writer.take_intake()
    for present in writer.jobs_where(jobs.c.open_key == open_key(fresh)):
        if present["origin"] == "request" and all(present[name] == fresh[name] for name in _IDENTITY):
            return str(present["change_id"])
        _make_room(writer, present, fresh)
    writer.add(fresh, fresh["reason"], {"request": dict(wanted)})
    return str(fresh["change_id"])


def _check_times(job: Job, writer: Writer) -> None:
    for name in ("revert_at", "expires"):
        if job[name] is not None and job[name] <= max(writer.as_of, job["not_before"] or writer.as_of):
            raise NotValid(f"{name} {to_text(job[name])} is not after the change's start; give a later time")


def _make_room(writer: Writer, present: Job, fresh: Job) -> None:
    name = f"the change {present['change_id']} ({fresh['template']} on {fresh['device']} {fresh['object']})"
    if present["lease_worker"] is not None or present["state"] not in PARKED:
        raise NotAllowed(f"{name} is {present['state']} and must end first; ask again when it has")
    if present["origin"] == "request" and present["requester"] != fresh["requester"]:
        raise NotAllowed(f"{name} was already requested by {present['requester']}; withdraw or reject that one first")
    writer.change(present, f"replaced by the request {fresh['change_id']}: {fresh['reason']}", state="superseded")
