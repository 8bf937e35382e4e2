# SPDX-License-Identifier: GPL-3.0-or-later
"""How long ansible-inventory takes with a full queue, above what it takes with an empty one.

Usage: python tests/benchmarks/inventory_speed.py [jobs] [devices]
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COLLECTIONS = ROOT / ".cache" / "collections"
REPEATS = 3


def fill(path: Path, jobs: int, devices: int) -> None:
    """Create a queue at `path` with `jobs` recommendations spread over `devices`."""
    from ansible.plugins.loader import init_plugin_loader

    init_plugin_loader([str(COLLECTIONS)])
    from ansible_collections.forestage.network.forecasting.contracts import to_text
    from ansible_collections.forestage.network.plugins.plugin_utils.queue import Gate, Store

    now = datetime.now(UTC)
    entries = [
        {
            "schema": "forestage/recommendation/1",
            "recommendation_id": f"benchmark-{number:08d}",
            "as_of": to_text(now),
            "device": f"router-{number % devices:05d}",
            "site": f"site {number % 40}",
            "object": f"eth{number // devices + 1}",
            "change": {
                "template": "capacity",
                "kind": "capacity",
                "parameters": {"interface": f"eth{number // devices + 1}", "rate_mbit": 40},
            },
            "lifetime": {"permanent": True},
            "confidence": (number % 97) / 100,
            "severity": ("minor", "major", "critical")[number % 3],
            "criticality": ("low", "normal", "high", "critical")[number % 4],
            "priority": 50,
            "needed_by": to_text(now + timedelta(hours=number % 300)),
            "expires": to_text(now + timedelta(days=30)),
            "mode": "shadow",
            "policy": {"name": "link_capacity", "version": "1"},
            "evidence": {
                "why": "Demand will pass the limit in force.",
                "outlook": "Within the horizon; packets are lost if nothing is done.",
            },
        }
        for number in range(jobs)
    ]
    forecast = {"schema": "forestage/provisioning_forecast/1", "as_of": to_text(now), "engine": {"name": "benchmark", "version": "1"}}
    store = Store.open(str(path), create=True)
    if jobs:
        store.ingest(
            {**forecast, "recommendations": entries}, actor="benchmark", gate=Gate(minimum_recommendations=jobs, minimum_devices=jobs)
        )


def seconds(folder: Path, command: str) -> tuple[float, float]:
    """The best of a few runs of ansible-inventory: seconds by the clock, and of the processor (which a busy machine lengthens less)."""
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS), "ANSIBLE_HOME": str(folder / "home")}
    program = [sys.executable, "-m", "ansible", "inventory", "-i", str(folder / "queue.yml"), command]
    runs = []
    for _unused in range(REPEATS):
        start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(program, env=environment, check=True, stdout=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        runs.append((time.perf_counter() - start, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime))
    return min(run[0] for run in runs), min(run[1] for run in runs)


def main() -> None:
    """Fill two queues, one of them with nothing, and print the difference."""
    jobs = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    devices = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000
    with tempfile.TemporaryDirectory() as scratch:
        folders = {"empty": Path(scratch) / "empty", "full": Path(scratch) / "full"}
        for name, folder in folders.items():
            folder.mkdir()
            fill(folder / "queue.db", jobs if name == "full" else 0, devices)
            (folder / "queue.yml").write_text(f"plugin: forestage.network.queue\nqueue_url: {folder / 'queue.db'}\n")
        print(f"{jobs} jobs on {devices} devices")
        for command in ("--graph", "--list"):
            empty, full = (seconds(folders[name], command) for name in ("empty", "full"))
            for what, one, other in zip(("clock", "processor"), full, empty, strict=True):
                print(f"ansible-inventory {command}, {what}: {one:.2f} s, empty queue {other:.2f} s, difference {one - other:.2f} s")


if __name__ == "__main__":
    main()
