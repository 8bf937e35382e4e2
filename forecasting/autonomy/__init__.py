# SPDX-License-Identifier: GPL-3.0-or-later
"""May a policy act by itself: `auto` is earned by a policy's own record, and lost with it."""

from __future__ import annotations

from .judgement import Grant, grants
from .record import Record, records_of

__all__ = ["Grant", "Record", "grants", "records_of"]
