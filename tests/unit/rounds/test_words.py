# SPDX-License-Identifier: GPL-3.0-or-later
"""The Provisioning Forecast in words, and the files of a round."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.forestage.network.plugins.plugin_utils.rounds.files import read_json, read_lines, write_json, write_lines
from ansible_collections.forestage.network.plugins.plugin_utils.rounds.words import change_in_words, forecast_in_words, table
from hypothesis import given
from hypothesis import strategies as st

EXAMPLE = Path(__file__).parents[1] / "boundaries" / "examples" / "recommendation.json"
CELLS = st.text(st.characters(categories=["L", "N", "P", "Zs"]), max_size=120)


@pytest.mark.parametrize(
    ("template", "parameters", "words"),
    [
        ("capacity", {"interface": "eth3", "rate_mbit": 40}, "eth3 to 40 Mbit/s"),
        ("te_cost", {"interface": "eth3", "cost": 100}, "OSPF cost of eth3 to 100"),
        ("filter", {"name": "scan", "source": "203.0.113.0/24", "protocol": "tcp", "port": 22}, "drop tcp from 203.0.113.0/24 port 22"),
        ("blackhole", {"prefix": "203.0.113.0/24", "state": "absent"}, "take back: blackhole 203.0.113.0/24"),
        ("capacity", {"interface": "eth3"}, "interface eth3"),
        ("of_another_engine", {"size": 3, "deep": {"x": 1}}, "size 3"),
    ],
)
def test_a_change_is_one_phrase(template: str, parameters: dict[str, Any], words: str) -> None:
    assert change_in_words({"template": template, "kind": "capacity", "parameters": parameters}) == words


def test_the_table_names_rank_device_change_confidence_date_and_reason() -> None:
    item = json.loads(EXAMPLE.read_text(encoding="utf-8"))
    text = forecast_in_words([item, {**item, "device": "leaf-c1", "device_role": "leaf"}])
    parts = ["rank", "1", "core-a1", "capacity: eth3 to 40 Mbit/s", "91%", "2026-03-09 09:00", "Demand on core-a1", "leaf-c1 (as leaf)"]
    assert [part for part in parts if part not in text] == []


def test_nothing_to_recommend_is_a_sentence() -> None:
    assert "nothing needs to change" in forecast_in_words([])


@pytest.mark.parametrize("recommended", [True, False])
def test_who_may_act_by_itself_stands_below(recommended: bool) -> None:
    item = json.loads(EXAMPLE.read_text(encoding="utf-8"))
    asking = [{"policy": "uplink-capacity", "mode": "approve", "reason": "mode auto is held at approve: 6.0 independent outcomes"}]
    text = forecast_in_words([item] if recommended else [], autonomy=asking)
    assert text.splitlines()[-1] == "uplink-capacity: mode auto is held at approve: 6.0 independent outcomes."


@given(st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=5), st.integers(0, 300))
def test_a_table_is_never_wider_than_its_bound_and_loses_no_word(rows: list[tuple[str, str, str]], columns: int) -> None:
    lines = table(("one", "two", "three"), rows, columns).splitlines()
    assert max(map(len, lines)) <= 160
    shown = "".join("".join(lines).split())
    assert all(len("".join(cell.split())) <= len(shown) for row in rows for cell in row)


def test_files_are_written_whole_and_read_back(tmp_path: Path) -> None:
    values = [{"a": 1}, {"b": "ü\n"}]
    assert read_lines(write_lines(tmp_path / "deep" / "x.jsonl", values)) == values
    assert read_json(write_json(tmp_path / "x.json", values)) == values
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == ["x.json", "x.jsonl"]


@pytest.mark.parametrize(("text", "sentence"), [('{"a":1}\n{"a"', "line 2 is not JSON"), ("\x00", "line 1 is not JSON")])
def test_a_broken_line_is_named(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "ledger.jsonl"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=sentence):
        read_lines(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="nowhere.json cannot be read"):
        read_json(tmp_path / "nowhere.json")
