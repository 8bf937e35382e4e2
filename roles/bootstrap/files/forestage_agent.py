#!/usr/bin/python3 -I
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Forestage device agent for FRR on Linux: one JSON request on stdin, one JSON answer on stdout.

It changes a whole device configuration (FRR, nftables, HTB shaping) as one transaction with a
deadline: unless the change is confirmed in time, the device takes it back by itself, even when the
controller has died, the path to it is cut, this process is killed or the device reboots. A hand
edit made meanwhile is never erased: the transaction then stays `rollback_blocked`. Of nftables it
answers for the tables named `forestage_…` alone; those of other programs it only shows.

It is one file on purpose (that is why it is long): it travels to the device alone, needs nothing but
Python 3.9 and is known by its checksum. The controller loads the same file for the canonical form
of a configuration, so that both sides mean the same digest.

As root: `forestage-agent` (a request), `forestage-agent boot` (start-up hook), `forestage-agent watch ID`.
"""

from __future__ import annotations

import contextlib
import dataclasses
import difflib
import fcntl
import hashlib
import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

VERSION = "1.1.0"
PROTOCOL = 1
REQUEST_LIMIT = 4 * 1024 * 1024
JOURNAL_LIMIT = 500
OLDER_LIMIT = 100_000  # changes before those in the journal that are still not applied again: 27 years of ten a day

STATE = Path("/var/lib/forestage")
STARTUP = Path("/etc/forestage")
FRR_STARTUP = Path("/etc/frr/frr.conf")
FRR_RELOAD = "/usr/lib/frr/frr-reload.py"

APPLYING, PENDING, CONFIRMING, ROLLING_BACK, BLOCKED = "applying", "pending", "confirming", "rolling_back", "rollback_blocked"
CONFIRMED, ROLLED_BACK = "confirmed", "rolled_back"

Config = dict[str, Any]
Answer = dict[str, Any]


class Refused(Exception):
    """What the agent will not or could not do: a sentence for people, a code for programs."""

    def __init__(self, code: str, sentence: str, **more: Any) -> None:
        super().__init__(sentence)
        self.answer: Answer = {"ok": False, "code": code, "error": sentence, **more}


# --- files, time, commands ---------------------------------------------------------------------


def put(path: Path, text: str, like: Path | None = None) -> None:
    """Write a file so that after a power cut either the old or the new text is there."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)  # follows no link that the folder's owner has laid there
    with open(descriptor, "w", encoding="utf-8") as file:
        if like is not None and like.exists():
            owner = like.lstat()
            os.fchmod(descriptor, stat.S_IMODE(owner.st_mode))
            os.fchown(descriptor, owner.st_uid, owner.st_gid)
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make renames and removals in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


def text_of(path: Path) -> str | None:
    """The file's text, or None where there is no such file. No link is followed: FRR's folder is not root's."""
    if path.is_symlink():
        raise Refused("invalid", f"{path} is a symbolic link; put the file itself there.")
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return None


def json_of(path: Path, default: Any) -> Any:
    """The JSON value in a file, or the default where there is no such file."""
    text = text_of(path)
    return default if text is None else json.loads(text)


def uptime() -> float:
    """Seconds since the boot, suspension included; no clock setting changes it."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def utc_now() -> str:
    """The time for the journal, RFC 3339."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def boot_id() -> str:
    """One value per boot, for a machine and for a container or namespace (whose first process differs)."""
    first = Path("/proc/1/stat").read_text(encoding="ascii").rpartition(")")[2].split()[19]
    return str(uuid.uuid5(uuid.NAMESPACE_OID, Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii") + first))


def run(arguments: list[str], text: str = "", must: bool = True) -> subprocess.CompletedProcess[str]:
    """Run a program without a shell; it inherits the lock, so the lock outlives this process with it."""
    bounded = ["timeout", "-k", "2", "60", *arguments]
    done = subprocess.run(bounded, input=text, text=True, capture_output=True, close_fds=False, check=False)
    if must and done.returncode:
        detail = " ".join((done.stderr.strip() or done.stdout.strip()).split())[-600:]
        raise Refused("command_failed", f"{Path(arguments[0]).name} failed with code {done.returncode}: {detail}")
    return done


# --- the canonical form of a configuration (also used by the controller) --------------------------

FRR_NOISE = re.compile(r"(Building configuration\.\.\.|Current configuration:|frr version .*|\s*!|end|)$")
NFT_TABLE = re.compile(r"table (\S+ \S+) \{( #.*)?$")
SECRET = re.compile(  # a line `key 1` is the name of a key
    r"^(?![-+ ]*(?:no )?key \d+ *$)"
    r"(.*?\b(?:password|key-string|authentication-key|authentication string|nhrp authentication|md5|secret|key(?! chain\b))\s+)\S.*$",
    re.MULTILINE,
)


def canonical_frr(text: str) -> str:
    """FRR's configuration as `vtysh` prints it, without header, separators, `end` and trailing blanks."""
    lines = (line.rstrip() for line in text.split("\n"))
    return "".join(f"{line}\n" for line in lines if not FRR_NOISE.match(line))


def nft_tables(text: str) -> dict[str, str]:
    """The tables of a ruleset in the form of `nft list ruleset`: "family name" → its block."""
    tables: dict[str, str] = {}
    name = None
    for number, line in enumerate(text.split("\n"), 1):
        opened = NFT_TABLE.match(line)
        if name is not None:
            tables[name] += line.rstrip() + "\n"
            name = None if line.rstrip() == "}" else name
        elif opened and opened[1] not in tables:
            name = opened[1]
            tables[name] = line + "\n"
        elif line.strip() and not line.startswith("#"):
            raise Refused("invalid", f"nft line {number}: expected `table FAMILY NAME {{`, each once, as `nft list ruleset` prints it.")
    if name is not None:
        raise Refused("invalid", f"nft: table {name} is not closed by a `}}` at the start of a line.")
    return tables


def canonical_nft(text: str) -> str:
    """The ruleset with its tables in order of their names."""
    tables = nft_tables(text)
    return "".join(tables[name] for name in sorted(tables))


def canonical_qos(qos: Config) -> Config:
    """Shaping with classes in order of their ids, and no empty list of them."""
    ordered = {port: sorted(wish.get("classes", []), key=lambda one: int(one["id"])) for port, wish in qos.items()}
    return {port: {"rate_kbit": qos[port]["rate_kbit"], **({"classes": ordered[port]} if ordered[port] else {})} for port in sorted(qos)}


def canonical(config: Config) -> Config:
    """The one form in which configurations are compared."""
    return {"frr": canonical_frr(config["frr"]), "nft": canonical_nft(config["nft"]), "qos": canonical_qos(config["qos"])}


def ours(config: Config) -> Config:
    """What is compared, applied, saved and restored: the canonical form without the tables of other programs."""
    form = canonical(config)
    return {**form, "nft": "".join(table for name, table in nft_tables(form["nft"]).items() if " forestage_" in name)}


def digest(config: Config) -> str:
    """SHA-256 (hex) over what is ours."""
    text = json.dumps(ours(config), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def masked(text: str) -> str:
    """The text with any password or key hidden, to the end of its line."""
    return SECRET.sub(r"\1********", text)


def difference(before: Config, after: Config) -> str:
    """Unified diff of what is ours in two configurations, secrets masked; empty when it is the same."""
    old, new = ours(before), ours(after)
    lines: list[str] = []
    for part in ("frr", "nft", "qos"):
        texts = [json.dumps(one[part], indent=1, sort_keys=True) + "\n" if part == "qos" else one[part] for one in (old, new)]
        lines += difflib.unified_diff(texts[0].splitlines(), texts[1].splitlines(), f"running/{part}", f"candidate/{part}", lineterm="")
    return "".join(masked(line) + "\n" for line in lines)


# --- FRR ----------------------------------------------------------------------------------------


def frr_running() -> str:
    """The running configuration of all FRR daemons."""
    return canonical_frr(run(["vtysh", "-c", "show running-config no-header"]).stdout)


def frr_work(text: str) -> Path:
    """A folder that frr-reload takes for the configuration folder: so it leaves the real startup file alone."""
    folder = STATE / "work"
    folder.mkdir(mode=0o700, exist_ok=True)
    put(folder / "vtysh.conf", "service integrated-vtysh-config\n")
    put(folder / "frr.conf", text)
    return folder


def frr_check(text: str) -> None:
    """Refuse a text that FRR's parser does not accept."""
    file = frr_work(text) / "frr.conf"
    done = run(["vtysh", "-C", "-f", str(file)], must=False)
    if done.returncode:
        raise Refused("invalid", f"frr: {masked(' '.join((done.stderr + done.stdout).split())[:600])}")


def frr_load(text: str) -> None:
    """Make the running configuration equal to the text, and see that nothing remains to be done."""
    folder = frr_work(text)
    reload = [FRR_RELOAD, "--confdir", str(folder), "--log-level", "error"]
    done = run([*reload, "--reload", str(folder / "frr.conf")], must=False)
    if done.returncode == 0 and frr_running() == text:
        return
    rest = run([*reload, "--test", str(folder / "frr.conf")], must=False)
    if rest.returncode or "Lines To" in rest.stdout:
        said = " / ".join(masked(line) for line in (rest.stdout + done.stdout + done.stderr).splitlines() if line.strip())
        raise Refused("residue", f"frr: the reload ended with code {done.returncode} and left a difference: {said[:800]}")


# --- nftables -----------------------------------------------------------------------------------


def nft_running() -> str:
    """The whole ruleset, other programs' tables too, without counters' values."""
    return canonical_nft(run(["nft", "-s", "list", "ruleset"]).stdout)


def nft_script(before: str, after: str) -> str:
    """One atomic script that replaces the tables that differ and no other: their counters and sets live on."""
    old, new = nft_tables(before), nft_tables(after)
    gone = [f"delete table {name}\n" for name in old if old[name] != new.get(name)]
    come = [new[name] for name in new if new[name] != old.get(name)]
    return "".join(gone + come)


# --- shaping: an HTB tree per interface ------------------------------------------------------------

HTB_DEFAULT = 0x10
UNITS = {"bit": 0.001, "Kbit": 1.0, "Mbit": 1e3, "Gbit": 1e6, "Tbit": 1e9}
KERNEL_QDISCS = {"noqueue", "pfifo_fast", "pfifo", "fq", "fq_codel", "mq"}
Tree = dict[int, tuple[float, float, int]]


def qos_tree(wish: Config) -> Tree:
    """The classes of one interface: minor → (rate, ceil in kbit/s, prio); 1 is the whole, 16 the rest."""
    total = int(wish["rate_kbit"])
    classes = wish.get("classes", [])
    rest = max(8, total - sum(int(one["rate_kbit"]) for one in classes))
    tree: Tree = {1: (total, total, 0), HTB_DEFAULT: (rest, total, 7)}
    tree.update({one["id"]: (one["rate_kbit"], one["ceil_kbit"], one["prio"]) for one in classes})
    return tree


def qos_live_tree(port: str) -> Tree:
    """The HTB classes that the kernel has on an interface."""
    tree: Tree = {}
    for line in run(["tc", "class", "show", "dev", port]).stdout.splitlines():
        found = re.match(r"class htb 1:([0-9a-f]+) .*?(?:prio (\d+) .*?)?rate (\d+)(\w+) ceil (\d+)(\w+)", line)
        if found:
            minor, prio, rate, rate_unit, ceil, ceil_unit = found.groups()
            tree[int(minor, 16)] = (int(rate) * UNITS[rate_unit], int(ceil) * UNITS[ceil_unit], int(prio or 0))
    return tree


def same_tree(one: Tree, other: Tree) -> bool:
    """Equal, up to tc's rounding of high rates."""
    return (
        one.keys() == other.keys()
        and all(abs(a - b) <= 0.001 * b for key in one for a, b in [(one[key][0], other[key][0]), (one[key][1], other[key][1])])
        and all(one[key][2] == other[key][2] for key in one)
    )


def qdiscs() -> dict[str, str]:
    """The root queueing discipline of each interface: its kind; for HTB trees that the agent understands `tree` or `plain`."""
    known = {("htb", "1:", f"0x{HTB_DEFAULT:x}"): "tree", ("htb", "1:", "0x1"): "plain"}
    roots = [one for one in json.loads(run(["tc", "-j", "qdisc", "show"]).stdout) if one.get("root")]
    return {one["dev"]: known.get((one["kind"], one["handle"], one.get("options", {}).get("default")), one["kind"]) for one in roots}


def qos_running() -> Config:
    """Shaping as it is: what was asked for where the kernel agrees with it, else what the kernel has."""
    stored = json_of(STATE / "qos.json", {})
    qos: Config = {}
    for port, kind in qdiscs().items():
        tree = qos_live_tree(port) if kind in ("tree", "plain") else {}
        wish = stored.get(port)
        if tree and wish is not None and same_tree(qos_tree(wish), tree):
            qos[port] = wish
        elif 1 in tree:
            qos[port] = qos_read(tree, {one["id"]: one["name"] for one in (wish or {}).get("classes", [])})
    return canonical_qos(qos)


def qos_read(tree: Tree, names: dict[int, str]) -> Config:
    """The shaping that a tree stands for; the kernel knows no names."""
    classes = [
        {"name": names.get(minor, f"class-{minor}"), "id": minor, "rate_kbit": round(rate), "ceil_kbit": round(ceil), "prio": prio}
        for minor, (rate, ceil, prio) in tree.items()
        if minor not in (1, HTB_DEFAULT)
    ]
    return {"rate_kbit": round(tree[1][0]), "classes": classes}


def qos_check(qos: Config) -> None:
    """Refuse shaping that the device cannot do."""
    roots = qdiscs()
    for port, wish in qos.items():
        classes = wish.get("classes", [])
        if port not in roots:
            raise Refused("invalid", f"qos: interface {port} does not exist on {socket.gethostname()}.")
        if roots[port] not in {"tree", "plain", *KERNEL_QDISCS}:
            raise Refused("invalid", f"qos: interface {port} has a {roots[port]} discipline that the agent did not set; remove it first.")
        if len({one["id"] for one in classes}) < len(classes):
            raise Refused("invalid", f"qos: two classes of interface {port} have the same id.")
        if sum(one["rate_kbit"] for one in classes) > wish["rate_kbit"] or any(one["ceil_kbit"] > wish["rate_kbit"] for one in classes):
            raise Refused("invalid", f"qos: the classes of interface {port} exceed its rate of {wish['rate_kbit']} kbit/s.")


def htb(rate: int, ceil: int, prio: int) -> str:
    """A class in tc's words. It may make up for 10 ms at once: tc's default, one packet, loses rate whenever a timer is late."""
    burst, cburst = (max(3000, kbit * 10 // 8) for kbit in (rate, ceil))
    return f"htb rate {rate}kbit burst {burst} ceil {ceil}kbit cburst {cburst} prio {prio} quantum 3000"


def qos_script(before: Config, after: Config, roots: dict[str, str]) -> str:
    """The tc commands from one shaping to another; a tree that stays keeps its counters."""
    lines = [f"qdisc del dev {port} root" for port in before if port not in after or roots[port] == "plain"]
    for port in (port for port in after if after[port] != before.get(port) or roots[port] == "plain"):
        old = qos_tree(before[port]) if roots[port] == "tree" else {}
        new = qos_tree(after[port])
        if not old:
            lines.append(f"qdisc replace dev {port} root handle 1: htb default {HTB_DEFAULT:x}")
        for minor, (rate, ceil, prio) in new.items():
            parent = "1:" if minor == 1 else "1:1"
            lines.append(f"class replace dev {port} parent {parent} classid 1:{minor:x} {htb(rate, ceil, prio)}")
        lines += [f"class del dev {port} classid 1:{minor:x}" for minor in old if minor not in new]
    return "".join(line + "\n" for line in lines)


# --- the whole device -----------------------------------------------------------------------------


def reading() -> Config:
    """All that runs, in canonical form."""
    return {"frr": frr_running(), "nft": nft_running(), "qos": qos_running()}


def running() -> Config:
    """What of it is ours."""
    return ours(reading())


def check(before: Config, after: Config) -> None:
    """Refuse a candidate that one of the three programs would not take."""
    if not after["frr"].strip():
        raise Refused("invalid", "frr: the text is empty, which would delete the whole routing configuration.")
    if after["frr"] != before["frr"]:
        frr_check(after["frr"])
    run(["nft", "-c", "-f", "-"], nft_script(before["nft"], after["nft"]))
    qos_check(after["qos"])


def load(before: Config, after: Config) -> None:
    """Bring the device from one configuration to another; raises `Refused`, perhaps half-way."""
    if after["frr"] != before["frr"]:
        frr_load(after["frr"])
    if after["nft"] != before["nft"]:
        run(["nft", "-f", "-"], nft_script(before["nft"], after["nft"]))
    if after["qos"] != before["qos"]:
        run(["tc", "-batch", "-"], qos_script(before["qos"], after["qos"], qdiscs()))
    put(STATE / "qos.json", json.dumps(after["qos"]))


def hostname() -> str:
    """The device's own name."""
    return socket.gethostname()


def device_id() -> str:
    """The id that the device got when the agent first ran on it."""
    file = STATE / "device.json"
    if not file.exists():
        put(file, json.dumps({"device_id": str(uuid.uuid4()), "created_at": utc_now()}))
    return str(json_of(file, {})["device_id"])


# --- transactions -----------------------------------------------------------------------------------


@dataclasses.dataclass
class Transaction:
    """The one open transaction; its file exists from before the first change until it is finished."""

    change_id: str
    state: str
    before: Config
    after: Config | None
    startup: str | None
    deadline: float
    boot: str
    started_at: str
    pid: int
    candidate: str = ""  # digest of what was asked for
    reason: str = ""
    left: Config | None = None  # what ran after a rollback that failed; the snapshot where that could not be read

    @staticmethod
    def open() -> Transaction | None:
        """The open transaction, if there is one."""
        stored = json_of(STATE / "pending.json", None)
        return None if stored is None else Transaction(**stored)

    def save(self, state: str, reason: str = "") -> None:
        """Store the transaction in a new state, durably."""
        self.state, self.reason = state, reason
        put(STATE / "pending.json", json.dumps(dataclasses.asdict(self)))

    def entry(self, state: str, why: str) -> Answer:
        """What the journal says of it."""
        return {
            "change_id": self.change_id,
            "state": state,
            "why": why,
            "started_at": self.started_at,
            "at": utc_now(),
            "before": digest(self.before),
            "after": None if self.after is None else digest(self.after),
            "candidate": self.candidate,
        }

    def finish(self, state: str, why: str) -> None:
        """Note the end in the journal, then close the transaction; a crash in between is mended by `settle`."""
        entries = [*journal(), self.entry(state, why)]
        past = [f"{mark(one['change_id'])} {one['state']}" for one in entries[:-JOURNAL_LIMIT]]
        if past:
            put(STATE / "older", "\n".join([*(text_of(STATE / "older") or "").splitlines(), *past][-OLDER_LIMIT:]) + "\n")
        put(STATE / "journal.json", json.dumps(entries[-JOURNAL_LIMIT:]))
        self.close()

    def close(self) -> None:
        """Remove the transaction's file."""
        (STATE / "pending.json").unlink()
        sync_folder(STATE)

    def overdue(self) -> bool:
        """Whether the deadline has passed, or the boot in which it counted."""
        return self.boot != boot_id() or uptime() >= self.deadline

    def summary(self) -> Answer:
        """What others may know of it."""
        left = max(0.0, round(self.deadline - uptime(), 1))
        return {
            "change_id": self.change_id,
            "state": self.state,
            "reason": self.reason,
            "seconds_left": left,
            "started_at": self.started_at,
        }


def journal() -> list[Answer]:
    """The finished transactions, oldest first."""
    entries: list[Answer] = json_of(STATE / "journal.json", [])
    return entries


def mark(change_id: str) -> str:
    """A change in the list of those that the journal no longer has."""
    return hashlib.sha256(change_id.encode()).hexdigest()[:16]


def finished(change_id: str) -> Answer | None:
    """The journal's entry of a change; of an older one only how it ended."""
    entry = next((entry for entry in reversed(journal()) if entry["change_id"] == change_id), None)
    if entry is not None:
        return entry
    older = re.search(rf"^{mark(change_id)} (\w+)$", text_of(STATE / "older") or "", re.MULTILINE)
    return older and {"change_id": change_id, "state": older[1], "why": f"It ended more than {JOURNAL_LIMIT} changes ago."}


@contextlib.contextmanager
def lock(name: str = "lock", seconds: float = 60.0) -> Iterator[None]:
    """Hold a lock that dies with this process and the programs it started; `Refused` (busy) after `seconds`."""
    descriptor = os.open(STATE / name, os.O_RDWR | os.O_CREAT, 0o600)
    os.set_inheritable(descriptor, True)
    until = uptime() + seconds
    try:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if uptime() >= until:
                    raise Refused("busy", "Another request is at work on this device; ask again in a moment.") from None
                time.sleep(0.05)
        yield
    finally:
        os.close(descriptor)


def free(name: str) -> bool:
    """Whether nobody holds a lock now."""
    try:
        with lock(name, 0):
            return True
    except Refused:
        return False


def hand_edit(open_: Transaction, now: Config | None) -> str:
    """What a person has changed since the apply or since a failed rollback, as a sentence; empty when nothing.

    `now` is what runs; without it (at a boot) only the startup configuration is looked at. A part (FRR, nftables, shaping) is
    nobody's edit where it is as in the snapshot, as applied, as a failed rollback left it, or as a start makes it: FRR loads its
    startup file, and a reboot forgets the others.
    """
    if open_.left is None and (open_.after is None or open_.state == ROLLING_BACK):
        return ""  # stopped half-way: nobody can tell, and it is finished at once
    startup, known = text_of(FRR_STARTUP), [one for one in (open_.after, open_.left) if one is not None]
    if startup != open_.startup and canonical_frr(startup or "") not in [one["frr"] for one in known]:
        return "The startup configuration was edited after the change was applied."
    started = {"frr": canonical_frr(startup or ""), **({} if open_.boot == boot_id() else {"nft": "", "qos": {}})}
    known += [open_.before, {**open_.before, **started}]
    if now is not None and any(now[part] not in [one[part] for one in known] for part in now):
        return "The running configuration was edited by hand after the change was applied."
    return ""


NOT_YET = " The snapshot could not be restored yet: "


def roll_back(open_: Transaction, why: str, booting: bool = False) -> None:
    """Restore the snapshot, unless a person has edited the device since; failures leave it `rolling_back`, to be tried again."""
    last = open_.left or open_.before
    try:
        now = None if booting else running()
        edit = hand_edit(open_, now)
    except Refused as refused:  # what cannot be read must not be overwritten
        open_.left = last
        open_.save(ROLLING_BACK, f"{why}{NOT_YET}{refused}")
        return
    if edit:
        keep = "Undo the edit and ask for the rollback again, or confirm the change to keep all that runs now."
        open_.save(BLOCKED, f"{edit} Nothing was touched. {keep}")
        return
    open_.left = None
    open_.save(ROLLING_BACK, why)
    try:
        if open_.startup is not None and text_of(FRR_STARTUP) != open_.startup:
            put(FRR_STARTUP, open_.startup, like=FRR_STARTUP)
        now = now or running()
        load(now, open_.before)
        rest = difference(running(), open_.before)
        if rest:
            raise Refused("residue", f"what runs still differs from the snapshot: {rest[:600]}")
    except (Refused, OSError) as error:
        open_.left = left_by_failure(now or last, open_.before) or last
        open_.save(ROLLING_BACK, f"{why}{NOT_YET}{error}")
        return
    open_.finish(ROLLED_BACK, why)


def left_by_failure(before: Config, target: Config) -> Config | None:
    """What runs after a load that failed; None where it cannot be read, or has a line from neither side: a person was at work."""
    try:
        now = running()
    except Refused:
        return None
    lines = [{line for part in ("frr", "nft") for line in one[part].splitlines()} for one in (now, before, target)]
    return now if lines[0] <= lines[1] | lines[2] else None


def save_startup(open_: Transaction, why: str) -> None:
    """Make what runs survive a reboot, and finish the transaction as confirmed."""
    run(["vtysh", "-c", "write integrated"])
    now = running()
    STARTUP.mkdir(mode=0o755, exist_ok=True)
    put(STARTUP / "nft.conf", now["nft"])
    put(STARTUP / "qos.json", json.dumps(now["qos"], indent=1) + "\n")
    open_.finish(CONFIRMED, why)


def settle(booting: bool = False) -> None:
    """Bring a transaction that nobody is at work on to where it belongs. The lock is held."""
    open_ = Transaction.open()
    if open_ is None:
        return
    if finished(open_.change_id):
        open_.close()
    elif open_.state == CONFIRMING and not booting:
        save_startup(open_, "Confirmed.")
    elif booting:
        roll_back(open_, "The device rebooted before the change was confirmed.", booting=True)
    elif open_.state in (APPLYING, CONFIRMING):
        roll_back(open_, "The agent was stopped half-way through the change.")
    elif open_.state == ROLLING_BACK or (open_.state == PENDING and open_.overdue()):
        roll_back(open_, open_.reason.partition(NOT_YET)[0] or "The change was not confirmed before its deadline.")
    elif open_.state == PENDING and free("watch.lock"):
        arm(open_.change_id)


def arm(change_id: str) -> None:
    """Start the watchdog in a session of its own and wait until it stands."""
    watchdog = subprocess.Popen(
        [sys.executable, "-I", str(Path(__file__).resolve()), "watch", change_id],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        cwd="/",
    )
    assert watchdog.stdout is not None
    if watchdog.stdout.read(1) != b"1":
        raise Refused("no_watchdog", "The watchdog could not be started, so nothing was changed.")


def watch(change_id: str) -> None:
    """The watchdog: until the transaction is finished, settle it whenever nobody else is at work on it."""
    with lock("watch.lock", 10):
        os.write(1, b"1")
        os.dup2(os.open(os.devnull, os.O_RDWR), 1)
        pause = 0.2
        while True:
            time.sleep(pause)
            open_ = Transaction.open()
            if open_ is None or open_.change_id != change_id or open_.state == BLOCKED:
                return
            if open_.state != PENDING or open_.overdue():
                pause = 0.2 if open_.left is None else min(30.0, 2 * pause)
                with contextlib.suppress(Refused, OSError), lock("lock", 0):
                    settle()


def boot() -> None:
    """Take back an unconfirmed change; else bring back nftables and shaping, which a reboot forgets."""
    with lock():
        was_open = Transaction.open() is not None
        settle(booting=True)
        open_ = Transaction.open()
        ran = open_ and (open_.left or open_.after)
        if ran:
            restore_filters(ran["nft"], ran["qos"])
        elif not was_open:
            restore_filters(text_of(STARTUP / "nft.conf") or "", json_of(STARTUP / "qos.json", {}))


def restore_filters(nft: str, qos: Config) -> None:
    """Load saved nftables and shaping beside what other programs have set at the boot; FRR has loaded its own."""
    now, ports = running(), qdiscs()
    load(now, ours({"frr": now["frr"], "nft": nft, "qos": {**now["qos"], **{port: qos[port] for port in qos if port in ports}}}))


# --- requests ---------------------------------------------------------------------------------------


def identity_answer() -> Answer:
    """Who is speaking."""
    return {"version": VERSION, "protocol": PROTOCOL, "hostname": hostname(), "device_id": device_id(), "boot_id": boot_id()}


def state_answer(change_id: str | None) -> Answer:
    """The open transaction, the last finished one, and what became of one change."""
    open_, entries = Transaction.open(), journal()
    answer: Answer = {"pending": open_ and open_.summary(), "last": entries[-1] if entries else None}
    if change_id is not None:
        entry = finished(change_id)
        answer["change"] = entry or (
            open_.summary() if open_ and open_.change_id == change_id else {"change_id": change_id, "state": "unknown"}
        )
    return answer


def op_status(request: Answer) -> Answer:
    """Who the device is and how its transactions stand."""
    return {**identity_answer(), **state_answer(request.get("change_id"))}


def op_running(request: Answer) -> Answer:
    """The running configuration."""
    config = reading()
    return {**identity_answer(), "config": config, "digest": digest(config)}


def op_check(request: Answer) -> Answer:
    """Whether the device would take a candidate, and what would change."""
    before, after = running(), ours(request["config"])
    check(before, after)
    return {**identity_answer(), "base_digest": digest(before), "digest": digest(after), "diff": difference(before, after)}


def op_apply(request: Answer) -> Answer:
    """Apply a candidate; it is taken back unless confirmed before the deadline."""
    change_id = request["change_id"]
    require_identity(request["identity"])
    open_, entry = Transaction.open(), finished(change_id)
    if entry and entry["state"] != CONFIRMED:
        raise Refused("finished", f"Change {change_id} was applied before and is {entry['state']}: {entry['why']}", change=entry)
    before, after = running(), ours(request["config"])
    known = entry or (open_.entry(open_.state, open_.reason) if open_ and open_.change_id == change_id else None)
    if known:
        require_same(after, before, known)
        return {"already": True, "diff": "", **state_answer(change_id)}
    if open_:
        raise Refused(
            open_.state, f"Change {open_.change_id} is {open_.state} on this device. {open_.reason}".strip(), pending=open_.summary()
        )
    if digest(before) != request["base_digest"]:
        raise Refused("base_changed", f"{hostname()} has changed since the candidate was rendered; render it again.", digest=digest(before))
    check(before, after)
    return transact(change_id, before, after, float(request["deadline_s"]))


def transact(change_id: str, before: Config, after: Config, seconds: float) -> Answer:
    """Snapshot, watchdog, apply: in this order."""
    startup = text_of(FRR_STARTUP)
    open_ = Transaction(change_id, APPLYING, before, None, startup, uptime() + seconds, boot_id(), utc_now(), os.getpid(), digest(after))
    open_.save(APPLYING)
    try:
        arm(change_id)
    except Refused:
        open_.close()
        raise
    try:
        load(before, after)
    except Refused as refused:
        roll_back(open_, f"The change could not be applied: {refused}")
        raise Refused("apply_failed", str(refused), **state_answer(change_id)) from refused
    open_.after = running()
    open_.save(PENDING)
    return {"already": False, "diff": difference(before, open_.after), "digest": digest(open_.after), **state_answer(change_id)}


def require_identity(identity: Answer) -> None:
    """Refuse a request that was meant for another device."""
    for key, seen in (("hostname", hostname()), ("device_id", device_id())):
        if identity.get(key) not in (None, seen):
            raise Refused("identity", f"This is {key} {seen}, not {identity[key]}: the inventory points at another device.")


def require_same(wanted: Config, runs: Config, known: Answer) -> None:
    """Refuse a candidate that is neither what the change was nor what runs: a restored queue may give an old id to a new wish."""
    if digest(wanted) not in (known.get("candidate"), known.get("after"), digest(runs)):
        raise Refused(
            "other_candidate",
            f"Change {known['change_id']} was applied before, and the device does not run this configuration; request it as a new change.",
        )


def op_confirm(request: Answer) -> Answer:
    """Keep the change, now and after a reboot."""
    change_id = request["change_id"]
    open_, entry = Transaction.open(), finished(change_id)
    if open_ and open_.change_id == change_id and open_.state in (PENDING, BLOCKED):
        edited = hand_edit(open_, running())
        open_.save(CONFIRMING)
        save_startup(open_, f"Confirmed. {edited}".strip())
    elif entry is None or entry["state"] != CONFIRMED:
        raise not_open(change_id, "confirmed")
    return {"already": entry is not None, **state_answer(change_id)}


def op_rollback(request: Answer) -> Answer:
    """Take the change back now."""
    change_id = request["change_id"]
    open_, entry = Transaction.open(), finished(change_id)
    if open_ and open_.change_id == change_id:
        roll_back(open_, "A rollback was asked for.")
    elif entry is None or entry["state"] != ROLLED_BACK:
        raise not_open(change_id, "rolled back")
    return {"already": entry is not None, **state_answer(change_id)}


def not_open(change_id: str, wish: str) -> Refused:
    """The refusal to end a change that is not open."""
    answer = state_answer(change_id)
    return Refused("not_pending", f"Change {change_id} cannot be {wish}: it is {answer['change']['state']}.", **answer)


# --- what the device sees -----------------------------------------------------------------------------


SHOWN = ("show ip ospf neighbor json", "show bgp ipv4 unicast summary json", "show ip route json")


def vtysh_json(*commands: str) -> list[Answer]:
    """The JSON of show commands, in one vtysh where every daemon answers (it takes its time to start); empty for one that does not."""
    text = run(["vtysh", *(word for command in commands for word in ("-c", command))], must=False).stdout
    found: list[Answer] = []
    with contextlib.suppress(ValueError):
        while text := text.lstrip():
            value, end = json.JSONDecoder().raw_decode(text)
            found.append(value if isinstance(value, dict) else {})
            text = text[end:]
    if len(found) == len(commands):
        return found
    return [{}] if len(commands) == 1 else [vtysh_json(command)[0] for command in commands]


def observe_interfaces() -> Answer:
    """Counters (since the interface came up) and addresses of each interface."""
    seen: Answer = {}
    for one in json.loads(run(["ip", "-j", "-s", "addr", "show"]).stdout):
        if "ifname" in one:
            counters = {
                f"{way}_{key}": one["stats64"][way][key] for way in ("rx", "tx") for key in ("bytes", "packets", "errors", "dropped")
            }
            addresses = [f"{a['local']}/{a['prefixlen']}" for a in one["addr_info"] if a.get("scope") != "link"]
            seen[one["ifname"]] = {"up": "LOWER_UP" in one["flags"], "addresses": addresses, **counters}
    return seen


def observe_ospf(shown: Answer) -> list[Answer]:
    """OSPF neighbours."""
    return [
        {
            "neighbor": router,
            "address": one.get("ifaceAddress", one.get("address", "")),
            "full": str(one.get("nbrState", "")).startswith("Full"),
            "interface": str(one.get("ifaceName", "")).partition(":")[0],
            "state": one.get("nbrState", ""),
        }
        for router, ones in shown.get("neighbors", {}).items()
        for one in ones
    ]


def observe_bgp(shown: Answer) -> list[Answer]:
    """BGP peers of the IPv4 unicast family."""
    return [
        {
            "neighbor": name,
            "remote_as": one.get("remoteAs"),
            "state": one.get("state", ""),
            "established": one.get("state") == "Established",
            "prefixes": one.get("pfxRcd", 0),
        }
        for name, one in shown.get("peers", {}).items()
    ]


def observe_routes(shown: Answer) -> Answer:
    """The selected route to each prefix."""
    routes: Answer = {}
    for prefix, ones in shown.items():
        for one in (one for one in ones if one.get("selected") and one.get("installed")):
            hops = one.get("nexthops", [])
            routes[prefix] = {
                "protocol": one["protocol"],
                "metric": one.get("metric", 0),
                "blackhole": any(hop.get("blackhole") for hop in hops),
                "nexthops": [{"address": hop.get("ip"), "interface": hop.get("interfaceName")} for hop in hops if hop.get("active")],
            }
    return routes


def observe_nft() -> list[Answer]:
    """Every counted nftables rule with its packets and bytes."""
    items = json.loads(run(["nft", "-j", "list", "ruleset"]).stdout)["nftables"]
    return [
        {"table": f"{rule['family']} {rule['table']}", "chain": rule["chain"], "comment": rule.get("comment", ""), **expression["counter"]}
        for rule in (item["rule"] for item in items if "rule" in item)
        for expression in rule["expr"]
        if isinstance(expression.get("counter"), dict)
    ]


def observe_qos() -> Answer:
    """Bytes, packets and drops of each shaping class: interface → class id (decimal) → counters."""
    seen: Answer = {}
    for port in (port for port, kind in qdiscs().items() if kind in ("tree", "plain")):
        text = run(["tc", "-s", "class", "show", "dev", port]).stdout
        found = re.findall(r"class htb 1:([0-9a-f]+) [^\n]*\n Sent (\d+) bytes (\d+) pkt \(dropped (\d+)", text)
        seen[port] = {str(int(minor, 16)): {"bytes": int(b), "packets": int(p), "drops": int(d)} for minor, b, p, d in found}
    return seen


def op_observe(request: Answer) -> Answer:
    """Counters, sessions and routes, for health checks and for history."""
    ospf, bgp, routes = vtysh_json(*SHOWN)
    return {
        **identity_answer(),
        "observed_at": utc_now(),
        "interfaces": observe_interfaces(),
        "ospf": observe_ospf(ospf),
        "bgp": observe_bgp(bgp),
        "routes": observe_routes(routes),
        "nft": observe_nft(),
        "qos": observe_qos(),
    }


def op_gather(request: Answer) -> Answer:
    """The running configuration and what is observed, at once."""
    return {**op_running(request), "observe": op_observe(request)}


# --- the door -----------------------------------------------------------------------------------------

IDENTIFIER = re.compile(r"[a-z0-9][a-z0-9-]{7,63}\Z")
PORT = re.compile(r"[A-Za-z][A-Za-z0-9_./-]{0,31}\Z")
CLASS_NAME = re.compile(r"[a-z][a-z0-9_-]{0,63}\Z")
TEXT = re.compile(r"[\t\n\x20-\x7e\x80-\U0010ffff]*\Z")


def whole(value: Any, low: int, high: int) -> bool:
    """Whether it is an integer within bounds (True is none)."""
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def valid_class(one: Any) -> bool:
    """Whether it is a shaping class."""
    return (
        isinstance(one, dict)
        and set(one) == {"name", "id", "rate_kbit", "ceil_kbit", "prio"}
        and isinstance(one["name"], str)
        and bool(CLASS_NAME.match(one["name"]))
        and whole(one["id"], 32, 255)
        and all(whole(one[key], 8, 400_000_000) for key in ("rate_kbit", "ceil_kbit"))
        and whole(one["prio"], 0, 7)
    )


def valid_shaping(port: Any, wish: Any) -> bool:
    """Whether it is the shaping of one interface."""
    return (
        bool(PORT.match(port))
        and isinstance(wish, dict)
        and set(wish) <= {"rate_kbit", "classes"}
        and whole(wish.get("rate_kbit"), 8, 400_000_000)
        and isinstance(wish.get("classes", []), list)
        and len(wish.get("classes", [])) <= 8
        and all(valid_class(one) for one in wish.get("classes", []))
    )


def valid_config(value: Any) -> bool:
    """Whether it is a device configuration."""
    return (
        isinstance(value, dict)
        and set(value) == {"frr", "nft", "qos"}
        and isinstance(value["qos"], dict)
        and all(isinstance(value[part], str) and TEXT.match(value[part]) for part in ("frr", "nft"))
        and all(valid_shaping(port, wish) for port, wish in value["qos"].items())
    )


def valid_identity(value: Any) -> bool:
    """Whether it names a device."""
    return (
        isinstance(value, dict)
        and set(value) <= {"hostname", "device_id"}
        and isinstance(value.get("hostname"), str)
        and all(one is None or (isinstance(one, str) and len(one) <= 253) for one in value.values())
    )


FIELDS: dict[str, Callable[[Any], bool]] = {
    "change_id": lambda value: isinstance(value, str) and bool(IDENTIFIER.match(value)),
    "base_digest": lambda value: isinstance(value, str) and bool(re.match(r"[0-9a-f]{64}\Z", value)),
    "deadline_s": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool) and 1 <= value <= 3600,
    "config": valid_config,
    "identity": valid_identity,
}
OPERATIONS: dict[str, tuple[Callable[[Answer], Answer], set[str], set[str]]] = {
    "status": (op_status, set(), {"change_id"}),
    "running": (op_running, set(), set()),
    "check": (op_check, {"config"}, set()),
    "apply": (op_apply, {"change_id", "config", "base_digest", "deadline_s", "identity"}, set()),
    "confirm": (op_confirm, {"change_id"}, set()),
    "rollback": (op_rollback, {"change_id"}, set()),
    "observe": (op_observe, set(), set()),
    "gather": (op_gather, set(), set()),
}


def parse(data: bytes) -> Answer:
    """The request in the bytes; `Refused` when it is too big, malformed, or of another protocol."""
    if len(data) > REQUEST_LIMIT:
        raise Refused("too_big", f"The request is larger than {REQUEST_LIMIT} bytes.")
    try:
        request = json.loads(data)
    except (ValueError, RecursionError):
        raise Refused("malformed", "The request is not JSON.") from None
    if not isinstance(request, dict):
        raise Refused("malformed", "The request is not a JSON object.")
    if request.get("protocol") != PROTOCOL:
        raise Refused(
            "protocol",
            f"This agent ({VERSION}) speaks protocol {PROTOCOL}, the request another: run the role bootstrap of the same release.",
            version=VERSION,
            protocol=PROTOCOL,
        )
    operation = request.get("op")
    if not isinstance(operation, str) or operation not in OPERATIONS:
        raise Refused("malformed", f"The request's op must be one of {', '.join(OPERATIONS)}.")
    _unused, needed, allowed = OPERATIONS[operation]
    given = set(request) - {"protocol", "op"}
    if not needed <= given <= needed | allowed:
        raise Refused("malformed", f"Operation {operation} takes exactly the fields {sorted(needed)} and may take {sorted(allowed)}.")
    wrong = [key for key in sorted(given) if not FIELDS[key](request[key])]
    if wrong:
        raise Refused("malformed", f"The field {wrong[0]} does not match the schema agent_request.")
    return request


def serve(data: bytes) -> Answer:
    """Answer one request. Only `observe` and a `status` beside a running apply do without the lock."""
    try:
        request = parse(data)
        operation = request["op"]
        if operation == "observe":
            return {"ok": True, "op": operation, **op_observe(request)}
        if operation == "status" and not free("lock"):
            return {"ok": True, "op": operation, "busy": True, **op_status(request)}
        with lock():
            settle()
            return {"ok": True, "op": operation, **OPERATIONS[operation][0](request)}
    except Refused as refused:
        return refused.answer
    except Exception as error:  # the caller must get an answer whatever breaks; the transaction settles itself
        return {"ok": False, "code": "internal", "error": f"The agent failed: {type(error).__name__}: {masked(str(error))[:300]}"}


def main(arguments: list[str]) -> int:
    """Serve one request, or do root's own errands."""
    os.umask(0o077)
    STATE.mkdir(mode=0o700, parents=True, exist_ok=True)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    if arguments == ["boot"]:
        try:
            boot()
        except Refused as refused:
            sys.stderr.write(f"forestage-agent boot: {refused}\n")
            return 1
        return 0
    if arguments[:1] == ["watch"] and len(arguments) == 2:
        watch(arguments[1])
        return 0
    if arguments:
        sys.stderr.write("forestage-agent takes no argument: it reads one JSON request from its standard input.\n")
        return 2
    signal.alarm(30)
    data = sys.stdin.buffer.read(REQUEST_LIMIT + 1)
    signal.alarm(0)
    answer = serve(data)
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
    return 0 if answer["ok"] else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
