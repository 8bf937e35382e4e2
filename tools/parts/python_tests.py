# SPDX-License-Identifier: GPL-3.0-or-later
"""The folders of pytest tests."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path
from xml.etree import ElementTree

from .result import Part

FOLDERS = {"unit": "tests/unit", "integration": "tests/integration", "e2e": "tests/e2e", "benchmarks": "tests/benchmarks", "chaos": "tests"}
OUTPUT = Path("tests/output/junit")
PARALLEL = ("unit",)


def run(name: str, full: bool) -> list[Part]:
    """Run one folder with pytest; one `Part` for each folder below it. Without `full` the long tests stay out."""
    folder = Path(FOLDERS[name])
    if not any(folder.rglob("test_*.py")):
        return []
    OUTPUT.mkdir(parents=True, exist_ok=True)
    report = OUTPUT / f"{name}.xml"
    report.unlink(missing_ok=True)
    command = [sys.executable, "-m", "pytest", "-q", "--durations=5", "--durations-min=2", f"--junitxml={report}", str(folder)]
    command += ["-m", "chaos"] if name == "chaos" else [] if full else ["-m", "not full"]
    command += ["-n", "2", "--dist", "loadfile"] if name in PARALLEL else []
    started = time.monotonic()
    code = subprocess.run(command, stdin=subprocess.DEVNULL, check=False).returncode
    parts = _read(report, folder) if report.exists() else []
    if code not in (0, 5) and not any(part.failed for part in parts):
        parts.append(Part(f"{folder} (pytest ended with code {code})", time.monotonic() - started, failed=1))
    return parts


def _read(report: Path, folder: Path) -> list[Part]:
    groups: dict[str, list[ElementTree.Element]] = defaultdict(list)
    depth = len(folder.parts) + 1
    for case in ElementTree.parse(report).iter("testcase"):  # noqa: S314 (our own pytest wrote it)
        groups["/".join(case.get("classname", "").split(".")[:depth])].append(case)
    return [_part(name, cases) for name, cases in sorted(groups.items())]


def _part(name: str, cases: list[ElementTree.Element]) -> Part:
    failed = sum(1 for case in cases if case.find("failure") is not None or case.find("error") is not None)
    skips = [mark for case in cases if (mark := case.find("skipped")) is not None]
    reasons = tuple(sorted({mark.get("message", "") for mark in skips}))
    seconds = sum(float(case.get("time", "0")) for case in cases)
    return Part(name, seconds, len(cases) - failed - len(skips), failed, len(skips), reasons)
