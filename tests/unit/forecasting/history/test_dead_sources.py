# SPDX-License-Identifier: GPL-3.0-or-later
"""Whichever command reads a file of sources: it says which of them is dead, and goes on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.unit.boundaries.sources import ROOT

COMMANDS = {
    "forecast": ["--horizon", "6h", "--model", "seasonal_naive", "--out", "out"],
    "backtest": ["--horizon", "6h", "--model", "seasonal_naive", "--origins", "1"],
    "recommend": ["--policies", str(ROOT / "inventories" / "example" / "policies.yml"), "--out", "out"],
}


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    times = pd.date_range("2026-03-01", periods=15 * 24, freq="1h", tz="UTC")
    values = 5e6 + 2e6 * np.sin(np.arange(len(times)) / 24 * 2 * np.pi)
    pd.DataFrame({"unique_id": "A", "ds": times, "y": values}).to_parquet(tmp_path / "t.parquet")
    (tmp_path / "m.yml").write_text("A: {device: r1, object: eth1, metric: if_out_bps}\n", encoding="utf-8")
    here = "  - {name: here, type: table, path: t.parquet, mapping: m.yml}\n"
    (tmp_path / "s.yml").write_text(f"version: 1\nsources:\n{here}  - {{name: gone, type: table, path: gone.parquet}}\n", encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("command", COMMANDS)
def test_a_dead_source_is_told(sources, command):
    options = ["--json", "--history", "s.yml", "--as-of", "2026-03-16T00:00:00Z", *COMMANDS[command]]
    done = subprocess.run(
        [sys.executable, "-m", "forecasting", command, *options],
        cwd=sources, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, done.stdout + done.stderr
    assert [event["message"] for event in events if event["event"] == "warning" and "source gone" in event["message"]]
