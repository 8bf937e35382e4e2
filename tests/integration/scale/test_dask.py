# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts of many series on a cluster of real processes: the same digits as here, also when a worker dies. Limits are set low here."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from forecasting import chunked, many
from forecasting.__main__ import main
from forecasting.cluster import connected
from forecasting.errors import InputError
from forecasting.history import History
from forecasting.progress import Progress
from tests.support.dask_cluster import Cluster, cluster

AS_OF = pd.Timestamp("2026-04-10T06:00Z").as_unit("ns")
COUNT = 24


@pytest.fixture(scope="module")
def past(tmp_path_factory) -> Path:
    """Hourly interfaces, the last six of them daily."""
    path = tmp_path_factory.mktemp("history")
    rows, parts = [], []
    for number in range(COUNT):
        rng = np.random.default_rng(number)
        step = "1D" if number >= COUNT - 6 else "1h"
        times = pd.date_range(end=AS_OF.floor("D"), periods=30 if step == "1D" else 300, freq=step)
        values = 10 ** rng.uniform(5, 8) * (1.5 + np.sin((times.hour.to_numpy() - rng.uniform(0, 6)) / 4) + rng.normal(0, 0.1, len(times)))
        row = {"unique_id": f"r{number:03d}|eth1|if_out_bps", "device": f"r{number:03d}", "object": "eth1", "metric": "if_out_bps"}
        rows.append(row | {"unit": "bit/s", "kind": "gauge", "tz": "Europe/Berlin"})
        parts.append(pd.DataFrame({"unique_id": rows[-1]["unique_id"], "ds": times, "y": values}))
    pd.DataFrame(rows).to_parquet(path / "series.parquet", index=False)
    pd.concat(parts).to_parquet(path / "values.parquet", index=False)
    return path


@pytest.fixture(autouse=True, scope="module")
def small() -> Iterator[None]:
    """Many chunks of a few series each."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chunked, "SAMPLE", 12)
        patch.setattr(chunked, "LEAST_SAMPLE", 5)
        patch.setattr("forecasting.history.stored.MOST_SERIES", 3)
        patch.setattr(many, "MOST_TOGETHER", 10)
        yield


@pytest.fixture(scope="module")
def running() -> Iterator[Cluster]:
    with cluster() as made:
        yield made


@pytest.fixture(scope="module")
def here(past, small, tmp_path_factory) -> Path:
    """What is forecast on this machine (``out``), with what was learnt for it (``models``)."""
    path = tmp_path_factory.mktemp("here")
    assert main([*flags(past), "--models", str(path / "models"), "--out", str(path / "out")]) == 0
    return path


@pytest.fixture
def given(past) -> list[str]:
    return flags(past)


def flags(past: Path) -> list[str]:
    return ["forecast", "--history", str(past), "--as-of", "2026-04-10T06:00:00Z", "--horizon", "24h", "--model", "boosted"]


def unlike(one: Path, other: Path) -> list[str]:
    """The tables that are not the same to the last digit."""
    names = ("forecast.parquet", "series.parquet")
    return [name for name in names if not pq.read_table(one / name).equals(pq.read_table(other / name))]


def forecast(past: Path, out: Path, here: Path, engine: chunked.Engine) -> None:
    """As the command does it, with what was learnt here, and chunks through hands that break things."""
    source = many.opened(past, None, AS_OF, in_parts=True)
    given = {"as_of": AS_OF, "horizon": "24h", "model": "boosted", "models": here / "models"}
    many.forecast_to_folder(source, out, engine=engine, progress=Progress(), **given)


def refused(capsys, given: list[str], out: Path) -> str:
    """What the command says when it refuses: one sentence, and nothing is written."""
    assert main([*given, "--engine", "dask", "--out", str(out)]) == 2
    assert not out.exists()
    said = capsys.readouterr().err.strip()
    assert said.startswith("Error: ") and "\n" not in said
    return said


def test_a_cluster_without_workers_or_with_other_versions_is_refused(running, given, tmp_path, capsys):
    given += ["--scheduler", running.address]
    assert "has no workers" in refused(capsys, given, tmp_path / "out")
    other = tmp_path / "other" / "lightgbm-0.0.1.dist-info"
    other.mkdir(parents=True)
    (other / "METADATA").write_text("Metadata-Version: 2.1\nName: lightgbm\nVersion: 0.0.1\n")
    (worker,) = running.workers(1, environment={"PYTHONPATH": os.pathsep.join([str(other.parent), str(Path(chunked.__file__).parents[1])])})
    said = refused(capsys, given, tmp_path / "out")
    assert "the worker tcp://127.0.0.1:" in said and "has lightgbm 0.0.1, and here it is" in said
    worker.kill()
    worker.wait()


def test_a_worker_that_dies_loses_nothing_and_all_digits_stay(running, given, past, here, tmp_path):
    (dying,), _other = running.workers(1), running.workers(1, threads=2)
    died: list[int] = []

    def killing(chunks: Iterator[History]) -> Iterator[History]:
        """One worker is held with the chunks it has, gets more of them, and is killed."""
        for number, chunk in enumerate(chunks):
            if number == 2 and not died:
                os.kill(dying.pid, signal.SIGSTOP)
                died.append(number)
                threading.Timer(1.0, dying.kill).start()
            yield chunk

    with connected(running.address) as engine:
        forecast(past, tmp_path / "there", here, lambda asked, lesson, chunks: engine(asked, lesson, killing(chunks)))
    assert died and dying.wait(5) == -signal.SIGKILL
    assert not unlike(here / "out", tmp_path / "there")
    given += ["--engine", "dask", "--scheduler", running.address, "--models", str(here / "models")]
    assert main([*given, "--out", str(tmp_path / "again")]) == 0
    assert not unlike(here / "out", tmp_path / "again")


def test_no_scheduler_is_one_sentence_soon(given, tmp_path, capsys):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        before = time.monotonic()
        address = f"tcp://127.0.0.1:{nobody.getsockname()[1]}"
        assert f"no Dask scheduler answers at {address}" in refused(capsys, [*given, "--scheduler", address], tmp_path / "out")
    assert time.monotonic() - before < 20


def test_bad_flags_and_a_missing_package_are_said(given, tmp_path, capsys, monkeypatch):
    assert "add --scheduler" in refused(capsys, given, tmp_path / "out")
    assert main([*given, "--scheduler", "tcp://127.0.0.1:1", "--out", str(tmp_path / "out")]) == 2
    assert "--engine dask" in capsys.readouterr().err
    assert "this is no address" in refused(capsys, [*given, "--scheduler", "127.0.0.1"], tmp_path / "out")
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert "pip install 'distributed" in refused(capsys, [*given, "--scheduler", "tcp://127.0.0.1:1"], tmp_path / "out")


def test_a_scheduler_that_goes_away_is_one_sentence(past, here, tmp_path):
    def ended(chunks: Iterator[History], scheduler: subprocess.Popen[bytes]) -> Iterator[History]:
        for chunk in chunks:
            yield chunk
            scheduler.kill()

    with cluster() as short:
        (worker,) = short.workers(1)
        with connected(short.address) as engine, pytest.raises(InputError, match="went away and nothing was written"):
            worker.send_signal(signal.SIGSTOP)  # so that its parts are not there yet
            forecast(past, tmp_path / "out", here, lambda asked, lesson, chunks: engine(asked, lesson, ended(chunks, short.scheduler)))
        worker.kill()
    assert not list(tmp_path.glob("out/*"))
