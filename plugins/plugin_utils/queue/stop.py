# SPDX-License-Identifier: GPL-3.0-or-later
"""The stop switch: while it is set nothing is claimed and nothing starts to deploy. It lives in the history itself."""

from __future__ import annotations

from typing import Any

from ansible_collections.forestage.network.forecasting.contracts import to_text
from sqlalchemy import Connection, select

from .tables import events
from .writer import Writer

SET, CLEARED = "stopped", "running"


def current(connection: Connection) -> dict[str, Any] | None:
    """Who stopped everything, why and when; None while it runs."""
    query = select(events).where(events.c.change_id.is_(None), events.c.to_state.in_((SET, CLEARED))).order_by(events.c.seq.desc()).limit(1)
    row = connection.execute(query).mappings().one_or_none()
    if row is None or row["to_state"] == CLEARED:
        return None
    return {"actor": row["actor"], "why": row["why"], "at": to_text(row["at"])}


def turn(writer: Writer, to: str, why: str) -> None:
    """Set or clear the switch; setting it twice is once."""
    if (current(writer.connection) is None) == (to == SET):
        writer.note(to, why)
