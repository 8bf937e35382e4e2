# SPDX-License-Identifier: GPL-3.0-or-later
"""What one part of the test suite came to, and how a command is run for it."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Part:
    """Counts and seconds of one folder or one tool."""

    name: str
    seconds: float
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    skip_reasons: tuple[str, ...] = field(default=())


def run_quietly(
    name: str, command: Sequence[str], cwd: Path | None = None, env: dict[str, str] | None = None, told: Callable[[str], str] = str
) -> Part:
    """Run `command` as one check; print its output only when it fails, or what `told` makes of it."""
    started = time.monotonic()
    done = subprocess.run(
        command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    seconds = time.monotonic() - started
    good = done.returncode == 0
    print(f"{'ok    ' if good else 'FAILED'} {name} ({seconds:.1f} s)", flush=True)
    if not good:
        print(f"$ {' '.join(command)}\n{told(done.stdout)}", flush=True)
    return Part(name, seconds, passed=int(good), failed=int(not good))
