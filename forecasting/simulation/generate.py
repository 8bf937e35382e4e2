# SPDX-License-Identifier: GPL-3.0-or-later
"""Write a history directory: all of it or nothing."""

from __future__ import annotations

import json
import shutil
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ..contracts import parse_time, to_text
from ..files import unwritable
from .calendar import calendar
from .config import Change, Deployed
from .demand import draw
from .interventions import interventions
from .network import Network
from .records import Record, records
from .served import Served, serve
from .timeline import Timeline, Times

MOMENT = pa.timestamp("us", tz="UTC")
SAMPLES = pa.schema([("unique_id", pa.string()), ("ds", MOMENT), ("y", pa.float64())])
LATENT = pa.schema([("unique_id", pa.string()), ("ds", MOMENT), ("demand", pa.float64())])
CHANGES = pa.schema(
    [(name, pa.string()) for name in ("change_id", "unique_id", "template", "effect")]
    + [("ds", MOMENT), ("before", pa.float64()), ("after", pa.float64())]
)
MANIFEST = "simulation.json"


@dataclass(frozen=True)
class Simulation:
    """A simulated past: what monitoring saw, and what lies behind it."""

    records: list[Record]
    latent: list[tuple[str, Times, np.ndarray]]
    interventions: list[dict[str, Any]]
    events: bytes
    manifest: dict[str, Any]


def simulate(network: Network, timeline: Timeline, seed: int, changes: tuple[Change, ...] = ()) -> Simulation:
    """Simulate `network` over `timeline` with `changes` deployed. The same arguments give the same result."""
    latent = draw(network, timeline, seed)
    deployed = Deployed(changes, timeline)
    served = serve(network, latent, deployed, seed)
    untouched = serve(network, latent, Deployed((), timeline), seed)
    return Simulation(
        records(network, served, deployed, seed),
        _truth(untouched, network, timeline),
        interventions(network, served, deployed),
        calendar(network, timeline),
        _manifest(timeline, seed, changes),
    )


def _truth(untouched: Served, network: Network, timeline: Timeline) -> list[tuple[str, Times, np.ndarray]]:
    """Demand under the configuration of the first day, by the name of the series that measures it."""
    found = {f"{name}|if_out_bps": state.demand for name, state in untouched.links.items()}
    for app in network.applications:
        found[f"{app.device}|{app.name}|app_response_ms"] = untouched.applications[app.name].response
    for threat in network.threats:
        found[f"{threat.device}|{threat.interface}|sec_intrusion_attempts"] = untouched.threats[threat.device].attempts
    for users in network.users:
        found[f"{users.leaf}|device|kpi_active_users"] = untouched.users[users.site]
    return [(name, timeline.times, values) for name, values in sorted(found.items())]


def as_entries(changes: tuple[Change, ...], until: datetime) -> list[dict[str, Any]]:
    """The changes dated before `until`, as the configuration file has them."""
    return [
        {
            "ds": to_text(change.ds), "device": change.device, "template": change.template, "parameters": change.parameters,
            "state": "present" if change.present else "absent", "change_id": change.change_id,
        }
        for change in changes if change.ds < until
    ]  # fmt: skip


def _manifest(timeline: Timeline, seed: int, changes: tuple[Change, ...]) -> dict[str, Any]:
    start, until = to_text(timeline.start), to_text(timeline.until)
    return {"seed": seed, "start": start, "until": until, "changes": as_entries(changes, timeline.until)}


def write(simulation: Simulation, out: Path) -> None:
    """Write all files of the history into `out`, replacing those of an earlier run; a failure leaves `out` as it was."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    except OSError as error:
        raise unwritable(out, error) from None
    try:
        _write_tables(simulation, draft)
        (draft / "events.ics").write_bytes(simulation.events)
        (draft / MANIFEST).write_text(json.dumps(simulation.manifest, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        out.mkdir(exist_ok=True)
        for path in sorted(draft.iterdir(), key=lambda path: path.name == MANIFEST):
            path.replace(out / path.name)
        if not simulation.interventions:
            (out / "interventions.parquet").unlink(missing_ok=True)
    except OSError as error:
        raise unwritable(out, error) from None
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _write_tables(simulation: Simulation, folder: Path) -> None:
    parts = sorted(simulation.records, key=lambda record: str(record.row["unique_id"]))
    pq.write_table(pa.Table.from_pylist([record.row for record in parts]), folder / "series.parquet")
    samples = [(str(record.row["unique_id"]), record.times, record.values) for record in parts]
    pq.write_table(_long(samples, SAMPLES), folder / "values.parquet")
    pq.write_table(_long(simulation.latent, LATENT), folder / "latent.parquet")
    if simulation.interventions:
        pq.write_table(pa.Table.from_pylist(simulation.interventions, schema=CHANGES), folder / "interventions.parquet")


def _long(parts: list[tuple[str, Times, np.ndarray]], schema: pa.Schema) -> pa.Table:
    """One long table of many series; the names are repeated without making a Python string a row."""
    codes = np.repeat(np.arange(len(parts), dtype=np.int32), [len(times) for _name, times, _values in parts])
    names = pa.DictionaryArray.from_arrays(pa.array(codes), pa.array([name for name, _times, _values in parts])).dictionary_decode()
    moments = pa.array(np.concatenate([times for _name, times, _values in parts]), type=pa.timestamp("us")).cast(MOMENT)
    return pa.table([names, moments, pa.array(np.concatenate([values for _name, _times, values in parts]))], schema=schema)


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """What an earlier run wrote into `folder`, or None."""
    path = folder / MANIFEST
    if not path.is_file():
        return None
    value: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return value


def moments(manifest: dict[str, Any]) -> tuple[datetime, datetime]:
    """Start and end of the earlier run."""
    return parse_time(manifest["start"]), parse_time(manifest["until"])
