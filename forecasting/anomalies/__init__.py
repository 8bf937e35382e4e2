# SPDX-License-Identifier: GPL-3.0-or-later
"""What is out of the ordinary: kept out of training (`anomalous`), and told to people (`Watch`)."""

from .detector import LISTED, UNSEEN, Detector, Settings
from .events import Event, Kind
from .training import anomalous, seasonal_scores
from .watch import Watch

__all__ = ["LISTED", "UNSEEN", "Detector", "Event", "Kind", "Settings", "Watch", "anomalous", "seasonal_scores"]
