# SPDX-License-Identifier: GPL-3.0-or-later
"""FRR, nftables and HTB on Linux, through the device agent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .agent_file import PROTOCOL
from .transport import DeviceError, Transport


class FrrLinux:
    """Speaks the agent's protocol over a transport; see roles/bootstrap/files/forestage_agent.py."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def running(self) -> dict[str, Any]:
        """The running configuration in canonical form, and its digest."""
        return self._ask("running")

    def check(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """Whether FRR, nftables and tc would take `config`, and the difference from what runs."""
        return self._ask("check", config=dict(config))

    def apply(
        self, change_id: str, config: Mapping[str, Any], *, base_digest: str, deadline_s: float, identity: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Apply `config` against the running configuration of `base_digest`, with a deadline in seconds."""
        return self._ask(
            "apply", change_id=change_id, config=dict(config), base_digest=base_digest, deadline_s=deadline_s, identity=dict(identity)
        )

    def confirm(self, change_id: str) -> dict[str, Any]:
        """Keep the change and write the startup configuration."""
        return self._ask("confirm", change_id=change_id)

    def rollback(self, change_id: str) -> dict[str, Any]:
        """Restore what ran before the change, unless a person has edited the device since."""
        return self._ask("rollback", change_id=change_id)

    def status(self, change_id: str | None = None) -> dict[str, Any]:
        """Identity and transactions of the device."""
        return self._ask("status", **({"change_id": change_id} if change_id else {}))

    def observe(self) -> dict[str, Any]:
        """Interface, nftables and class counters, OSPF neighbours, BGP peers, routes."""
        return self._ask("observe")

    def gather(self) -> dict[str, Any]:
        """What `running` answers, and under ``observe`` what `observe` does."""
        return self._ask("gather")

    def _ask(self, operation: str, **fields: Any) -> dict[str, Any]:
        data = self._transport(json.dumps({"protocol": PROTOCOL, "op": operation, **fields}).encode())
        try:
            answer = json.loads(data)
        except ValueError:
            raise DeviceError(
                "no_answer", "The device answered with something other than JSON; is the agent's key bound to its command?"
            ) from None
        if not isinstance(answer, dict) or not isinstance(answer.get("ok"), bool):
            raise DeviceError("no_answer", "The device answered with JSON that is no answer of the agent.")
        if not answer["ok"]:
            raise DeviceError(str(answer.get("code", "internal")), str(answer.get("error", "The agent gave no reason.")), answer)
        return answer
