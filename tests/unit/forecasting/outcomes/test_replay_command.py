# SPDX-License-Identifier: GPL-3.0-or-later
"""``replay`` from the command line: what the forecasts warn of is said, each sentence once, and nothing is judged in an empty table."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from forecasting.__main__ import main

CATALOGUE = """
version: 1
policies:
  - name: uplink-capacity
    severity: major
    when: {metric: if_out_bps, limit: {series: capacity_bps, share: 0.8}, duration: 1h, horizon: 34d}
    what: {template: capacity, parameters: {interface: "{{ object }}", rate_mbit: 40}}
  - name: elsewhere
    severity: major
    when: {metric: if_out_bps, limit: {series: capacity_bps, share: 0.8}, duration: 1h, horizon: 34d, scope: {roles: [spine]}}
    what: {template: capacity, parameters: {interface: "{{ object }}", rate_mbit: 40}}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A link of six weeks: too short for a back-test five weeks ahead, and its predictions have not matured."""
    index = pd.date_range("2026-01-05", "2026-02-16", freq="1h", tz="UTC", inclusive="left")
    values = 5e6 + 1e6 * np.sin(np.arange(len(index)) / 24 * 2 * np.pi)
    pd.DataFrame({"unique_id": "A", "ds": index, "y": values}).to_csv(tmp_path / "t.csv", index=False)
    (tmp_path / "m.yml").write_text("A: {device: r1, object: eth1, metric: if_out_bps, role: edge, capacity_bps: 2e7}\n")
    (tmp_path / "policies.yml").write_text(CATALOGUE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_warnings_are_said_once_and_nothing_is_judged_in_one_sentence(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flags = ["--history", "t.csv", "--mapping", "m.yml", "--policies", "policies.yml", "--as-of", "2026-02-16T00:00:00Z", "--out", "out"]
    assert main(["replay", *flags]) == 0
    said = capsys.readouterr()
    assert said.err.count("too short a history for a back-test so far ahead") == 1, "two rounds warn of it"
    assert said.err.count("policy elsewhere looks at none of the 1 series of if_out_bps") == 1
    assert said.out.splitlines()[-1] == "No prediction has matured by 2026-02-16T00:00:00Z: the prior stands."
    assert "Brier" not in said.out
    assert [line.split()[0] for line in said.out.splitlines()[:3]] == ["origin", "2026-02-02", "2026-02-09"]
