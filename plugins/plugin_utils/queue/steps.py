# SPDX-License-Identifier: GPL-3.0-or-later
"""A job's steps from state to state, what each one requires, and what follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from ansible_collections.forestage.network.forecasting.contracts import to_text
from sqlalchemy import select, update

from . import approval, chain, papers, reversal, stop
from .claims import put_back, require_holder
from .errors import NotAllowed, NotValid
from .states import DEVICE_SAYS, LEASED, OPEN, PARKED, STATES, TRANSITIONS, WORKER_STEPS, reachable
from .tables import devices, jobs
from .writer import Job, Writer, devices_of

TESTED = ("candidate", "verdict")
"""Documents that say what was tested, and with what result: they come from the worker who holds the lease, from nobody else."""

NEVER_WITHOUT_A_PERSON = ("withdrawn", "superseded", "expired")


def move(
    writer: Writer, job: Job, to: str, why: str, worker: str | None, given: Mapping[str, Any] | None, *, attempted: bool, rehearse: bool
) -> None:
    """Take one step, or refuse it; `rehearse` forgives the earlier steps and claims that a dry run did not keep.

    With `attempted` false, a claimed job that goes back to the queue does not count the claim: nobody got to work on it.
    """
    if to not in STATES:
        raise NotValid(f"{to!r} is no state of a job; the states are {', '.join(STATES)}")
    allowed = reachable(job["state"], to) if rehearse else to in TRANSITIONS[job["state"]]
    if not allowed:
        ways = ", ".join(sorted(TRANSITIONS[job["state"]])) or "nothing: it has ended"
        raise NotAllowed(f"the change {job['change_id']} is {job['state']} and cannot become {to}; from there it may become {ways}")
    if to in ("claimed", "approved"):
        raise NotAllowed(f"a change becomes {to} only by a {'claim' if to == 'claimed' else 'person who approves it'}")
    if job["origin"] == "inverse" and to in NEVER_WITHOUT_A_PERSON:
        raise NotAllowed(f"{job['change_id']} takes back the temporary change {job['inverse_of']} and is not {to}; reject it to leave that")
    kept = papers.accepted(job["change_id"], given)
    if not rehearse:
        _require_worker(writer, job, to, worker)
        _require_tester(job, kept, worker)
    if to == "deploying":
        _require_deployable(writer, job, papers.of_change(writer.connection, job["change_id"]) | kept, rehearse)
    values: dict[str, Any] = {}
    if (job["state"], to) == ("claimed", "queued"):
        if attempted:
            to, why = put_back(job, why)
        else:
            values["attempts"] = max(job["attempts"] - 1, 0)
    settle(writer, job, to, why, kept, **values)


def settle(writer: Writer, job: Job, to: str, why: str, kept: Mapping[str, Any], **values: Any) -> None:
    """Write the step and what follows from it."""
    before = job["state"]
    known = {**papers.of_change(writer.connection, job["change_id"]), **kept}
    if to == "staged":
        values["attempts"] = 0
        if job["mode"] == "shadow":
            values.update(lease_worker=None, lease_until=None)
        flaw = None if job["approved_by"] is None else approval.flaw(job, known)
        if flaw:
            why = f"{why}; the approval by {job['approved_by']} no longer holds: {flaw}"
            values["approved_by"] = None
    writer.change(job, why, kept, state=to, **values)
    if job["origin"] == "inverse":
        reversal.follow(writer, job, before)
    elif to == "deployed" and before != "deployed":
        reversal.plan(writer, job, known)


def decide(writer: Writer, job: Job, to: str, why: str, *, rehearse: bool) -> None:
    """Approve or reject as the writer's actor, who is not the one who asked for the change."""
    waiting = reachable(job["state"], to) if rehearse else to in TRANSITIONS[job["state"]] and job["lease_worker"] is None
    if not waiting:
        raise NotAllowed(f"the change {job['change_id']} is {job['state']} and cannot be {to}; only one that is awaiting approval can")
    if to == "approved" and writer.actor.casefold() == job["requester"].casefold():
        raise NotAllowed(f"{writer.actor} asked for the change {job['change_id']} and cannot approve it; someone else must")
    agreed = {}
    if to == "approved":
        agreed[approval.KIND] = approval.given(job, papers.of_change(writer.connection, job["change_id"]), writer.actor)
    writer.change(job, why, agreed, state=to, approved_by=writer.actor if agreed else None)


def attach(writer: Writer, job: Job, why: str, given: Mapping[str, Any], worker: str | None, *, rehearse: bool) -> None:
    """Add documents to a job in whatever state; what was tested, and with what result, only as the worker who holds it."""
    kept = papers.accepted(job["change_id"], given)
    if not rehearse:
        _require_tester(job, kept, worker)
    present = papers.of_change(writer.connection, job["change_id"])
    if any(present.get(kind) != body for kind, body in kept.items()):
        writer.change(job, why, kept)


def recover(writer: Writer, job: Job, says: str, why: str, worker: str, lease_s: float, given: Mapping[str, Any] | None) -> None:
    """Believe the device: put the job where the device's own record of the change says it is.

    It heals a vanished worker's job as well as a database restored from a backup, whatever open state that knew.
    While the work goes on (`deploying`, `deployed`) the recovering worker holds the lease.
    """
    if says not in DEVICE_SAYS:
        raise NotValid(f"a device says one of {', '.join(DEVICE_SAYS)}, not {says!r}")
    holder = job["lease_worker"]
    if holder not in (None, worker) and job["lease_until"] > writer.at:
        raise NotAllowed(f"the change {job['change_id']} is held by {holder} until {to_text(job['lease_until'])}; leave it to that worker")
    if job["state"] == "verified" and says == "confirmed":
        return
    if job["state"] not in OPEN:
        raise NotAllowed(f"the change {job['change_id']} has ended ({job['state']}) though the device says {says}; look at the device")
    if says == "not_applied" and job["state"] in PARKED:
        return
    if says in ("not_applied", "rollback_blocked") and job["state"] == "rollback_blocked":
        return
    kept = papers.accepted(job["change_id"], given)
    if set(kept) & set(TESTED):
        raise NotAllowed(f"a recovery of {job['change_id']} brings what the device says, no candidate and no verdict; leave them out")
    to = "rolled_back" if (says, job["state"]) == ("not_applied", "deployed") else DEVICE_SAYS[says]
    lease = {"lease_worker": worker, "lease_until": writer.at + timedelta(seconds=lease_s)} if to in LEASED else {}
    if lease:
        _require_free_devices(writer, job)
    settle(writer, job, to, why, kept, **lease)
    if lease:
        free = (devices.c.device.in_(devices_of(job)), devices.c.change_id.is_(None))
        writer.connection.execute(update(devices).where(*free).values(change_id=job["change_id"]))


def _require_free_devices(writer: Writer, job: Job) -> None:
    """No other change may be at work on the job's devices: each has one live claim at a time."""
    held = select(devices.c.change_id).where(devices.c.device.in_(devices_of(job)), devices.c.change_id.is_not(None))
    for other in writer.jobs_where(jobs.c.change_id.in_(held), jobs.c.change_id != job["change_id"], jobs.c.lease_until > writer.at):
        until = to_text(other["lease_until"])
        raise NotAllowed(f"{other['lease_worker']} is at work on the devices of {job['change_id']} until {until}; recover it after that")


def _require_worker(writer: Writer, job: Job, to: str, worker: str | None) -> None:
    if job["lease_worker"] is None and (to not in WORKER_STEPS or job["state"] in ("rollback_blocked", "deployed")):
        return
    require_holder(job, worker)
    if to == "deploying" and job["lease_until"] <= writer.at:
        until = to_text(job["lease_until"])
        raise NotAllowed(f"the lease on {job['change_id']} ran out at {until}; renew it before anything is sent to a device")


def _require_tester(job: Job, kept: Mapping[str, Any], worker: str | None) -> None:
    if set(kept) & set(TESTED):
        require_holder(job, worker)


def _require_deployable(writer: Writer, job: Job, known: Mapping[str, Any], rehearse: bool) -> None:
    """A change deploys when nothing is stopped, its mode or a person allows it, staging has passed it, and it is not over."""
    name = f"the change {job['change_id']}"
    stopped = stop.current(writer.connection)
    if stopped is not None:
        raise NotAllowed(f"everything is stopped by {stopped['actor']} ({stopped['why']}); {name} waits until the stop switch is cleared")
    if job["mode"] == "shadow":
        raise NotAllowed(f"{name} is in shadow mode and deploys nothing; raise its policy's mode first")
    if job["revert_at"] is not None and job["revert_at"] <= writer.as_of:
        raise NotAllowed(f"{name} was to be taken back at {to_text(job['revert_at'])}, so it is too late to begin; ask for it anew")
    if rehearse:
        return
    breach = chain.breach_of(writer.connection, job["change_id"])
    if breach is not None:
        raise NotAllowed(f"{breach}; nothing of it is deployed before somebody has found out who did that")
    approved = job["approved_by"] is not None
    flaw = approval.flaw(job, known) if approved else None
    if flaw is not None:
        raise NotAllowed(f"the approval of {name} by {job['approved_by']} does not hold: {flaw}; stage it again and have it approved")
    if job["mode"] == "approve" and not approved:
        raise NotAllowed(f"{name} needs an approval; move it to awaiting_approval")
    result = known.get("verdict", {}).get("result", "missing")
    if result != "passed" and not (result in ("partial", "not_staged") and approved):
        raise NotAllowed(f"{name} may not deploy: its verdict is {result}; staging must pass it, or a person approve what was not tested")
    if job["revert_at"] is not None and not known.get("candidate", {}).get("inverse"):
        raise NotAllowed(f"{name} is temporary but its candidate has no inverse; attach a candidate that says how to take it back")
