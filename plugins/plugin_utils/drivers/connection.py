# SPDX-License-Identifier: GPL-3.0-or-later
"""A task's own Ansible connection as a transport: ssh with a forced command, or a namespace."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleConnectionFailure

from .agent_file import COMMAND
from .transport import DeviceError

KEEP_ALIVE = "-o ServerAliveInterval=2 -o ServerAliveCountMax=3"
"""A management path that is cut ends the session after six seconds instead of hanging the play."""


class AgentTransport:
    """Runs the agent over an Ansible connection: the request on its standard input, the answer from its output."""

    def __init__(self, connection: Any, device: str) -> None:
        """`connection` is a task's connection plugin, `device` the name for error messages."""
        self._connection = connection
        self._device = device
        self._is_ssh = connection.transport == "ssh"
        if self._is_ssh:
            given = connection.get_option("ssh_extra_args") or ""
            if KEEP_ALIVE not in given:
                connection.set_option("ssh_extra_args", f"{given} {KEEP_ALIVE}".strip())

    def renew(self) -> None:
        """Have the next request open a new ssh session rather than share a standing one."""
        if self._is_ssh:
            self._connection.reset()

    def __call__(self, request: bytes) -> bytes:
        """Send one request; `DeviceError` (unreachable, no_agent) when no answer comes."""
        try:
            code, output, errors = self._connection.exec_command(COMMAND, in_data=request, sudoable=False)
        except AnsibleConnectionFailure as error:
            raise DeviceError("unreachable", f"{self._device} cannot be reached: {_one_line(str(error))}") from None
        if not output.strip():
            said = _one_line(errors.decode(errors="replace")) or f"exit code {code}"
            raise DeviceError("no_agent", f"{self._device} gave no answer ({said}); install the agent with the role bootstrap.")
        return bytes(output)


def _one_line(text: str) -> str:
    return " ".join(text.split())[-300:]
