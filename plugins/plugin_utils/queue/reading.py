# SPDX-License-Identifier: GPL-3.0-or-later
"""What is read out of the queue, as plain values."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from ansible_collections.forestage.network.forecasting.contracts import to_text
from sqlalchemy import Connection, RowMapping, func, select

from . import papers
from .errors import NotFound
from .tables import events, jobs
from .values import ranked, to_job
from .writer import Job


def public(connection: Connection, rows: Sequence[Job], now: datetime, *, with_documents: bool) -> list[Job]:
    """Rows as values of the schema `job`, by priority as of `now`."""
    found = papers.of_changes(connection, [row["change_id"] for row in rows]) if with_documents else None
    return [to_job(row, priority, None if found is None else found.get(row["change_id"], {})) for priority, row in ranked(rows, now)]


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
    """Per change: policy, device, object, template, state, and the analytics' time of its last change of state."""
    moved = events.c.from_state.is_(None) | (events.c.from_state != events.c.to_state)
    last = select(events.c.change_id, func.max(events.c.as_of).label("at")).where(moved).group_by(events.c.change_id).subquery()
    columns = [jobs.c[name] for name in ("change_id", "origin", "policy", "device", "object", "template", "state")]
    query = select(*columns, last.c.at).join_from(jobs, last, jobs.c.change_id == last.c.change_id).order_by(jobs.c.job_id)
    return [_plain(row) for row in connection.execute(query).mappings()]


def _plain(row: RowMapping) -> dict[str, Any]:
    """A row with plain names and times as text."""
    return {str(name): to_text(value) if isinstance(value, datetime) else value for name, value in row.items()}
