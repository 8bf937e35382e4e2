# SPDX-License-Identifier: GPL-3.0-or-later
"""Where fabrics keep their state, and the lock that lets one process at a time make or remove one."""

from __future__ import annotations

import fcntl
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import FabricError

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,47}")


def state_root() -> Path:
    """The private folder of this user's fabrics: on $XDG_RUNTIME_DIR, else in memory (/dev/shm), else in /tmp."""
    for candidate in (os.environ.get("XDG_RUNTIME_DIR", ""), "/dev/shm", "/tmp"):  # noqa: S108  the folder below is checked to be ours
        if candidate and os.path.isdir(candidate) and os.access(candidate, os.W_OK | os.X_OK):
            return Path(candidate) / f"forestage-{os.geteuid()}" / "fabrics"
    raise FabricError("no folder for the state of fabrics; set XDG_RUNTIME_DIR to a folder that you can write to")


def folder_of(name: str) -> Path:
    """The folder of one fabric; refuses a name that could lead elsewhere."""
    if not _NAME.fullmatch(name):
        raise FabricError(f"{name!r} is no name for a fabric; use at most 48 lower-case letters, digits and hyphens")
    return state_root() / name


def _make_private(folder: Path) -> None:
    for path in (folder.parent, folder):
        try:
            path.mkdir(mode=0o700)
        except FileExistsError:
            status = path.lstat()
            if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid() or status.st_mode & 0o077:
                raise FabricError(
                    f"{path} is not a private folder of this user; remove it, or set XDG_RUNTIME_DIR to a folder of your own"
                ) from None


@contextmanager
def locked(name: str) -> Iterator[int]:
    """Hold the lock of a fabric's name; yields the descriptor, which a child may keep to hold it longer."""
    folder = folder_of(name)
    _make_private(folder.parent)
    path = folder.parent / f".{name}.lock"
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if path.exists() and os.fstat(descriptor).st_ino == path.stat().st_ino:
            break
        os.close(descriptor)
    try:
        yield descriptor
    finally:
        if not folder.exists():
            path.unlink()
        os.close(descriptor)
