# SPDX-License-Identifier: GPL-3.0-or-later
"""Install the agent on the device it runs on: sent as the text of ``/usr/bin/python3 -I -``, Python 3.9 with its library alone.

Everything is looked at before anything is written, each file is replaced in one step, and the key, which opens the door, comes last.
"""

from __future__ import annotations

import grp
import hashlib
import json
import os
import platform
import pwd
import shutil
import socket
import stat
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

AGENT = Path("/usr/local/sbin/forestage-agent")
UNIT = Path("/etc/systemd/system/forestage-agent.service")
SUDO_RULE = Path("/etc/sudoers.d/forestage")
UNFINISHED = Path("/var/lib/forestage/pending.json")  # there while the agent has a change open, whatever protocol it speaks
FOLDERS = "/usr/sbin:/usr/bin:/sbin:/bin"
PACKAGES = {
    "vtysh": "frr",
    "/usr/lib/frr/frr-reload.py": "frr-pythontools",
    "nft": "nftables",
    "tc": "iproute2",
    "sudo": "sudo",
    "visudo": "sudo",
    "timeout": "coreutils",
    "useradd": "passwd",
}
if TYPE_CHECKING:  # not on the device: an older Python must come far enough to be refused by its version
    from collections.abc import Callable

    Given = dict[str, Any]
    Step = tuple[dict[str, str], Callable[[], object]]  # a difference as Ansible shows it, and what removes it


class Refused(Exception):
    """One sentence, of which the device is the subject."""


class File:
    """A file of root's as it should be."""

    def __init__(self, path: Path, text: str, mode: int) -> None:
        self.path, self.text, self.mode = path, text, mode

    def step(self) -> list[Step]:
        """What is to be done about it, if anything."""
        before = self.path.read_text(encoding="utf-8", errors="replace") if self.path.is_file() else ""
        if before != self.text:
            names = {"before_header": str(self.path), "after_header": str(self.path)}
            return [({"before": before, "after": self.text, **names}, self.put)]
        return [] if _roots(self.path, self.mode, stat.S_IFREG) else [_step(f"{self.path} becomes root's, mode {self.mode:o}", self.put)]

    def put(self) -> None:
        """Replace it in one step, on disk before it has its name. The draft's name has dots: sudo reads no such file."""
        self.path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        descriptor, draft = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.name}.")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(self.text)
                os.fchmod(descriptor, self.mode)
                file.flush()
                os.fsync(descriptor)
            os.rename(draft, self.path)
        except BaseException:
            Path(draft).unlink()
            raise
        _label(self.path)


def _step(said: str, act: Callable[[], object]) -> Step:
    return {"prepared": f"{said}\n"}, act


def _roots(path: Path, mode: int, kind: int) -> bool:
    there = path.lstat()
    return (stat.S_IFMT(there.st_mode), stat.S_IMODE(there.st_mode), there.st_uid, there.st_gid) == (kind, mode, 0, 0)


def _label(path: Path) -> None:
    """Where SELinux is on, the path gets the label of its place."""
    if Path("/sys/fs/selinux/enforce").exists() and shutil.which("restorecon"):
        _run(["restorecon", str(path)])


def _run(arguments: list[str], text: str = "") -> None:
    """Run a program without a shell."""
    done = subprocess.run(arguments, input=text, capture_output=True, text=True, errors="replace", check=False)
    if done.returncode:
        said = " ".join((done.stderr or done.stdout).split())[-300:]
        raise Refused(f"could not be prepared: {arguments[0]} failed with code {done.returncode}: {said}")


def _checksum() -> str:
    """That of the agent that is there; empty where none is."""
    return hashlib.sha256(AGENT.read_bytes()).hexdigest() if AGENT.is_file() else ""


def _status(*command: str) -> dict[str, Any]:
    """What the agent answers to a command that should start it."""
    done = subprocess.run(command, input=b'{"protocol": 1, "op": "status"}', capture_output=True, check=False)
    try:
        status: dict[str, Any] = json.loads(done.stdout.decode())
    except ValueError:
        return {"error": done.stderr.decode(errors="replace").strip()[-300:]}
    return status


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".") if part.isdigit())


def _require(given: Given) -> None:
    """Refuse before anything is written."""
    lacking = {package for name, package in PACKAGES.items() if not shutil.which(name, path=FOLDERS)}
    if os.geteuid() != 0:
        raise Refused("was not reached as root; use become")
    if _version(platform.python_version()) < (3, 9):
        raise Refused(f"has Python {platform.python_version()} as /usr/bin/python3; the agent needs 3.9 or newer")
    if lacking:
        raise Refused(f"lacks what the agent needs; install the packages {', '.join(sorted(lacking))} there")
    if socket.gethostname() != given["hostname"]:
        raise Refused(f"calls itself {socket.gethostname()}, but {given['hostname']} was expected; check the inventory")
    if _checksum() not in ("", given["sha256"]):
        _require_replaceable(_status(str(AGENT)), given["version"])
    compile(given["agent"], str(AGENT), "exec")
    _run(["visudo", "-cf", "-"], given["sudo_rule"])


def _require_replaceable(status: dict[str, Any], version: str) -> None:
    if status.get("code") == "protocol" and "version" not in status:
        raise Refused("has an agent of another protocol that does not say its version; use the release that installed it")
    has = status.get("version", "0")
    if _version(has) > _version(version):
        raise Refused(f"has agent {has}, which is newer than {version}; use a newer release of the collection")
    if status.get("pending") or ("pending" not in status and UNFINISHED.exists()):
        raise Refused("has an unfinished change; confirm it or roll it back before its agent is replaced")


def _user(name: str, home: Path) -> list[Step]:
    """The user has a home, a shell for the forced command, and no password: nobody logs in as it but by the key."""
    options = ["-c", "Forestage device agent", "-d", str(home), "-s", "/bin/sh", "-p", "*"]
    try:
        there = pwd.getpwnam(name)
    except KeyError:
        group = ["-g", name] if any(entry.gr_name == name for entry in grp.getgrall()) else ["-U"]
        return [_step(f"user {name} is made", lambda: _run(["useradd", "-m", *options, *group, name]))]
    if there.pw_uid == 0:
        raise Refused(f"has {name} as a name of root; give the agent a user of its own")
    shadow = dict(line.split(":")[:2] for line in Path("/etc/shadow").read_text(encoding="utf-8").splitlines())
    if [there.pw_gecos, there.pw_dir, there.pw_shell, shadow.get(name)] == options[1::2]:
        return []
    return [_step(f"user {name} gets home {home}, shell /bin/sh and no password", lambda: _run(["usermod", *options, name]))]


def _folder(path: Path) -> list[Step]:
    """The folder of the user's key, which only root may change."""

    def make() -> None:
        path.mkdir(mode=0o755, parents=True, exist_ok=True)
        os.chown(path, 0, 0)
        path.chmod(0o755)
        _label(path)

    if path.is_symlink() or path.parent.is_symlink():
        raise Refused(f"has a symbolic link in the way of {path}; remove it")
    return [] if path.is_dir() and _roots(path, 0o755, stat.S_IFDIR) else [_step(f"{path} becomes a folder of root's, mode 755", make)]


def _boot_hook(unit: str) -> list[Step]:
    """Where systemd runs, a unit; elsewhere whatever starts FRR must call ``forestage-agent boot`` after it."""

    def enable() -> None:
        _run(["systemctl", "daemon-reload"])
        _run(["systemctl", "enable", "--quiet", UNIT.name])

    if not Path("/run/systemd/system").is_dir():
        return []
    written = File(UNIT, unit, 0o644).step()
    known = subprocess.run(["systemctl", "is-enabled", "--quiet", UNIT.name], stdin=subprocess.DEVNULL, capture_output=True, check=False)
    return [*written, _step(f"{UNIT.name} runs at each boot", enable)] if written or known.returncode else []


def install(given: Given) -> dict[str, Any]:
    """Look, compare, write what differs, and ask the agent; in check mode nothing is written."""
    user = given["user"]
    home = Path("/home", user)
    _require(given)
    steps = [*_user(user, home), *_folder(home / ".ssh"), *File(AGENT, given["agent"], 0o755).step(), *_boot_hook(given["unit"])]
    steps += File(SUDO_RULE, given["sudo_rule"], 0o440).step() + File(home / ".ssh/authorized_keys", given["key_line"], 0o644).step()
    if not given["check"]:
        for _difference, act in steps:
            act()
    status = _status("sudo", "-n", "-u", user, "sudo", "-n", str(AGENT)) if AGENT.is_file() else {}
    if not given["check"] and (_checksum() != given["sha256"] or status.get("hostname") != given["hostname"]):
        raise Refused(f"has the agent, but it does not answer its user as it should: {json.dumps(status)}")
    return {"changed": bool(steps), "agent": status, "diff": [difference for difference, _act in steps]}


def main(given: Given) -> None:
    """One JSON line: the result, or why not."""
    os.umask(0o022)
    try:
        answer = install(given)
    except (Refused, OSError, SyntaxError) as error:
        answer = {"error": str(error) if isinstance(error, Refused) else f"could not be prepared: {error}"}
    print(json.dumps(answer))
