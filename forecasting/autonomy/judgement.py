# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a record carries `auto`, in a sentence.

Only the recent past is looked at, so that a long good one cannot hide a bad present: the last `WINDOW` independent calls (or one
and a half times as many as are asked for) of `LEAST_ROUNDS` windows one after the other at least, and the last `MOST_CHANGES`
changes. No series and no object carries `auto` alone: of the calls that are asked for, one series counts for half at most, and
of the `LEAST_CHANGES` changes one object for all but one.

An owner who asks for no outcomes (``effective_n: 0``) grants `auto` before there are any. It is still withdrawn: by the calibration
error once a pool of that size would count (see `calibration`), and by changes as soon as even five of them could no longer reach
the share that is asked for.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from ..calibration import LEAST_EVENTS, LEAST_ROUNDS, event_weights, rounds
from ..policies import Policy
from ..policies.model import AutoWhen
from ..reliability import calibration_error
from .record import HELPED, ROLLED_BACK, Call, Change, Record, records_of

WINDOW = 30.0
MOST_CHANGES = 10
LEAST_CHANGES = 5
MOST_OF_ONE = LEAST_CHANGES - 1
LOOKED_BACK = 50
TINY = 1e-9


@dataclass(frozen=True)
class Grant:
    """The mode that a policy which asks for `auto` gets, and why, in a sentence."""

    policy: str
    mode: str
    reason: str

    def as_dict(self) -> dict[str, str]:
        """For JSON."""
        return {"policy": self.policy, "mode": self.mode, "reason": self.reason}


@dataclass(frozen=True)
class _Shown:
    """What the recent past of a record shows; of `changes` one came to be judged at least."""

    effective_n: float
    rounds: int
    error: float
    changes: int
    helped: int
    rolled_back: int


def grants(
    policies: Iterable[Policy], entries: Iterable[Mapping[str, Any]], change_log: Iterable[Mapping[str, Any]], as_of: datetime
) -> dict[str, Grant]:
    """What each policy of mode `auto` is granted at `as_of`, by name.

    Args:
        policies: those of other modes are left out.
        entries: the prediction ledger with its outcomes.
        change_log: past jobs (see `policies.standing`); tells what was rolled back.
        as_of: what is known later does not count.
    """
    asking = [policy for policy in policies if policy.mode == "auto"]
    records = records_of(asking, entries, change_log, as_of)
    return {policy.name: grant(policy, records[policy.name]) for policy in asking}


def grant(policy: Policy, record: Record) -> Grant:
    """Judge one record."""
    shown = _shown(record, policy.auto_when)
    missing = _missing(shown, policy.auto_when)
    if not missing:
        return Grant(policy.name, "auto", f"mode auto is granted: {_carried_by(shown, policy.auto_when)}")
    how = "was withdrawn to" if _was_granted(record, policy.auto_when) else "is held at"
    return Grant(policy.name, "approve", f"mode auto {how} approve: {'; '.join(missing)}")


def _was_granted(record: Record, asked: AutoWhen) -> bool:
    """True when one of the latest states of the record carried `auto`, or when it needed no record to begin with."""
    earlier = record.moments()[1 : LOOKED_BACK + 1]
    return asked.at_once or any(not _missing(_shown(record.until(moment), asked), asked) for moment in earlier)


def _shown(record: Record, asked: AutoWhen) -> _Shown:
    calls, weights = _recent(record.calls, asked.effective_n)
    stated, needed = np.array([call.stated for call in calls]), np.array([call.needed for call in calls], dtype=float)
    error = calibration_error(stated, needed, np.array(weights)) if calls else 0.0
    results = [change.result for change in _last(record.changes)]
    return _Shown(math.fsum(weights), _rounds(calls), error, len(results), results.count(HELPED), results.count(ROLLED_BACK))


def _recent(calls: tuple[Call, ...], asked: float) -> tuple[list[Call], list[float]]:
    """The newest calls by whole rounds, each with its weight: all forecasts of one event weigh at most 1 together."""
    most, window = max(asked, LEAST_EVENTS) / 2.0, max(WINDOW, 1.5 * asked)
    shares = event_weights([c.stream for c in calls], [c.made for c in calls], [c.known - c.made for c in calls])
    by_round: dict[float, list[tuple[Call, float]]] = defaultdict(list)
    for call, share in zip(calls, shares, strict=True):
        by_round[call.made].append((call, float(share)))
    used: dict[str, float] = defaultdict(float)
    kept: list[Call] = []
    weights: list[float] = []
    total = 0.0
    for made in sorted(by_round, reverse=True):
        for call, share in sorted(by_round[made], key=lambda pair: (pair[0].stream, pair[0].needed, pair[0].stated)):
            weight = min(share, most - used[call.stream])
            if weight > TINY:
                used[call.stream] += weight
                total += weight
                kept.append(call)
                weights.append(weight)
        if total >= window - TINY and _rounds(kept) >= LEAST_ROUNDS:
            break
    return kept, weights


def _rounds(calls: list[Call]) -> int:
    return rounds([call.made for call in calls], [call.known - call.made for call in calls]) if calls else 0


def _last(changes: tuple[Change, ...]) -> list[Change]:
    """The newest changes, of one object `MOST_OF_ONE` at most; of equally new ones those that did not help come first."""
    used: dict[str, int] = defaultdict(int)
    kept = []
    for change in sorted(changes, key=lambda change: (-change.known, change.result == HELPED, change.place)):
        used[change.place] += 1
        if used[change.place] <= MOST_OF_ONE:
            kept.append(change)
    return kept[:MOST_CHANGES]


def _missing(shown: _Shown, asked: AutoWhen) -> list[str]:
    """What keeps the record from carrying `auto`, a clause each."""
    return [clause for clause in (_too_few(shown, asked), _ill_calibrated(shown, asked), _unsuccessful(shown, asked)) if clause]


def _too_few(shown: _Shown, asked: AutoWhen) -> str:
    if asked.at_once:
        return ""
    if shown.effective_n < asked.effective_n - TINY:
        seen = math.floor(10 * shown.effective_n + TINY) / 10
        return f"{seen:.1f} independent outcomes of this policy, {asked.effective_n:g} are asked for (one series counts for half at most)"
    if shown.rounds < LEAST_ROUNDS:
        return f"its outcomes fill {shown.rounds} horizons one after the other, {LEAST_ROUNDS} are asked for"
    return ""


def _ill_calibrated(shown: _Shown, asked: AutoWhen) -> str:
    enough = shown.effective_n >= max(asked.effective_n, LEAST_EVENTS) - TINY and shown.rounds >= LEAST_ROUNDS
    if not enough or shown.error <= asked.calibration_error + TINY:
        return ""
    seen = math.ceil(1000 * shown.error - TINY) / 1000
    return f"calibration error {seen:g} over the last {shown.effective_n:.0f}, at most {asked.calibration_error:g} is allowed"


def _unsuccessful(shown: _Shown, asked: AutoWhen) -> str:
    if asked.success == 0.0:
        return ""
    if not asked.at_once and shown.changes < LEAST_CHANGES:
        return f"{_counted(shown.changes)} of this policy can be judged, {LEAST_CHANGES} are asked for"
    of = max(shown.changes, LEAST_CHANGES)
    still_open = of - shown.changes
    if shown.helped + still_open >= asked.success * of - TINY:
        return ""
    undone = f" and {shown.rolled_back} {_was(shown.rolled_back)} rolled back" if shown.rolled_back else ""
    return f"{shown.helped} of the last {_counted(shown.changes)} helped{undone}, {100 * asked.success:g} % have to help"


def _carried_by(shown: _Shown, asked: AutoWhen) -> str:
    if asked.at_once:
        return "the policy asks for no outcomes (effective_n: 0)"
    return (
        f"{shown.effective_n:.1f} independent outcomes, calibration error {shown.error:.3f}, "
        f"{shown.helped} of the last {_counted(shown.changes)} helped"
    )


def _counted(changes: int) -> str:
    return f"{changes} change{'' if changes == 1 else 's'}"


def _was(count: int) -> str:
    return "was" if count == 1 else "were"
