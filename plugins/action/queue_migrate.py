# SPDX-License-Identifier: GPL-3.0-or-later
"""Create a queue, or bring its tables to this release's schema."""

from __future__ import annotations

from typing import Any

from ansible_collections.forestage.network.plugins.plugin_utils.queue import schema
from ansible_collections.forestage.network.plugins.plugin_utils.queue.address import Address
from ansible_collections.forestage.network.plugins.plugin_utils.queue.tables import HEAD
from ansible_collections.forestage.network.plugins.plugin_utils.queue_action import QueueAction


class ActionModule(QueueAction):
    ARGUMENTS = {"state": {"type": "str", "choices": ["present", "latest"], "default": "latest"}}  # noqa: RUF012

    def act(self, args: dict[str, Any]) -> dict[str, Any]:
        address = Address.parse(self.url)
        place = {"queue": str(address), "after": HEAD}
        if args["state"] == "latest":
            before, after = schema.migrate(address, keep=not self._task.check_mode)
            return {**place, "changed": before != after, "before": before}
        created = schema.create(address, keep=not self._task.check_mode)
        if not created:
            self.open()
        return {**place, "changed": created, "before": None if created else HEAD}
