# SPDX-License-Identifier: GPL-3.0-or-later
"""``replay``: what a policy catalogue would have done at weekly origins of a history, and how often it was right."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..contracts import parse_time
from ..errors import InputError
from ..progress import Progress, WarningsOnly
from .history_flags import add_history, open_history

NAME = "replay"
HELP = "Replay a policy catalogue at weekly origins of a history: its ledger, and how well its confidence held."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's flags."""
    add_history(parser)
    parser.add_argument("--policies", type=Path, required=True, help="policy catalogue, YAML")
    parser.add_argument("--as-of", required=True, help="end of what is known; origins are counted back from it by weeks")
    parser.add_argument("--from", dest="first", help="no origin before this (default: four weeks after the first sample)")
    parser.add_argument("--templates", type=Path, help="folder of the template catalogue (default: the collection's own)")
    parser.add_argument("--seed", type=int, default=0, help="of the forecasts (default 0)")
    parser.add_argument("--out", type=Path, required=True, help="folder for ledger.jsonl and calibration.json")


def run(args: argparse.Namespace, progress: Progress) -> dict[str, Any]:
    """Replay and write. Raises `InputError` or `ContractError`."""
    as_of = _moment(args.as_of, "--as-of")
    first = _moment(args.first, "--from") if args.first else None
    from ..files import write_texts
    from ..ledger import as_lines
    from ..planning import outlooks
    from ..policies import load, read_templates
    from ..reliability import reliability
    from ..replay import origins, replay

    templates = read_templates(args.templates) if args.templates else read_templates()
    catalogue = load(args.policies, templates)
    history = open_history(args, as_of, progress).until(as_of)
    when = origins(history, as_of, first)
    if not when:
        raise InputError(f"{args.history} has no weekly origin with enough past before {args.as_of}; replay needs five weeks, or --from")
    progress.step("replay", 0, len(when))
    made = replay(
        history, catalogue, templates, when, as_of,
        lambda known, origin: outlooks(catalogue, known, origin, WarningsOnly(progress), args.seed),
        lambda done, total: progress.step("replay", done, total),
    )  # fmt: skip
    progress.warnings(made.warnings)
    report = reliability(made.entries, as_of)
    write_texts({args.out / "ledger.jsonl": as_lines(made.entries), args.out / "calibration.json": as_lines([report])})
    return {"out": str(args.out), "rounds": made.rounds, "calibration": report, "autonomy": made.autonomy}


def _moment(text: str, flag: str) -> Any:
    try:
        return parse_time(text)
    except ValueError as error:
        raise InputError(f"replay: {flag}: {error}") from None


def text(result: dict[str, Any]) -> str:
    """What each round recommended, which policies may act by themselves in the end, then the calibration table."""
    from ..reliability import as_text

    lines = [f"{'origin':<12}{'recommended':>12}{'needed':>8}{'not':>6}{'unknown':>9}{'open':>6}"]
    for row in result["rounds"]:
        counts = f"{row['recommended']:>12}{row['needed']:>8}{row['not_needed']:>6}{row['unknown']:>9}{row['open']:>6}"
        lines.append(f"{row['as_of'][:10]:<12}{counts}")
    lines += [f"{item['policy']}: {item['reason']}" for item in result["autonomy"]]
    return "\n".join([*lines, "", as_text(result["calibration"])])
