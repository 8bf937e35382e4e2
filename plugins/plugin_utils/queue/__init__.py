# SPDX-License-Identifier: GPL-3.0-or-later
"""The durable queue of changes, in SQLite or PostgreSQL."""

from __future__ import annotations

from .chain import ChainReport
from .errors import NotAllowed, NotFound, NotValid, QueueError, StoreError
from .gate import Gate
from .ingest import IngestReport
from .store import Store

__all__ = ["ChainReport", "Gate", "IngestReport", "NotAllowed", "NotFound", "NotValid", "QueueError", "Store", "StoreError"]
