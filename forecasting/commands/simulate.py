# SPDX-License-Identifier: GPL-3.0-or-later
"""``simulate``: a history of the lab network, answering to what is deployed in it."""

from __future__ import annotations

import argparse
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from ..contracts import parse_time, to_text
from ..errors import InputError
from ..progress import Progress

NAME = "simulate"
HELP = "Write a seeded history of the lab network, as its configuration would have it."
FIRST_MONDAY = "2026-09-28T00:00:00Z"
WEEKS = 8
MOST = timedelta(days=730)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's flags."""
    parser.add_argument("--out", type=Path, required=True, help="history folder to write")
    parser.add_argument("--seed", type=int, help="seed of the latent demand (needed unless --append)")
    parser.add_argument("--start", help=f"first sample (default {FIRST_MONDAY})")
    parser.add_argument("--weeks", type=int, help=f"length (default {WEEKS}; with --append: weeks to add, default 1)")
    parser.add_argument("--until", help="end instead of --weeks, not included")
    parser.add_argument("--config", type=Path, help="what is deployed since when (JSON, schema simulation_config)")
    parser.add_argument("--append", action="store_true", help="go on from the history in --out with the same seed")


def run(args: argparse.Namespace, progress: Progress) -> dict[str, Any]:
    """Simulate and write. Raises `InputError` for arguments that do not fit together."""
    from ..simulation.config import read_config
    from ..simulation.generate import simulate, write
    from ..simulation.network import lab
    from ..simulation.timeline import Timeline

    network = lab()
    seed, start, until = _continued(args) if args.append else _fresh(args)
    timeline = Timeline(start, until, network.tz)
    changes = read_config(args.config, network)
    if args.append:
        _same_past(args.out, changes)
    progress.step("simulate", 0, 2)
    made = simulate(network, timeline, seed, changes)
    progress.step("simulate", 1, 2)
    write(made, args.out)
    progress.step("simulate", 2, 2)
    return {
        "history": str(args.out), "seed": seed, "start": to_text(start), "as_of": to_text(until), "series": len(made.records),
        "samples": sum(len(record.values) for record in made.records), "changes_in_force": len(made.manifest["changes"]),
    }  # fmt: skip


def _fresh(args: argparse.Namespace) -> tuple[int, datetime, datetime]:
    if args.seed is None:
        raise InputError("simulate: --seed is missing; give a whole number such as --seed 1, or --append to go on")
    start = _moment(args.start or FIRST_MONDAY, "--start")
    return args.seed, start, _end(args, start, start, WEEKS)


def _continued(args: argparse.Namespace) -> tuple[int, datetime, datetime]:
    from ..simulation.generate import moments, read_manifest

    manifest = read_manifest(args.out)
    if manifest is None:
        raise InputError(f"{args.out} holds no simulated history to append to; run simulate with --seed first")
    if args.seed not in (None, manifest["seed"]):
        raise InputError(f"{args.out} was made with seed {manifest['seed']}, not {args.seed}; leave out --seed to append")
    if args.start is not None and parse_time(args.start) != moments(manifest)[0]:
        raise InputError(f"{args.out} starts at {manifest['start']}; leave out --start to append")
    start, end = moments(manifest)
    return manifest["seed"], start, _end(args, start, end, 1)


def _end(args: argparse.Namespace, start: datetime, base: datetime, weeks: int) -> datetime:
    if args.until and args.weeks:
        raise InputError("simulate: give --until or --weeks, not both")
    until = _moment(args.until, "--until") if args.until else base + timedelta(weeks=weeks if args.weeks is None else args.weeks)
    if not base < until <= start + MOST:
        raise InputError(f"simulate: the end {to_text(until)} must lie after {to_text(base)} and within two years of the start")
    return until


def _moment(text: str, flag: str) -> datetime:
    try:
        moment = parse_time(text)
    except ValueError as error:
        raise InputError(f"simulate: {flag}: {error}") from None
    if moment.timestamp() % 3600:
        raise InputError(f"simulate: {flag} {text} is not a whole hour; round it")
    return moment


def _same_past(out: Path, changes: tuple[Any, ...]) -> None:
    """What is past cannot change: the configuration up to the old end must be the one it was made with."""
    from ..simulation.generate import as_entries, moments, read_manifest

    manifest = read_manifest(out)
    assert manifest is not None
    end = moments(manifest)[1]
    if as_entries(changes, end) != manifest["changes"]:
        raise InputError(f"{out} reaches to {to_text(end)} with other changes; keep those and date new changes at or after that time")
