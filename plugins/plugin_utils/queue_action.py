# SPDX-License-Identifier: GPL-3.0-or-later
"""What the queue's action plugins share: which queue, who acts, and at what time."""

from __future__ import annotations

import json
import os
from abc import abstractmethod
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from ansible.plugins.action import ActionBase
from ansible_collections.forestage.network.forecasting.contracts import parse_time
from ansible_collections.forestage.network.plugins.plugin_utils.identity import acting_user
from ansible_collections.forestage.network.plugins.plugin_utils.queue import QueueError, Store
from ansible_collections.forestage.network.plugins.plugin_utils.queue.address import DEFAULT_FILE

QUEUE_ARGUMENTS: dict[str, Any] = {"queue_url": {"type": "str", "no_log": True}, "as_of": {"type": "str"}}


class QueueAction(ActionBase):  # type: ignore[misc]
    """An action on the queue; a subclass names its arguments and says in `act` what it does."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True
    SHARED: ClassVar[dict[str, Any]] = QUEUE_ARGUMENTS
    ARGUMENTS: ClassVar[dict[str, Any]] = {}
    RULES: ClassVar[dict[str, Any]] = {}

    variables: Mapping[str, Any]
    url: str
    actor: str
    now: datetime | None

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Check the arguments, act, and turn what the queue refuses into a failed task."""
        result = super().run(tmp, task_vars)
        _unused, given = self.validate_argument_spec({**self.SHARED, **self.ARGUMENTS}, **self.RULES)
        args = json.loads(json.dumps(given))
        self.variables = task_vars or {}
        self.actor = acting_user(self.variables, os.environ)
        try:
            self.url = args.get("queue_url") or self.shared("queue_url") or os.environ.get("FORESTAGE_QUEUE_URL") or DEFAULT_FILE
            as_of = args["as_of"] or self.shared("as_of")
            self.now = parse_time(as_of) if as_of else None
            return {**result, "failed": False, **self.act(args)}
        except (QueueError, ValueError) as error:
            return {**result, "failed": True, "changed": False, "msg": str(error)}

    def shared(self, name: str) -> str:
        """The shared variable ``forestage_<name>``, or nothing."""
        value = self.variables.get(f"forestage_{name}")
        return "" if value is None else str(self._templar.template(value))

    def open(self) -> Store:
        """The queue; in check mode nothing done to it is kept."""
        return Store.open(self.url, dry_run=self._task.check_mode)

    @abstractmethod
    def act(self, args: dict[str, Any]) -> dict[str, Any]:
        """Do it with the checked arguments, as plain values; return the task's result."""
