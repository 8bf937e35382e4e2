# SPDX-License-Identifier: GPL-3.0-or-later
"""The ledger as a file: what is read back is what was written, and a bad line is named."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from forecasting.contracts import ContractError
from forecasting.errors import InputError
from forecasting.files import write_text
from forecasting.ledger import as_lines, decided, read_ledger, with_outcomes

from .worlds import START, entry

ENTRIES = [entry(f"core-a1|eth{n}|if_out_bps", 16e6, START + timedelta(days=n), entry_id=f"entry-{n:04d}") for n in range(1, 4)]


def outcome(entry_id: str, needed: str) -> dict[str, str]:
    return {"schema": "forestage/outcome/1", "entry_id": entry_id, "needed": needed, "measured_at": "2026-11-23T00:00:00Z"}


def test_entries_come_back_in_order_of_their_origin(tmp_path: Path) -> None:
    write_text(tmp_path / "ledger.jsonl", as_lines(reversed(ENTRIES)))
    assert read_ledger(tmp_path / "ledger.jsonl") == ENTRIES


def test_of_entries_with_one_id_the_last_counts(tmp_path: Path) -> None:
    later = ENTRIES[0] | {"outcome": outcome("entry-0001", "needed")}
    write_text(tmp_path / "ledger.jsonl", as_lines([*ENTRIES, later]))
    assert read_ledger(tmp_path / "ledger.jsonl") == [later, *ENTRIES[1:]]


def test_an_empty_ledger_is_no_fault(tmp_path: Path) -> None:
    (tmp_path / "ledger.jsonl").write_text("\n")
    assert read_ledger(tmp_path / "ledger.jsonl") == []


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{nonsense", "line 2 is not JSON"),
        ("[]", "line 2 is not a JSON object"),
        (json.dumps({"schema": "forestage/ledger_entry/1"}), "line 2"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, said: str) -> None:
    (tmp_path / "ledger.jsonl").write_text(f"{json.dumps(ENTRIES[0])}\n{line}\n")
    with pytest.raises((InputError, ContractError), match=said):
        read_ledger(tmp_path / "ledger.jsonl")


def test_a_missing_ledger_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere.jsonl cannot be read"):
        read_ledger(tmp_path / "nowhere.jsonl")


def test_a_number_that_is_none_is_not_written() -> None:
    with pytest.raises(ValueError, match="JSON"):
        as_lines([{"limit": float("nan")}])


def test_only_matured_and_decided_entries_teach() -> None:
    outcomes = [outcome("entry-0001", "needed"), outcome("entry-0002", "unknown"), outcome("entry-0003", "not_needed")]
    known = with_outcomes(ENTRIES, outcomes)
    assert [found["entry_id"] for found in decided(known, START + timedelta(days=9))] == ["entry-0001"]
    assert [found["entry_id"] for found in decided(known, START + timedelta(days=11))] == ["entry-0001", "entry-0003"]
