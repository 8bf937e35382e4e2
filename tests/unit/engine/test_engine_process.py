# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine process: what comes out of it, what a failure says, and that it never outlives its parent."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from ansible_collections.forestage.network.plugins.plugin_utils import engine

STUB = """
import json, os, sys, time
def say(**event): print(json.dumps(event), flush=True)
command = sys.argv[1]
if command == "chatty":
    print("[LightGBM] [Warning] a line that is no event"); print("42")
    say(event="progress", step="reading", done=1, total=4); say(event="warning", message="one series has gaps")
    say(event="result", result={"arguments": sys.argv[2:], "threads": os.environ["OMP_NUM_THREADS"]})
elif command == "refuses":
    say(event="error", message="history.csv line 3: y is not a number; write one"); sys.exit(2)
elif command == "crashes":
    print("Traceback\\nMemoryError: too much", file=sys.stderr); sys.exit(1)
elif command == "killed":
    os.kill(os.getpid(), 9)
elif command == "silent":
    sys.exit(0)
elif command == "sleeps":
    open(sys.argv[4], "w").write(str(os.getpid())); time.sleep(60)
"""
PARENT = """
import sys; sys.path.insert(0, sys.argv[1]); import engine; from pathlib import Path
engine.COLLECTION = Path(sys.argv[2]); engine.run("sleeps", {"pid-file": sys.argv[3]}, None)
"""


class Ears:
    def __init__(self) -> None:
        self.heard: list[object] = []

    def progress(self, step: str, done: int, total: int) -> None:
        self.heard.append((step, done, total))

    def warning(self, message: str) -> None:
        self.heard.append(message)


@pytest.fixture
def stub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program that speaks the engine's protocol, for the endings that the real engine never makes."""
    (tmp_path / "forecasting").mkdir()
    (tmp_path / "forecasting" / "__main__.py").write_text(STUB, encoding="utf-8")
    monkeypatch.setattr(engine, "COLLECTION", tmp_path)
    return tmp_path


def test_events_reach_the_listener_and_the_result_comes_back(stub: Path) -> None:
    ears = Ears()
    result = engine.run("chatty", {"as-of": "2026-01-01T00:00:00Z", "only-metric": ["a", "b"], "seed": 0, "flag": True, "off": None}, ears)
    assert ears.heard == [("reading", 1, 4), "one series has gaps"]
    assert result["arguments"] == ["--json", "--as-of", "2026-01-01T00:00:00Z", "--only-metric", "a", "b", "--seed", "0", "--flag"]
    assert 1 <= int(result["threads"]) <= engine.MOST_THREADS


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        ("refuses", "^history.csv line 3: y is not a number; write one$"),
        ("crashes", "ended with code 1 without a result: MemoryError: too much"),
        ("killed", "was ended by signal 9 without a result$"),
        ("silent", "ended with code 0 without a result$"),
    ],
)
def test_every_failure_is_one_sentence(stub: Path, command: str, sentence: str) -> None:
    with pytest.raises(engine.EngineError, match=sentence):
        engine.run(command, {}, Ears())


def test_the_real_engine_refuses_a_history_that_is_not_there(tmp_path: Path) -> None:
    options = {"history": tmp_path / "none", "as-of": "2026-01-01T00:00:00Z", "horizon": "14d", "out": tmp_path / "out"}
    with pytest.raises(engine.EngineError, match="none") as caught:
        engine.run("forecast", options, Ears())
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_a_listener_that_fails_ends_the_engine(stub: Path) -> None:
    class Broken(Ears):
        def progress(self, step: str, done: int, total: int) -> None:
            raise RuntimeError("the terminal is gone")

    with pytest.raises(RuntimeError, match="terminal"):
        engine.run("chatty", {}, Broken())


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's parent-death signal is Linux's")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_the_engine_dies_with_its_parent(stub: Path, how: signal.Signals) -> None:
    pid_file = stub / "pid"
    folder = Path(engine.__file__).parent
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(folder), str(stub), str(pid_file)])
    try:
        pid = int(_within(10, lambda: pid_file.exists() and pid_file.read_text()))
    finally:
        parent.send_signal(how)
        parent.wait()
    assert _within(10, lambda: not _alive(pid))


def _within(seconds: float, probe):  # type: ignore[no-untyped-def]
    end = time.monotonic() + seconds
    while not (value := probe()) and time.monotonic() < end:
        time.sleep(0.05)
    return value


def _alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
