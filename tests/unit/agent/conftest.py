# SPDX-License-Identifier: GPL-3.0-or-later
"""The agent on a device that is only pretended."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from ansible_collections.forestage.network.plugins.plugin_utils.drivers.agent_file import agent

Config = dict[str, Any]
BOOT = "this-boot"


def config(word: str, nft: str = "") -> Config:
    """A configuration that differs from others by one word."""
    return {"frr": f"hostname r1\nip route {word}\n", "nft": nft, "qos": {}}


HALF_WAY = {"frr": "hostname r1\n", "nft": "", "qos": {}}


class Device:
    """What it runs, and why it can just now not be read or is left half-way by whoever loads it."""

    def __init__(self, module: ModuleType, folder: Path) -> None:
        self.module = module
        self.startup = folder / "frr.conf"
        self.runs = config("before")
        self.startup.write_text(self.runs["frr"], encoding="utf-8")
        self.loads: str | None = None
        self.reads: str | None = None

    def running(self) -> Config:
        if self.reads:
            raise self.module.Refused("command_failed", self.reads)
        return self.runs

    def load(self, _before: Config, after: Config) -> None:
        self.runs = HALF_WAY if self.loads else after
        if self.loads:
            raise self.module.Refused("residue", self.loads)

    def pending(self, state: str = "pending", **more: Any) -> Any:
        """A transaction from `before` to `after`, which now runs."""
        self.runs = config("after")
        given = {"after": config("after"), "startup": self.startup.read_text(encoding="utf-8"), **more}
        made = self.module.Transaction(
            change_id="change-one", state=state, before=config("before"), deadline=0.0, boot=BOOT, started_at="2026-01-01T00:00:00Z",
            pid=1, **given,
        )  # fmt: skip
        made.save(state)
        return made

    def state(self) -> str:
        open_ = self.module.Transaction.open()
        return str(open_.state if open_ else json.loads((self.module.STATE / "journal.json").read_text(encoding="utf-8"))[-1]["state"])


@pytest.fixture
def device(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Device:
    """A device that runs `before`."""
    made = Device(agent(), tmp_path)
    names = {"STATE": tmp_path, "FRR_STARTUP": made.startup, "running": made.running, "load": made.load, "boot_id": lambda: BOOT}
    for name, value in names.items():
        monkeypatch.setattr(agent(), name, value)
    return made
