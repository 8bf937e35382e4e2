# SPDX-License-Identifier: GPL-3.0-or-later
"""What is read out of the queue, as plain values."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from ansible_collections.forestage.network.forecasting.contracts import tier_of, to_text
from sqlalchemy import Connection, RowMapping, func, select

from . import papers
from .errors import NotFound, NotValid
from .tables import events, jobs
from .values import PLAIN, RANKING, TIMES, Stored, ranked, to_job
from .writer import Job


def public(connection: Connection, rows: Sequence[Stored], now: datetime, *, with_documents: bool) -> list[Job]:
    """Rows as values of the schema `job`, by priority as of `now`."""
    found = papers.of_changes(connection, [row["change_id"] for row in rows]) if with_documents else None
    return [to_job(row, priority, None if found is None else found.get(row["change_id"], {})) for priority, row in ranked(rows, now)]


def overview(connection: Connection, states: Sequence[str], fields: Sequence[str], now: datetime) -> list[Job]:
    """Jobs by priority as of `now`, cut down to `fields` beside device, site, template, state, tier and rank; made for long queues."""
    known = [*PLAIN, *TIMES, "priority", "priority_reason"]
    unknown = [name for name in fields if name not in known]
    if unknown:
        raise NotValid(f"a job has no field {unknown[0]} to show; the fields are {', '.join(known)}")
    stored = [name for name in fields if name in jobs.c]
    columns = {name: jobs.c[name] for name in ("job_id", "device", "site", "template", "state", *RANKING, *stored)}
    rows = connection.execute(select(*columns.values()).where(jobs.c.state.in_(states))).mappings()
    found = []
    for rank, (priority, row) in enumerate(ranked(rows, now), start=1):
        entry = {"rank": rank, "device": row["device"], "site": row["site"], "template": row["template"], "state": row["state"]}
        entry.update(tier=tier_of(priority.value), priority=priority.value, priority_reason=priority.reason)
        entry.update({name: _shown(row[name]) for name in stored})
        found.append(entry)
    return found


def one(connection: Connection, change_id: str, now: datetime) -> Job:
    """One job with its documents."""
    row = connection.execute(select(jobs).where(jobs.c.change_id == change_id)).mappings().one()
    return public(connection, [dict(row)], now, with_documents=True)[0]


def history(connection: Connection, change_id: str) -> list[dict[str, Any]]:
    """Every step of a change, the oldest first."""
    names = ("seq", "from_state", "to_state", "actor", "why", "at", "as_of", "documents", "hash")
    query = select(*(events.c[name] for name in names)).where(events.c.change_id == change_id).order_by(events.c.seq)
    rows = connection.execute(query).mappings().all()
    if not rows:
        raise NotFound(f"the queue has no change {change_id}; list the jobs with forestage.network.job_info")
    return [_plain(row) for row in rows]


def change_log(connection: Connection) -> list[dict[str, Any]]:
    """Per change: policy, device, object, template, parameters, end, state, and the analytics' time of its last change of state."""
    moved = events.c.from_state.is_(None) | (events.c.from_state != events.c.to_state)
    last = select(events.c.change_id, func.max(events.c.as_of).label("at")).where(moved).group_by(events.c.change_id).subquery()
    columns = [jobs.c[name] for name in ("change_id", "origin", "policy", "device", "object", "template", "change", "state", "revert_at")]
    query = select(*columns, last.c.at).join_from(jobs, last, jobs.c.change_id == last.c.change_id).order_by(jobs.c.job_id)
    found = [_plain(row) for row in connection.execute(query).mappings()]
    return [{**line, "parameters": line.pop("change")["parameters"]} for line in found]


def _plain(row: RowMapping) -> dict[str, Any]:
    """A row with plain names and times as text."""
    return {str(name): _shown(value) for name, value in row.items()}


def _shown(value: Any) -> Any:
    return to_text(value) if isinstance(value, datetime) else value
