# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever breaks during a deployment, the router ends whole and the job's state is true; the next run needs no help."""

from __future__ import annotations

from typing import Any

import pytest

from .lab import Change, Lab, cost, kill

pytestmark = pytest.mark.chaos

LOCK_OUT = (
    "table inet forestage_lockout {\n\tchain incoming {\n\t\ttype filter hook input priority filter; policy accept;\n"
    '\t\tiifname "eth0" tcp dport 22 drop\n\t}\n}\n'
)


def test_the_controller_is_killed_before_it_confirms(lab: Lab) -> None:
    change = Change(lab, "s1", cost(21))
    controller = change.deploy(deadline=8, bake=7)
    change.await_record("pending")
    kill(controller)
    assert change.await_state("rolled_back") == "rolled_back"
    change.assert_as_before()
    assert change.recover() == "rolled_back"


def test_the_controller_is_killed_in_mid_apply(lab: Lab) -> None:
    change = Change(lab, "s2", cost(22))
    controller = change.deploy(deadline=8)
    change.await_record("applying")
    kill(controller)
    assert change.await_state("rolled_back") == "rolled_back"
    change.assert_as_before()
    assert change.recover() == "rolled_back"


def test_a_controller_killed_while_the_change_is_pending_is_replaced_by_the_next_run(lab: Lab) -> None:
    """The deadline is far away; the recovery has the device take the change back now."""
    change = Change(lab, "s3", cost(23))
    controller = change.deploy(deadline=600, bake=60)
    change.await_record("pending")
    kill(controller)
    assert change.recover() == "rolled_back"
    change.assert_as_before()


def test_a_controller_killed_after_the_confirmation_is_believed_to_have_deployed(lab: Lab) -> None:
    change = Change(lab, "s1", cost(24))
    assert change.deploy().wait(200) == 0
    assert change.result()["result"] == "confirmed"
    assert change.recover() == "verified"
    assert " ip ospf cost 24\n" in change.shell("cat", "/etc/frr/frr.conf")


def test_a_controller_killed_before_the_apply_leaves_the_job_in_the_queue(lab: Lab) -> None:
    change = Change(lab, "s2", cost(25))
    assert change.recover() == "queued"
    lab.store.transition(change.change_id, "withdrawn", actor="planner", why="the test is over")


def test_the_agent_is_killed_half_way(lab: Lab) -> None:
    change = Change(lab, "s3", cost(26))
    controller = change.deploy(deadline=60)
    pid = change.await_record("applying")["pid"]
    change.shell("kill", "-KILL", str(pid))
    assert controller.wait(200) == 0
    assert change.result()["result"] == "rolled_back"
    change.assert_as_before()
    assert change.recover() == "rolled_back"


def test_the_candidate_cuts_the_management_path(lab: Lab) -> None:
    change = Change(lab, "s1", lambda config: config.update(nft=config["nft"] + LOCK_OUT))
    controller = change.deploy(deadline=8)
    assert controller.wait(200) == 0
    assert change.result()["result"] == "rolled_back"
    change.assert_as_before()
    assert change.recover() == "rolled_back"


def test_the_router_reboots_while_the_change_is_pending(lab: Lab) -> None:
    change = Change(lab, "s2", cost(27))
    controller = change.deploy(deadline=60, bake=2)
    change.await_record("pending")
    lab.fabric.reboot("s2")
    assert controller.wait(200) == 0
    assert change.result()["result"] == "rolled_back"
    change.assert_as_before()
    assert change.recover() == "rolled_back"


def test_a_hand_edit_between_apply_and_rollback_is_kept(lab: Lab) -> None:
    def loses_its_neighbour(config: dict[str, Any]) -> None:
        config["frr"] = config["frr"].replace("interface eth1\n", "interface eth1\n ip ospf passive\n")

    change = Change(lab, "s3", loses_its_neighbour)
    controller = change.deploy(deadline=60, bake=6)
    change.await_record("pending")
    change.shell("vtysh", "-c", "configure terminal", "-c", "ip route 198.51.100.0/24 blackhole")
    assert controller.wait(200) == 0
    result = change.result()
    assert result["result"] == "rollback_blocked"
    assert "OSPF neighbour 10.255.0.100 on eth1 was lost" in result["reason"]
    assert "198.51.100.0/24" in change.shell("vtysh", "-c", "show running-config")
    assert change.recover() == "rollback_blocked"
    change.shell("vtysh", "-c", "configure terminal", "-c", "no ip route 198.51.100.0/24 blackhole")
    assert change.driver.rollback(change.change_id)["change"]["state"] == "rolled_back"
    change.assert_as_before()
    assert change.recover() == "rolled_back"


def test_a_restored_queue_does_not_run_a_finished_change_again(lab: Lab) -> None:
    change = Change(lab, "s1", cost(28))
    assert change.deploy().wait(200) == 0
    assert change.result()["result"] == "confirmed"
    assert change.recover() == "verified"
    again = change.driver.running()
    assert change.deploy().wait(200) == 0
    assert change.result()["result"] == "confirmed"
    assert change.driver.running() == again


def test_a_finished_change_with_another_candidate_is_not_taken_for_deployed(lab: Lab) -> None:
    change = Change(lab, "s2", cost(29))
    assert change.deploy().wait(200) == 0
    assert change.recover() == "verified"
    again = change.driver.running()
    cost(30)(change.candidate["devices"]["s2"]["config"])
    assert change.deploy().wait(200) == 0
    assert change.result()["result"] == "not_applied"
    assert "was applied before, and the device does not run this configuration" in change.result()["reason"]
    assert change.driver.running() == again
