# SPDX-License-Identifier: GPL-3.0-or-later
"""The prediction ledger: every evaluated series × policy × round, and what became of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from ansible_collections.forestage.network.forecasting.contracts import ContractError, check, parse_time
from sqlalchemy import Connection, delete, insert, select

from .errors import NotFound, NotValid
from .tables import ledger, outcomes
from .writer import Writer

_BATCH = 500


def add(writer: Writer, entries: Iterable[Mapping[str, Any]]) -> int:
    """Enter predictions; one that is there already is left as it was. The number of new ones."""
    wanted: dict[str, dict[str, Any]] = {}
    embedded = []
    for number, entry in enumerate(entries, start=1):
        _check("ledger_entry", entry, f"ledger entry {number}")
        body = {name: value for name, value in entry.items() if name != "outcome"}
        if wanted.setdefault(entry["entry_id"], body) != body:
            raise NotValid(f"ledger entry {number} repeats {entry['entry_id']} with other values; give each prediction its own id")
        if entry.get("outcome"):
            embedded.append(entry["outcome"])
    present = _bodies(writer.connection, list(wanted))
    for entry_id, body in present.items():
        if wanted[entry_id] != body:
            raise NotValid(f"the ledger has other values for {entry_id}; a prediction is never rewritten, enter it under its own entry_id")
    fresh = [_row(body) for entry_id, body in wanted.items() if entry_id not in present]
    if fresh:
        writer.connection.execute(insert(ledger), fresh)
        writer.wrote = True
    add_outcomes(writer, embedded)
    return len(fresh)


def _row(body: Mapping[str, Any]) -> dict[str, Any]:
    names = ("entry_id", "policy", "device", "object", "template")
    times = {name: parse_time(body[name]) for name in ("as_of", "matures_at")}
    return {**{name: body[name] for name in names}, **times, "body": dict(body)}


def _check(kind: str, value: Any, source: str) -> None:
    try:
        check(kind, value, source)
    except ContractError as error:
        raise NotValid(str(error)) from None


def _bodies(connection: Connection, ids: Sequence[str], table: Any = ledger) -> dict[str, Any]:
    found = {}
    for start in range(0, len(ids), _BATCH):
        query = select(table.c.entry_id, table.c.body).where(table.c.entry_id.in_(ids[start : start + _BATCH]))
        found.update({row.entry_id: row.body for row in connection.execute(query)})
    return found


def add_outcomes(writer: Writer, measured: Iterable[Mapping[str, Any]]) -> int:
    """Enter outcomes of known predictions; a later measurement replaces an earlier one. The number that changed something."""
    newest: dict[str, Mapping[str, Any]] = {}
    for number, outcome in enumerate(measured, start=1):
        _check("outcome", outcome, f"outcome {number}")
        earlier = newest.get(outcome["entry_id"])
        if earlier is None or parse_time(earlier["measured_at"]) <= parse_time(outcome["measured_at"]):
            newest[outcome["entry_id"]] = outcome
    ids = list(newest)
    unknown = set(ids) - set(_bodies(writer.connection, ids))
    if unknown:
        raise NotFound(f"the ledger has no prediction {min(unknown)} for which an outcome was given; enter the prediction first")
    present = _bodies(writer.connection, ids, outcomes)
    changed = {key: value for key, value in newest.items() if key not in present or _replaces(value, present[key])}
    keys = list(changed)
    for start in range(0, len(keys), _BATCH):
        writer.connection.execute(delete(outcomes).where(outcomes.c.entry_id.in_(keys[start : start + _BATCH])))
    if changed:
        writer.connection.execute(insert(outcomes), [_outcome_row(value) for value in changed.values()])
        writer.wrote = True
    return len(changed)


def _replaces(fresh: Mapping[str, Any], present: Mapping[str, Any]) -> bool:
    return fresh != present and parse_time(fresh["measured_at"]) >= parse_time(present["measured_at"])


def _outcome_row(body: Mapping[str, Any]) -> dict[str, Any]:
    row = {name: body.get(name) for name in ("entry_id", "change_id", "needed")}
    return {**row, "measured_at": parse_time(body["measured_at"]), "body": dict(body)}


def read(
    connection: Connection, policy: str | None, matured_by: datetime | None, since: datetime | None, decided: bool | None
) -> list[dict[str, Any]]:
    """Entries of the ledger in the order of their forecasts, each with its outcome or None."""
    query = select(ledger.c.body, outcomes.c.body.label("outcome"))
    query = query.join_from(ledger, outcomes, ledger.c.entry_id == outcomes.c.entry_id, isouter=True)
    if policy is not None:
        query = query.where(ledger.c.policy == policy)
    if matured_by is not None:
        query = query.where(ledger.c.matures_at <= matured_by)
    if since is not None:
        query = query.where(ledger.c.as_of >= since)
    if decided is not None:
        query = query.where(outcomes.c.entry_id.is_not(None) if decided else outcomes.c.entry_id.is_(None))
    rows = connection.execute(query.order_by(ledger.c.as_of, ledger.c.entry_id))
    return [{**row.body, "outcome": row.outcome} for row in rows]
