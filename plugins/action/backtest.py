# SPDX-License-Identifier: GPL-3.0-or-later
"""How good forecasts from past cut-offs would have been."""

from __future__ import annotations

from typing import Any

from ansible_collections.forestage.network.plugins.plugin_utils import engine
from ansible_collections.forestage.network.plugins.plugin_utils.engine_action import EngineAction


class ActionModule(EngineAction):
    SHARED = {"as_of": {"type": "str"}}  # noqa: RUF012
    ARGUMENTS = {  # noqa: RUF012
        "history": {"type": "path", "required": True},
        "mapping": {"type": "path"},
        "horizon": {"type": "str", "default": "7d"},
        "origins": {"type": "int", "default": 3},
        "interval": {"type": "str"},
        "metrics": {"type": "list", "elements": "str", "default": []},
        "model": {"type": "str"},
        "seed": {"type": "int", "default": 0},
    }

    def work(self, args: dict[str, Any]) -> dict[str, Any]:
        same = ("history", "mapping", "horizon", "origins", "interval", "model", "seed")
        options = {**{name: args[name] for name in same}, "as-of": self.as_of, "only-metric": args["metrics"]}
        return {**engine.run("backtest", options, self.announcer), "as_of": self.as_of}
