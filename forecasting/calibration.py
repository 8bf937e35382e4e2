# SPDX-License-Identifier: GPL-3.0-or-later
"""Make confidences honest: learn from every matured prediction how far the raw probabilities were off.

A raw probability is moved by an offset on the log-odds scale: one for all, one more for its policy, one more
for its group within the policy, each shrunk towards none. What a pool knows is measured in *events*, not in
forecasts: n forecasts of one series whose windows overlap weigh 1/n each. Below `LEAST_EVENTS` events, `LEAST_STREAMS` series
or `LEAST_ROUNDS` windows one after the other (the series of a network rise and fall together, so that one moment of all of them
is nearly one event) a pool adds nothing and the prior (the raw probability, or the wider pool) stays.

Bound: the offset of a pool solves ``sum over series of clip(score, ±CLIP) = SHRINK * offset``. The left side
falls as the offset rises, so one more series, whatever it says and however often, moves it by at most
``CLIP / SHRINK``; over the three pools a confidence moves by at most `STREAM_LOGITS` log-odds, `STREAM_MOST`
in probability. A constant or poisoned stream can do no more than that. (It may be the one that completes a
pool's least number; what then begins to count is what the pool's other series teach.)
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from .contracts import parse_time
from .explain import Sureness
from .helping import Helps, helps_of
from .ledger import decided

Floats = npt.NDArray[np.float64]

CLIP = 1.0
SHRINK = 6.0
POOLS = 3
STREAM_LOGITS = POOLS * CLIP / SHRINK
STREAM_MOST = math.tanh(STREAM_LOGITS / 4.0)
LEAST_EVENTS = 5.0
LEAST_STREAMS = 2
LEAST_ROUNDS = 3
EXTREME = 0.005
Z90 = 1.645


@dataclass(frozen=True)
class Pool:
    """What one pool of outcomes taught: the offset on log-odds, its standard error, and on how many events, series and rounds it rests."""

    name: str
    offset: float
    error: float
    effective_n: float
    streams: int
    rounds: int

    @property
    def counts(self) -> bool:
        """True when there is enough to move anything."""
        return self.effective_n >= LEAST_EVENTS and self.streams >= LEAST_STREAMS and self.rounds >= LEAST_ROUNDS


@dataclass(frozen=True)
class Calibration:
    """Offsets of all pools, and how often changes helped (see `helping`). `EMPTY` leaves every probability as it is."""

    overall: Pool = Pool("global", 0.0, 0.0, 0.0, 0, 0)
    policies: Mapping[str, Pool] = field(default_factory=dict)
    groups: Mapping[tuple[str, str], Pool] = field(default_factory=dict)
    helps: Helps = field(default_factory=Helps)

    def judge(self, policy: str, group: str, raw: float) -> Sureness:
        """Calibrate a raw probability: by its group, else its policy, else all; the narrowest pool with enough events is named."""
        chain = [self.overall, self.policies.get(policy), self.groups.get((policy, group))]
        used = [pool for pool in chain if pool is not None and pool.counts]
        if not used:
            return Sureness(raw, raw, self.overall.effective_n, None, "prior")
        centre = _logit(raw) + sum(pool.offset for pool in used)
        spread = Z90 * used[-1].error
        low, middle, high = (float(_sigmoid(np.array(centre + shift))) for shift in (-spread, 0.0, spread))
        return Sureness(raw, middle, used[-1].effective_n, (low, high), used[-1].name)


EMPTY = Calibration()


@dataclass(frozen=True)
class _Case:
    """A decided prediction as calibration sees it; times in seconds since 1970."""

    stream: str
    policy: str
    group: str
    made: float
    horizon: float
    raw: float
    needed: bool


def calibrate(entries: Iterable[Mapping[str, Any]], as_of: datetime) -> Calibration:
    """Learn from the entries that have matured by `as_of`, whatever became of their recommendations."""
    known = [entry for entry in decided((dict(entry) for entry in entries), as_of) if math.isfinite(entry["p_raw"])]
    cases = [_case(entry) for entry in known]
    overall = _pool("global", cases, [0.0] * len(cases))
    by_policy, by_group = _split(cases, lambda case: case.policy), _split(cases, lambda case: (case.policy, case.group))
    base = overall.offset if overall.counts else 0.0
    policies = {name: _pool(f"policy {name}", part, [base] * len(part)) for name, part in by_policy.items()}
    groups = {}
    for (policy, group), part in by_group.items():
        start = base + (policies[policy].offset if policies[policy].counts else 0.0)
        groups[policy, group] = _pool(f"policy {policy}, group {group}", part, [start] * len(part))
    return Calibration(overall, policies, groups, helps_of(known))


def _split(cases: list[_Case], key: Any) -> dict[Any, list[_Case]]:
    parts: dict[Any, list[_Case]] = defaultdict(list)
    for case in cases:
        parts[key(case)].append(case)
    return parts


def _case(entry: Mapping[str, Any]) -> _Case:
    made = parse_time(entry["as_of"]).timestamp()
    needed = entry["outcome"]["needed"] == "needed"
    horizon = parse_time(entry["matures_at"]).timestamp() - made
    return _Case(entry["unique_id"], entry["policy"], str(entry.get("group") or ""), made, horizon, float(entry["p_raw"]), needed)


def event_weights(streams: Sequence[str], made: Sequence[float], horizons: Sequence[float]) -> Floats:
    """1 / the number of forecasts of the same stream whose windows overlap: all forecasts of one event weigh at most 1 together."""
    weights = np.ones(len(streams))
    places: dict[str, list[int]] = defaultdict(list)
    for place, stream in enumerate(streams):
        places[stream].append(place)
    for members in places.values():
        begins, lengths = np.array([made[i] for i in members]), np.array([horizons[i] for i in members])
        order = np.argsort(begins, kind="stable")
        ordered, ends = begins[order], np.maximum.accumulate((begins + lengths)[order])
        first = np.searchsorted(ends, ordered, side="right")
        last = np.searchsorted(ordered, (begins + lengths)[order], side="left")
        weights[np.array(members)[order]] = 1.0 / np.maximum(1, last - first)
    return weights


def _pool(name: str, cases: list[_Case], base: list[float]) -> Pool:
    if not cases:
        return Pool(name, 0.0, 0.0, 0.0, 0, 0)
    weights = event_weights([c.stream for c in cases], [c.made for c in cases], [c.horizon for c in cases])
    centre = np.array([_logit(case.raw) for case in cases]) + np.array(base)
    needed = np.array([case.needed for case in cases], dtype=float)
    names, stream = np.unique([case.stream for case in cases], return_inverse=True)

    def balance(offset: float) -> float:
        scores = np.bincount(stream, weights=weights * (needed - _sigmoid(centre + offset)), minlength=len(names))
        return float(np.clip(scores, -CLIP, CLIP).sum() - SHRINK * offset)

    offset = _root(balance, CLIP * len(names) / SHRINK)
    p = _sigmoid(centre + offset)
    error = 1.0 / math.sqrt(SHRINK + float((weights * p * (1.0 - p)).sum()))
    made, horizons = [case.made for case in cases], [case.horizon for case in cases]
    return Pool(name, offset, error, float(weights.sum()), len(names), rounds(made, horizons))


def rounds(made: Sequence[float], horizons: Sequence[float]) -> int:
    """How many of the windows can have followed each other without overlapping; at least one is given, times in seconds."""
    return min(len(set(made)), int((max(made) - min(made)) / min(horizons)) + 1)


def _root(falling: Any, reach: float) -> float:
    """The zero of a falling function in [-reach, reach], by halving."""
    low, high = -reach, reach
    for _unused in range(60):
        middle = (low + high) / 2.0
        low, high = (middle, high) if falling(middle) > 0 else (low, middle)
    return (low + high) / 2.0


def _logit(p: float) -> float:
    clipped = min(max(p, EXTREME), 1.0 - EXTREME)
    return math.log(clipped / (1.0 - clipped))


def _sigmoid(x: Floats) -> Floats:
    value: Floats = 1.0 / (1.0 + np.exp(-x))
    return value
