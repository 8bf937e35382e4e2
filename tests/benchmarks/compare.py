# SPDX-License-Identifier: GPL-3.0-or-later
"""The default forecast beside its peers on public data: every set, every metric, every bar, in one run.

Usage: python tests/benchmarks/compare.py [--sets m4h,abi12:2] [--sample 16] [--workers 2] [--page docs/benchmark.md] [--keep folder]
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import warnings
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import partial
from pathlib import Path
from time import process_time

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
# What the peers tell their own users would bury the tables.
warnings.simplefilter("ignore")
for talker in ("cmdstanpy", "prophet", "prophet.plot"):
    logging.getLogger(talker).setLevel(logging.CRITICAL)

import numpy as np  # noqa: E402
from kept import Kept, Measured  # noqa: E402
from losses import Losses, losses  # noqa: E402
from page import page, table  # noqa: E402
from peers import Made, Peer, peers  # noqa: E402

from forecasting.benchmark import SETS, cuts, data_folder  # noqa: E402
from forecasting.errors import InputError  # noqa: E402
from forecasting.files import write_text  # noqa: E402
from forecasting.models import candidates  # noqa: E402
from forecasting.models.naive2 import naive2  # noqa: E402
from forecasting.panel import Floats, Panel  # noqa: E402
from forecasting.panel_forecast import forecast_panel  # noqa: E402
from forecasting.progress import Words  # noqa: E402

OURS, REFERENCE = "Forestage", "Naive2"
Row = dict[str, Measured]


def main() -> int:
    """Measure, print and write the page; 2 where something is missing."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sets", default=",".join(SETS), help="test sets, comma-separated (default: all); abi12:2 takes 2 of its origins")
    parser.add_argument("--sample", type=int, default=16, help="series of each origin that slow peers are asked, the slowest a quarter")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="origins measured side by side (default: all cores)")
    parser.add_argument("--page", type=Path, help="also write the tables to this file")
    parser.add_argument("--keep", type=Path, help="folder of what is measured already: a benchmark that was stopped goes on from there")
    options = parser.parse_args()
    progress = Words()
    try:
        data_folder()
        origins = dict(_origins(word) for word in options.sets.split(","))
        tables: dict[str, str] = {}
        failed: list[str] = []
        for name, answers, faults in _measured(origins, options, progress):
            tables[name] = table(name, _stacked(answers), _spent(answers))
            failed += faults
            progress.result({}, tables[name])
            if options.page:
                write_text(options.page, page(tables, [name for name in origins if name not in tables], failed, options.sample))
    except InputError as error:
        progress.error(str(error))
        return 2
    return 0


def _origins(word: str) -> tuple[str, list[int]]:
    """A set and the numbers of its origins, all or so many as follow the colon, evenly spread."""
    name, _unused, count = word.partition(":")
    if name not in SETS or not (count or "1").isdigit():
        raise InputError(f"{word!r} is no test set; choose from {', '.join(SETS)}, with :2 for 2 of its origins")
    every = SETS[name].origins
    return name, sorted({int(place) for place in np.linspace(0, every - 1, min(max(int(count or every), 1), every))})


def _measured(
    origins: dict[str, list[int]], options: argparse.Namespace, progress: Words
) -> Iterator[tuple[str, dict[int, Row], list[str]]]:
    """Each set as soon as it is done: what every origin gave, and what failed under its own name."""
    answers: dict[str, dict[int, Row]] = defaultdict(dict)
    failed: dict[str, list[str]] = defaultdict(list)
    tasks = [(name, number) for name, numbers in origins.items() for number in numbers]
    with ProcessPoolExecutor(options.workers) as pool:
        waiting = [pool.submit(_one, name, number, options.sample, Kept(options.keep)) for name, number in tasks]
        for done, future in enumerate(as_completed(waiting), 1):
            name, number, answer, faults = future.result()
            answers[name][number] = answer
            failed[name] += faults
            progress.step(f"benchmark ({name})", done, len(tasks))
            if len(answers[name]) == len(origins[name]):
                yield name, answers[name], sorted(failed[name])


def _spent(answers: dict[int, Row]) -> dict[str, float]:
    seconds: dict[str, float] = defaultdict(float)
    for answer in answers.values():
        for model, (_unused, spent) in answer.items():
            seconds[model] += spent
    return seconds


def _stacked(answers: dict[int, Row]) -> dict[str, Losses]:
    """The origins on top of each other; NaN where a forecaster failed at one."""
    shape = next(iter(answers.values()))[OURS][0]["MASE"].shape
    kinds = {model: list(losses) for answer in answers.values() for model, (losses, _unused) in answer.items()}
    nothing = defaultdict(partial(np.full, shape, np.nan)), 0.0
    rows = [answers[number] for number in sorted(answers)]
    return {model: {kind: np.stack([row.get(model, nothing)[0][kind] for row in rows]) for kind in names} for model, names in kinds.items()}


def _one(name: str, number: int, sample: int, kept: Kept) -> tuple[str, int, Row, list[str]]:
    """All forecasters at one origin of one set."""
    known, truth = list(cuts(name))[number]
    answer: Row = {}
    failed = []
    for model, peer in _forecasters(sample).items():
        if not peer.fits(known):
            continue
        rows = np.unique(np.linspace(0, len(known.ids) - 1, min(peer.series or len(known.ids), len(known.ids))).astype(int))
        try:
            ask = partial(_measure, peer, known, truth, rows)
            measured, spent = kept.once(f"{name}-{number}-{model}-{len(rows)}", ask, own=model in (OURS, REFERENCE))
        except (ValueError, RuntimeError, ArithmeticError, np.linalg.LinAlgError) as error:
            failed.append(f"{model} on {name}, origin {number}: {error}")
            continue
        answer[model] = {kind: _spread(values, rows, len(known.ids)) for kind, values in measured.items()}, spent
    return name, number, answer, failed


def _measure(peer: Peer, known: Panel, truth: Floats, rows: np.ndarray) -> Measured:
    """One forecaster on some rows of an origin: its losses, and the CPU seconds it took."""
    asked = known.rows(np.isin(np.arange(len(known.ids)), rows))
    begin = process_time()
    made = peer.forecast(asked)
    return losses(asked, truth[rows], made.mean, made.quantiles), process_time() - begin


def _spread(values: np.ndarray, rows: np.ndarray, count: int) -> np.ndarray:
    whole = np.full(count, np.nan)
    whole[rows] = values
    return whole


def _forecasters(sample: int) -> dict[str, Peer]:
    return {OURS: Peer(_default), REFERENCE: Peer(_reference)} | peers(sample)


def _default(panel: Panel) -> Made:
    made = forecast_panel(panel, candidates(panel))
    return Made(made.mean, made.quantiles)


def _reference(panel: Panel) -> Made:
    return Made(naive2(panel))


if __name__ == "__main__":
    sys.exit(main())
