# SPDX-License-Identifier: GPL-3.0-or-later
"""The past that a command works on: its two flags, and opening it."""

from __future__ import annotations

import argparse
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ..progress import Progress

if TYPE_CHECKING:
    from ..history import History


def add_history(parser: argparse.ArgumentParser) -> None:
    """Declare ``--history`` and ``--mapping``."""
    parser.add_argument("--history", type=Path, required=True, help="history folder, a file of sources, or a table with --mapping")
    parser.add_argument("--mapping", type=Path, help="YAML: what the series of a plain table are")


def open_history(args: argparse.Namespace, as_of: datetime, progress: Progress) -> History:
    """Read what the two flags name, and tell what was noticed on the way. Raises `InputError`."""
    from ..history import load_history

    history = load_history(args.history, args.mapping, as_of)
    progress.warnings(history.warnings)
    return history
