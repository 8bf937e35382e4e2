# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the parts of the test suite, time each, and close with one line of counts.

Parts that need nothing but the processor run beside those that build networks, at the lowest priority: a measurement
on a virtual router must not wait for a linter.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

from parts import linting, molecule_scenarios, python_tests  # noqa: E402
from parts.result import Part  # noqa: E402

PARTS = ("lint", "unit", "integration", "molecule", "e2e", "chaos", "benchmarks")


BESIDE = ("lint", "unit")
OUTPUT = ROOT / "tests" / "output"


def main() -> int:
    """Run what the command line names; 0 only when everything passed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--full", action="store_true", help="also the long tests")
    parser.add_argument("--record", type=Path, help="write what came of the parts to this file instead of a summary")
    parser.add_argument("part", nargs="+", choices=PARTS)
    options = parser.parse_args()
    os.chdir(ROOT)
    _prepare_environment()
    began = time.monotonic()
    front = [name for name in options.part if name not in BESIDE]
    beside = [name for name in options.part if name in BESIDE] if front else []
    done: list[Part] = []
    with _beside(beside, options.full) as others:
        for name in front or options.part:
            print(f"=== {name}", flush=True)
            done.extend(_run(name, options.full))
        done = others() + done
    if options.record:
        options.record.write_text(json.dumps([asdict(part) for part in done]), encoding="utf-8")
        return 0
    return _summary(done, time.monotonic() - began)


@contextmanager
def _beside(names: Sequence[str], full: bool) -> Iterator[Callable[[], list[Part]]]:
    """Run parts in a process of their own, last in line for the processor; yields what waits for them and prints what they said."""
    if not names:
        yield list
        return
    OUTPUT.mkdir(parents=True, exist_ok=True)
    record, log = OUTPUT / "beside.json", OUTPUT / "beside.log"
    record.unlink(missing_ok=True)
    command = [sys.executable, __file__, *(["--full"] if full else []), "--record", str(record), *names]
    print(f"=== {' and '.join(names)} run beside the others", flush=True)
    with log.open("w", encoding="utf-8") as said:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said, start_new_session=True)
    _last_in_line(process.pid)

    def wait() -> list[Part]:
        code = process.wait()
        print(log.read_text(encoding="utf-8"), end="", flush=True)
        if code or not record.exists():
            return [Part(f"{' and '.join(names)} (ended with code {code})", 0.0, failed=1)]
        return [Part(**{**part, "skip_reasons": tuple(part["skip_reasons"])}) for part in json.loads(record.read_text(encoding="utf-8"))]

    try:
        yield wait
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _last_in_line(pid: int) -> None:
    """Give way to every other session: where the kernel groups by session, the group's own priority is what counts."""
    os.setpriority(os.PRIO_PROCESS, pid, 19)
    group = Path(f"/proc/{pid}/autogroup")
    if group.exists():
        group.write_text("19", encoding="ascii")


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


def _summary(parts: list[Part], seconds: float) -> int:
    print("\n=== time and counts by folder")
    for part in parts:
        print(f"{part.seconds:7.1f} s  {part.passed:5d} passed {part.failed:3d} failed {part.skipped:3d} skipped  {part.name}")
    reasons = sorted({reason for part in parts for reason in part.skip_reasons})
    for reason in reasons:
        print(f"skipped: {reason}")
    passed, failed, skipped = (sum(getattr(part, field) for part in parts) for field in ("passed", "failed", "skipped"))
    print(f"whole time: {seconds:.0f} s")
    print(f"{passed} passed, {failed} failed, {skipped} skipped", flush=True)
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
