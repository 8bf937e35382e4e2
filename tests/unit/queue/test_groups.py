# SPDX-License-Identifier: GPL-3.0-or-later
"""Two runs never deploy in one redundancy group at a time."""

from __future__ import annotations

import pytest
from ansible_collections.forestage.network.plugins.plugin_utils.queue import NotAllowed, Store

from tests.support.queue_values import recommendation
from tests.support.queue_work import put, stage, step


def two_staged(store: Store) -> tuple[str, str]:
    one, two = put(store, recommendation("core-a1"), recommendation("core-a2"))
    stage(store, one, "w1")
    stage(store, two, "w2")
    return one, two


def test_a_group_is_held_by_one_change(store: Store) -> None:
    one, two = two_staged(store)
    store.hold(one, "w1", ["core-a", "edge"])
    step(store, one, "deploying", worker="w1")
    with pytest.raises(NotAllowed, match=f"waits until {one} has ended, which is being deployed in the redundancy group core-a"):
        store.hold(two, "w2", ["core-a"])
    store.hold(two, "w2", ["core-b"])


@pytest.mark.parametrize("end", ["rolled_back", "queued", "rollback_blocked"])
def test_a_change_that_has_ended_gives_its_group_back(store: Store, end: str) -> None:
    one, two = two_staged(store)
    store.hold(one, "w1", ["core-a"])
    step(store, one, "deploying", end, worker="w1")
    store.hold(two, "w2", ["core-a"])


def test_holding_again_and_holding_nothing_are_no_matter(store: Store) -> None:
    one, two = two_staged(store)
    for _unused in range(2):
        store.hold(one, "w1", ["core-a"])
    store.hold(one, "w1", [])
    store.hold(two, "w2", [])


def test_only_the_holder_of_the_lease_holds_a_group(store: Store) -> None:
    one, _unused = two_staged(store)
    with pytest.raises(NotAllowed, match="is held by w1"):
        store.hold(one, "w2", ["core-a"])
