# SPDX-License-Identifier: GPL-3.0-or-later
"""Files are written whole or not at all, and what cannot be written is said in a sentence before and after the work."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from forecasting.errors import InputError
from forecasting.files import drafted, require_place, write_text, write_texts

ROOT = Path(__file__).resolve().parents[4]
NOBODY = 65534
FULL = 4_096  # bytes that a file may have where the disk is taken for full


def test_an_error_leaves_what_was_there_and_no_draft(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_text(path, "before")
    with pytest.raises(ZeroDivisionError), drafted(path) as draft:
        draft.write_text("half")
        raise ZeroDivisionError
    assert [file.name for file in tmp_path.iterdir()] == ["a.txt"]
    assert path.read_text() == "before"


def test_of_files_that_belong_together_none_is_replaced_where_one_cannot_be_written(tmp_path: Path) -> None:
    first, second = tmp_path / "first.txt", tmp_path / "file" / "second.txt"
    write_text(first, "before")
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(InputError, match=r"second\.txt cannot be written"):
        write_texts({first: "after", second: "after"})
    assert first.read_text() == "before"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["file", "first.txt"]


def test_a_place_below_a_file_is_refused_and_one_that_can_be_made_is_not(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    require_place(tmp_path / "new" / "deep")
    with pytest.raises(InputError, match=r"cannot be written \(.*file is no folder\)"):
        require_place(tmp_path / "file" / "out")


@pytest.fixture
def forbidden() -> Iterator[Path]:
    """A folder that may be read, but not written."""
    folder = Path(tempfile.mkdtemp(prefix="forestage-forbidden-"))
    folder.chmod(0o555)
    before = os.geteuid()
    if before == 0:
        os.seteuid(NOBODY)
    try:
        yield folder
    finally:
        os.seteuid(before)
        folder.rmdir()


def test_a_folder_without_permission_is_refused(forbidden: Path) -> None:
    with pytest.raises(InputError, match=f"no permission in {forbidden}"):
        require_place(forbidden / "out")
    with pytest.raises(InputError, match="Permission denied"):
        write_text(forbidden / "out.txt", "text")


def _history(folder: Path) -> list[str]:
    index = pd.date_range("2026-01-01", periods=24 * 15, freq="1h", tz="UTC")
    values = 100 + 10 * np.sin(np.arange(len(index)) * 2 * np.pi / 24)
    pd.DataFrame({"unique_id": "A", "ds": index, "y": values}).to_csv(folder / "t.csv", index=False)
    (folder / "m.yml").write_text("A: {device: r1, object: eth1, metric: if_out_bps}\n")
    source = ["--history", str(folder / "t.csv"), "--mapping", str(folder / "m.yml"), "--as-of", "2026-01-16T00:00:00Z"]
    return [sys.executable, "-m", "forecasting", "forecast", *source, "--horizon", "2d", "--model", "seasonal_naive"]


@pytest.mark.parametrize("more", [[], ["--models", "learnt"]])
def test_a_full_disk_is_said_in_a_sentence_and_leaves_the_old_forecast(tmp_path: Path, more: list[str]) -> None:
    out = tmp_path / "out"
    command = [*_history(tmp_path), "--out", str(out), *(str(tmp_path / word) if word == "learnt" else word for word in more)]
    assert subprocess.run(command, cwd=ROOT, check=False, capture_output=True, timeout=120).returncode == 0
    before = {file.name: file.read_bytes() for file in out.iterdir()}
    full = partial(resource.setrlimit, resource.RLIMIT_FSIZE, (FULL, FULL))
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True, timeout=120, preexec_fn=full)
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    assert "cannot be written" in done.stderr and done.stderr.count("\n") == 1
    assert {file.name: file.read_bytes() for file in out.iterdir()} == before


def test_a_file_where_the_folder_should_be_is_said_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    done = subprocess.run(
        [*_history(tmp_path), "--out", str(tmp_path / "file" / "x")], cwd=ROOT, check=False, capture_output=True, text=True, timeout=120
    )
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "is no folder" in done.stderr


def test_a_cancelled_forecast_leaves_no_draft(tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = [*_history(tmp_path), "--out", str(out), "--models", str(tmp_path / "learnt")]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as running:
        deadline = time.monotonic() + 60
        while not (out.is_dir() and any(out.iterdir())) and time.monotonic() < deadline:
            time.sleep(0.01)
        running.send_signal(signal.SIGTERM)
        said = running.communicate(timeout=60)[1]
    assert (running.returncode, said) == (-signal.SIGTERM, "")
    assert list(out.iterdir()) == []
