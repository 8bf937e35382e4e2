# SPDX-License-Identifier: GPL-3.0-or-later
"""The prediction ledger: every evaluated series × policy × round, one JSON value a line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from .contracts import check, parse_time
from .errors import InputError

Entry = dict[str, Any]


def read_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The JSON objects of a file, one a line, each with its line number; blank lines are skipped. Raises `InputError`."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read ({error}); give a file with one JSON value a line") from None
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except ValueError as error:
            raise InputError(f"{path} line {number} is not JSON ({error}); mend or remove that line") from None
        if not isinstance(value, dict):
            raise InputError(f"{path} line {number} is not a JSON object; mend or remove that line")
        yield number, value


def read_ledger(path: Path) -> list[Entry]:
    """All entries, in order of their origin. Of entries with one id the last line counts. Raises on the first bad line."""
    found: dict[str, Entry] = {}
    for number, value in read_lines(path):
        check("ledger_entry", value, f"{path} line {number}")
        found[value["entry_id"]] = value
    return in_order(found.values())


def in_order(entries: Iterable[Entry]) -> list[Entry]:
    """Entries by origin, then by id: an order that does not depend on how they were stored."""
    return sorted(entries, key=lambda entry: (parse_time(entry["as_of"]), entry["entry_id"]))


def as_lines(values: Iterable[Mapping[str, Any]]) -> str:
    """One JSON value a line."""
    return "".join(json.dumps(value, ensure_ascii=False, allow_nan=False, sort_keys=True) + "\n" for value in values)


def with_outcomes(entries: Iterable[Entry], outcomes: Iterable[Mapping[str, Any]]) -> list[Entry]:
    """The entries with new outcomes attached; an entry that got none keeps the one it had."""
    by_id = {outcome["entry_id"]: dict(outcome) for outcome in outcomes}
    return [entry | {"outcome": by_id.get(entry["entry_id"], entry.get("outcome"))} for entry in entries]


def is_matured(entry: Mapping[str, Any], as_of: datetime) -> bool:
    """True when the whole window of the prediction lies before `as_of`."""
    return parse_time(entry["matures_at"]) <= as_of


def decided(entries: Iterable[Entry], as_of: datetime) -> list[Entry]:
    """The matured entries whose outcome is needed or not_needed.

    An entry that was decided early is kept out until it matures: only crossings can be seen early,
    so early outcomes would all be of one kind.
    """
    return [
        entry for entry in entries if is_matured(entry, as_of) and (entry.get("outcome") or {}).get("needed") in ("needed", "not_needed")
    ]
