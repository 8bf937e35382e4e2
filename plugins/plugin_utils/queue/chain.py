# SPDX-License-Identifier: GPL-3.0-or-later
"""The history of the queue: append-only rows, each sealed with the hash of the one before."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Connection, insert, select, update

from .tables import anchors, canonical, documents, events, jobs

GENESIS = "0" * 64
"""What the first row of history has for the hash of the one before."""

LEFT_UNSEALED = frozenset({"job_id", "lease_worker", "lease_until", "attempts", "updated_at"})
"""What changes without a step being taken; everything else of a job is under seal."""


@dataclass(frozen=True)
class ChainReport:
    """What the check of the history found: its length, its newest hash, and every breach in words."""

    length: int
    head: str
    breaches: list[str] = field(default_factory=list)

    @property
    def intact(self) -> bool:
        """Whether nothing was altered, removed or added behind the queue's back."""
        return not self.breaches


def digest_of(value: Any) -> str:
    """SHA-256 of the canonical JSON of `value`, in hexadecimal."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def seal_of(job: Mapping[str, Any]) -> str:
    """The digest of a job's row, without the columns that move outside its history."""
    return digest_of({column.name: job.get(column.name) for column in jobs.c if column.name not in LEFT_UNSEALED})


def append(connection: Connection, steps: Sequence[dict[str, Any]]) -> None:
    """Write `steps` as the next rows of history. It waits for other writers here, at the end of their transactions."""
    anchor = connection.execute(select(anchors).where(anchors.c.name == "chain").with_for_update()).one()
    seq, head = anchor.seq, anchor.hash
    for step in steps:
        seq += 1
        step.update(seq=seq, previous=head)
        head = digest_of(step)
        step["hash"] = head
    connection.execute(insert(events), steps)
    connection.execute(update(anchors).where(anchors.c.name == "chain").values(seq=seq, hash=head))


def verify(connection: Connection, newest: int | None = None) -> ChainReport:
    """Check the rows of history against their hashes, and every job and document against its last row of history.

    Args:
        connection: in a transaction that sees one snapshot.
        newest: how many of the newest rows, with the jobs and documents that they are about; by default the whole history.
    """
    breaches: list[str] = []
    seals: dict[str, Mapping[str, Any]] = {}
    papers: dict[tuple[str, str], str] = {}
    anchor = connection.execute(select(anchors).where(anchors.c.name == "chain")).mappings().one()
    first = 0 if newest is None else max(anchor["seq"] - newest, 0)
    seq, head = first, connection.execute(select(events.c.hash).where(events.c.seq == first)).scalar() or GENESIS
    rows = select(events).where(events.c.seq > first).order_by(events.c.seq)
    for row in connection.execution_options(yield_per=2000).execute(rows).mappings():
        event = dict(row)
        seal = event.pop("hash")
        if event["seq"] != seq + 1:
            breaches.append(f"the rows {seq + 1} to {event['seq'] - 1} of the history are missing")
        elif event["previous"] != head or digest_of(event) != seal:
            breaches.append(f"row {event['seq']} of the history was altered")
        seq, head = event["seq"], seal
        if event["change_id"] is not None:
            seals[event["change_id"]] = event
            papers.update({(event["change_id"], kind): digest for kind, digest in event["documents"].items()})
    if (anchor["seq"], anchor["hash"]) != (seq, head):
        breaches.append(f"the history ends at row {seq} but should end at row {anchor['seq']}")
    recent = select(events.c.change_id).where(events.c.seq > first)
    about = ((jobs.c.change_id.in_(recent),), (documents.c.change_id.in_(recent),)) if first else ((), ())
    breaches += _jobs_breached(connection, seals, *about[0]) + _documents_breached(connection, papers, *about[1], complete=not first)
    return ChainReport(seq, head, breaches)


def breach_of(connection: Connection, change_id: str) -> str | None:
    """The first breach that concerns one job, in words: its rows of history, each beside the one before, itself, its documents."""
    last: dict[str, Mapping[str, Any]] = {}
    papers: dict[tuple[str, str], str] = {}
    for row in connection.execute(select(events).where(events.c.change_id == change_id).order_by(events.c.seq)).mappings().all():
        event = dict(row)
        seal = event.pop("hash")
        before = connection.execute(select(events.c.hash).where(events.c.seq == event["seq"] - 1)).scalar()
        if event["previous"] != (before or GENESIS) or digest_of(event) != seal:
            return f"row {event['seq']} of the history was altered"
        last[change_id] = event
        papers.update({(change_id, kind): digest for kind, digest in event["documents"].items()})
    own = (jobs.c.change_id == change_id, documents.c.change_id == change_id)
    found = _jobs_breached(connection, last, own[0]) + _documents_breached(connection, papers, own[1], complete=True)
    return found[0] if found else None


def _jobs_breached(connection: Connection, seals: dict[str, Mapping[str, Any]], *only: ColumnElement[bool]) -> list[str]:
    found = []
    missing = set(seals)
    for job in connection.execute(select(jobs).where(*only)).mappings():
        missing.discard(job["change_id"])
        last = seals.get(job["change_id"])
        if last is None:
            found.append(f"the job {job['change_id']} has no history")
        elif last["to_state"] != job["state"]:
            found.append(f"the job {job['change_id']} is {job['state']} but its history ends in {last['to_state']}")
        elif last["job_digest"] != seal_of(dict(job)):
            found.append(f"the job {job['change_id']} was altered outside the queue")
    return found + [f"the job {change_id} was removed" for change_id in sorted(missing)]


def _documents_breached(
    connection: Connection, papers: dict[tuple[str, str], str], *only: ColumnElement[bool], complete: bool
) -> list[str]:
    found = []
    missing = set(papers)
    for row in connection.execute(select(documents).where(*only)).mappings():
        key = (row["change_id"], row["kind"])
        missing.discard(key)
        if (complete or key in papers) and papers.get(key) != digest_of(row["body"]):
            found.append(f"the {row['kind']} of the job {row['change_id']} was altered")
    return found + [f"the {kind} of the job {change_id} was removed" for change_id, kind in sorted(missing)]
