# SPDX-License-Identifier: GPL-3.0-or-later
"""The median of a few arrays, place by place, by a sorting network: many times faster than sorting along an axis."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np

from ..panel import Floats


def median_of(arrays: Sequence[Floats]) -> Floats:
    """The median at each place of arrays of one shape, none of which holds NaN. As `numpy.median` over a new axis, to the last digit."""
    held = list(arrays)
    for low, high, keeps_low, keeps_high in _network(len(held)):
        first, second = held[low], held[high]
        if keeps_low:
            held[low] = np.minimum(first, second)
        if keeps_high:
            held[high] = np.maximum(first, second)
    middle = len(held) // 2
    return held[middle] if len(held) % 2 else (held[middle - 1] + held[middle]) / 2.0


@cache
def _network(count: int) -> tuple[tuple[int, int, bool, bool], ...]:
    """Comparators (low, high, whether the lower and the higher value are needed later) that bring the middle into place.

    Batcher's odd-even merge sort (AFIPS Spring Joint Computer Conference 32 (1968) 307-314), without what the median does not need.
    """
    wanted = {count // 2} if count % 2 else {count // 2 - 1, count // 2}
    kept = []
    for low, high in reversed(_sorting(count)):
        if low in wanted or high in wanted:
            kept.append((low, high, low in wanted, high in wanted))
            wanted |= {low, high}
    return tuple(reversed(kept))


def _sorting(count: int) -> list[tuple[int, int]]:
    found = []
    size = 1
    while size < count:
        distance = size
        while distance:
            for start in range(distance % size, count - distance, 2 * distance):
                for low in range(start, min(start + distance, count - distance)):
                    if low // (2 * size) == (low + distance) // (2 * size):
                        found.append((low, low + distance))
            distance //= 2
        size *= 2
    return found
