# SPDX-License-Identifier: GPL-3.0-or-later
"""``outcome`` from the command line: three files, valid by their schemas, or one sentence and nothing."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from forecasting.__main__ import main
from forecasting.contracts import check, to_text
from forecasting.files import write_text
from forecasting.ledger import as_lines, read_ledger
from forecasting.simulation.generate import simulate, write
from forecasting.simulation.network import lab
from forecasting.simulation.timeline import Timeline

from .worlds import START, entry

AS_OF = START + timedelta(weeks=3)


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("history") / "h"
    write(simulate(lab(), Timeline(START, AS_OF, lab().tz), 3), folder)
    return folder


def arguments(history: Path, tmp_path: Path) -> list[str]:
    files = ["--history", str(history), "--ledger", str(tmp_path / "ledger.jsonl"), "--out", str(tmp_path / "out")]
    return ["outcome", *files, "--as-of", to_text(AS_OF), "--json"]


def answer(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(capsys.readouterr().out.splitlines()[-1])
    return found


def test_outcomes_ledger_and_calibration_are_written(history: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = START + timedelta(days=7)
    entries = [entry(f"core-{name}|eth3|if_out_bps", limit, made) for name in ("a1", "b1") for limit in (1e6, 5e7)]
    entries.append(entry("edge-a1|eth3|if_out_bps", 5e7, AS_OF - timedelta(days=1)))
    write_text(tmp_path / "ledger.jsonl", as_lines(entries))
    assert main(arguments(history, tmp_path)) == 0
    result = answer(capsys)["result"]
    assert (result["needed"], result["not_needed"], result["unknown"], result["open"]) == (2, 2, 0, 1)
    outcomes = [json.loads(line) for line in (tmp_path / "out" / "outcomes.jsonl").read_text().splitlines()]
    for outcome in outcomes:
        check("outcome", outcome)
    learnt = read_ledger(tmp_path / "out" / "ledger.jsonl")
    assert sum(found["outcome"] is not None for found in learnt) == 4
    assert json.loads((tmp_path / "out" / "calibration.json").read_text())["matured"] == 4


def test_a_ledger_without_entries_gives_an_empty_report(history: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "ledger.jsonl").write_text("")
    assert main([word for word in arguments(history, tmp_path) if word != "--json"]) == 0
    assert "the prior stands" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("flag", "value", "said"),
    [
        ("--as-of", "yesterday", "is not a time"),
        ("--history", "/nonexistent", "there is no history"),
        ("--deployments", "ledger.jsonl", "is neither a job nor a deployment"),
    ],
)
def test_bad_input_gets_a_sentence_and_writes_nothing(
    history: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], flag: str, value: str, said: str
) -> None:
    write_text(tmp_path / "ledger.jsonl", as_lines([entry("core-a1|eth3|if_out_bps", 1e6, START + timedelta(days=7))]))
    given = str(tmp_path / value) if flag == "--deployments" else value
    assert main([*arguments(history, tmp_path), flag, given]) == 2
    assert said in answer(capsys)["message"]
    assert not (tmp_path / "out").exists()
