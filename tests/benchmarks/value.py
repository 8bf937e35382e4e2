# SPDX-License-Identifier: GPL-3.0-or-later
"""What foresight is worth on public data: limit-hours avoided against waste, beside reacting, extrapolating and perfect foresight.

Usage: python tests/benchmarks/value.py [--sets isp1h,abi1h] [--keep FOLDER] [--page docs/value.md] [--pictures docs/images]
"""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
from value_page import page, table  # noqa: E402

from forecasting.benchmark import data_folder  # noqa: E402
from forecasting.errors import InputError  # noqa: E402
from forecasting.files import write_text  # noqa: E402
from forecasting.history import History  # noqa: E402
from forecasting.history.table import SERIES_COLUMNS  # noqa: E402
from forecasting.progress import Words  # noqa: E402
from forecasting.value.foreseen import Drawn, Given, cases_of, foresee, hourly, origins  # noqa: E402
from forecasting.value.picture import picture  # noqa: E402
from forecasting.value.study import Case  # noqa: E402
from forecasting.value.summary import summarise  # noqa: E402

QUANTA = (0.1, 0.25)


@dataclass(frozen=True)
class Source:
    """A set: its file, its sampling interval, days that only set the limits and teach, every how many-th series, the limits' quantiles."""

    file: str
    interval_s: int
    early_days: int
    every: int
    together: bool
    limits: tuple[float, ...]


SOURCES = {
    "isp1h": Source("isp_cortez_1H", 3600, 21, 1, False, (0.8, 0.9, 0.95, 0.98)),
    "isp5m": Source("isp_cortez_5M", 300, 21, 1, False, (0.8, 0.9, 0.95, 0.98)),
    "abi1h": Source("abilene_5min_2w", 300, 7, 6, True, (0.8, 0.95)),
}


def main() -> int:
    """Measure, print, draw; 2 where something is missing."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sets", default="isp1h,abi1h", help=f"of {', '.join(SOURCES)}, comma-separated (default isp1h,abi1h)")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="forecasts made side by side (default: all cores)")
    parser.add_argument("--keep", type=Path, help="folder where forecasts are kept and found again")
    parser.add_argument("--page", type=Path, help="also write the tables to this file")
    parser.add_argument("--pictures", type=Path, help="also draw the frontiers into this folder")
    options = parser.parse_args()
    progress, tables = Words(), {}
    try:
        for name in options.sets.split(","):
            if name not in SOURCES:
                raise InputError(f"{name!r} is no set; choose from {', '.join(SOURCES)}")
            cases = _cases(name, options, progress)
            found = {quantum: summarise([_with(case, quantum) for case in cases]) for quantum in QUANTA}
            chosen = max(found, key=lambda quantum: found[quantum].before)
            made = found[chosen]
            tables[name] = table(name, found, chosen)
            progress.result({}, tables[name])
            if options.pictures:
                write_text(options.pictures / f"value-{name}.svg", f"{picture(made, f'Limit-hours avoided against waste: {name}')}\n")
        if options.page:
            write_text(options.page, page(tables))
    except InputError as error:
        progress.error(str(error))
        return 2
    return 0


def _cases(name: str, options: argparse.Namespace, progress: Words) -> list[Case]:
    """Each series under each of its limits, with the forecasts that its actions rest on."""
    source = SOURCES[name]
    whole = _history(source)
    ids = list(whole.series["unique_id"])
    cases: list[Case] = []
    for group in [ids] if source.together else [[one] for one in ids]:
        history = whole.only(group)
        demand, begin = hourly(history, group[0])
        given = Given(source.limits, 1.0)
        moments = origins(begin, len(demand), source.early_days, given.lead)
        kept = options.keep / f"{name}-{group[0]}.npz" if options.keep else None
        told = partial(progress.step, f"forecasts of {group[0]}")
        drawn = _kept(kept, moments) or foresee(history, moments, given.horizon, options.workers, told)
        if kept and not kept.is_file():
            kept.parent.mkdir(parents=True, exist_ok=True)
            np.savez(kept, **{f"{one}@{moment.isoformat()}": paths for moment, found in drawn.items() for one, paths in found.items()})
        for one in group:
            paths = {moment: found[one] for moment, found in drawn.items() if one in found}
            cases += cases_of(ids.index(one), hourly(history, one)[0], begin, paths, source.early_days, given)
    return cases


def _with(case: Case, quantum: float) -> Case:
    """The same case with a quantum that is this share of its limit."""
    return replace(case, terms=replace(case.terms, quantum=quantum * case.terms.limit))


def _kept(file: Path | None, moments: list[pd.Timestamp]) -> dict[pd.Timestamp, Drawn]:
    """The forecasts of an earlier run, where they are there."""
    if file is None or not file.is_file():
        return {}
    made: dict[pd.Timestamp, Drawn] = {moment: {} for moment in moments}
    for key, paths in np.load(file).items():
        one, _unused, moment = key.rpartition("@")
        made[pd.Timestamp(moment)][one] = paths
    return made


def _history(source: Source) -> History:
    path = data_folder() / f"{source.file}.parquet"
    if not path.is_file():
        raise InputError(f"{path} is missing; complete the folder that FORESTAGE_DATA names")
    table = pd.read_parquet(path)
    samples = pd.DataFrame({"unique_id": table["unique_id"].astype("str"), "ds": pd.to_datetime(table["ds"], utc=True), "y": table["y"]})
    samples["ds"], samples["y"] = samples["ds"].dt.as_unit("ns"), samples["y"].astype(float)
    facts = {"object": "link", "metric": "if_out_bps", "unit": "bit/s", "tz": "UTC", "kind": "gauge", "labels": "{}"}
    ids = sorted(samples["unique_id"].unique())[:: source.every]
    rows = [dict.fromkeys(SERIES_COLUMNS) | facts | {"unique_id": one, "device": one, "interval_s": source.interval_s} for one in ids]
    return History(pd.DataFrame(rows, columns=list(SERIES_COLUMNS)), samples.sort_values(["unique_id", "ds"])).only(ids)


if __name__ == "__main__":
    sys.exit(main())
