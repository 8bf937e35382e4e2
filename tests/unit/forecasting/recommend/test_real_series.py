# SPDX-License-Identifier: GPL-3.0-or-later
"""Two providers' real traffic: a limit just below the peak to come is recommended in time, twice that peak is not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from forecasting.__main__ import main
from forecasting.contracts import parse_time

DAYS = 2
JUST_BELOW = 0.95
SERIES = {"A5M": ("edge-a1", "2005-07-26T00:00:00Z"), "B5M": ("edge-b1", "2005-01-24T00:00:00Z")}
POLICY = """\
version: 1
policies:
  - name: transit
    severity: critical
    lead_time: 2h
    when:
      metric: if_out_bps
      limit: {series: capacity_bps}
      duration: 1h
      horizon: 2d
      min_confidence: 0.5
    what:
      template: capacity
      parameters: {interface: "{{ object }}", rate_mbit: "{{ [peak_q90 / 1e6, 1] | max | round(3) }}"}
"""


def mapping(limits: dict[str, float]) -> str:
    entries = {
        name: {"device": device, "object": "eth1", "metric": "if_out_bps", "scale": 1 / 300, "capacity_bps": limits[name]}
        for name, (device, _unused) in SERIES.items()
    }
    return json.dumps(entries)


@pytest.fixture(scope="module")
def peaks(benchmark_data: Path) -> dict[str, tuple[float, pd.Timestamp]]:
    """Per series the highest hour held out, bit/s, and the first hour beyond `JUST_BELOW` of it."""
    table = pd.read_parquet(benchmark_data / "isp_cortez_5M.parquet")
    found = {}
    for name, (_unused, as_of) in SERIES.items():
        own = table[table["unique_id"] == name].set_index("ds")["y"].tz_localize("UTC").div(300)
        held = own.loc[pd.Timestamp(as_of) : pd.Timestamp(as_of) + pd.Timedelta(days=DAYS)].resample("1h").mean()
        found[name] = (float(held.max()), held[held > JUST_BELOW * held.max()].index[0])
    return found


def recommended(folder: Path, data: Path, name: str, limits: dict[str, float]) -> dict[str, Any]:
    (folder / "mapping.yml").write_text(mapping(limits), encoding="utf-8")
    (folder / "policies.yml").write_text(POLICY, encoding="utf-8")
    given = {
        "history": data / "isp_cortez_5M.parquet", "mapping": folder / "mapping.yml", "policies": folder / "policies.yml",
        "as-of": SERIES[name][1], "out": folder / "out",
    }  # fmt: skip
    assert main(["recommend", "--json", *(str(word) for key, value in given.items() for word in (f"--{key}", value))]) == 0
    found: dict[str, Any] = json.loads((folder / "out" / "provisioning_forecast.json").read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("name", SERIES)
def test_a_limit_just_below_the_peak_is_recommended_before_the_crossing(
    name: str, tmp_path: Path, benchmark_data: Path, peaks: dict[str, tuple[float, pd.Timestamp]]
) -> None:
    limits = {other: JUST_BELOW * peak for other, (peak, _unused) in peaks.items()}
    (found,) = recommended(tmp_path, benchmark_data, name, limits)["recommendations"]
    assert (found["device"], found["object"]) == (SERIES[name][0], "eth1")
    assert parse_time(found["as_of"]) < peaks[name][1]
    assert parse_time(found["needed_by"]) <= peaks[name][1]


@pytest.mark.parametrize("name", SERIES)
def test_a_limit_at_twice_the_peak_gives_nothing(
    name: str, tmp_path: Path, benchmark_data: Path, peaks: dict[str, tuple[float, pd.Timestamp]]
) -> None:
    forecast = recommended(tmp_path, benchmark_data, name, {other: 2 * peak for other, (peak, _unused) in peaks.items()})
    assert forecast["recommendations"] == []
    assert [item["device"] for item in forecast["evaluated"]] == [SERIES[name][0]]
