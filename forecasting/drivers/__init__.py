# SPDX-License-Identifier: GPL-3.0-or-later
"""What a forecast peak is made of: the usual day, growth, a change of level, events, business figures."""

from .breakdown import Breakdown, breakdown
from .part import Part

__all__ = ["Breakdown", "Part", "breakdown"]
