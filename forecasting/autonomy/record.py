# SPDX-License-Identifier: GPL-3.0-or-later
"""What a policy has to show: its calls that came true or not, and its changes that helped or not.

A *call* is a matured prediction at or above the policy's least confidence. What was stated below it would never have changed
anything, so a hundred quiet links teach nothing about acting. A change counts once it is known to have helped, to have failed, or
to have been needed without anyone being able to tell; where the need never came, the call says so. What only staging, a person
or the calendar stopped was no change. A policy that was given another template starts anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..contracts import parse_time
from ..ledger import decided
from ..policies import Policy
from ..policies.standing import CHANGED, latest

HELPED, FAILED, UNKNOWN, ROLLED_BACK = "helped", "did not help", "unknown", "rolled back"
UNDONE = frozenset({"rolled_back", "rollback_blocked"})


@dataclass(frozen=True)
class Call:
    """A prediction that called for the change, and whether it was needed. `known`: when it matured; seconds since 1970."""

    stream: str
    made: float
    known: float
    stated: float
    needed: bool


@dataclass(frozen=True)
class Change:
    """A change that can be judged: where it was, since when that is known (seconds since 1970), and how it went."""

    place: str
    known: float
    result: str


@dataclass(frozen=True)
class Record:
    """All that is known of one policy with its present template."""

    calls: tuple[Call, ...] = ()
    changes: tuple[Change, ...] = ()

    def until(self, moment: float) -> Record:
        """What was known at `moment`."""
        calls = tuple(call for call in self.calls if call.known <= moment)
        return Record(calls, tuple(change for change in self.changes if change.known <= moment))

    def moments(self) -> list[float]:
        """When something came to be known, the latest first."""
        return sorted({call.known for call in self.calls} | {change.known for change in self.changes}, reverse=True)


def records_of(
    policies: Iterable[Policy], entries: Iterable[Mapping[str, Any]], change_log: Iterable[Mapping[str, Any]], as_of: datetime
) -> dict[str, Record]:
    """The record of each policy by `as_of`, by name; `change_log` as in `policies.standing`."""
    by_policy: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for entry in decided((dict(entry) for entry in entries), as_of):
        by_policy.setdefault((entry["policy"], entry["template"]), []).append(entry)
    jobs = latest(change_log, as_of)
    found = {}
    for policy in policies:
        own = by_policy.get((policy.name, policy.what.template), [])
        calls = tuple(_call(entry) for entry in own if entry["p_calibrated"] >= policy.when.min_confidence)
        found[policy.name] = Record(calls, tuple(_changes(policy, own, jobs)))
    return found


def _call(entry: Mapping[str, Any]) -> Call:
    made, known = (parse_time(entry[name]).timestamp() for name in ("as_of", "matures_at"))
    return Call(str(entry["unique_id"]), made, known, float(entry["p_calibrated"]), entry["outcome"]["needed"] == "needed")


def _changes(policy: Policy, entries: Iterable[Mapping[str, Any]], jobs: Iterable[Mapping[str, Any]]) -> list[Change]:
    """Changes by id. A rollback outweighs every measurement, a failure outweighs a help, and a help what is unknown."""
    by_id = {str(job["change_id"]): job for job in jobs if job.get("change_id")}
    found: dict[str, Change] = {}
    for entry in entries:
        change_id = entry["outcome"].get("change_id")
        job = by_id.get(str(change_id))
        if change_id and (job is None or job["state"] in CHANGED):
            fresh = Change(_place(job or entry), parse_time(entry["matures_at"]).timestamp(), _result(entry["outcome"]))
            found[change_id] = _joined(fresh, found.get(change_id))
    for number, job in enumerate(jobs):
        mine = job.get("policy") == policy.name and job["template"] == policy.what.template
        if mine and job["state"] in UNDONE:
            found[str(job.get("change_id") or number)] = Change(_place(job), parse_time(job["at"]).timestamp(), ROLLED_BACK)
    return list(found.values())


def _place(value: Mapping[str, Any]) -> str:
    return f"{value['device']}|{value['object']}"


def _result(outcome: Mapping[str, Any]) -> str:
    return {"yes": HELPED, "no": FAILED}.get(str(outcome.get("helped")), UNKNOWN)


def _joined(one: Change, other: Change | None) -> Change:
    if other is None:
        return one
    worst = next((result for result in (FAILED, HELPED) if result in (one.result, other.result)), UNKNOWN)
    return Change(min(one.place, other.place), max(one.known, other.known), worst)
