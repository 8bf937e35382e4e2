# SPDX-License-Identifier: GPL-3.0-or-later
"""Thresholds and distances in words, for the command and for the page of the benchmark."""

from __future__ import annotations

from collections.abc import Sequence

from .study import ALWAYS, BEST, OURS


def threshold_words(strategy: str, threshold: float) -> str:
    """A strategy's threshold: our price, a peer's margin, or a dash where there is none to set."""
    return {OURS: f"price {threshold:g}", BEST: "–", ALWAYS: "–"}.get(strategy, f"margin {threshold:+.1%}")


def points(values: Sequence[float]) -> str:
    """How far we are ahead: middle, low and high as shares of what perfect foresight avoids, and whether that can be told from nothing."""
    middle, low, high = (100 * value for value in values)
    verdict = "ahead" if low > 0 else "behind" if high < 0 else "not told apart"
    return f"{middle:+.0f} points ({low:+.0f} to {high:+.0f}): {verdict}"
