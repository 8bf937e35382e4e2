# SPDX-License-Identifier: GPL-3.0-or-later
"""Break a real link of the lab in the middle of a change: the one fault that no rehearsal can foresee."""

from __future__ import annotations

import json
import threading
from types import TracebackType
from typing import Any

AGENT = "/usr/local/sbin/forestage-agent"
STATUS = json.dumps({"protocol": 1, "op": "status"}).encode()


class Sabotage:
    """As long as it is entered, it watches one router and cuts one of its links when a change is pending there."""

    def __init__(self, lab: Any, *, device: str, interface: str) -> None:
        self._lab, self._device, self._interface = lab, device, interface
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.struck = False

    def __enter__(self) -> Sabotage:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._over.set()
        self._thread.join()
        if self.struck:
            self._link("up")

    def _watch(self) -> None:
        while not self._over.wait(0.3):
            pending = self._pending()
            if pending and not self.struck:
                self._link("down")
                self.struck = True
            elif self.struck and not pending:
                self._link("up")
                return

    def _pending(self) -> bool:
        answer = self._lab.exec(self._device, [AGENT], input=STATUS)
        return bool(json.loads(answer.stdout or b"{}").get("pending"))

    def _link(self, state: str) -> None:
        self._lab.exec(self._device, ["ip", "link", "set", self._interface, state])
