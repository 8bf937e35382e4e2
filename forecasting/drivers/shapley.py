# SPDX-License-Identifier: GPL-3.0-or-later
"""Share what causes do together among them, whatever the order they are counted in."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from math import factorial, prod


def shares(base: float, factors: Sequence[float]) -> list[float]:
    """What each factor adds to `base`; they sum to base × all factors − base.

    Shapley's value (Contributions to the Theory of Games II, 1953): the mean of what a factor adds over all orders of adding them.
    """
    count = len(factors)
    found = []
    for number, factor in enumerate(factors):
        others = [other for place, other in enumerate(factors) if place != number]
        mean = 0.0
        for size in range(count):
            weight = factorial(size) * factorial(count - size - 1) / factorial(count)
            mean += weight * sum(prod(chosen) for chosen in combinations(others, size))
        found.append(base * (factor - 1.0) * mean)
    return found
