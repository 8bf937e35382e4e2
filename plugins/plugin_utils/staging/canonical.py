# SPDX-License-Identifier: GPL-3.0-or-later
"""A candidate as FRR itself writes it.

Lines that equal a default, and other spellings of a command, never come back in the running
configuration: the device's agent would see them as a difference for ever. So a candidate is loaded
without a transaction, read back, and what was read is what is applied, and later deployed.
"""

from __future__ import annotations

from ..drivers.agent_file import agent
from .lab import Lab

RELOAD = ["/usr/lib/frr/frr-reload.py", "--log-level", "error", "--confdir", "/tmp/forestage", "--reload", "/tmp/forestage/frr.conf"]  # noqa: S108  the node's own


def read_back(lab: Lab, device: str, candidate: str, running: str) -> str:
    """The canonical form of `candidate`'s FRR part; the device runs `running` again afterwards."""
    if agent().canonical_frr(candidate) == running:
        return running
    try:
        _load(lab, device, candidate)
        text: str = agent().canonical_frr(lab.shell(lab.copy.nodes[device], ["vtysh", "-c", "show running-config no-header"]))
    finally:
        _load(lab, device, running)
    return text


def _load(lab: Lab, device: str, text: str) -> None:
    node = lab.copy.nodes[device]
    lab.shell(node, ["mkdir", "-p", "-m", "700", "/tmp/forestage"])  # noqa: S108
    lab.write(node, "/tmp/forestage/vtysh.conf", "service integrated-vtysh-config\n")  # noqa: S108
    lab.write(node, "/tmp/forestage/frr.conf", text)  # noqa: S108
    lab.shell(node, RELOAD, must=False)
