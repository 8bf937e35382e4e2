# SPDX-License-Identifier: GPL-3.0-or-later
"""The Provisioning Forecast as a table for the terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ..contracts import parse_time
from ..units import day, moment, percent
from . import words

HEAD = ("#", "Device", "Change", "Confidence", "Needed by", "Why")
MOST = (3, 16, 30, 10, 16)
LEAST_WHY = 19
GAP = "  "
CONTROL = dict.fromkeys((*range(32), *range(127, 160)), "\N{REPLACEMENT CHARACTER}")


def render(provisioning_forecast: Mapping[str, Any], width: int = 100) -> str:
    """The ranked table, `width` characters wide (never fewer than it takes to be read), and what was left out."""
    as_of = parse_time(provisioning_forecast["as_of"])
    items = provisioning_forecast["recommendations"]
    head = f"Provisioning Forecast as of {moment(as_of)}"
    if not items:
        return "\n".join([head, "Nothing is forecast to be needed.", *_notes(provisioning_forecast, width)])
    rows = [_cells(rank, item, as_of) for rank, item in enumerate(items, 1)]
    widths = [min(most, max(len(row[column]) for row in (*rows, HEAD))) for column, most in enumerate(MOST)]
    widths.append(max(LEAST_WHY, width - sum(widths) - len(GAP) * len(widths)))
    lines = [head, "", _line(HEAD, widths), GAP.join("─" * size for size in widths)]
    for row in rows:
        lines += [*_wrapped(row, widths), ""]
    return "\n".join([*lines[:-1], *_notes(provisioning_forecast, width)])


def _cells(rank: int, item: Mapping[str, Any], as_of: datetime) -> tuple[str, ...]:
    due = parse_time(item["needed_by"])
    role = f" ({item['device_role']})" if item.get("device_role") else ""
    cells = (
        str(rank),
        f"{item['device']}{role}",
        words.change(item["change"], item.get("device_role")) + _lifetime(item["lifetime"]),
        percent(item["confidence"]),
        "now" if due <= as_of else f"{day(due)} {due:%H:%M}",
        item["evidence"]["why"],
    )
    return tuple(cell.translate(CONTROL) for cell in cells)


def _lifetime(lifetime: Mapping[str, Any]) -> str:
    return "" if lifetime["permanent"] else f" until {day(parse_time(lifetime['revert_at']))}"


def _wrapped(row: tuple[str, ...], widths: list[int]) -> list[str]:
    columns = [textwrap.wrap(cell, size) or [""] for cell, size in zip(row, widths, strict=True)]
    height = max(len(column) for column in columns)
    return [_line([column[index] if index < len(column) else "" for column in columns], widths) for index in range(height)]


def _line(cells: tuple[str, ...] | list[str], widths: list[int]) -> str:
    return GAP.join(cell.ljust(size) for cell, size in zip(cells, widths, strict=True)).rstrip()


def _notes(provisioning_forecast: Mapping[str, Any], width: int) -> list[str]:
    """What stands below the table: which policies may act by themselves, and what was left out."""
    asking = [f"  {item['policy']}: {item['reason']}".translate(CONTROL) for item in provisioning_forecast.get("autonomy", [])]
    wrapped = [line for text in asking for line in textwrap.wrap(text, width, subsequent_indent="    ")]
    return [*(["", "By themselves:", *wrapped] if wrapped else []), *_left_out(provisioning_forecast)]


def _left_out(provisioning_forecast: Mapping[str, Any]) -> list[str]:
    left_out = provisioning_forecast.get("left_out", [])
    if not left_out:
        return []
    return ["", "Left out:", *(f"  {item['unique_id']}: {item['reason']}".translate(CONTROL) for item in left_out)]
