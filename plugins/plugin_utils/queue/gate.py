# SPDX-License-Identifier: GPL-3.0-or-later
"""The batch gate: a forecast round far beyond the usual is held for a person to look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Gate:
    """A round is held above `multiple` times the median of the last `window` rounds, and never below the minimum counts.

    Rounds that were held do not count towards the norm until a person has released them.
    """

    multiple: float = 3.0
    minimum_recommendations: int = 30
    minimum_devices: int = 20
    window: int = 20

    def objection(self, recommendations: int, devices: int, past: Sequence[tuple[int, int]]) -> str | None:
        """Why a round of so many recommendations and devices is held, or None; `past` are the same counts of earlier rounds."""
        seen = list(past)[-self.window :]
        usual_recommendations, usual_devices = (median(counts) for counts in zip(*seen, strict=True)) if seen else (0.0, 0.0)
        most_recommendations = max(self.minimum_recommendations, self.multiple * usual_recommendations)
        most_devices = max(self.minimum_devices, self.multiple * usual_devices)
        if recommendations > most_recommendations:
            return (
                f"held: {recommendations} recommendations at once, more than {most_recommendations:g} "
                f"(usual {usual_recommendations:g}); check the telemetry's units, then release"
            )
        if devices > most_devices:
            return (
                f"held: {devices} devices at once, more than {most_devices:g} (usual {usual_devices:g}); check the telemetry, then release"
            )
        return None
