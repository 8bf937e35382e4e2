# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure what became of predictions and changes, and keep it for learning."""

from __future__ import annotations

from typing import Any

from ansible_collections.forestage.network.plugins.plugin_utils.engine_action import EngineAction
from ansible_collections.forestage.network.plugins.plugin_utils.rounds.learning import measure
from ansible_collections.forestage.network.plugins.plugin_utils.rounds.outcome_words import outcomes_in_words


class ActionModule(EngineAction):
    ARGUMENTS = {  # noqa: RUF012
        "history": {"type": "path", "required": True},
        "mapping": {"type": "path"},
    }

    def work(self, args: dict[str, Any]) -> dict[str, Any]:
        store = self.open()
        jobs = store.jobs(documents=True, now=self.now)
        with self.folder("outcomes") as folder:
            measured = measure(args["history"], self.as_of, store.ledger(), jobs, folder, self.announcer, args["mapping"])
        new = store.ledger_outcomes(measured.outcomes)
        self._display.display(outcomes_in_words(measured.outcomes, store.ledger(), measured.calibration, self._display.columns))
        labels = [outcome["needed"] for outcome in measured.outcomes]
        counts = {label: labels.count(label) for label in ("needed", "not_needed", "unknown")}
        made = {"outcomes": measured.outcomes, "calibration": measured.calibration, "summary": measured.summary}
        return {"changed": new > 0, "as_of": self.as_of, "counts": counts, **made}
