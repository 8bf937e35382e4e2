# SPDX-License-Identifier: GPL-3.0-or-later
"""What the demonstration prints: headings, the commands it runs, their output, and where its time went."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

BANNER = re.compile(r"^(PLAY|TASK|RUNNING HANDLER|PLAY RECAP)\b|^(ok|changed|skipping|included|rescued|ignored): |^\s*$")
RECAP = re.compile(r"^\S+\s+: ok=\d+")
Command = tuple[Sequence[str], str]  # what to run, and the name of its log


class Stopped(Exception):
    """A step did not do what it is there to show; the text says what and where to look."""


class Terminal:
    """Prints for a reader; every command's whole output goes to a log of its own under `logs`."""

    def __init__(self, logs: Path) -> None:
        logs.mkdir(parents=True, exist_ok=True)
        self.logs = logs
        self.times: list[tuple[str, float]] = []
        self._bold, self._dim, self._plain = ("\033[1m", "\033[2m", "\033[0m") if sys.stdout.isatty() else ("", "", "")

    @contextmanager
    def step(self, number: int, title: str) -> Iterator[None]:
        """A heading, and the seconds until the step is through."""
        self.say(f"\n{self._bold}{number}. {title}{self._plain}")
        began = time.monotonic()
        yield
        self.times.append((f"{number}. {title}", time.monotonic() - began))

    def say(self, text: str) -> None:
        """Print at once, so that a reader of a pipe sees it in time."""
        print(text, flush=True)

    def run(self, argv: Sequence[str], env: Mapping[str, str], *, log: str, quiet: bool = False, expect: int = 0) -> str:
        """Run a command, show it and what it has to say, and return its whole output.

        Ansible's own banners go to the log alone.

        Raises:
            Stopped: the exit code is not `expect`; names the log.
        """
        self.say(f"   {self._dim}$ {_shown(argv)}{self._plain}")
        return self._read(_start(argv, env), argv, log, quiet, expect)

    @contextmanager
    def meanwhile(self, *commands: Command, env: Mapping[str, str], quiet: bool = False) -> Iterator[None]:
        """Run commands beside each other and beside what is done inside; show them, and what they had to say, at the end.

        Raises:
            Stopped: as for `run`.
        """
        processes = [_start(argv, env) for argv, _unused in commands]
        try:
            yield
            for process, (argv, log) in zip(processes, commands, strict=True):
                self.say(f"   {self._dim}$ {_shown(argv)}{self._plain}")
                self._read(process, argv, log, quiet, 0)
        finally:
            for process in processes:
                if process.poll() is None:
                    process.kill()
                    process.wait()

    def _read(self, process: subprocess.Popen[str], argv: Sequence[str], log: str, quiet: bool, expect: int) -> str:
        path = self.logs / f"{log}.log"
        lines: list[str] = []
        assert process.stdout is not None
        with path.open("w", encoding="utf-8") as file:
            for line in process.stdout:
                file.write(line)
                lines.append(line)
                if not quiet and not BANNER.match(line) and not RECAP.match(line):
                    self.say("   " + line.rstrip())
        if process.wait() != expect:
            tail = "".join(lines[-25:]) if quiet else ""
            raise Stopped(f"{argv[0]} ended with {process.returncode} where {expect} was expected; its output is in {path}\n{tail}")
        return "".join(lines)

    def account(self) -> None:
        """Where the time went, longest steps visible at a glance."""
        total = sum(seconds for _unused, seconds in self.times)
        self.say(f"\n{self._bold}Where the time went{self._plain}")
        for title, seconds in self.times:
            length = "█" * max(1, round(30 * seconds / total))
            self.say(f"   {seconds:6.1f} s  {length:<30}  {title}")
        self.say(f"   {total:6.1f} s  in all")


def _start(argv: Sequence[str], env: Mapping[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(  # fixed argv, no shell
        list(argv), env={**os.environ, **env}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True
    )


def _shown(argv: Sequence[str]) -> str:
    """The command as a person would type it, without folders that only this machine has."""
    here = f"{Path.cwd()}/"
    words = [Path(argv[0]).name, *argv[1:]]
    return " ".join(shlex.quote(word.replace(here, "")) for word in words)


def width() -> int:
    """Columns that a table may take."""
    return min(160, shutil.get_terminal_size((120, 40)).columns - 3)
