# SPDX-License-Identifier: GPL-3.0-or-later
"""Open a history, wherever it lies: in tables, or with the sources that a file lists."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from ..errors import InputError
from .parts import assemble
from .table import History
from .tables import read_tables

LISTS = (".yml", ".yaml")


def load_history(path: Path, mapping: Path | None = None, as_of: datetime | None = None) -> History:
    """Read and check a history.

    Args:
        path: a history folder, one table `unique_id, ds, y`, or a YAML file of sources.
        mapping: what the series of a single table are.
        as_of: live sources are asked for the time before this moment; now where it is not given.

    Raises:
        InputError: the history cannot be used at all; the text says what to mend.
    """
    if path.suffix not in LISTS or path.is_dir():
        return assemble(read_tables(path, mapping))
    if mapping is not None:
        raise InputError(f"{path} is a file of sources, each with its own mapping; leave out {mapping}")
    from .sources import gather

    return assemble(gather(path, as_of))
