# SPDX-License-Identifier: GPL-3.0-or-later
"""How a command tells what it does: JSON lines for a program, words and a bar for a person."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from typing import Any, TextIO

BAR_WIDTH = 24


class Progress:
    """What a command reports to while it runs. This one keeps silent, for use as a library."""

    def __init__(self) -> None:
        """Nothing has been said yet."""
        self._warned: set[str] = set()

    def step(self, name: str, done: int, total: int) -> None:
        """Say that `done` of `total` parts of the step `name` are finished."""

    def warning(self, message: str) -> None:
        """Say one sentence that the user should read, though the work goes on; the same sentence is said once."""
        if message not in self._warned:
            self._warned.add(message)
            self._warn(message)

    def warnings(self, messages: Iterable[str]) -> None:
        """Say each of some such sentences."""
        for message in messages:
            self.warning(message)

    def _warn(self, message: str) -> None:
        """Say it."""

    def result(self, value: dict[str, Any], text: str) -> None:
        """Hand over what the command made, as a value and as words."""

    def error(self, message: str) -> None:
        """Say the one sentence why nothing was made."""


class WarningsOnly(Progress):
    """For a part of a larger work: its warnings are passed on, its steps are not, as the larger work counts its own."""

    def __init__(self, whole: Progress) -> None:
        super().__init__()
        self._whole = whole

    def _warn(self, message: str) -> None:
        self._whole.warning(message)


class JsonLines(Progress):
    """One JSON object a line: ``{"event": "progress" | "warning" | "result" | "error", …}`` (schema engine_event)."""

    def __init__(self, out: TextIO | None = None) -> None:
        super().__init__()
        self._out = out or sys.stdout

    def step(self, name: str, done: int, total: int) -> None:
        """See `Progress.step`."""
        self._write({"event": "progress", "step": name, "done": done, "total": total})

    def _warn(self, message: str) -> None:
        self._write({"event": "warning", "message": message})

    def result(self, value: dict[str, Any], text: str) -> None:
        """See `Progress.result`."""
        self._write({"event": "result", "result": value})

    def error(self, message: str) -> None:
        """See `Progress.error`."""
        self._write({"event": "error", "message": message})

    def _write(self, event: dict[str, Any]) -> None:
        self._out.write(json.dumps(event, ensure_ascii=False, allow_nan=False) + "\n")
        self._out.flush()


class Words(Progress):
    """Text on stdout, warnings on stderr, and a progress bar where stderr is a terminal."""

    def __init__(self, out: TextIO | None = None, err: TextIO | None = None) -> None:
        super().__init__()
        self._out = out or sys.stdout
        self._err = err or sys.stderr
        self._bar = self._err.isatty()
        self._open = False

    def step(self, name: str, done: int, total: int) -> None:
        """See `Progress.step`."""
        if not self._bar:
            return
        filled = BAR_WIDTH * done // max(total, 1)
        self._err.write(f"\r\x1b[K{name} [{'#' * filled}{'.' * (BAR_WIDTH - filled)}] {done}/{total}")
        self._err.flush()
        self._open = True

    def _warn(self, message: str) -> None:
        self._close_bar()
        print(f"Warning: {message}", file=self._err)

    def result(self, value: dict[str, Any], text: str) -> None:
        """See `Progress.result`."""
        self._close_bar()
        print(text, file=self._out)

    def error(self, message: str) -> None:
        """See `Progress.error`."""
        self._close_bar()
        print(f"Error: {message}", file=self._err)

    def _close_bar(self) -> None:
        if self._open:
            self._err.write("\r\x1b[K")
            self._open = False
