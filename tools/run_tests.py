# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the parts of the test suite one after the other, time each, and close with one line of counts."""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

from parts import linting, molecule_scenarios, python_tests  # noqa: E402
from parts.result import Part  # noqa: E402

PARTS = ("lint", "unit", "integration", "molecule", "e2e", "chaos", "benchmarks")


def main() -> int:
    """Run what the command line names; 0 only when everything passed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="also the long tests")
    parser.add_argument("part", nargs="+", choices=PARTS)
    options = parser.parse_args()
    os.chdir(ROOT)
    _prepare_environment()
    done: list[Part] = []
    for name in options.part:
        print(f"=== {name}", flush=True)
        done.extend(_run(name, options.full))
    return _summary(done)


def _run(name: str, full: bool) -> list[Part]:
    started = time.monotonic()
    if name == "lint":
        parts = linting.run()
    elif name == "molecule":
        parts = molecule_scenarios.run()
    else:
        parts = python_tests.run(name, full)
    print(f"--- {name}: {time.monotonic() - started:.0f} s", flush=True)
    return parts


def _prepare_environment() -> None:
    """Tools of the virtual environment first; nothing read from or written to the home of whoever runs this."""
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    os.environ["ANSIBLE_COLLECTIONS_PATH"] = str(ROOT / ".cache" / "collections")
    os.environ["ANSIBLE_HOME"] = str(ROOT / ".cache" / "ansible")
    os.environ["ANSIBLE_CONFIG"] = str(ROOT / "tests" / "ansible.cfg")
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"


def _summary(parts: list[Part]) -> int:
    print("\n=== time and counts by folder")
    for part in parts:
        print(f"{part.seconds:7.1f} s  {part.passed:5d} passed {part.failed:3d} failed {part.skipped:3d} skipped  {part.name}")
    reasons = sorted({reason for part in parts for reason in part.skip_reasons})
    for reason in reasons:
        print(f"skipped: {reason}")
    passed, failed, skipped = (sum(getattr(part, field) for part in parts) for field in ("passed", "failed", "skipped"))
    print(f"whole time: {sum(part.seconds for part in parts):.0f} s")
    print(f"{passed} passed, {failed} failed, {skipped} skipped", flush=True)
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
