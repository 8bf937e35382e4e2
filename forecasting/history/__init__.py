# SPDX-License-Identifier: GPL-3.0-or-later
"""What was measured: reading, checking and deriving, one file a source or a task."""

from __future__ import annotations

from .source import load_history
from .table import History

__all__ = ["History", "load_history"]
