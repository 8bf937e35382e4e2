# SPDX-License-Identifier: GPL-3.0-or-later
"""Break a real link of the lab in the middle of a change: the one fault that no rehearsal can foresee."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Any

# Inside the router: leave with 0 as soon as the agent has noted a pending change ($1 = -e), or has none any more ($1 = ! -e).
WATCH = """
while [ ! -e /run/sabotage-over ]; do
  [ $1 /var/lib/forestage/pending.json ] && exit 0
  sleep 0.2
done
exit 1
"""


class Sabotage:
    """As long as it is entered, it watches one router and cuts one of its links while a change is pending there, once."""

    def __init__(self, lab: Any, *, device: str, interface: str) -> None:
        self._lab, self._device, self._interface = lab, device, interface
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Sabotage:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._lab.exec(self._device, ["touch", "/run/sabotage-over"])
        self._thread.join()

    def _watch(self) -> None:
        if self._await("-e"):
            self._link("down")
            self._await("! -e")
            self._link("up")

    def _await(self, test: str) -> bool:
        return bool(self._lab.exec(self._device, ["sh", "-c", WATCH, "sh", test], timeout=600).returncode == 0)

    def _link(self, state: str) -> None:
        self._lab.exec(self._device, ["ip", "link", "set", self._interface, state])
