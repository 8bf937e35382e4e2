# SPDX-License-Identifier: GPL-3.0-or-later
"""Which agent on a device may be replaced by the collection's own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.forestage.network.plugins.plugin_utils.agent_install import program
from ansible_collections.forestage.network.plugins.plugin_utils.drivers.agent_file import agent

OTHER = {"ok": False, "code": "protocol", "error": "It speaks another."}


@pytest.fixture(autouse=True)
def unfinished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the agent keeps an open change; none is there."""
    file = tmp_path / "pending.json"
    monkeypatch.setattr(program, "UNFINISHED", file)
    return file


@pytest.mark.parametrize("status", [{"version": "1.0.0", "pending": None}, {**OTHER, "version": "1.0.0"}, {"error": "not found"}])
def test_an_older_one_and_one_that_does_not_run(status: dict[str, Any]) -> None:
    program._require_replaceable(status, "1.1.0")


@pytest.mark.parametrize(
    ("status", "why"),
    [
        ({"version": "2.0.0", "pending": None}, "has agent 2.0.0, which is newer than 1.1.0"),
        ({**OTHER, "version": "2.0.0"}, "has agent 2.0.0, which is newer than 1.1.0"),
        (OTHER, "has an agent of another protocol that does not say its version"),
        ({"version": "1.0.0", "pending": {"change_id": "change-one"}}, "has an unfinished change"),
    ],
)
def test_not_a_newer_one_nor_one_that_cannot_be_known(status: dict[str, Any], why: str) -> None:
    with pytest.raises(program.Refused, match=why):
        program._require_replaceable(status, "1.1.0")


@pytest.mark.parametrize("status", [{**OTHER, "version": "1.0.0"}, {"ok": False, "code": "busy"}, {"error": "killed"}])
def test_not_in_the_middle_of_a_change_that_it_does_not_tell_of(status: dict[str, Any], unfinished: Path) -> None:
    unfinished.write_text("{}", encoding="utf-8")
    with pytest.raises(program.Refused, match="has an unfinished change; confirm it or roll it back"):
        program._require_replaceable(status, "1.1.0")


def test_the_agent_says_its_version_in_whatever_protocol_it_is_asked() -> None:
    with pytest.raises(agent().Refused) as refused:
        agent().parse(json.dumps({"protocol": 2, "op": "status"}).encode())
    assert refused.value.answer["version"] == agent().VERSION
    assert str(agent().STATE / "pending.json") == "/var/lib/forestage/pending.json"
