# SPDX-License-Identifier: GPL-3.0-or-later
"""What keeps a change from being sent, and what a dry run shows."""

from __future__ import annotations

import json

from .lab import Change, Lab, cost


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
