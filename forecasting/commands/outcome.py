# SPDX-License-Identifier: GPL-3.0-or-later
"""``outcome``: what became of predictions and changes, and what that teaches."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..contracts import check, parse_time
from ..errors import InputError
from ..progress import Progress
from .history_flags import add_history, open_history

NAME = "outcome"
HELP = "Label the predictions that have matured, and measure how well probabilities were calibrated."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's flags."""
    add_history(parser)
    parser.add_argument("--ledger", type=Path, required=True, help="prediction ledger, one JSON entry a line")
    parser.add_argument("--as-of", required=True, help="the moment of measuring, for example 2026-11-30T00:00:00Z")
    parser.add_argument("--deployments", type=Path, help="the queue's jobs with their documents, or deployments, one JSON value a line")
    parser.add_argument("--out", type=Path, required=True, help="folder for outcomes.jsonl, ledger.jsonl and calibration.json")


def run(args: argparse.Namespace, progress: Progress) -> dict[str, Any]:
    """Measure and write. Raises `InputError` or `ContractError`."""
    from ..ledger import read_ledger, read_lines, with_outcomes
    from ..outcomes import jobs_of, measure
    from ..reliability import reliability

    try:
        as_of = parse_time(args.as_of)
    except ValueError as error:
        raise InputError(f"outcome: --as-of: {error}") from None
    entries = read_ledger(args.ledger)
    jobs = jobs_of(read_lines(args.deployments), str(args.deployments)) if args.deployments else []
    progress.step("read history", 0, 3)
    history = open_history(args, as_of, progress).until(as_of)
    progress.step("measure outcomes", 1, 3)
    due = [entry for entry in entries if parse_time(entry["as_of"]) <= as_of]
    measured = measure(history, due, as_of, jobs)
    for outcome in measured.outcomes:
        check("outcome", outcome, f"outcome of {outcome['entry_id']}")
    progress.step("calibrate", 2, 3)
    learnt = with_outcomes(entries, measured.outcomes)
    report = reliability(learnt, as_of)
    _write(args.out, measured.outcomes, learnt, report)
    progress.step("calibrate", 3, 3)
    return _result(measured.outcomes, len(measured.open), report, args.out)


def _write(out: Path, outcomes: list[dict[str, Any]], ledger: list[dict[str, Any]], report: dict[str, Any]) -> None:
    from ..files import write_texts
    from ..ledger import as_lines

    texts = {"outcomes.jsonl": outcomes, "ledger.jsonl": ledger, "calibration.json": [report]}
    write_texts({out / name: as_lines(values) for name, values in texts.items()})


def _result(outcomes: list[dict[str, Any]], still_open: int, report: dict[str, Any], out: Path) -> dict[str, Any]:
    labels = [outcome["needed"] for outcome in outcomes]
    helps = [outcome["helped"] for outcome in outcomes if outcome["change_id"]]
    return {
        "out": str(out),
        **{label: labels.count(label) for label in ("needed", "not_needed", "unknown")},
        "open": still_open,
        "helped": {answer: helps.count(answer) for answer in ("yes", "no", "unknown")},
        "calibration": report,
    }


def text(result: dict[str, Any]) -> str:
    """The result in words."""
    from ..reliability import as_text

    labels = f"{result['needed']} needed, {result['not_needed']} not needed, {result['unknown']} unknown, {result['open']} still open"
    helped = ", ".join(f"{count} {answer}" for answer, count in result["helped"].items())
    return f"{labels}; changes that helped: {helped}\n{as_text(result['calibration'])}"
