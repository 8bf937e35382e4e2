# SPDX-License-Identifier: GPL-3.0-or-later
"""How far a number lies outside all that a series has shown before it."""

from __future__ import annotations

from collections import deque
from math import log

LEAST_SPAN = 1e-6
TINY = 1e-300
MOST = 1e9


class Extent:
    """The range of what was seen; `update` tells by how much of that range a value lies outside it, 0 inside.

    Where all was positive, a fall is also measured on the logarithmic scale, on which from nine to two is far. As long as little
    was seen, breaking a record means little: the excess counts in proportion to the samples so far.
    """

    def __init__(self, warm_up: int, ripe: int = 0, falls: bool = True) -> None:
        """The first `warm_up` values only widen the range; from `ripe` values on an excess counts in full; `falls`: count those too."""
        self.falls = falls
        self.low, self.high = float("inf"), float("-inf")
        self.warm_up, self.ripe, self.count = warm_up, ripe, 0

    def update(self, value: float) -> float:
        """Excess of `value` over the range so far, in ranges, and widen it."""
        low, high = self.low, self.high
        self.count += 1
        if low <= value <= high:
            return 0.0
        self.low, self.high = min(low, value), max(high, value)
        if self.count <= self.warm_up or (value < low and not self.falls):
            return 0.0
        span = max(high - low, LEAST_SPAN * max(abs(low), abs(high)), TINY)
        excess = max(value - high, low - value) / span
        if 0.0 < value < low < high:
            excess = max(excess, log(low / value) / max(log(high / low), LEAST_SPAN))
        elif value == 0.0 < low:
            excess = max(excess, 1.0)
        return min(excess * min(1.0, self.count / max(self.ripe, 1)), MOST)


class SamePhase:
    """What the last samples at the same phase (of the day, or of the week) were."""

    def __init__(self, most: int) -> None:
        """Remembers `most` samples of each phase."""
        self.most = most
        self.past: dict[int, deque[float]] = {}

    def update(self, phase: int, value: float) -> tuple[int, float]:
        """How many are known and their median (`value` itself where none is); then learn the value."""
        known = self.past.get(phase)
        if known is None:
            self.past[phase] = deque([value], maxlen=self.most)
            return 0, value
        ordered, count = sorted(known), len(known)
        known.append(value)
        return count, 0.5 * (ordered[count // 2] + ordered[(count - 1) // 2])


class MovingMean:
    """The mean of the last `length` numbers."""

    def __init__(self, length: int) -> None:
        """Nothing seen yet."""
        self.last: deque[float] = deque(maxlen=length)
        self.total = 0.0

    def update(self, value: float) -> float:
        """Take one number in; the mean of the last ones with it."""
        if len(self.last) == self.last.maxlen:
            self.total -= self.last[0]
        self.last.append(value)
        self.total += value
        return self.total / len(self.last)


class Calm:
    """Keeps one alarm from becoming many: a score counts only above all that counted within the last `rest` samples."""

    def __init__(self, rest: int) -> None:
        """`rest` in samples."""
        self.rest = rest
        self.number = 0
        self.loud: deque[tuple[int, float]] = deque()

    def update(self, score: float) -> float:
        """`score` where it says something new, else 0."""
        loud = self.loud
        self.number += 1
        while loud and loud[0][0] < self.number - self.rest:
            loud.popleft()
        fresh = score if not loud or score > loud[0][1] else 0.0
        while loud and loud[-1][1] <= score:
            loud.pop()
        if score > 0.0:
            loud.append((self.number, score))
        return fresh
