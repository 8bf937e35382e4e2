# SPDX-License-Identifier: GPL-3.0-or-later
"""Tell the person at the terminal what the engine is doing, sparingly."""

from __future__ import annotations

import os
import time

from ansible.utils.display import Display

QUIET_FOR = 2.0
BETWEEN_LINES = 3.0
# Asked when the controller loads the action: the forked worker that runs it has no stdout of its own.
AT_TERMINAL = os.isatty(1)


class Announcer:
    """Shows progress of work that takes longer than two seconds to a person at a terminal, and gathers warnings.

    In a log progress is noise: without a terminal it shows only when more verbosity (``-v``) is asked for.
    """

    def __init__(self, display: Display, *, at_terminal: bool = AT_TERMINAL) -> None:
        self._display = display
        self._shown = at_terminal or display.verbosity > 0
        self._next = time.monotonic() + QUIET_FOR
        self.warnings: list[str] = []

    def progress(self, step: str, done: int, total: int) -> None:
        """Show one line now and then, none in the first two seconds and none in a log."""
        now = time.monotonic()
        if not self._shown or now < self._next:
            return
        self._next = now + BETWEEN_LINES
        self._display.display(f"  {step}: {done} of {total}")

    def warning(self, message: str) -> None:
        """Keep a sentence for the result; Ansible shows a result's warnings itself."""
        if message not in self.warnings:
            self.warnings.append(message)
