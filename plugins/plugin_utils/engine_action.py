# SPDX-License-Identifier: GPL-3.0-or-later
"""What the actions share that ask the forecasting engine: announcing, a folder for its files, one sentence for a failure."""

from __future__ import annotations

import os
import tempfile
from abc import abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ansible_collections.forestage.network.forecasting.contracts import to_text

from .announcer import Announcer
from .engine import EngineError
from .queue import Store
from .queue.address import Address
from .queue_action import QueueAction

WORKDIR = "~/.forestage/work"


class EngineAction(QueueAction):
    """Controller-side work with the engine, and with the queue where the task wants it."""

    announcer: Announcer

    def act(self, args: dict[str, Any]) -> dict[str, Any]:
        """Work, gather the engine's warnings, and turn its failure into one sentence."""
        self.announcer = Announcer(self._display)
        try:
            made = self.work(args)
        except (EngineError, OSError) as error:
            raise ValueError(str(error)) from None
        return {"changed": False, **made, **({"warnings": self.announcer.warnings} if self.announcer.warnings else {})}

    @abstractmethod
    def work(self, args: dict[str, Any]) -> dict[str, Any]:
        """Do it, and return what the task's result shall hold."""

    @property
    def as_of(self) -> str:
        """The analytics' clock as RFC 3339 in UTC; now where the task gives none."""
        return to_text(self.now or datetime.now(UTC).replace(microsecond=0))

    def existing_queue(self) -> Store | None:
        """The queue; none in check mode where there is none yet."""
        file = Address.parse(self.url).file
        if self._task.check_mode and file is not None and not file.exists():
            self.announcer.warning(f"there is no queue at {file} yet, so nothing is known of earlier changes")
            return None
        return self.open()

    @contextmanager
    def folder(self, kind: str) -> Iterator[Path]:
        """The folder ``<work folder>/<kind>/<as of>`` for the engine's files; in check mode one that vanishes again."""
        if self._task.check_mode:
            with tempfile.TemporaryDirectory(prefix="forestage-check-") as name:
                yield Path(name)
            return
        base = Path(os.path.expanduser(self.shared("workdir") or WORKDIR))
        made = base / kind / self.as_of.replace(":", "")
        made.mkdir(mode=0o700, parents=True, exist_ok=True)
        yield made
