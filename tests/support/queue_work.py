# SPDX-License-Identifier: GPL-3.0-or-later
"""Shortcuts for the queue's tests: bring a job to where the test begins, and take the queue's fingerprint."""

from __future__ import annotations

import hashlib
import sqlite3
from pathlib import Path
from typing import Any

from ansible_collections.forestage.network.plugins.plugin_utils.queue import Store

from tests.support import queue_values as values

ACTOR = "robot"


def put(store: Store, *entries: dict[str, Any], **changes: Any) -> list[str]:
    """Take recommendations in; their change_ids in the order in which they were given."""
    entries = entries or (values.recommendation(),)
    store.ingest(values.forecast(*entries, **changes), actor=ACTOR)
    by_recommendation = {job["recommendation_id"]: job["change_id"] for job in store.jobs()}
    return [by_recommendation[entry["recommendation_id"]] for entry in entries]


def step(store: Store, change_id: str, *states: str, worker: str | None = "w1", **arguments: Any) -> dict[str, Any]:
    """Take steps one after another."""
    job: dict[str, Any] = {}
    now = arguments.pop("now", values.T0)
    for state in states:
        job = store.transition(change_id, state, actor=ACTOR, why="test", worker=worker, now=now, **arguments)
        arguments = {}
    return job


def stage(
    store: Store, change_id: str, worker: str = "w1", *, inverse: dict[str, Any] | None = None, result: str = "passed", now: Any = values.T0
) -> dict[str, Any]:
    """Claim one job and stage it."""
    device = next(job["device"] for job in store.jobs(change_ids=[change_id]))
    claimed = store.claim(worker, limit=1, lease_s=600, states=("queued", "approved"), now=now, devices=[device])
    assert [job["change_id"] for job in claimed] == [change_id]
    papers = {"candidate": values.candidate(change_id, inverse), "verdict": values.verdict(change_id, result)}
    return step(store, change_id, "staged", worker=worker, documents=papers, now=now)


def finish(store: Store, change_id: str, **arguments: Any) -> dict[str, Any]:
    """Bring a queued job to its end."""
    stage(store, change_id, **arguments)
    return step(store, change_id, "deploying", "deployed", "verified", now=arguments.get("now", values.T0))


def state_of(store: Store, change_id: str) -> str:
    return str(store.jobs(change_ids=[change_id])[0]["state"])


def fingerprint(path: Path) -> str:
    """A digest of every row of every table of an SQLite queue."""
    digest = hashlib.sha256()
    with sqlite3.connect(path) as connection:
        tables = sorted(row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'"))
        for table in tables:
            digest.update(repr((table, sorted(map(repr, connection.execute(f'SELECT * FROM "{table}"'))))).encode())
    connection.close()
    return digest.hexdigest()
