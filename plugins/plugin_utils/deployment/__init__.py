# SPDX-License-Identifier: GPL-3.0-or-later
"""The decisions of a deployment: may it begin, is the network whole, how did it end. Pure functions over plain values."""

from __future__ import annotations

from .canary import waits
from .health import losses_of, troubles
from .outcome import document, result_of
from .patience import patience
from .window import hindrance

__all__ = ["document", "hindrance", "losses_of", "patience", "result_of", "troubles", "waits"]
