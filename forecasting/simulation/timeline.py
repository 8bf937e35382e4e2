# SPDX-License-Identifier: GPL-3.0-or-later
"""The moments that are simulated, and the clock that people there live by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]
Times = npt.NDArray[np.datetime64]

STEP = timedelta(minutes=5)
STEP_S = 300.0
SAMPLES_A_DAY = 288
REFERENCE_DAY = 56.0
CAMPAIGN_EVERY_DAYS = 14
CAMPAIGN_FIRST_DAY = 3
CAMPAIGN_HOURS = (8, 70)
ANNOUNCED = timedelta(days=14)


@dataclass(frozen=True)
class Timeline:
    """Samples every five minutes from `start` up to, but not including, `until` (aware, UTC)."""

    start: datetime
    until: datetime
    tz: str

    @property
    def size(self) -> int:
        """Number of samples."""
        return int((self.until - self.start) / STEP)

    @cached_property
    def times(self) -> Times:
        """Start of each sample, UTC, without a zone."""
        first = np.datetime64(self.start.replace(tzinfo=None), "us")
        return first + np.arange(self.size) * np.timedelta64(STEP)

    @cached_property
    def days(self) -> Floats:
        """Days since the start."""
        return np.arange(self.size) / SAMPLES_A_DAY

    @cached_property
    def local(self) -> Any:
        """The same moments on the clock of the users."""
        return pd.DatetimeIndex(self.times).tz_localize("UTC").tz_convert(self.tz)

    def index(self, moment: datetime) -> int:
        """Position of the first sample at or after `moment`; the size where none is."""
        return min(max(0, -((self.start - moment) // STEP)), self.size)

    def campaigns(self) -> list[tuple[datetime, datetime]]:
        """Begin and end of every campaign announced by the end: every second week, Thursday 08:00 to Saturday 22:00 local."""
        zone = ZoneInfo(self.tz)
        midnight = self.start.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
        found: list[tuple[datetime, datetime]] = []
        day = CAMPAIGN_FIRST_DAY
        while True:
            first, last = ((midnight + timedelta(days=day, hours=hours)).replace(tzinfo=zone) for hours in CAMPAIGN_HOURS)
            if first >= self.until + ANNOUNCED:
                return found
            found.append((first, last))
            day += CAMPAIGN_EVERY_DAYS
