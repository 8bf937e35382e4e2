# SPDX-License-Identifier: GPL-3.0-or-later
"""The states of a job and the one table of the steps between them."""

from __future__ import annotations

from collections.abc import Mapping

TRANSITIONS: Mapping[str, frozenset[str]] = {
    "held": frozenset({"queued", "rejected", "withdrawn", "superseded", "expired"}),
    "queued": frozenset({"claimed", "held", "rejected", "withdrawn", "superseded", "expired"}),
    "claimed": frozenset({"staged", "failed_staging", "queued"}),
    "staged": frozenset(
        {"claimed", "awaiting_approval", "deploying", "failed_staging", "queued", "held", "rejected", "withdrawn", "superseded", "expired"}
    ),
    "awaiting_approval": frozenset({"approved", "rejected", "queued", "held", "withdrawn", "superseded", "expired"}),
    "approved": frozenset({"claimed", "rejected", "queued", "held", "withdrawn", "superseded", "expired"}),
    "deploying": frozenset({"deployed", "rolled_back", "rollback_blocked", "queued"}),
    "deployed": frozenset({"verified", "rolled_back", "rollback_blocked", "reverting"}),
    "verified": frozenset({"reverting"}),
    "reverting": frozenset({"reverted", "verified"}),
    "rollback_blocked": frozenset({"rolled_back", "verified"}),
    "failed_staging": frozenset(),
    "rejected": frozenset(),
    "reverted": frozenset(),
    "rolled_back": frozenset(),
    "withdrawn": frozenset(),
    "superseded": frozenset(),
    "expired": frozenset(),
}
STATES = tuple(TRANSITIONS)

OPEN = ("held", "queued", "claimed", "staged", "awaiting_approval", "approved", "deploying", "deployed", "rollback_blocked")
"""A job in one of these is the only one for its device, object and template."""

PARKED = ("held", "queued", "staged", "awaiting_approval", "approved")
"""Nobody works on a job in one of these (once its lease is gone), so a newer forecast may change, withdraw or expire it."""

CLAIMABLE = ("queued", "approved", "staged")
LEASED = ("claimed", "staged", "deploying", "deployed")
"""States that a worker passes through while it holds the lease."""

UNSURE = ("deploying", "deployed")
"""States of which only the device knows how they ended, when the worker has vanished."""

WORKER_STEPS = frozenset({"staged", "failed_staging", "deploying", "deployed", "verified", "rolled_back", "rollback_blocked"})
"""Steps that only the worker who holds the lease may record."""

DEVICE_SAYS: Mapping[str, str] = {
    "confirmed": "deployed",
    "rolled_back": "rolled_back",
    "rollback_blocked": "rollback_blocked",
    "pending": "deploying",
    "not_applied": "queued",
}
"""What the device knows of the transaction, and the state which that makes true."""


def reachable(origin: str, target: str) -> bool:
    """Whether some way leads from `origin` to `target`; a dry run asks this, because its earlier steps were not kept."""
    seen, waiting = {origin}, [origin]
    while waiting:
        following = TRANSITIONS[waiting.pop()] - seen
        seen |= following
        waiting.extend(following)
    return target in seen
