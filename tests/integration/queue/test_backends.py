# SPDX-License-Identifier: GPL-3.0-or-later
"""SQLite and PostgreSQL behave alike: the whole way, creation and migration, many at once."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest
from ansible_collections.forestage.network.plugins.plugin_utils.queue import QueueError, Store, StoreError, schema
from ansible_collections.forestage.network.plugins.plugin_utils.queue.address import Address
from ansible_collections.forestage.network.plugins.plugin_utils.queue.tables import HEAD, VERSION_TABLE, metadata
from sqlalchemy import text

from tests.support import queue_values as values
from tests.support.queue_work import finish, put, step


def rows(store: Store) -> list[str]:
    """Every row of every table."""
    with store._reading() as connection:
        return sorted(f"{name}: {tuple(row)}" for name, table in metadata.tables.items() for row in connection.execute(table.select()))


def execute(url: str, statement: str) -> None:
    """Go round the queue."""
    store = Store(Address.parse(url))
    with store._engine.begin() as connection:
        connection.execute(text(statement))


def test_the_whole_way(queue_url: str) -> None:
    store = Store.open(queue_url, create=True)
    change, other = put(store, values.recommendation("r1", confidence=0.9), values.recommendation("r2"))
    finish(store, change)
    store.request(values.request("r3"), actor="ann", now=values.T0)
    assert store.ledger_add([values.ledger_entry("a")]) == 1
    entry = store.ledger()[0]["entry_id"]
    assert store.ledger_outcomes([values.outcome(entry)]) == 1
    assert store.ledger(decided=True)[0]["outcome"]["needed"] == "needed"
    assert {job["change_id"]: job["state"] for job in store.jobs()}[change] == "verified"
    assert store.jobs(states=["queued"], devices=["r2"])[0]["change_id"] == other
    assert len(store.change_log()) == 3
    assert store.verify_chain().intact


def test_history_cannot_be_rewritten_and_a_forged_approval_is_found(queue_url: str) -> None:
    store = Store.open(queue_url, create=True)
    put(store)
    for statement in ("UPDATE forestage_event SET actor = 'x'", "DELETE FROM forestage_event"):
        with pytest.raises(Exception, match="append-only"):
            execute(queue_url, statement)
    execute(queue_url, "UPDATE forestage_job SET approved_by = 'boss'")
    assert "altered outside the queue" in store.verify_chain().breaches[0]


def test_a_dry_run_changes_no_row(queue_url: str) -> None:
    store, rehearsal = Store.open(queue_url, create=True), Store.open(queue_url, dry_run=True)
    (change,) = put(store)
    before = rows(store)
    rehearsal.claim("w1", limit=1, lease_s=60, now=values.T0)
    assert step(rehearsal, change, "staged")["state"] == "staged"
    assert rehearsal.request(values.request("r9"), actor="ann")["device"] == "r9"
    assert len(rehearsal.ingest(values.forecast(values.recommendation("r7")), actor="robot").added) == 1
    assert rows(store) == before


def test_a_queue_is_created_once_checked_at_every_opening_and_migrated_on_request(queue_url: str) -> None:
    address = Address.parse(queue_url)
    if address.url is not None:
        with pytest.raises(StoreError, match="holds no queue; create it with: .*state=present"):
            Store.open(queue_url)
    assert schema.create(address, keep=False)
    assert schema.create(address)
    assert not schema.create(address)
    execute(queue_url, "DROP TABLE forestage_ledger")
    execute(queue_url, "DROP TABLE forestage_outcome")
    execute(queue_url, f"UPDATE {VERSION_TABLE} SET version_num = '0001'")
    with pytest.raises(StoreError, match="migrate it with: .*state=latest"):
        Store.open(queue_url)
    assert schema.migrate(address, keep=False) == ("0001", HEAD)
    assert schema.migrate(address) == ("0001", HEAD)
    assert Store.open(queue_url).ledger() == []
    execute(queue_url, f"UPDATE {VERSION_TABLE} SET version_num = '0099'")
    with pytest.raises(StoreError, match="newer than this release"):
        Store.open(queue_url)


def test_an_unreachable_server_gets_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"cannot be reached .*check that it runs") as caught:
        Store.open(f"postgresql://planner:hunter2@/forestage?host={tmp_path}")
    assert "hunter2" not in str(caught.value)


def _ingest(url: str, forecast: dict) -> int:
    return len(Store.open(url).ingest(forecast, actor="robot").added)


def _create(url: str) -> bool:
    return schema.create(Address.parse(url))


def _ask(url: str, number: int) -> str:
    try:
        return str(Store.open(url).request(values.request(reason=f"Wish {number}."), actor=f"person {number}", now=values.T0)["requester"])
    except QueueError as error:
        return str(error)


def test_many_at_once_create_one_queue_take_a_forecast_in_once_and_keep_one_open_change(queue_url: str) -> None:
    forecast = values.forecast(*(values.recommendation(f"r{number}") for number in range(20)))
    with ProcessPoolExecutor(6, mp_context=multiprocessing.get_context("fork")) as pool:
        assert sorted(pool.map(_create, [queue_url] * 6)) == [False] * 5 + [True]
        assert sorted(pool.map(_ingest, [queue_url] * 6, [forecast] * 6)) == [0] * 5 + [20]
        answers = list(pool.map(_ask, [queue_url] * 6, range(6)))
    store = Store.open(queue_url)
    assert len([answer for answer in answers if answer.startswith("person")]) == 1
    assert len(store.jobs(states=["queued"], devices=["core-a1"])) == 1
    assert store.verify_chain().intact
