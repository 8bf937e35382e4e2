# SPDX-License-Identifier: GPL-3.0-or-later
"""A temporary folder in memory where the system has one: what a test writes there waits for no disk."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SHARED_MEMORY = Path("/dev/shm")


@contextmanager
def folder() -> Iterator[Path]:
    """A new folder, removed at the end."""
    with tempfile.TemporaryDirectory(prefix="forestage-", dir=SHARED_MEMORY if SHARED_MEMORY.is_dir() else None) as name:
        yield Path(name)
