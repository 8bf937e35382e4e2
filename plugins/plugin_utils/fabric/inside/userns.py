# SPDX-License-Identifier: GPL-3.0-or-later
"""Root without root: a user namespace in which the user is root and a subordinate range covers the rest."""

from __future__ import annotations

import os
import pwd
import subprocess
from pathlib import Path

from . import kernel

_NEEDED_IDS = 65535


class UserNamespaceError(OSError):
    """No user namespace with a full range of ids can be made; the text is one sentence."""


def subordinate_range(file: str) -> tuple[int, int]:
    """First id and length of this user's range in /etc/subuid or /etc/subgid; it must cover ids 1 to 65535."""
    uid = os.getuid()
    try:
        name = pwd.getpwuid(uid).pw_name
    except KeyError:
        name = str(uid)
    best = 0
    for line in Path(file).read_text(encoding="utf-8").splitlines() if os.path.exists(file) else []:
        owner, first, count = (*line.strip().split(":"), "", "")[:3]
        if owner in (name, str(uid)) and first.isdigit() and count.isdigit():
            if int(count) >= _NEEDED_IDS:
                return int(first), _NEEDED_IDS
            best = max(best, int(count))
    raise UserNamespaceError(
        f"user {name} has {best} subordinate ids in {file} and {_NEEDED_IDS} are needed; "
        f"give a range, for example: sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 {name}"
    )


def become_root() -> None:
    """Make the calling process root of a new user namespace; ids 1 to 65535 come from the subordinate ranges."""
    uid, gid = os.getuid(), os.getgid()
    ranges = {"newuidmap": (uid, subordinate_range("/etc/subuid")), "newgidmap": (gid, subordinate_range("/etc/subgid"))}
    own = os.getpid()
    go_read, go_write = os.pipe()
    helper = os.fork()
    if helper == 0:
        os.close(go_write)
        os.read(go_read, 1)
        os._exit(_map_ids(own, ranges))
    os.close(go_read)
    try:
        kernel.unshare(kernel.CLONE_NEWUSER)
    except OSError as error:
        raise UserNamespaceError(
            f"this kernel refuses user namespaces to ordinary users ({error.strerror}); allow them (sysctl user.max_user_namespaces, "
            "kernel.unprivileged_userns_clone=1, kernel.apparmor_restrict_unprivileged_userns=0) or run as root"
        ) from None
    finally:
        os.close(go_write)
    _unused, status = os.waitpid(helper, 0)
    if status != 0:
        raise UserNamespaceError("newuidmap or newgidmap failed; check the package uidmap and the ranges in /etc/subuid and /etc/subgid")
    os.setresgid(0, 0, 0)
    os.setresuid(0, 0, 0)


def _map_ids(pid: int, ranges: dict[str, tuple[int, tuple[int, int]]]) -> int:
    for program, (own, (first, count)) in ranges.items():
        argv = [program, str(pid), "0", str(own), "1", "1", str(first), str(count)]
        if subprocess.run(argv, check=False, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL).returncode != 0:
            return 1
    return 0
