# SPDX-License-Identifier: GPL-3.0-or-later
"""What is sent to a device to install the agent, and what comes back."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from ..drivers import agent_file
from . import program

COMMAND = "/usr/bin/python3 -I -"
"""Runs what comes on its standard input, with the Python that the agent will have."""

_UNIT = agent_file.FILE.with_name("forestage-agent.service")
_USER = re.compile(r"[a-z_][a-z0-9_-]{0,31}")
_KEY = re.compile(r"[a-z0-9@.-]+ [A-Za-z0-9+/]+={0,3}( [^\n]*)?")


class InstallError(ValueError):
    """Why the agent was not installed, in one sentence."""


def request(public_key: str, user: str, hostname: str, *, check: bool) -> bytes:
    """The program with its order, for the standard input of `COMMAND`.

    Raises:
        InstallError: the key is not one line of an ``authorized_keys`` file, or the user's name is none.
    """
    key = public_key.strip()
    if not _KEY.fullmatch(key):
        raise InstallError("public_key must be one public ssh key: its type, the key, and at most a comment.")
    if not _USER.fullmatch(user):
        raise InstallError(f"{user!r} is no name for a user; use lower case letters, digits, - and _.")
    order = {
        "agent": agent_file.FILE.read_text(encoding="utf-8"),
        "sha256": agent_file.checksum(),
        "version": agent_file.agent().VERSION,
        "unit": _UNIT.read_text(encoding="utf-8"),
        "user": user,
        "hostname": hostname,
        "key_line": f'restrict,command="sudo -n {agent_file.COMMAND}" {key}\n',
        "sudo_rule": f'{user} ALL=(root) NOPASSWD: {agent_file.COMMAND} ""\n',
        "check": check,
    }
    return f"{Path(program.__file__).read_text(encoding='utf-8')}\n\nmain(json.loads({json.dumps(order)!r}))\n".encode()


def answer(output: str, errors: str) -> dict[str, Any]:
    """What the device did: ``changed``, ``diff`` and the ``agent``'s status.

    Raises:
        InstallError: it refused, or it could not run the program.
    """
    try:
        said: dict[str, Any] = json.loads(output.strip().rpartition("\n")[2])
    except ValueError:
        raise InstallError(f"could not run the installation: {' '.join((errors or output).split())[-300:]}.") from None
    if "error" in said:
        raise InstallError(f"{said['error']}.")
    return said
