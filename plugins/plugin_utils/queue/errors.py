# SPDX-License-Identifier: GPL-3.0-or-later
"""What the queue refuses; the text of each is one sentence fit for a user."""

from __future__ import annotations


class QueueError(Exception):
    """Anything that the queue could not or would not do."""


class StoreError(QueueError):
    """The database cannot be opened, read or written, or is not a queue of this release."""


class NotFound(QueueError):
    """No such change, or no such ledger entry."""


class NotAllowed(QueueError):
    """The job's state, its lease, its approval or the stop switch forbids the step."""


class NotValid(QueueError):
    """A value handed to the queue breaks its schema or contradicts itself."""
