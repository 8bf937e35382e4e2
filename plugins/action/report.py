# SPDX-License-Identifier: GPL-3.0-or-later
"""One self-contained page: the ranked forecast, pictures, queue and verdicts, outcomes, calibration."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from ansible_collections.forestage.network.plugins.plugin_utils import engine
from ansible_collections.forestage.network.plugins.plugin_utils.engine_action import EngineAction
from ansible_collections.forestage.network.plugins.plugin_utils.rounds.files import write_json, write_lines


class ActionModule(EngineAction):
    ARGUMENTS = {  # noqa: RUF012
        "path": {"type": "path", "required": True},
        "provisioning_forecast": {"type": "path", "required": True},
        "history": {"type": "path"},
        "mapping": {"type": "path"},
    }

    def work(self, args: dict[str, Any]) -> dict[str, Any]:
        store, page = self.open(), Path(args["path"])
        before = page.read_bytes() if page.is_file() else b""
        with tempfile.TemporaryDirectory(prefix="forestage-report-") as name:
            folder = Path(name)
            options = {
                "provisioning": args["provisioning_forecast"],
                "history": args["history"],
                "mapping": args["mapping"],
                "ledger": str(write_lines(folder / "ledger.jsonl", store.ledger())),
                "jobs": str(write_json(folder / "jobs.json", store.jobs(documents=True, now=self.now))),
                "out": str(folder / page.name),
            }
            made = engine.run("report", options, self.announcer)
            text = (folder / page.name).read_bytes()
        if not self._task.check_mode and text != before:
            page.parent.mkdir(parents=True, exist_ok=True)
            page.write_bytes(text)
        return {"changed": text != before, "path": str(page), "recommendations": made["recommendations"], "size": made["bytes"]}
