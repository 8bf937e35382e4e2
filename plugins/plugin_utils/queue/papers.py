# SPDX-License-Identifier: GPL-3.0-or-later
"""The documents that a job gathers on its way, checked against their schemas and kept without device configurations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.forestage.network.forecasting.contracts import ContractError, check
from sqlalchemy import Connection, select

from .chain import digest_of
from .errors import NotValid
from .tables import documents

KINDS = ("candidate", "verdict", "deployment", "outcome")
"""What may be attached; the recommendation or the request comes with the job itself."""


def accepted(change_id: str, given: Mapping[str, Any] | None) -> dict[str, Any]:
    """Check documents for a job and return what is kept of them."""
    kept = {}
    for kind, body in (given or {}).items():
        if kind not in KINDS:
            raise NotValid(f"{kind} is no document of a job; attach {', '.join(KINDS)}")
        try:
            check(kind, body, f"the {kind} for {change_id}")
        except ContractError as error:
            raise NotValid(str(error)) from None
        if body.get("change_id") not in (change_id, None):
            raise NotValid(f"the {kind} is about the change {body['change_id']}, not {change_id}; attach it to that one")
        kept[kind] = _summary(kind, body)
    return kept


def _summary(kind: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """A document without whole device configurations: they may hold secrets, and the database is no place for them."""
    if kind == "candidate":
        devices = {
            name: {"config_digest": digest_of(device["config"]), **{key: device[key] for key in ("platform", "base_digest", "diff")}}
            for name, device in body["devices"].items()
        }
        return {**body, "devices": devices}
    return {key: value for key, value in body.items() if key != "canonical"}


def of_change(connection: Connection, change_id: str) -> dict[str, Any]:
    """The documents of one job, by kind."""
    query = select(documents.c.kind, documents.c.body).where(documents.c.change_id == change_id).order_by(documents.c.kind)
    return {row.kind: row.body for row in connection.execute(query)}


def of_changes(connection: Connection, change_ids: list[str]) -> dict[str, dict[str, Any]]:
    """The documents of several jobs, by change_id and kind."""
    found: dict[str, dict[str, Any]] = {}
    for start in range(0, len(change_ids), 500):
        query = select(documents).where(documents.c.change_id.in_(change_ids[start : start + 500])).order_by(documents.c.kind)
        for row in connection.execute(query):
            found.setdefault(row.change_id, {})[row.kind] = row.body
    return found
