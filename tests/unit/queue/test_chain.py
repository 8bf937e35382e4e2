# SPDX-License-Identifier: GPL-3.0-or-later
"""The history is append-only, and whoever goes round the queue is found out."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import pytest
from ansible_collections.forestage.network.plugins.plugin_utils.queue import NotAllowed, Store, chain

from tests.support.queue_values import recommendation, request
from tests.support.queue_work import finish, put

UNLOCK = "DROP TRIGGER forestage_event_no_update; DROP TRIGGER forestage_event_no_delete;"


@pytest.fixture
def used(store: Store) -> Store:
    change, *_unused = put(store, recommendation("r1"), recommendation("r2"), recommendation("r3"))
    finish(store, change)
    store.request(request("r9"), actor="ann")
    store.set_stop("ann", "test")
    store.clear_stop("ann")
    return store


def tamper(path: Path, script: str) -> None:
    with sqlite3.connect(path) as connection:
        connection.executescript(script)
    connection.close()


def test_an_honest_history_is_intact(used: Store) -> None:
    report = used.verify_chain()
    assert report.intact
    assert report.length == 11
    assert used.history(used.jobs()[0]["change_id"])[0]["seq"] >= 1


@pytest.mark.parametrize("statement", ["UPDATE forestage_event SET actor = 'x'", "DELETE FROM forestage_event"])
def test_the_database_itself_refuses_to_change_history(used: Store, queue_file: Path, statement: str) -> None:
    with pytest.raises(sqlite3.DatabaseError, match="append-only"):
        tamper(queue_file, statement)


@pytest.mark.parametrize(
    ("script", "breach"),
    [
        ("UPDATE forestage_event SET actor = 'someone' WHERE seq = 3", "row 3 of the history was altered"),
        ("UPDATE forestage_event SET why = 'because' WHERE seq = 11", "row 11 of the history was altered"),
        ("UPDATE forestage_event SET at = '2020-01-01T00:00:00.000000Z' WHERE seq = 1", "row 1 of the history was altered"),
        ("DELETE FROM forestage_event WHERE seq = 4", "rows 4 to 4 of the history are missing"),
        ("DELETE FROM forestage_event WHERE seq = 11", "ends at row 10 but should end at row 11"),
        ("DELETE FROM forestage_event", "ends at row 0 but should end at row 11"),
        ("UPDATE forestage_job SET approved_by = 'boss' WHERE device = 'r2'", "was altered outside the queue"),
        ("UPDATE forestage_job SET mode = 'auto', device = 'r7' WHERE device = 'r2'", "was altered outside the queue"),
        ("UPDATE forestage_job SET state = 'verified' WHERE device = 'r2'", "is verified but its history ends in queued"),
        ("DELETE FROM forestage_job WHERE device = 'r2'", "was removed"),
        ("UPDATE forestage_document SET body = '{\"result\":\"passed\"}' WHERE kind = 'verdict'", "the verdict of the job .* was altered"),
        ("DELETE FROM forestage_document WHERE kind = 'verdict'", "the verdict of the job .* was removed"),
    ],
)
def test_tampering_is_found(used: Store, queue_file: Path, script: str, breach: str) -> None:
    tamper(queue_file, UNLOCK + script)
    report = used.verify_chain()
    assert not report.intact
    assert any(re.search(breach, line) for line in report.breaches), report.breaches


@pytest.mark.parametrize(
    ("script", "breach"),
    [
        ("UPDATE forestage_event SET actor = 'someone' WHERE seq = 3", "row 3 of the history was altered; nothing is taken"),
        ("DELETE FROM forestage_event WHERE seq = 11", "ends at row 10 but should end at row 11; nothing is taken"),
        ("UPDATE forestage_job SET approved_by = 'boss'", "was altered outside the queue, and 3 more; nothing is taken"),
    ],
)
def test_a_queue_that_was_altered_is_refused_with_the_first_breach(used: Store, queue_file: Path, script: str, breach: str) -> None:
    tamper(queue_file, UNLOCK + script)
    with pytest.raises(NotAllowed, match=breach):
        used.require_intact()


@pytest.mark.parametrize("newest", range(1, 13))
def test_the_newest_rows_alone_are_intact_when_the_whole_is(used: Store, newest: int) -> None:
    with used._reading() as connection:
        assert chain.verify(connection, newest).intact


@pytest.mark.parametrize(
    ("script", "newest", "found"),
    [
        ("UPDATE forestage_event SET actor = 'x' WHERE seq = 8", 4, True),
        ("UPDATE forestage_event SET actor = 'x' WHERE seq = 8", 3, False),
        ("UPDATE forestage_event SET hash = 'x' WHERE seq = 8", 3, True),
        ("UPDATE forestage_job SET mode = 'auto' WHERE device = 'r9'", 3, True),
        ("UPDATE forestage_job SET mode = 'shadow' WHERE device = 'r2'", 3, False),
        ("UPDATE forestage_document SET body = '{}' WHERE kind = 'request'", 3, True),
    ],
)
def test_the_newest_rows_and_what_they_are_about_are_checked(used: Store, queue_file: Path, script: str, newest: int, found: bool) -> None:
    tamper(queue_file, UNLOCK + script)
    with used._reading() as connection:
        assert chain.verify(connection, newest).intact is not found


def test_a_job_put_in_behind_the_queues_back_is_found(used: Store, queue_file: Path) -> None:
    columns = "origin, requester, state, device, object, template, change, mode, confidence, severity, criticality, waiting_since, reason, "
    columns += "attempts, created_at, updated_at"
    copy = f"INSERT INTO forestage_job (change_id, {columns}) SELECT 'forged-0001', {columns} FROM forestage_job LIMIT 1"
    tamper(queue_file, copy)
    assert used.verify_chain().breaches == ["the job forged-0001 has no history"]
