# SPDX-License-Identifier: GPL-3.0-or-later
"""A node's disk: the private folders that a restart keeps, on a tmpfs that ends with the fabric.

Only what anybody may read is taken from the machine's /etc, so a node never sees the machine's secrets;
accounts, sudo, PAM and ssh are written anew.
"""

from __future__ import annotations

import grp
import json
import os
import pwd
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .plan import Node, Plan

# where a node sees each private folder
PRIVATE = {"etc": "/etc", "log": "/var/log", "lib": "/var/lib", "sbin": "/usr/local/sbin", "home": "/home", "root": "/root"}
_NOT_COPIED = {"shadow", "shadow-", "gshadow", "gshadow-", "sudoers", "sudoers.d", "frr", "moduli"}
_PERMIT = "auth required pam_deny.so\naccount required pam_permit.so\nsession required pam_permit.so\n"
_SUDOERS = (
    'Defaults env_reset\nDefaults secure_path="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"\n'
    "root ALL=(ALL:ALL) ALL\n@includedir /etc/sudoers.d\n"
)
_DAEMONS = (
    "bgpd=yes\nospfd=yes\nvtysh_enable=yes\n"
    'zebra_options="-A 127.0.0.1 -s 90000000"\nbgpd_options="-A 127.0.0.1"\n'
    'ospfd_options="-A 127.0.0.1"\nstaticd_options="-A 127.0.0.1"\n'
)
_SSHD = (
    "HostKey /etc/ssh/ssh_host_ed25519_key\nListenAddress {address}\nPidFile /run/sshd.pid\n"
    "PermitRootLogin prohibit-password\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n"
    "UsePAM yes\nUseDNS no\nPrintMotd no\nMaxStartups 100\nMaxSessions 100\nSubsystem sftp internal-sftp\n"
)


def _write(path: Path, text: str, mode: int = 0o644, owner: tuple[int, int] = (0, 0)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    os.chown(path, *owner)
    path.chmod(mode)


def _ignored(folder: str, names: list[str]) -> set[str]:
    left = {name for name in names if name in _NOT_COPIED or name.startswith("ssh_host_")}
    for name in set(names) - left:
        status = os.lstat(os.path.join(folder, name))
        readable = stat.S_IROTH | (stat.S_IXOTH if stat.S_ISDIR(status.st_mode) else 0)
        if not stat.S_ISLNK(status.st_mode) and status.st_mode & readable != readable:
            left.add(name)
    return left


def _accounts(etc: Path) -> None:
    """Keep the system's accounts only, all without a password but not locked."""
    users = [user for user in pwd.getpwall() if user.pw_uid < 1000 or user.pw_name == "nobody"]
    groups = [group for group in grp.getgrall() if group.gr_gid < 1000 or group.gr_name == "nogroup"]
    _write(etc / "passwd", "".join(f"{u.pw_name}:x:{u.pw_uid}:{u.pw_gid}:{u.pw_gecos}:{u.pw_dir}:{u.pw_shell}\n" for u in users))
    _write(etc / "group", "".join(f"{g.gr_name}:x:{g.gr_gid}:{','.join(g.gr_mem)}\n" for g in groups))
    shadow = grp.getgrnam("shadow").gr_gid if any(group.gr_name == "shadow" for group in groups) else 0
    _write(etc / "shadow", "".join(f"{user.pw_name}:*:19000:0:99999:7:::\n" for user in users), 0o640, (0, shadow))
    _write(etc / "gshadow", "".join(f"{group.gr_name}:*::\n" for group in groups), 0o640, (0, shadow))


@dataclass(frozen=True)
class Kit:
    """What all disks of a fabric are made from: the common /etc, a private sudo (rootless only), root's public key, the agent's text."""

    base: Path
    sudo: Path | None
    admin_key: str
    agent: str


def make_kit(folder: Path, rootless: bool, admin_key: str, agent: str) -> Kit:
    """Prepare the common parts in `folder`."""
    _make_base(folder / ".etc")
    if rootless:
        _make_sudo(folder / ".sudo")
    return Kit(folder / ".etc", folder / ".sudo" if rootless else None, admin_key, agent)


def _make_base(folder: Path) -> None:
    shutil.copytree("/etc", folder, symlinks=True, ignore=_ignored, copy_function=shutil.copy)
    _accounts(folder)
    _write(folder / "sudoers", _SUDOERS, 0o440)
    (folder / "sudoers.d").mkdir(mode=0o750)
    for service in ("sudo", "sudo-i", "sshd", "su", "frr"):
        _write(folder / "pam.d" / service, _PERMIT.replace("pam_deny", "pam_permit") if service == "frr" else _PERMIT)


def _make_sudo(folder: Path) -> None:
    """Copy sudo to a tmpfs that the namespace's root owns: only there is its set-user-id bit honoured."""
    folder.mkdir()
    shutil.copy("/usr/bin/sudo", folder / "sudo")
    shutil.copytree(os.path.realpath("/usr/libexec/sudo"), folder / "plugins", symlinks=True)
    for path in (folder, folder / "sudo", *folder.glob("plugins/**/*")):
        os.chown(path, 0, 0, follow_symlinks=False)
    (folder / "sudo").chmod(0o4755)


def make_disk(disk: Path, node: Node, plan: Plan, kit: Kit) -> None:
    """Make one node's private folders in `disk`."""
    etc = disk / "etc"
    shutil.copytree(kit.base, etc, symlinks=True)
    for name in PRIVATE.keys() - {"etc"}:
        (disk / name).mkdir(mode=0o700 if name == "root" else 0o755)
    for name in ("forestage", "sudo", "dpkg", "misc"):
        (disk / "lib" / name).mkdir(mode=0o700 if name in ("forestage", "sudo") else 0o755)
    _write(etc / "hostname", f"{node.name}\n")
    peers = "".join(f"{peer.mgmt} {peer.name}\n" for peer in plan.nodes if peer.mgmt and peer is not node)
    _write(etc / "hosts", f"127.0.0.1 localhost\n{node.mgmt or '127.0.1.1'} {node.name}\n{peers}")
    if node.is_router:
        _router_files(disk, node)
    if node.agent:
        _write(disk / "sbin" / "forestage-agent", kit.agent, 0o755)
    if node.has_sshd:
        _ssh_files(disk, node, kit.admin_key)


def host_key(disk: Path) -> str:
    """The public ssh host key of a node."""
    return " ".join((disk / "etc" / "ssh" / "ssh_host_ed25519_key.pub").read_text(encoding="utf-8").split()[:2])


def _router_files(disk: Path, node: Node) -> None:
    frr, group = pwd.getpwnam("frr"), grp.getgrnam("frr")
    owner = (frr.pw_uid, group.gr_gid)
    (disk / "log" / "frr").mkdir()
    os.chown(disk / "log" / "frr", *owner)
    etc = disk / "etc"
    _write(etc / "frr" / "daemons", _DAEMONS, 0o640, owner)
    _write(etc / "frr" / "vtysh.conf", "service integrated-vtysh-config\n", 0o640, owner)
    _write(etc / "frr" / "frr.conf", node.config["frr"], 0o640, owner)
    os.chown(etc / "frr", *owner)
    _write(etc / "nftables.conf", node.config["nft"], 0o600)
    _write(etc / "forestage" / "nft.conf", node.config["nft"], 0o600)  # the agent's start-up files, so that it finds its own
    _write(etc / "forestage" / "qos.json", json.dumps(node.config["qos"], indent=1, sort_keys=True) + "\n")


def _ssh_files(disk: Path, node: Node, admin_key: str) -> None:
    key = disk / "etc" / "ssh" / "ssh_host_ed25519_key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", node.name, "-f", str(key)], check=True, stdin=subprocess.DEVNULL)
    _write(disk / "etc" / "ssh" / "sshd_config", _SSHD.format(address=node.mgmt))
    (disk / "root" / ".ssh").mkdir(mode=0o700)
    _write(disk / "root" / ".ssh" / "authorized_keys", admin_key, 0o600)
