# SPDX-License-Identifier: GPL-3.0-or-later
"""The few system calls that Python 3.11 does not offer (namespaces(7), mount(2), prctl(2))."""

from __future__ import annotations

import ctypes
import os
import signal
from pathlib import Path

CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC = 0x00020000, 0x04000000, 0x08000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT = 1, 2, 4, 8, 32
MS_BIND, MS_REC, MS_PRIVATE, MS_RELATIME = 4096, 16384, 1 << 18, 1 << 21
_MNT_DETACH, _PR_SET_PDEATHSIG = 2, 1
_KEPT_FLAGS = MS_NOSUID | MS_NODEV | MS_NOEXEC | 1024 | 2048  # statvfs and mount agree on these; RELATIME differs
_ST_RELATIME = 4096

_libc = ctypes.CDLL(None, use_errno=True)


def _call(name: str, *arguments: object) -> None:
    if getattr(_libc, name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else os.fsencode(text)


def unshare(flags: int) -> None:
    """Move the calling process into new namespaces; a new PID namespace is for its next child."""
    _call("unshare", flags)


def setns(descriptor: int, flags: int) -> None:
    """Move the calling process into namespaces of the process behind a pidfd (Linux 5.8)."""
    _call("setns", descriptor, flags)


def mount(source: str | None, target: str, fstype: str | None = None, flags: int = 0, data: str | None = None) -> None:
    """mount(2); `source` may be a ``/proc/self/fd/N`` path."""
    _call("mount", _bytes(source), _bytes(target), _bytes(fstype), ctypes.c_ulong(flags), _bytes(data))


def bind(source: str, target: str) -> None:
    """Show `source` (a file or folder) at `target`."""
    mount(source, target, None, MS_BIND | MS_REC)


def make_read_only(target: str) -> None:
    """Make one mount read-only, keeping its other flags (a user namespace may not clear them)."""
    flags = os.statvfs(target).f_flag
    kept = flags & _KEPT_FLAGS | (MS_RELATIME if flags & _ST_RELATIME else 0)
    mount(None, target, None, MS_REMOUNT | MS_BIND | MS_RDONLY | kept)


def unmount(target: str) -> None:
    """Detach a mount at once, even a busy one."""
    _call("umount2", _bytes(target), _MNT_DETACH)


def die_with_parent(parent: int) -> None:
    """Have the kernel kill this process when its parent, process `parent`, ends."""
    _call("prctl", _PR_SET_PDEATHSIG, ctypes.c_ulong(signal.SIGKILL), ctypes.c_ulong(0), ctypes.c_ulong(0), ctypes.c_ulong(0))
    if os.getppid() not in (parent, 0):  # 0: the parent lives in an outer PID namespace
        os._exit(1)


def started_at(pid: int) -> int | None:
    """Start of a process in clock ticks since boot (it tells a reused PID apart); None when it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in "ZX" else int(fields[19])
