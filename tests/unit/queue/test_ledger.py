# SPDX-License-Identifier: GPL-3.0-or-later
"""The prediction ledger keeps every prediction as it was made, and the newest outcome of each."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from ansible_collections.forestage.network.forecasting.contracts import check
from ansible_collections.forestage.network.plugins.plugin_utils.queue import NotFound, NotValid, Store

from tests.support.queue_values import T0, ledger_entry, outcome
from tests.support.queue_work import fingerprint

DAY = timedelta(days=1)


def test_predictions_are_entered_once_and_come_back_in_the_order_of_their_forecasts(store: Store) -> None:
    entries = [ledger_entry("b", as_of=T0 + DAY), ledger_entry("a"), ledger_entry("c", policy="latency")]
    assert store.ledger_add(entries) == 3
    assert store.ledger_add(entries) == 0
    assert not store.changed
    found = store.ledger()
    assert [entry["as_of"] for entry in found] == sorted(entry["as_of"] for entry in entries)
    for entry in found:
        check("ledger_entry", entry)
        assert entry["outcome"] is None


def test_an_outcome_answers_its_prediction_and_a_later_one_replaces_it(store: Store) -> None:
    entry = ledger_entry("a")
    store.ledger_add([entry])
    unsure = outcome(entry["entry_id"], "unknown")
    sure = outcome(entry["entry_id"], "needed", measured_at=T0 + 20 * DAY)
    assert store.ledger_outcomes([unsure]) == 1
    assert store.ledger_outcomes([sure]) == 1
    assert store.ledger_outcomes([unsure, sure]) == 0
    assert store.ledger()[0]["outcome"] == sure


def test_the_ledger_is_read_by_policy_time_and_whether_it_is_decided(store: Store) -> None:
    old, fresh, other = ledger_entry("old"), ledger_entry("fresh", as_of=T0 + 7 * DAY), ledger_entry("other", policy="latency")
    store.ledger_add([old, fresh, other])
    store.ledger_outcomes([outcome(old["entry_id"])])

    def ids(**wanted) -> set[str]:
        return {entry["entry_id"] for entry in store.ledger(**wanted)}

    assert ids(policy="latency") == {other["entry_id"]}
    assert ids(since=T0 + DAY) == {fresh["entry_id"]}
    assert ids(matured_by=T0 + 14 * DAY) == {old["entry_id"], other["entry_id"]}
    assert ids(decided=True) == {old["entry_id"]}
    assert ids(decided=False, matured_by=T0 + 14 * DAY) == {other["entry_id"]}


def test_an_entry_may_bring_its_outcome(store: Store) -> None:
    entry = ledger_entry("a")
    store.ledger_add([{**entry, "outcome": outcome(entry["entry_id"])}])
    assert store.ledger(decided=True)[0]["outcome"]["needed"] == "needed"


def test_a_prediction_is_never_rewritten(store: Store, queue_file: Path) -> None:
    entry = ledger_entry("a")
    store.ledger_add([entry])
    before = fingerprint(queue_file)
    with pytest.raises(NotValid, match="never rewritten"):
        store.ledger_add([ledger_entry("new"), {**entry, "p_raw": 0.99}])
    with pytest.raises(NotValid, match="repeats"):
        store.ledger_add([ledger_entry("new"), {**ledger_entry("new"), "p_raw": 0.99}])
    assert fingerprint(queue_file) == before


def test_a_broken_entry_or_a_stray_outcome_leaves_everything_as_it_was(store: Store, queue_file: Path) -> None:
    before = fingerprint(queue_file)
    with pytest.raises(NotValid, match="ledger entry 2"):
        store.ledger_add([ledger_entry("a"), {**ledger_entry("b"), "p_raw": 2}])
    with pytest.raises(NotFound, match="no prediction"):
        store.ledger_outcomes([outcome("f" * 32)])
    assert fingerprint(queue_file) == before
