# SPDX-License-Identifier: GPL-3.0-or-later
"""The command recommend on the lab's own history: five kinds of change; and one clear sentence for every bad input."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from forecasting.__main__ import main
from forecasting.contracts import errors_of

ROOT = Path(__file__).resolve().parents[4]
POLICIES = ROOT / "inventories" / "lab" / "policies.yml"
AS_OF = "2026-11-23T00:00:00Z"


@pytest.fixture(scope="module")
def lab_history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lab") / "history"
    assert main(["simulate", "--json", "--out", str(folder), "--seed", "7"]) == 0
    return folder


def ask(out: Path, **given: Any) -> int:
    words = [word for name, value in given.items() for word in (f"--{name.replace('_', '-')}", str(value))]
    return main(["recommend", "--json", "--out", str(out), *words])


def test_the_lab_history_calls_for_one_change_of_each_kind(lab_history: Path, tmp_path: Path) -> None:
    assert ask(tmp_path / "out", history=lab_history, policies=POLICIES, as_of=AS_OF) == 0
    forecast = json.loads((tmp_path / "out" / "provisioning_forecast.json").read_text(encoding="utf-8"))
    entries = [json.loads(line) for line in (tmp_path / "out" / "ledger.jsonl").read_text(encoding="utf-8").splitlines()]
    found = {item["change"]["template"]: (item["device"], item["object"]) for item in forecast["recommendations"]}
    assert found == {
        "capacity": ("edge-a1", "eth3"),
        "te_cost": ("core-a1", "eth3"),
        "qos_event": ("edge-b1", "eth3"),
        "filter": ("edge-b1", "203.0.113.0/24"),
        "device_baseline": ("leaf-b2", "device"),
    }
    assert errors_of("provisioning_forecast", forecast) == []
    assert [error for entry in entries for error in errors_of("ledger_entry", entry)] == []
    assert {entry["unique_id"] for entry in entries if not entry["recommendation_id"]} >= {
        "edge-b1|eth3|if_out_bps",
        "leaf-a1|device|kpi_active_users",
    }


BAD = {
    "a policy file with a typo": ({"policies": "version: 1\npolicis: []\n"}, ":2: unknown key 'policis'; did you mean 'policies'?"),
    "no policy file": ({"policies": None}, "there is no such file"),
    "a time without a zone": ({"as_of": "2026-11-23T00:00:00"}, "no time zone"),
    "running facts that are no object": ({"running": "[]"}, "must be a JSON object of facts by device"),
    "a hostile device name": ({"running": '{"eth0; reboot": {}}'}, "eth0; reboot"),
    "a change log that is no JSON": ({"change_log": "{\n"}, "line 1 is not JSON"),
    "a change log without times": ({"change_log": '{"device": "a", "object": "b", "template": "c", "state": "queued"}\n'}, "at is missing"),
    "a ledger entry that breaks its schema": ({"ledger": '{"schema": 1}\n'}, "line 1"),
    "no forecast in the folder": ({"forecast": ""}, "holds no forecast.parquet"),
    "a history that is not there": ({"history": None}, "there is no history"),
    "an empty template catalogue": ({"templates": ""}, "holds no template"),
}


@pytest.mark.parametrize("case", BAD, ids=lambda case: case.replace(" ", "-"))
def test_bad_input_gets_one_sentence_and_writes_nothing(
    case: str, lab_history: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given: dict[str, Any] = {"history": lab_history, "policies": POLICIES, "as_of": AS_OF}
    changed, mend = BAD[case]
    for name, content in changed.items():
        file = tmp_path / name
        if name == "as_of":
            given[name] = content
            continue
        if content == "":
            file.mkdir()
        elif content is not None:
            file.write_text(content, encoding="utf-8")
        given[name] = file
    if "change_log" in changed:
        given["forecast"] = _flat_forecast(tmp_path / "given")
    assert ask(tmp_path / "out", **given) == 2
    event = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert event["event"] == "error"
    assert mend in event["message"]
    assert "\n" not in event["message"]
    assert not (tmp_path / "out").exists()


def _flat_forecast(folder: Path) -> Path:
    folder.mkdir()
    ds = pd.date_range(AS_OF, periods=24, freq="h")
    frame = pd.DataFrame({"unique_id": "edge-a1|eth3|if_out_bps", "ds": ds, "q10": 1.0, "q50": 2.0, "q90": 3.0})
    frame.to_parquet(folder / "forecast.parquet", index=False)
    return folder
