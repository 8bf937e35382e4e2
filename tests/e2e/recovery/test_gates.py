# SPDX-License-Identifier: GPL-3.0-or-later
"""What keeps a change from being sent, and what a dry run shows."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ansible_collections.forestage.network.plugins.plugin_utils.drivers import load

from .lab import AGENT, Change, Lab, cost


@contextmanager
def known_of(lab: Lab, device: str, **variables: Any) -> Iterator[None]:
    """Give a device further variables in the inventory."""
    before = lab.inventory.read_text(encoding="utf-8")
    inventory = json.loads(before)
    inventory["all"]["children"]["routers"]["hosts"][device] |= variables
    lab.inventory.write_text(json.dumps(inventory), encoding="utf-8")
    try:
        yield
    finally:
        lab.inventory.write_text(before, encoding="utf-8")


def also(change: Change, device: str, value: int) -> Any:
    """Let a change touch a second device as well; the driver of that device."""
    driver = load("frr_linux")(lambda request: change.lab.fabric.exec(device, [AGENT], input=request, timeout=100).stdout)
    running = driver.running()
    config = json.loads(json.dumps(running["config"]))
    cost(value)(config)
    entry = {"platform": "frr_linux", "config": config, "base_digest": running["digest"], "diff": ""}
    change.candidate["devices"][device] = entry
    return driver


def end(change: Change) -> None:
    """The change was never sent; take its job out of the queue."""
    assert change.driver.status(change.change_id)["change"]["state"] == "unknown"
    change.assert_as_before()
    assert change.recover() == "queued"
    change.lab.store.transition(change.change_id, "withdrawn", actor="planner", why="the test is over")


def test_two_members_of_a_redundancy_group_are_never_away_at_a_time(lab: Lab) -> None:
    partner = Change(lab, "s1", cost(41))
    entry = partner.candidate["devices"]["s1"]
    partner.driver.apply(partner.change_id, entry["config"], base_digest=entry["base_digest"], deadline_s=600, identity={"hostname": "s1"})
    change = Change(lab, "s2", cost(42))
    assert change.deploy().wait(200) == 0
    assert change.result()["result"] == "not_applied"
    assert "s1 is in the same redundancy group and has an unfinished change" in change.result()["reason"]
    assert partner.recover() == "rolled_back"
    end(change)


def test_one_change_of_two_members_of_a_redundancy_group_is_refused(lab: Lab) -> None:
    change = Change(lab, "s1", cost(52))
    also(change, "s2", 52)
    assert change.deploy().wait(200) == 0
    assert change.result()["result"] == "not_applied"
    assert "s1 and s2 back each other up (redundancy group pair)" in change.result()["reason"]
    end(change)


def test_a_device_has_a_window_and_a_freeze_of_its_own(lab: Lab) -> None:
    change = Change(lab, "s3", cost(53))
    with known_of(lab, "s3", deploy_freeze_until="2999-01-01"):
        assert change.deploy().wait(200) == 0
    assert change.result()["result"] == "not_applied"
    assert change.result()["reason"] == "s3: Changes are frozen until 2999-01-01."
    end(change)


def test_what_one_device_took_back_the_others_do_not_keep(lab: Lab) -> None:
    change = Change(lab, "s3", cost(54))
    other = also(change, "s2", 54)
    process = change.deploy(deadline=300, bake=5)
    while other.status(change.change_id)["change"]["state"] != "pending":
        assert process.poll() is None, lab.log_of("deploy")[-3000:]
        time.sleep(0.1)
    other.rollback(change.change_id)
    assert process.wait(200) == 0
    assert change.result()["result"] == "rolled_back"
    assert "s2 no longer has the change (rolled_back)" in change.result()["reason"]
    change.assert_as_before()
    assert change.recover() == "rolled_back"


def test_another_device_at_the_address_is_refused_by_that_device(lab: Lab) -> None:
    change = Change(lab, "s3", cost(43))
    noted = lab.folder / "work" / "devices" / "s3.json"
    known = noted.read_text(encoding="utf-8")
    noted.write_text(json.dumps({"hostname": "s3", "device_id": "the-id-of-another-device"}), encoding="utf-8")
    assert change.deploy().wait(200) == 0
    noted.write_text(known, encoding="utf-8")
    assert change.result()["result"] == "not_applied"
    assert "the inventory points at another device" in change.result()["reason"]
    end(change)


def test_a_device_that_changed_since_the_rendering_is_left_alone(lab: Lab) -> None:
    change = Change(lab, "s3", cost(44))
    change.shell("vtysh", "-c", "configure terminal", "-c", "ip route 198.51.100.0/24 blackhole")
    assert change.deploy().wait(200) == 0
    change.shell("vtysh", "-c", "configure terminal", "-c", "no ip route 198.51.100.0/24 blackhole")
    assert change.result()["result"] == "not_applied"
    assert "render it again" in change.result()["reason"]
    end(change)


def test_a_dry_run_shows_the_difference_and_changes_nothing(lab: Lab) -> None:
    change = Change(lab, "s3", cost(45))
    process = change.deploy(flags=["--check", "--diff"])
    assert process.wait(200) == 0
    assert "+ ip ospf cost 45" in lab.log_of("deploy")
    assert not (lab.folder / "work" / "changes" / change.change_id).exists()
    end(change)
