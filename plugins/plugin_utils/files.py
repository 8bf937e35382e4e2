# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that hold configurations: whole or not at all, and for their owner only."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path


def write_text(path: Path, text: str) -> None:
    """Write a file (mode 0600) in one step; missing folders are made (mode 0700)."""
    for folder in [*reversed(path.parent.parents), path.parent]:
        folder.mkdir(mode=0o700, exist_ok=True)
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise


def holds(path: Path, text: str) -> bool:
    """Whether `write_text` would leave the file as it is."""
    return path.is_file() and path.read_bytes() == text.encode() and stat.S_IMODE(path.stat().st_mode) == 0o600
