# SPDX-License-Identifier: GPL-3.0-or-later
"""A change is kept when confirmed, else the device is as it was."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.forestage.network.plugins.plugin_utils.drivers import DeviceError
from ansible_collections.forestage.network.plugins.plugin_utils.drivers.agent_file import digest

from .conftest import Router, cost

CLASSES = [{"name": "campaign", "id": 32, "rate_kbit": 4000, "ceil_kbit": 20000, "prio": 1}]
MARK = (
    "table inet forestage_campaign {\n\tchain classify {\n\t\ttype filter hook postrouting priority filter; policy accept;\n"
    "\t\tip daddr 10.7.0.0/24 meta priority set 1:20 counter\n\t}\n}\n"
)


def campaign(config: dict[str, Any]) -> None:
    cost(44)(config)
    config["nft"] += MARK
    config["qos"]["eth1"] = {"rate_kbit": 30000, "classes": CLASSES}


def test_a_confirmed_change_survives_a_reboot(router: Router) -> None:
    before = router.startup()
    change = router.apply(campaign)
    assert router.startup() == before, "the startup configuration must not change before the confirmation"
    assert router.driver.confirm(change)["change"]["state"] == "confirmed"
    assert router.driver.confirm(change)["already"]
    kept = router.driver.running()
    router.fabric.reboot("r1")
    again = router.driver.running()
    assert again["config"] == kept["config"]
    assert again["boot_id"] != kept["boot_id"]
    assert again["config"]["qos"]["eth1"] == {"rate_kbit": 30000, "classes": CLASSES}
    assert "forestage_campaign" in again["config"]["nft"]


def test_an_unconfirmed_change_is_taken_back_at_its_deadline(router: Router) -> None:
    before, startup = router.driver.running(), router.startup()
    change = router.apply(cost(55), seconds=5)
    assert router.wait(change, "rolled_back") == "rolled_back"
    assert router.driver.status(change)["change"]["after"] not in (None, before["digest"])
    assert router.driver.running()["config"] == before["config"]
    assert router.startup() == startup
    with pytest.raises(DeviceError, match="rolled_back"):
        router.driver.confirm(change)


def test_a_rollback_can_be_asked_for_twice(router: Router) -> None:
    before = router.driver.running()["config"]
    change = router.apply(cost(56))
    assert not router.driver.rollback(change)["already"]
    assert router.driver.rollback(change)["already"]
    assert router.driver.running()["config"] == before


def test_other_tables_keep_their_counters(router: Router) -> None:
    router.fabric.exec("r2", ["ping", "-c", "2", "-i", "0.2", "-W", "1", "10.0.0.1"])
    counted = [rule for rule in router.driver.observe()["nft"] if rule["table"] == "inet guard"]
    router.apply(lambda config: config.update(nft=config["nft"] + MARK.replace("campaign", "other")))
    after = router.driver.observe()["nft"]
    assert "inet forestage_other" in {rule["table"] for rule in after}
    assert counted[0]["packets"] >= 2
    assert next(rule for rule in after if rule["table"] == "inet guard")["packets"] >= counted[0]["packets"]


def test_the_digest_means_the_same_on_both_sides(router: Router) -> None:
    answer = router.driver.running()
    assert digest(answer["config"]) == answer["digest"]


def test_check_shows_the_difference_and_changes_nothing(router: Router) -> None:
    before = router.driver.running()
    config = json.loads(json.dumps(before["config"]))
    cost(57)(config)
    assert "+ ip ospf cost 57" in router.driver.check(config)["diff"]
    assert router.driver.running() == before


@pytest.mark.parametrize(
    ("edit", "code"),
    [
        (lambda config: config.update(frr=config["frr"] + "interface eth1\n ip ospf kost 3\nexit\n"), "invalid"),
        (lambda config: config.update(frr=""), "invalid"),
        (lambda config: config.update(nft="table inet forestage_x {\n\tnonsense\n}\n"), "command_failed"),
        (lambda config: config.update(nft="flush ruleset\n"), "invalid"),
        (lambda config: config["qos"].update(eth9={"rate_kbit": 1000}), "invalid"),
        (lambda config: config["qos"].update(eth1={"rate_kbit": 1000, "classes": CLASSES}), "invalid"),
    ],
)
def test_a_candidate_that_cannot_be_loaded_is_refused_before_anything_changes(router: Router, edit: Any, code: str) -> None:
    before = router.driver.running()
    with pytest.raises(DeviceError) as refused:
        router.apply(edit, change_id="never-applied")
    assert refused.value.code == code
    assert router.driver.running() == before
    assert router.state("never-applied") == "unknown"


def test_a_change_that_leaves_a_residue_is_taken_back_at_once(router: Router) -> None:
    """FRR never prints a line equal to its default, so this one can never be reached."""
    before = router.driver.running()["config"]
    with pytest.raises(DeviceError, match="left a difference") as refused:
        router.apply(
            lambda config: config.update(frr=config["frr"].replace("interface eth1\n", "interface eth1\n ip ospf retransmit-interval 5\n"))
        )
    assert refused.value.code == "apply_failed"
    assert refused.value.answer["change"]["state"] == "rolled_back"
    assert router.driver.running()["config"] == before


def test_apply_refuses_what_it_must_not_do(router: Router) -> None:
    answer = router.driver.running()
    edited = json.loads(json.dumps(answer["config"]))
    cost(61)(edited)

    def code_of(change: str, base: str, identity: dict[str, Any]) -> str:
        with pytest.raises(DeviceError) as refused:
            router.driver.apply(change, edited, base_digest=base, deadline_s=30, identity=identity)
        return refused.value.code

    assert code_of("change-one", answer["digest"], {"hostname": "r2"}) == "identity"
    assert code_of("change-one", answer["digest"], {"hostname": "r1", "device_id": "another"}) == "identity"
    assert code_of("change-one", "0" * 64, {"hostname": "r1"}) == "base_changed"
    router.driver.apply("change-one", edited, base_digest=answer["digest"], deadline_s=30, identity={"hostname": "r1"})
    assert code_of("change-two", answer["digest"], {"hostname": "r1"}) == "pending"
    again = router.driver.apply("change-one", edited, base_digest=answer["digest"], deadline_s=30, identity={"hostname": "r1"})
    assert again["already"]
    cost(60)(edited)
    assert code_of("change-one", answer["digest"], {"hostname": "r1"}) == "other_candidate"
    router.driver.rollback("change-one")
    assert code_of("change-one", answer["digest"], {"hostname": "r1"}) == "finished"


def test_a_confirmed_change_is_never_applied_twice(router: Router) -> None:
    change = router.apply(cost(62))
    router.driver.confirm(change)
    after = router.driver.running()
    assert router.apply(cost(62), change_id=change) == change
    with pytest.raises(DeviceError, match="was applied before, and the device does not run this configuration") as refused:
        router.apply(cost(63), change_id=change)
    assert refused.value.code == "other_candidate"
    assert router.driver.running() == after
