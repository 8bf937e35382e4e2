# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables of other programs are theirs: they are read, but neither compared, changed, saved nor brought back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from .conftest import Router, cost

BANS = "table inet f2b {\n\tset banned {\n\t\ttype ipv4_addr\n\t\telements = { 198.51.100.1 }\n\t}\n}\n"
TABLE = "table inet forestage_t {\n\tchain c {\n\t}\n}\n"


@pytest.fixture
def banning(router: Router) -> Iterator[Router]:
    """A router on which a program bans addresses."""
    router.shell("nft", "-f", "-", input=BANS)
    yield router
    router.fabric.exec("r1", ["nft", "delete", "table", "inet", "f2b"])


def ban(router: Router, address: str) -> None:
    router.shell("nft", f"add element inet f2b banned {{ {address} }}")


def banned(router: Router, *addresses: str) -> bool:
    shown = router.shell("nft", "list", "ruleset")
    return all(address in shown for address in addresses)


def test_they_are_read(banning: Router) -> None:
    assert BANS in banning.driver.running()["config"]["nft"]


def test_a_ban_does_not_keep_a_change_from_being_taken_back(banning: Router) -> None:
    before = banning.driver.running()
    change = banning.apply(lambda config: config.update(nft=config["nft"] + TABLE), seconds=5)
    ban(banning, "198.51.100.2")
    assert banning.wait(change, "rolled_back", "rollback_blocked") == "rolled_back"
    assert banned(banning, "198.51.100.1", "198.51.100.2", "inet guard")
    assert banning.driver.running()["digest"] == before["digest"]


def test_a_ban_after_the_rendering_is_neither_in_the_way_nor_lost(banning: Router) -> None:
    answer = banning.driver.running()
    cost(91)(answer["config"])
    ban(banning, "198.51.100.3")
    identity = {"hostname": "r1"}
    done = banning.driver.apply("banned-since", answer["config"], base_digest=answer["digest"], deadline_s=60, identity=identity)
    assert "198.51.100" not in done["diff"]
    assert banned(banning, "198.51.100.1", "198.51.100.3")
    assert banning.driver.rollback("banned-since")["change"]["state"] == "rolled_back"


def test_a_candidate_without_them_or_with_others_leaves_them_alone(banning: Router) -> None:
    def edit(config: dict[str, Any]) -> None:
        config["nft"] = "table inet other {\n\tchain c {\n\t}\n}\n" + TABLE

    banning.driver.rollback(banning.apply(edit))
    change = banning.apply(edit)
    assert banned(banning, "198.51.100.1", "inet guard", "forestage_t")
    assert not banned(banning, "inet other")
    banning.driver.rollback(change)
    assert banned(banning, "198.51.100.1", "inet guard")


def test_a_reboot_brings_back_ours_and_not_theirs(banning: Router) -> None:
    banning.driver.confirm(banning.apply(lambda config: config.update(nft=config["nft"] + TABLE)))
    assert "f2b" not in banning.shell("cat", "/etc/forestage/nft.conf")
    banning.fabric.reboot("r1")
    assert banned(banning, "inet guard", "forestage_t")
    assert not banned(banning, "inet f2b")
    gone = {"nft": banning.driver.running()["config"]["nft"].replace(TABLE, "")}
    banning.driver.confirm(banning.apply(lambda config: config.update(gone)))
