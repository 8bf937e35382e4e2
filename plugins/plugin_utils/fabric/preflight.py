# SPDX-License-Identifier: GPL-3.0-or-later
"""What a machine must have before a fabric is built; each lack is one sentence with its mend."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

from .errors import FabricError
from .inside.plan import Plan
from .inside.userns import UserNamespaceError, subordinate_range

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_ALWAYS = {"ip": "iproute2", "nsenter": "util-linux", "ssh-keygen": "openssh-client"}
_ROUTER = {"/usr/lib/frr/frrinit.sh": "frr", "vtysh": "frr", "nft": "nftables", "tc": "iproute2", "sudo": "sudo", "python3": "python3"}
_ROOTLESS = {"newuidmap": "uidmap", "newgidmap": "uidmap"}


def missing(plan: Plan) -> Iterator[str]:
    """Every lack of this machine for this plan, as a sentence."""
    needed = dict(_ALWAYS)
    if any(node.is_router for node in plan.nodes):
        needed |= _ROUTER
    if any(node.has_sshd for node in plan.nodes):
        needed["sshd"] = "openssh-server"
    rootless = os.geteuid() != 0
    if rootless:
        needed |= _ROOTLESS
    for program, package in needed.items():
        if not shutil.which(program, path=_PATH):
            yield f"the program {program} is missing; install the package {package} (Debian and Ubuntu: sudo apt-get install {package})"
    if rootless:
        yield from _rootless_lacks()
    for node in plan.nodes:
        for path in node.shares:
            if not os.path.isdir(path):
                yield f"node {node.name} shares {path}, which is no folder here; make it or mend the path"


def _rootless_lacks() -> Iterator[str]:
    for file in ("/etc/subuid", "/etc/subgid"):
        try:
            subordinate_range(file)
        except UserNamespaceError as error:
            yield str(error)
    if os.path.exists("/usr/bin/sudo") and not os.access("/usr/bin/sudo", os.R_OK):
        yield "an ordinary user cannot read /usr/bin/sudo, which routers copy; allow it (sudo chmod a+r /usr/bin/sudo) or run as root"


def check_machine(plan: Plan) -> None:
    """Raise FabricError with the first lack."""
    lacks = list(missing(plan))
    if lacks:
        more = f" (and {len(lacks) - 1} more)" if len(lacks) > 1 else ""
        raise FabricError(f"a fabric cannot be built here: {lacks[0]}{more}")
