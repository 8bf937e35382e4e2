# SPDX-License-Identifier: GPL-3.0-or-later
"""A rollback that does not succeed at once is tried again, but never over what a person did in between."""

from __future__ import annotations

import pytest

from .conftest import HALF_WAY, Config, Device, config

WHY = "The change was not confirmed before its deadline."
TABLE = "table inet forestage_x {\n}\n"


def failed(device: Device) -> None:
    """A first attempt that left FRR half-way."""
    device.pending()
    device.loads = "ospfd does not answer"
    assert again(device) == "rolling_back"
    assert device.runs == HALF_WAY
    device.loads = None


def again(device: Device) -> str:
    device.module.settle()
    return device.state()


def test_it_is_tried_again_until_it_succeeds(device: Device) -> None:
    failed(device)
    assert again(device) == "rolled_back"
    assert device.runs == config("before")


def test_what_a_person_mended_in_between_is_kept(device: Device) -> None:
    failed(device)
    device.runs = config("mended")
    assert again(device) == "rollback_blocked"
    assert device.runs == config("mended")
    device.runs = config("before")
    device.module.roll_back(device.module.Transaction.open(), "A rollback was asked for.")
    assert device.state() == "rolled_back"


def test_what_a_person_does_during_an_attempt_that_fails_is_kept(device: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    failed(device)

    def interrupted(_before: Config, _after: Config) -> None:
        device.runs = config("mended")
        raise device.module.Refused("residue", "ospfd does not answer")

    monkeypatch.setattr(device.module, "load", interrupted)
    assert again(device) == "rolling_back"
    monkeypatch.setattr(device.module, "load", device.load)
    assert again(device) == "rollback_blocked"
    assert device.runs == config("mended")


def test_a_start_configuration_saved_in_between_is_kept(device: Device) -> None:
    failed(device)
    device.startup.write_text(config("mended")["frr"], encoding="utf-8")
    assert again(device) == "rollback_blocked"
    assert device.startup.read_text(encoding="utf-8") == config("mended")["frr"]


@pytest.mark.parametrize("runs", ["before", "after"])
def test_a_device_that_could_not_be_read_is_restored_when_it_comes_back_as_it_was(device: Device, runs: str) -> None:
    device.pending()
    device.reads = "vtysh failed"
    assert again(device) == "rolling_back"
    device.reads, device.runs = None, config(runs)
    assert again(device) == "rolled_back"


def test_a_device_that_could_not_be_read_is_not_overwritten_when_it_comes_back_edited(device: Device) -> None:
    device.pending()
    device.reads = "vtysh failed"
    assert again(device) == "rolling_back"
    device.reads, device.runs = None, config("mended")
    assert again(device) == "rollback_blocked"
    assert device.runs == config("mended")


def test_frr_restarted_with_its_startup_file_is_nobodys_edit(device: Device) -> None:
    device.startup.write_text(config("older")["frr"], encoding="utf-8")
    device.pending()
    device.runs = config("older")
    assert again(device) == "rolled_back"


def test_a_reboot_forgets_tables_and_nobody_edited_them(device: Device) -> None:
    open_ = device.pending(after=config("after", TABLE))
    open_.before["nft"] = TABLE
    open_.boot = "an-earlier-boot"
    open_.save("pending")
    device.runs = config("before")
    assert again(device) == "rolled_back"
    assert device.runs["nft"] == TABLE


def test_within_one_boot_a_person_removed_them(device: Device) -> None:
    open_ = device.pending(after=config("after", TABLE))
    open_.before["nft"] = TABLE
    open_.save("pending")
    assert again(device) == "rollback_blocked"


def test_an_attempt_that_was_killed_is_finished(device: Device) -> None:
    device.pending("rolling_back")
    device.runs = HALF_WAY
    assert again(device) == "rolled_back"


def test_an_edit_that_was_being_confirmed_survives_a_power_cut(device: Device) -> None:
    device.pending("confirming")
    device.startup.write_text(config("mended")["frr"], encoding="utf-8")
    device.module.settle(booting=True)
    assert device.state() == "rollback_blocked"
    assert device.startup.read_text(encoding="utf-8") == config("mended")["frr"]


def test_the_reason_does_not_grow_with_each_attempt(device: Device) -> None:
    failed(device)
    device.loads = "ospfd does not answer"
    for _attempt in range(3):
        assert again(device) == "rolling_back"
    reason = device.module.Transaction.open().reason
    assert reason == f"{WHY} The snapshot could not be restored yet: ospfd does not answer"
    device.loads = None
    assert again(device) == "rolled_back"
    assert device.module.finished("change-one")["why"] == WHY


def test_a_disk_that_is_full_is_a_failed_attempt(device: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    device.pending()

    def full(_before: object, _after: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(device.module, "load", full)
    assert again(device) == "rolling_back"
    monkeypatch.setattr(device.module, "load", device.load)
    assert again(device) == "rolled_back"
