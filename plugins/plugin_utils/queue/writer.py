# SPDX-License-Identifier: GPL-3.0-or-later
"""One writing transaction: it changes jobs and collects the history that goes with them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from . import chain
from .errors import NotFound
from .states import LEASED, OPEN
from .tables import anchors, devices, documents, jobs

Job = dict[str, Any]
"""A job's row: the columns of the table, times as aware datetimes, `change` as a value."""

_KEYS = frozenset({"job_id", "change_id"})
_UPDATE = (
    update(jobs)
    .where(jobs.c.change_id == bindparam("of_change"))
    .values({column.name: bindparam(column.name) for column in jobs.c if column.name not in _KEYS})
)


@dataclass
class Writer:
    """Who writes, when by the wall clock (`at`), and when by the analytics' clock (`as_of`)."""

    connection: Connection
    actor: str
    at: datetime
    as_of: datetime
    wrote: bool = False
    steps: list[dict[str, Any]] = field(default_factory=list)
    _fresh: list[Job] = field(default_factory=list)
    _dirty: dict[str, Job] = field(default_factory=dict)
    _papers: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)

    def job(self, change_id: str) -> Job:
        """The job `change_id`, locked until the end of the transaction."""
        for job in self.jobs_where(jobs.c.change_id == change_id):
            return job
        raise NotFound(f"the queue has no change {change_id}; list the jobs with forestage.network.job_info")

    def jobs_where(self, *conditions: Any, skip_locked: bool = False) -> list[Job]:
        """The jobs that meet `conditions`, in the order in which they came, locked."""
        self.write_jobs()
        query = select(jobs).where(*conditions).order_by(jobs.c.job_id).with_for_update(skip_locked=skip_locked)
        return [dict(row) for row in self.connection.execute(query).mappings()]

    def take_intake(self) -> None:
        """Wait until no one else puts jobs in."""
        self.connection.execute(select(anchors).where(anchors.c.name == "intake").with_for_update()).one()

    def add(self, job: Job, why: str, papers: Mapping[str, Any]) -> None:
        """Put a new job in; it is written by `flush`."""
        job.update(open_key=open_key(job), lease_worker=None, lease_until=None, attempts=0, created_at=self.at, updated_at=self.at)
        job.setdefault("approved_by", None)
        self._fresh.append(job)
        self._record(job, None, why, papers)

    def change(self, job: Job, why: str, papers: Mapping[str, Any] | None = None, **values: Any) -> None:
        """Change columns of a job and record the step; leaving the states of work gives the lease and the devices back."""
        before, held = job["state"], job["lease_worker"]
        job.update(values, updated_at=self.at)
        if job["state"] not in LEASED:
            job.update(lease_worker=None, lease_until=None)
        job["open_key"] = open_key(job)
        self.save(job)
        if held is not None and job["lease_worker"] is None:
            self.connection.execute(update(devices).where(devices.c.change_id == job["change_id"]).values(change_id=None))
        self._record(job, before, why, papers or {})

    def save(self, job: Job) -> None:
        """Have a job's row written as it is, without a step (a renewed lease)."""
        self._dirty[job["change_id"]] = job

    def note(self, to: str, why: str) -> None:
        """Record something that concerns the whole queue, not one job."""
        self._step(None, None, to, why, None, {})

    def write_jobs(self) -> None:
        """Write the changed rows and then the new ones, so that a job may take the place of one that has just ended."""
        if self._dirty:
            rows = [{**job, "of_change": change_id} for change_id, job in self._dirty.items()]
            self.connection.execute(_UPDATE, rows)
        if self._fresh:
            self.register(sorted({device for job in self._fresh for device in devices_of(job)}))
            self.connection.execute(insert(jobs), self._fresh)
        self._dirty, self._fresh = {}, []

    def flush(self) -> None:
        """Write what was collected: jobs, documents and, last, the history."""
        self.write_jobs()
        if self._papers:
            old = delete(documents).where(documents.c.change_id == bindparam("of_change"), documents.c.kind == bindparam("of_kind"))
            self.connection.execute(old, [{"of_change": change_id, "of_kind": kind} for change_id, kind in self._papers])
            self.connection.execute(insert(documents), list(self._papers.values()))
        if self.steps:
            chain.append(self.connection, self.steps)
            self.wrote = True
        self._papers, self.steps = {}, []

    def register(self, names: Sequence[str]) -> None:
        """See that each of the names has a row by which a change can hold it."""
        dialect = postgresql if self.connection.dialect.name == "postgresql" else sqlite
        rows = [{"device": name, "change_id": None} for name in names]
        self.connection.execute(dialect.insert(devices).on_conflict_do_nothing(), rows)

    def _record(self, job: Job, before: str | None, why: str, papers: Mapping[str, Any]) -> None:
        change_id = job["change_id"]
        for kind, body in papers.items():
            self._papers[change_id, kind] = {"change_id": change_id, "kind": kind, "body": body, "at": self.at}
        digests = {kind: chain.digest_of(body) for kind, body in papers.items()}
        self._step(change_id, before, job["state"], why, chain.seal_of(job), digests)

    def _step(self, change_id: str | None, before: str | None, to: str, why: str, seal: str | None, papers: dict[str, str]) -> None:
        self.steps.append(
            {
                "change_id": change_id,
                "from_state": before,
                "to_state": to,
                "actor": self.actor,
                "why": why,
                "at": self.at,
                "as_of": self.as_of,
                "job_digest": seal,
                "documents": papers,
            }
        )


def open_key(job: Job) -> str | None:
    """What may be open only once: device, object and template; the taking back of a temporary change stands by itself."""
    if job["state"] not in OPEN:
        return None
    return f"inverse|{job['inverse_of']}" if job["origin"] == "inverse" else f"{job['device']}|{job['object']}|{job['template']}"


def devices_of(job: Job) -> list[str]:
    """The devices that a job changes: its own and every `peer_device` among its parameters."""
    return sorted({job["device"], *_peers(job["change"]["parameters"])})


def _peers(value: Any) -> Iterable[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "peer_device" and isinstance(inner, str):
                yield inner[:63]
            else:
                yield from _peers(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _peers(inner)
