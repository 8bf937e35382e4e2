# SPDX-License-Identifier: GPL-3.0-or-later
"""History to forecast to recommendations, and into the queue."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ansible_collections.forestage.network.plugins.plugin_utils.engine_action import EngineAction
from ansible_collections.forestage.network.plugins.plugin_utils.queue import Store
from ansible_collections.forestage.network.plugins.plugin_utils.rounds.forecasting import FORECAST, Answer, Question, recommend
from ansible_collections.forestage.network.plugins.plugin_utils.rounds.words import forecast_in_words


class ActionModule(EngineAction):
    ARGUMENTS = {  # noqa: RUF012
        "history": {"type": "path", "required": True},
        "mapping": {"type": "path"},
        "policies": {"type": "path", "required": True},
        "forecast": {"type": "path"},
        "running": {"type": "dict", "default": {}},
        "ingest": {"type": "bool", "default": True},
    }

    def work(self, args: dict[str, Any]) -> dict[str, Any]:
        store = self.existing_queue() if args["ingest"] else None
        asked = {name: args[name] for name in ("history", "policies", "mapping", "forecast", "running")}
        known = {"ledger": store.ledger(), "change_log": store.change_log()} if store else {}
        with self.folder("forecasts") as folder:
            answer = recommend(Question(as_of=self.as_of, **asked, **known), folder, self.announcer)
        for warning in answer.forecast.get("warnings", []):
            self.announcer.warning(warning)
        ranked = sorted(answer.forecast["recommendations"], key=lambda item: -item["priority"])
        autonomy = answer.forecast.get("autonomy", [])
        table = forecast_in_words(ranked, self._display.columns, autonomy)
        self._display.display(table)
        left_out = answer.forecast.get("left_out", [])
        made = {"as_of": answer.forecast["as_of"], "left_out": left_out, "autonomy": autonomy, "table": table}
        file = "" if self._task.check_mode else str(folder / FORECAST)
        return {**made, "recommendations": ranked, "file": file, **self._enter(answer, store)}

    def _enter(self, answer: Answer, store: Store | None) -> dict[str, Any]:
        """Take it into the queue; in check mode the queue only says what it would do."""
        if store is None:
            return {"changed": False}
        new = store.ledger_add(answer.entries)
        report = store.ingest(answer.forecast, actor=self.actor, now=self.now)
        return {"changed": store.changed or new > 0, "queue": asdict(report), "ledger_entries": new}
