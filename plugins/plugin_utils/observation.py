# SPDX-License-Identifier: GPL-3.0-or-later
"""What devices observe, as samples of a history folder in CSV."""

from __future__ import annotations

import csv
import fcntl
import io
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from ansible_collections.forestage.network.forecasting.contracts import check

from .files import write_text

VALUES = ("unique_id", "ds", "y")
COLUMNS = tuple("unique_id device object metric unit tz kind criticality site role vendor model interval_s labels".split())


class ObservationError(ValueError):
    """A history that cannot be added to; the text says why."""


class Sample(NamedTuple):
    """One value of one series of a device."""

    object: str
    metric: str
    unit: str
    kind: str
    value: float


def samples_of(seen: Mapping[str, Any], qos: Mapping[str, Any] | None = None) -> list[Sample]:
    """The samples in one observation of a device.

    Args:
        seen: what the agent observed.
        qos: the shaping of its running configuration, where known; it gives the capacity of an interface.

    Returns:
        Octets sent and packets dropped of each interface but the loopback, both counters; packets that each nftables
        table of a change counted; capacities in bit/s.
    """
    found = []
    for port, counters in seen["interfaces"].items():
        if port != "lo":
            drops = sum(one["drops"] for one in seen["qos"].get(port, {}).values()) + counters["tx_dropped"]
            found.append(Sample(port, "if_out_octets", "octets", "counter", counters["tx_bytes"]))
            found.append(Sample(port, "if_drops", "packets", "counter", drops))
    for table in sorted({rule["table"] for rule in seen["nft"] if " forestage_" in rule["table"]}):
        hits = sum(rule["packets"] for rule in seen["nft"] if rule["table"] == table)
        found.append(Sample(table.split()[1], "rule_packets", "packets", "counter", hits))
    return found + [Sample(port, "capacity_bps", "bit/s", "limit", wish["rate_kbit"] * 1000) for port, wish in (qos or {}).items()]


def add(folder: Path, device: str, at: str, samples: list[Sample], attributes: Mapping[str, Any]) -> int:
    """Add samples of one device to a history folder, and rows for series that it does not know yet.

    Args:
        folder: of the history; made where it is missing.
        device: name of the device.
        at: time of the observation, RFC 3339 UTC.
        samples: what was observed.
        attributes: columns of the table of series that hold for the device (site, role, criticality …).

    Returns:
        How many samples were added: none when that observation is there already.

    Raises:
        ObservationError: the folder holds Parquet tables.
        ContractError: a name or attribute does not match the schema series_row.
    """
    if any((folder / f"{name}.parquet").exists() for name in ("series", "values")):
        raise ObservationError(f"{folder} holds Parquet tables, to which nothing can be added; give a folder of its own for observations")
    rows = {f"{device}|{one.object}|{one.metric}": _row(device, one, attributes) for one in samples}
    for name, row in rows.items():
        check("series_row", {key: value for key, value in row.items() if value != ""}, f"series {name}")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _locked(folder):
        if _has(folder / "values.csv", {f"{name},{at}," for name in rows}):
            return 0
        known = _known(folder / "series.csv")
        if rows.keys() - known.keys():
            write_text(folder / "series.csv", _csv(COLUMNS, [*known.values(), *(rows[name] for name in rows if name not in known)]))
        lines = _csv(VALUES, [{"unique_id": f"{device}|{one.object}|{one.metric}", "ds": at, "y": one.value} for one in samples])
        _append(folder / "values.csv", lines)
    return len(samples)


def _row(device: str, one: Sample, attributes: Mapping[str, Any]) -> dict[str, Any]:
    own = {
        "unique_id": f"{device}|{one.object}|{one.metric}", "device": device, "object": one.object, "metric": one.metric,
        "unit": one.unit, "tz": "UTC", "kind": one.kind,
    }  # fmt: skip
    return {**dict.fromkeys(COLUMNS, ""), **{key: value for key, value in attributes.items() if key in COLUMNS and value}, **own}


def _csv(columns: tuple[str, ...], rows: list[dict[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _known(file: Path) -> dict[str, dict[str, Any]]:
    if not file.exists():
        return {}
    with file.open(encoding="utf-8", newline="") as lines:
        return {row["unique_id"]: row for row in csv.DictReader(lines)}


def _has(file: Path, beginnings: set[str]) -> bool:
    if not file.exists():
        return False
    with file.open(encoding="utf-8") as lines:
        return any(line.startswith(tuple(beginnings)) for line in lines)


def _append(file: Path, text: str) -> None:
    """Add the rows in one write; the header only to a new file."""
    body = text if not file.exists() else text.partition("\n")[2]
    descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        out.write(body)
        out.flush()
        os.fsync(out.fileno())


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    with (folder / ".lock").open("w", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def attributes_of(given: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes with labels as the JSON text that the table of series holds."""
    labels = given.get("labels")
    return {**given, **({"labels": json.dumps(labels, sort_keys=True)} if isinstance(labels, dict) else {})}
