# SPDX-License-Identifier: GPL-3.0-or-later
"""Make and remove a fabric's folder and holder; the caller holds the name's lock."""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import IO, Any, cast

from .errors import FabricError
from .inside.kernel import started_at
from .inside.register import read

HERE = Path(__file__).resolve().parent
AGENT_FILE = HERE.parents[2] / "roles" / "bootstrap" / "files" / "forestage_agent.py"
_BUILD_SECONDS = 180
_END_SECONDS = 20


def build(folder: Path, spec: dict[str, Any], digest: str, lock: int) -> None:
    """Start the holder and wait until the fabric is up; on failure nothing stays and FabricError says why."""
    folder.mkdir(mode=0o700)
    try:
        _make_keys(folder)
        order = {
            "folder": str(folder), "lock_fd": lock, "spec": spec, "digest": digest, "agent_file": str(AGENT_FILE),
            "admin_key": (folder / "admin_key.pub").read_text(encoding="utf-8"),
        }  # fmt: skip
        answer = _start(folder, order, lock)
    except BaseException:
        destroy_locked(folder)
        raise
    if not answer["ok"]:
        destroy_locked(folder)
        raise FabricError(f"fabric {folder.name} was not built: {answer['error']}")


def _make_keys(folder: Path) -> None:
    for name in ("admin_key", "agent_key"):
        argv = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", f"forestage {name}", "-f", str(folder / name)]
        subprocess.run(argv, check=True, stdin=subprocess.DEVNULL)


def _start(folder: Path, order: dict[str, Any], lock: int) -> dict[str, Any]:
    with (folder / "holder.log").open("wb") as log:
        holder = subprocess.Popen(
            [sys.executable, "-m", "inside.holder"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, cwd="/", pass_fds=(lock,), start_new_session=True,
            env={"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "PYTHONPATH": str(HERE), "LANG": "C.UTF-8",
                 "PYTHONSAFEPATH": "1", "PYTHONDONTWRITEBYTECODE": "1"},
        )  # fmt: skip
    orders, answers = cast(IO[bytes], holder.stdin), cast(IO[bytes], holder.stdout)
    try:
        with orders as stream:
            stream.write(json.dumps(order).encode())
        if not select.select([answers], [], [], _BUILD_SECONDS)[0]:
            return {"ok": False, "error": f"it was not up after {_BUILD_SECONDS} s"}
        with answers:
            line = answers.readline()
    except BaseException:
        holder.kill()
        raise
    if line:
        answer: dict[str, Any] = json.loads(line)
        return answer
    said = (folder / "holder.log").read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:]
    return {"ok": False, "error": f"its holder ended at once ({' '.join(said) or 'it said nothing'})"}


def destroy_locked(folder: Path) -> bool:
    """End the holder, and with it every node, and remove the folder; whether there was one."""
    if not folder.exists():
        return False
    value = read(folder)
    if value is not None:
        processes = [value["holder_pid"], *(node["pid"] for node in value["nodes"].values() if node["pid"])]
        born = {pid: started_at(pid) for pid in processes}
        os.kill(value["holder_pid"], signal.SIGKILL)
        for pid in processes:
            _await_end(pid, born[pid])
    shutil.rmtree(folder, onerror=_unless_gone)
    return True


def _unless_gone(_function: object, _path: str, error: tuple[object, BaseException, object]) -> None:
    """An ssh connection that ends now may remove its socket first."""
    if not isinstance(error[1], FileNotFoundError):
        raise error[1]


def _await_end(pid: int, born: int | None) -> None:
    """Wait until process `pid`, started at `born`, has ended; a zombie of our own is reaped."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        if born is None or started_at(pid) != born:
            return
        if not select.select([descriptor], [], [], _END_SECONDS)[0]:
            raise FabricError(f"process {pid} of the fabric does not end; look at it and remove the fabric again")
    finally:
        os.close(descriptor)
