# SPDX-License-Identifier: GPL-3.0-or-later
"""The first change of its sort in a run is the canary of the others: when it goes wrong, they wait for the next run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

WENT_WRONG = {
    "rolled_back": "was rolled back",
    "rollback_blocked": "could not be rolled back cleanly",
    "unknown": "ended in an unknown state",
}
"""Results of a deployment that make others wait; one that was never applied says nothing about them."""

RULES = ("similar", "all", "none")


def waits(change: Mapping[str, Any], earlier: Sequence[Mapping[str, Any]], rule: str = "similar") -> str:
    """Why a change waits for the next run, as a sentence; empty when it may go on.

    Args:
        change: what is next: its `template` and the `sites` of its devices.
        earlier: what was deployed in this run: the same, with its `device`, `object` and `result`.
        rule: which changes wait after a failure: those of the same template or site (``similar``), ``all`` or ``none``.

    Raises:
        ValueError: an unknown rule.
    """
    if rule not in RULES:
        raise ValueError(f"forestage_after_failure: {rule!r} is unknown; use {', '.join(RULES)}")
    if rule == "none":
        return ""
    for failed in earlier:
        alike = _alike(change, failed) or ("everything else" if rule == "all" else "")
        if failed["result"] in WENT_WRONG and alike:
            what = f"{failed['template']} on {failed['device']} {failed['object']}"
            return f"{what} {WENT_WRONG[failed['result']]} in this run, so {alike} waits for the next run."
    return ""


def _alike(change: Mapping[str, Any], failed: Mapping[str, Any]) -> str:
    if change["template"] == failed["template"]:
        return f"every other {failed['template']}"
    shared = sorted(set(change["sites"]) & set(failed["sites"]))
    return f"every other change at site {shared[0]}" if shared else ""
