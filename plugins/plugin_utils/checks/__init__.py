# SPDX-License-Identifier: GPL-3.0-or-later
"""Judge the evidence of a rehearsal: one file a category, each a pure function from evidence to checks."""

from __future__ import annotations

from .evidence import Check, Evidence
from .verdict import judge, junit

__all__ = ["Check", "Evidence", "judge", "junit"]
