# SPDX-License-Identifier: GPL-3.0-or-later
"""The command that tells anomalies: what it names, from when on, and what it says to bad input."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from forecasting.__main__ import main

BEGIN, HOURS = pd.Timestamp("2026-01-05T00:00:00Z"), 24 * 30
MAPPING = """\
spike: {device: r1, object: eth1, metric: if_out_bps, unit: bit/s}
level: {device: r1, object: eth2, metric: if_out_bps, unit: bit/s}
silent: {device: r1, object: eth3, metric: if_out_bps, unit: bit/s}
short: {device: r1, object: eth4, metric: app_response_ms, unit: ms}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    noise = np.random.default_rng(2).normal(0, 2e5, (3, HOURS))
    spike, level, silent = 2e7 + noise
    spike[700] += 3e7
    level[690:] -= 8e6
    times = pd.date_range(BEGIN, periods=HOURS, freq="h")
    parts = [
        pd.DataFrame({"unique_id": name, "ds": times[: len(values)], "y": values})
        for name, values in {"spike": spike, "level": level, "silent": silent[:710], "short": silent[:5]}.items()
    ]
    pd.concat(parts).to_csv(tmp_path / "t.csv", index=False)
    (tmp_path / "m.yml").write_text(MAPPING)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def told(capsys: pytest.CaptureFixture[str], **changes: str) -> tuple[int, dict[str, Any]]:
    given = {"history": "t.csv", "mapping": "m.yml", "as-of": "2026-02-04T00:00:00Z", "last": "2d"} | changes
    code = main(["anomalies", *(word for key, value in given.items() for word in (f"--{key}", value)), "--json"])
    return code, json.loads(capsys.readouterr().out.splitlines()[-1])


@pytest.mark.usefixtures("folder")
def test_series_start_kind_and_size_are_told_and_what_cannot_be_watched(capsys: pytest.CaptureFixture[str]) -> None:
    code, event = told(capsys)
    result = event["result"]
    found = {(item["unique_id"], item["start"], item["kind"]): item for item in result["anomalies"]}
    assert code == 0
    spike = found["r1|eth1|if_out_bps", "2026-02-03T04:00:00Z", "spike"]
    level = found["r1|eth2|if_out_bps", "2026-02-02T18:00:00Z", "level shift"]
    silent = found["r1|eth3|if_out_bps", "2026-02-03T14:00:00Z", "missing data"]
    assert spike["size"] == pytest.approx(3e7, rel=0.05) and "Mbit/s above the usual" in spike["words"]
    assert level["size"] == pytest.approx(-8e6, rel=0.1) and level["words"].startswith("down by")
    assert silent["size"] == pytest.approx(10, abs=1)
    assert [item["unique_id"] for item in result["left_out"]] == ["r1|eth4|app_response_ms"]
    assert [item["seen"] for item in result["anomalies"]] == sorted((item["seen"] for item in result["anomalies"]), reverse=True)


@pytest.mark.usefixtures("folder")
def test_nothing_after_the_moment_is_looked_at_and_nothing_before_the_time_asked_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    _code, event = told(capsys, **{"as-of": "2026-02-02T12:00:00Z"})
    assert not [item for item in event["result"]["anomalies"] if item["kind"] in ("level shift", "missing data")]
    _code, event = told(capsys, last="1d")
    assert all(item["seen"] >= "2026-02-03T00:00:00Z" for item in event["result"]["anomalies"])


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("changes", "why"),
    [({"last": "soon"}, "--last"), ({"least": "0"}, "--least"), ({"only-metric": "none"}, "no such metric"), ({"as-of": "now"}, "--as-of")],
)
def test_bad_input_is_one_sentence(capsys: pytest.CaptureFixture[str], changes: dict[str, str], why: str) -> None:
    code, event = told(capsys, **changes)
    assert code == 2 and event["event"] == "error" and why in event["message"]


@pytest.mark.usefixtures("folder")
def test_people_get_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["anomalies", "--history", "t.csv", "--mapping", "m.yml", "--as-of", "2026-02-04T00:00:00Z"]) == 0
    printed = capsys.readouterr().out
    assert printed.splitlines()[0].startswith("4 series watched;")
    assert "r1|eth2|if_out_bps" in printed and "level shift" in printed
