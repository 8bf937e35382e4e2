# SPDX-License-Identifier: GPL-3.0-or-later
"""Outcomes and calibration as a person reads them at a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .words import NARROWEST, percent, table

HEADINGS = ("policy", "device", "object", "said", "came", "helped", "why")
NEEDED = {"needed": "needed", "not_needed": "not needed", "unknown": "unknown"}


def outcomes_in_words(
    outcomes: Sequence[Mapping[str, Any]], ledger: Sequence[Mapping[str, Any]], calibration: Mapping[str, Any], columns: int = NARROWEST
) -> str:
    """What each prediction said and what came, and how far stated confidence can be trusted so far."""
    if not outcomes:
        return "No prediction can be judged yet: none has matured, and no need has shown itself."
    known = {entry["entry_id"]: entry for entry in ledger}
    rows = [_row(known[outcome["entry_id"]], outcome) for outcome in outcomes if outcome["entry_id"] in known]
    early = sum(outcome["measured_at"] < known[outcome["entry_id"]]["matures_at"] for outcome in outcomes if outcome["entry_id"] in known)
    return f"{table(HEADINGS, sorted(rows), columns)}\n{_early(early)}{_calibration(calibration)}"


def _row(entry: Mapping[str, Any], outcome: Mapping[str, Any]) -> tuple[str, ...]:
    said = percent(entry["p_calibrated"])
    helped = outcome.get("helped", "") if outcome.get("change_id") else "-"
    return (entry["policy"], entry["device"], entry["object"], said, NEEDED[outcome["needed"]], helped, outcome.get("reason", ""))


def _early(count: int) -> str:
    """Why the calibration counts fewer outcomes than the table lists."""
    if not count:
        return ""
    one = count == 1
    return (
        f"{count} of these {'was' if one else 'were'} needed before {'its' if one else 'their'} time was over. Only a need can show early, "
        f"so {'it counts' if one else 'they count'} for calibration when {'it matures' if one else 'they mature'}.\n"
    )


def _calibration(report: Mapping[str, Any]) -> str:
    found = (report.get("overall") or {}).get("p_calibrated")
    if not found or not found["effective_n"]:
        return (
            f"Calibration: {report.get('entries', 0)} predictions in the ledger, none matured yet, so stated confidence is the model's own."
        )
    grown = f"{report['matured']} of {report['entries']} predictions have matured ({found['effective_n']:.1f} independent events)"
    error = f"calibration error {found['ece']:.3f}, Brier score {found['brier']:.3f}"
    if found["ece_interval"] is None:
        return f"Calibration: {grown}; {error}. These are too few events to say how far stated confidence can be trusted."
    low, high = found["ece_interval"]
    return f"Calibration: {grown}; {error}; the calibration error's 90 % interval is {low:.3f} to {high:.3f}."
