# SPDX-License-Identifier: GPL-3.0-or-later
"""The Provisioning Forecast as a person reads it at a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import Any

HEADINGS = ("rank", "device", "change", "confidence", "needed by", "why")
NARROWEST = 120
WIDEST = 160
CHANGE_WIDTH = 34
WHY_NARROWEST = 30


def change_in_words(change: Mapping[str, Any]) -> str:
    """One phrase for a change, such as ``eth3 to 40 Mbit/s``."""
    given = change["parameters"]
    write = PHRASES.get(change["template"], _plain)
    try:
        phrase = write(given)
    except (KeyError, TypeError, IndexError):
        phrase = _plain(given)
    return f"take back: {phrase}" if given.get("state") == "absent" else phrase


def percent(probability: float) -> str:
    """A probability for a table; never a certainty, because no forecast is one."""
    return ">99%" if probability > 0.99 else "<1%" if probability < 0.01 else f"{probability:.0%}"


def forecast_in_words(
    recommendations: Sequence[Mapping[str, Any]], columns: int = NARROWEST, autonomy: Sequence[Mapping[str, Any]] = ()
) -> str:
    """The ranked table, at most `columns` wide, and which policies may act by themselves; one sentence where nothing is recommended."""
    below = "".join(f"\n{item['policy']}: {item['reason']}." for item in autonomy)
    if not recommendations:
        return f"The Provisioning Forecast: nothing needs to change within the horizon.{below}"
    rows = [_row(rank, item) for rank, item in enumerate(recommendations, 1)]
    title = f"The Provisioning Forecast as of {recommendations[0]['as_of']}"
    return f"{title}\n{table(HEADINGS, rows, columns)}{below}"


def table(headings: Sequence[str], rows: Sequence[Sequence[str]], columns: int) -> str:
    """Rows under headings; the last column is wrapped to what is left of `columns`, the others to 34 characters."""
    cells = [headings, *rows]
    widths = [min(CHANGE_WIDTH, max(len(row[index]) for row in cells)) for index in range(len(headings) - 1)]
    left = min(max(columns, NARROWEST), WIDEST) - sum(widths) - 2 * len(widths)
    widths.append(max(WHY_NARROWEST, left))
    lines = [line for row in cells for line in _wrapped(row, widths)]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])


def _wrapped(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    parts = [textwrap.wrap(cell, width) or [""] for cell, width in zip(row, widths, strict=True)]
    height = max(map(len, parts))
    filled = [part + [""] * (height - len(part)) for part in parts]
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in zip(*filled, strict=True)]


def _row(rank: int, item: Mapping[str, Any]) -> tuple[str, ...]:
    role = f" (as {item['device_role']})" if item.get("device_role") else ""
    until = item["lifetime"].get("revert_at")
    change = f"{item['change']['kind']}: {change_in_words(item['change'])}{f', until {_minute(until)}' if until else ''}"
    return (str(rank), f"{item['device']}{role}", change, percent(item["confidence"]), _minute(item["needed_by"]), item["evidence"]["why"])


def _minute(time: str) -> str:
    return time[:16].replace("T", " ")


def _plain(given: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in given.items() if isinstance(value, str | int | float))


def _flow(given: Mapping[str, Any]) -> str:
    port = f" port {given['port']}" if given.get("port") else ""
    to = f" to {given['destination']}" if given.get("destination") else ""
    return f"{given.get('protocol', '')} from {given['source']}{to}{port}".strip()


PHRASES: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "capacity": lambda given: f"{given['interface']} to {given['rate_mbit']:g} Mbit/s",
    "te_cost": lambda given: f"OSPF cost of {given['interface']} to {given['cost']}",
    "drain": lambda given: f"drain {given['interface']}",
    "qos_event": lambda given: f"{given['share_percent']} % of {given['interface']} for {given['class_name']}",
    "filter": lambda given: f"drop {_flow(given)}",
    "rate_limit": lambda given: f"{_flow(given)} to {given['packets_per_second']} packets/s",
    "blackhole": lambda given: f"blackhole {given['prefix']}",
    "bgp_neighbor": lambda given: f"BGP neighbour {given['neighbor']} (AS {given['remote_as']})",
    "device_baseline": lambda given: f"new {given['role']} {given['hostname']}, {len(given['uplinks'])} uplinks",
}
