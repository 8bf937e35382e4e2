# SPDX-License-Identifier: GPL-3.0-or-later
"""Claims: the next jobs for a worker, under a lease. Leases run by the wall clock, everything else by the analytics' clock."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from . import reversal
from .errors import NotAllowed, NotValid
from .states import CLAIMABLE, PARKED
from .tables import devices, jobs
from .values import ranked
from .writer import Job, Writer, devices_of

ATTEMPTS = 5
"""A job that was claimed so often without reaching a verdict ends: whatever stops it would stop it again."""


def claim(writer: Writer, worker: str, limit: int, lease_s: float, states: Sequence[str], only: Collection[str] | None) -> list[Job]:
    """Take up to `limit` jobs in the order of their priority; one live claim per device that a job touches."""
    if not worker or limit < 1 or lease_s <= 0 or not set(states) <= set(CLAIMABLE):
        raise NotValid(f"a claim needs a worker, a limit and a lease above zero, and states among {', '.join(CLAIMABLE)}")
    tidy(writer)
    writer.write_jobs()
    until = writer.at + timedelta(seconds=lease_s)
    busy = set(writer.connection.execute(select(devices.c.device).where(devices.c.change_id.is_not(None))).scalars())
    taken: list[Job] = []
    for _unused, row in ranked(_waiting(writer, states, only), writer.as_of):
        wanted = devices_of(dict(row))
        if busy.intersection(wanted) or not _lock_devices(writer.connection, wanted):
            continue
        still = (jobs.c.job_id == row["job_id"], jobs.c.state.in_(states), jobs.c.lease_worker.is_(None))
        for job in writer.jobs_where(*still, skip_locked=True):
            _take(writer, job, worker, until, wanted)
            busy.update(wanted)
            taken.append(job)
        if len(taken) == limit:
            break
    return taken


def _waiting(writer: Writer, states: Sequence[str], only: Collection[str] | None) -> list[Any]:
    query = select(jobs).where(jobs.c.state.in_(states), jobs.c.lease_worker.is_(None))
    query = query.where(jobs.c.not_before.is_(None) | (jobs.c.not_before <= writer.as_of))
    query = query.where((jobs.c.state != "staged") | (jobs.c.mode != "shadow"))
    if only is not None:
        query = query.where(jobs.c.device.in_(only))
    return list(writer.connection.execute(query).mappings())


def _lock_devices(connection: Connection, wanted: list[str]) -> bool:
    query = select(devices.c.device).where(devices.c.device.in_(wanted), devices.c.change_id.is_(None))
    return len(connection.execute(query.with_for_update(skip_locked=True)).all()) == len(wanted)


def _take(writer: Writer, job: Job, worker: str, until: datetime, wanted: list[str]) -> None:
    values = {"state": "claimed", "lease_worker": worker, "lease_until": until, "attempts": job["attempts"] + 1}
    writer.change(job, f"claimed by {worker}", None, **values)
    writer.connection.execute(devices.update().where(devices.c.device.in_(wanted)).values(change_id=job["change_id"]))


def tidy(writer: Writer) -> None:
    """Expire what is past its time, and queue again what a vanished worker held before it touched any device."""
    gone = (jobs.c.state.in_(("claimed", "staged")), jobs.c.lease_until <= writer.at)
    for job in writer.jobs_where(*gone, skip_locked=True):
        before = job["state"]
        to, why = put_back(job, f"the lease of {job['lease_worker']} ran out before anything was sent to a device")
        writer.change(job, why, state=to)
        if job["origin"] == "inverse":
            reversal.follow(writer, job, before)
    past = (jobs.c.state.in_(PARKED), jobs.c.lease_worker.is_(None), jobs.c.expires <= writer.as_of)
    for job in writer.jobs_where(*past, skip_locked=True):
        writer.change(job, "its time is past and nobody carried it out", state="expired")


def put_back(job: Job, why: str) -> tuple[str, str]:
    """Where a job goes that was claimed and is given up without a verdict, and why: to the queue, or to its end."""
    if job["attempts"] < ATTEMPTS:
        return "queued", why
    return "failed_staging", f"claimed {job['attempts']} times without reaching a verdict; the last time: {why}"


def renew(writer: Writer, job: Job, worker: str, lease_s: float) -> None:
    """Prolong the lease that `worker` holds."""
    if lease_s <= 0:
        raise NotValid(f"a lease of {lease_s:g} s is none; give a number of seconds above zero")
    require_holder(job, worker)
    job["lease_until"] = writer.at + timedelta(seconds=lease_s)
    writer.save(job)
    writer.wrote = True


def drop(writer: Writer, job: Job, worker: str) -> None:
    """Give a staged job's lease back; it stays staged."""
    require_holder(job, worker)
    if job["state"] != "staged":
        raise NotAllowed(f"the change {job['change_id']} is {job['state']}; only a staged one can be put down as it is")
    writer.change(job, f"put down by {worker}", lease_worker=None, lease_until=None)


def require_holder(job: Job, worker: str | None) -> None:
    """Refuse a worker who does not hold the job's lease."""
    if job["lease_worker"] is None:
        raise NotAllowed(f"nobody holds the change {job['change_id']} ({job['state']}); claim it first with forestage.network.job_claim")
    if job["lease_worker"] != worker:
        asking = worker or "an unnamed worker"
        raise NotAllowed(f"the change {job['change_id']} is held by {job['lease_worker']}, not by {asking}; leave it to that worker")
