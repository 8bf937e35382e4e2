# SPDX-License-Identifier: GPL-3.0-or-later
"""What was already recommended or changed, so that a forecast hovering around a limit does not flap.

The change log holds one record per job and state: policy, device, object, template, state, at, and where
known change_id, origin, parameters and revert_at. A job that is still open keeps its recommendation down
to ``min_confidence - hysteresis``; an object whose job ended rests for the policy's dwell time, no object
is changed more often than the policy allows, and what is in force is not recommended again. A temporary
change is: when half of the time that is still wanted is no longer covered, so that it can be prolonged.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from ..contracts import parse_time
from ..contracts.durations import spoken
from ..errors import InputError
from .model import Policy

OPEN = frozenset({"held", "queued", "claimed", "staged", "awaiting_approval", "approved", "deploying"})
CHANGED = frozenset({"deployed", "verified", "reverting", "reverted", "rolled_back", "rollback_blocked"})
IN_FORCE = frozenset({"deployed", "verified"})
REPLACED = frozenset({"superseded"})
WEEK = timedelta(days=7)
Key = tuple[str, str, str]
FIELDS = ("device", "object", "template", "state", "at")


@dataclass(frozen=True)
class Target:
    """What a change would touch."""

    device: str
    object: str
    template: str

    @property
    def key(self) -> Key:
        """For look-ups."""
        return self.device, self.object, self.template


@dataclass(frozen=True)
class Decision:
    """Whether a change is recommended, and if not, why in a few words."""

    recommend: bool
    why_not: str = ""


@dataclass
class Standing:
    """The change log, indexed. Only records up to `as_of` count."""

    as_of: datetime
    _open: set[Key] = field(default_factory=set)
    _ended: dict[Key, datetime] = field(default_factory=dict)
    _changes: dict[tuple[str, str], list[datetime]] = field(default_factory=dict)
    _in_force: dict[Key, Mapping[str, Any]] = field(default_factory=dict)

    @classmethod
    def of(cls, change_log: Iterable[Mapping[str, Any]], as_of: datetime) -> Standing:
        """Index a change log; of the records of one job (`change_id`) the latest counts.

        Raises:
            InputError: for a record that lacks a field or has no readable time.
        """
        found = cls(as_of)
        for record in latest(change_log, as_of):
            found._add(record)
        return found

    def is_open(self, target: Target) -> bool:
        """True while a job for this very change is on its way."""
        return target.key in self._open

    def decide(self, policy: Policy, target: Target, confidence: float) -> Decision:
        """Apply hysteresis, dwell and the weekly bound. What is open, or in force for a time, stands within the hysteresis."""
        wanted = policy.when.min_confidence
        if self.is_open(target) or self._lasting(target):
            kept = confidence >= wanted - policy.hysteresis
            return Decision(kept, "" if kept else f"confidence fell to {confidence:.2f}, below {wanted - policy.hysteresis:.2f}")
        if confidence < wanted:
            return Decision(False, f"confidence {confidence:.2f} is below {wanted:.2f}")
        return self._rested(policy, target)

    def _rested(self, policy: Policy, target: Target) -> Decision:
        ended = self._ended.get(target.key)
        if ended is not None and (self.as_of - ended).total_seconds() < policy.min_dwell_s:
            return Decision(
                False,
                f"the same change ended {spoken((self.as_of - ended).total_seconds())} ago and rests for {spoken(policy.min_dwell_s)}",
            )
        recent = [at for at in self._changes.get((target.device, target.object), []) if self.as_of - at < WEEK]
        if len(recent) >= policy.max_changes_per_week:
            return Decision(False, f"{target.device} {target.object} was already changed {len(recent)} times within seven days")
        return Decision(True)

    def again(self, policy: Policy, target: Target, parameters: Mapping[str, Any], until: datetime | None) -> Decision:
        """Whether a change with these parameters adds anything to what is in force.

        Args:
            policy: whose dwell and weekly bound hold for a temporary change that is to get other parameters.
            target: what it would touch.
            parameters: rendered parameters.
            until: when it would be taken back; None for a permanent one.
        """
        record = self._in_force.get(target.key, {})
        same = record.get("parameters") == dict(parameters)
        lasting = self._lasting(target)
        if lasting is None:
            known = same and not record.get("revert_at")
            return Decision(not known, "it is in force" if known else "")
        if not same:
            return Decision(True) if self.is_open(target) else self._rested(policy, target)
        enough = until is not None and lasting - self.as_of >= (until - self.as_of) / 2
        return Decision(not enough, f"it is in force until {record['revert_at']}" if enough else "")

    def _lasting(self, target: Target) -> datetime | None:
        """The end of a temporary change that is in force."""
        end = self._in_force.get(target.key, {}).get("revert_at")
        return parse_time(end) if end and parse_time(end) > self.as_of else None

    def _add(self, record: Mapping[str, Any]) -> None:
        key = (str(record["device"]), str(record["object"]), str(record["template"]))
        at, state = parse_time(record["at"]), record["state"]
        inverse = record.get("origin") == "inverse"
        if state in OPEN:
            self._open |= set() if inverse else {key}
        elif state not in REPLACED:
            self._ended[key] = max(at, self._ended.get(key, at))
        if state in IN_FORCE:
            self._in_force[key] = {} if inverse else record
        if state in CHANGED:
            self._changes.setdefault(key[:2], []).append(at)


def latest(change_log: Iterable[Mapping[str, Any]], as_of: datetime) -> list[Mapping[str, Any]]:
    """One record per job: its last state up to `as_of`. A record without a change_id is a job of its own."""
    newest: dict[Any, Mapping[str, Any]] = {}
    for number, record in enumerate(change_log, 1):
        missing = [name for name in FIELDS if not record.get(name)]
        if missing:
            raise InputError(f"change log, record {number}: {missing[0]} is missing; a record has {', '.join(FIELDS)}")
        try:
            at = parse_time(record["at"])
        except ValueError as error:
            raise InputError(f"change log, record {number}: {error}") from None
        key = record.get("change_id") or number
        if at <= as_of and (key not in newest or parse_time(newest[key]["at"]) <= at):
            newest[key] = record
    return sorted(newest.values(), key=lambda record: parse_time(record["at"]))
