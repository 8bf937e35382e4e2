# SPDX-License-Identifier: GPL-3.0-or-later
"""Tell the person at the terminal what the engine is doing, sparingly."""

from __future__ import annotations

import time

from ansible.utils.display import Display

QUIET_FOR = 2.0
BETWEEN_LINES = 3.0


class Announcer:
    """Shows progress of work that takes longer than two seconds, and gathers warnings."""

    def __init__(self, display: Display) -> None:
        self._display = display
        self._next = time.monotonic() + QUIET_FOR
        self.warnings: list[str] = []

    def progress(self, step: str, done: int, total: int) -> None:
        """Show one line now and then, none in the first two seconds."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + BETWEEN_LINES
        self._display.display(f"  {step}: {done} of {total}")

    def warning(self, message: str) -> None:
        """Keep a sentence for the result; Ansible shows a result's warnings itself."""
        if message not in self.warnings:
            self.warnings.append(message)
