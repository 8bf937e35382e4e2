# SPDX-License-Identifier: GPL-3.0-or-later
"""Lengths of time as people write them: 30m, 12h, 14d."""

from __future__ import annotations

import re

UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
WRITTEN = re.compile(r"([0-9]+(?:\.[0-9]+)?)([smhdw])")


def seconds(text: str) -> float:
    """Seconds in ``90s``, ``30m``, ``12h``, ``14d`` or ``2w``; `ValueError` with the mend for anything else."""
    found = WRITTEN.fullmatch(text.strip())
    if not found:
        raise ValueError(f"{text!r} is not a length of time; write a number and one of s, m, h, d, w, for example 14d")
    return float(found[1]) * UNITS[found[2]]


def spoken(length_s: float) -> str:
    """A length in words that fit a sentence: ``45 min``, ``6.5 h``, ``14 days``."""
    if length_s < 60:
        return f"{length_s:.0f} s"
    if length_s < 3600:
        return f"{length_s / 60:.0f} min"
    if length_s < 2 * 86400:
        return f"{round(length_s / 3600, 1):g} h"
    return f"{round(length_s / 86400, 1):g} days"
