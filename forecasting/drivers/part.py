# SPDX-License-Identifier: GPL-3.0-or-later
"""One part of a forecast peak, and which part is the main driver."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

USUAL = ("level", "day", "week")
LASTING = ("growth", "shift", "change")
NEWS = (*LASTING, "event", "kpi")
LEAST_NEWS = 0.05
MOST_NAME = 100


@dataclass(frozen=True)
class Part:
    """A part of the peak in the series' unit.

    kind: ``level``, ``day``, ``week`` (together the usual for that hour), ``growth``, ``shift`` (a change of level), ``change`` (one
    of ours), ``event``, ``kpi``, ``other`` (what else the model sees), ``spread`` (how far the peak lies above the expected course).
    """

    kind: str
    name: str
    effect: float
    detail: str = ""


def main_of(parts: Sequence[Part], peak: float, sign: float) -> Part | None:
    """What pushes the forecast towards the limit: the largest of what is new, from a twentieth of the peak on, else of the season."""
    for kinds, least in ((NEWS, LEAST_NEWS * abs(peak)), (("day", "week"), 0.0)):
        pushing = [part for part in parts if part.kind in kinds and sign * part.effect > least]
        if pushing:
            return max(pushing, key=lambda part: sign * part.effect)
    return None


def listed(parts: Sequence[Part], main: Part | None) -> list[dict[str, Any]]:
    """The parts as the evidence has them (schema recommendation), the largest first; a long name is cut, never its detail."""
    found = []
    for part in parts:
        name = f"{part.name[: MOST_NAME - len(part.detail)]}{part.detail}"
        found.append({"kind": part.kind, "name": name, "effect": round(part.effect, 6), "main": part is main})
    return sorted(found, key=lambda part: -abs(float(part["effect"])))
