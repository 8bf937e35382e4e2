# SPDX-License-Identifier: GPL-3.0-or-later
"""What became of predictions and changes: was it needed, did it help, at what error.

A label compares *absolute demand* with the limit that was in force when the forecast was made.
Demand is known within bounds only: a sample near capacity or with drops bounds it from below, a gap
hardly at all, and a change of ours hides what would have come (its template's estimator bounds that).
Where the bounds lie on both sides of the limit the label is ``unknown``, which never counts as success.
"""

from __future__ import annotations

from .changes import Job, jobs_of
from .measure import Measured, measure

__all__ = ["Job", "Measured", "jobs_of", "measure"]
