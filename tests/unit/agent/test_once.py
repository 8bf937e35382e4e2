# SPDX-License-Identifier: GPL-3.0-or-later
"""A change is applied once, however long ago, and its id stands for one configuration."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.forestage.network.forecasting.contracts import errors_of

from .conftest import Device, config


def apply(device: Device, change_id: str, wanted: dict[str, Any]) -> dict[str, Any]:
    """The agent's answer, which matches its schema."""
    request = {"change_id": change_id, "config": wanted, "base_digest": "0" * 64, "deadline_s": 60, "identity": {}}
    try:
        answer: dict[str, Any] = {"ok": True, "op": "apply", **device.module.op_apply(request)}
    except device.module.Refused as refused:
        answer = refused.answer
    assert errors_of("agent_answer", answer) == []
    return answer


def finish(device: Device, change_id: str, state: str) -> None:
    open_ = device.pending()
    open_.change_id, open_.candidate = change_id, device.module.digest(config("as-asked"))
    open_.finish(state, "A test.")


@pytest.mark.parametrize("word", ["as-asked", "after", "runs"])
def test_the_same_change_is_there_already(device: Device, word: str) -> None:
    """As it was asked for, as the device wrote it, or as it is rendered against a device that has it."""
    finish(device, "change-one", "confirmed")
    device.runs = config("runs")
    assert apply(device, "change-one", config(word))["already"]


@pytest.mark.parametrize("pending", [False, True])
def test_another_configuration_under_its_id_is_refused(device: Device, pending: bool) -> None:
    if pending:
        device.pending()
    else:
        finish(device, "change-one", "confirmed")
    before = device.runs
    answer = apply(device, "change-one", config("another"))
    assert answer["code"] == "other_candidate"
    assert "change-one was applied before, and the device does not run this configuration" in answer["error"]
    assert device.runs == before


def test_what_the_journal_no_longer_has_is_still_finished(device: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device.module, "JOURNAL_LIMIT", 2)
    monkeypatch.setattr(device.module, "OLDER_LIMIT", 3)
    for number in range(6):
        finish(device, f"change-{number:04}", "rolled_back" if number % 2 else "confirmed")
    assert [entry["change_id"] for entry in device.module.journal()] == ["change-0004", "change-0005"]
    assert [device.module.finished(f"change-{number:04}") is None for number in range(6)] == [True] + [False] * 5
    device.runs = config("runs")
    assert apply(device, "change-0003", config("as-asked"))["code"] == "finished"
    assert apply(device, "change-0002", config("as-asked"))["code"] == "other_candidate"
    assert apply(device, "change-0002", config("runs"))["already"]
    answer = {"ok": True, "op": "status", **device.module.state_answer("change-0002")}
    assert answer["change"]["state"] == "confirmed"
    assert errors_of("agent_answer", answer) == []
