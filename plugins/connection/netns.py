# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Run tasks in a node of a virtual network without a transport in between."""

from __future__ import annotations

DOCUMENTATION = r"""
name: netns
short_description: Run tasks in a node of a virtual network
version_added: 0.1.0
author: Forestage maintainers (@forestage)
description:
  - Enters the namespaces of a node that M(forestage.network.fabric) has built, as root of that node.
  - The fastest way to a virtual device; a device's own checks of identity and accounts are reached over ssh instead.
  - Must run on the machine and as the user that built the fabric.
notes:
  - C(become) is not needed, and works where the node allows it without a password.
options:
  fabric:
    description: Name of the virtual network.
    type: str
    required: true
    vars: [{name: forestage_fabric}]
    env: [{name: FORESTAGE_FABRIC}]
  node:
    description:
      - Name of the node in it; the inventory name of the host by default.
      - Where tasks are delegated to the host, C(forestage_node) is needed.
    type: str
    vars: [{name: inventory_hostname}, {name: forestage_node}]
  remote_user:
    description: Tasks are root in the node, whatever user the inventory names for ssh.
    type: str
    choices: [root]
    default: root
"""

import subprocess
from pathlib import Path
from typing import Any, ClassVar

from ansible.errors import AnsibleConnectionFailure, AnsibleFileNotFound
from ansible.plugins.connection import ConnectionBase
from ansible_collections.forestage.network.plugins.plugin_utils.fabric import Fabric, FabricError


class Connection(ConnectionBase):
    """One process per command; pipelining is always possible."""

    transport: ClassVar[str] = "forestage.network.netns"
    has_pipelining = True

    def _connect(self) -> Connection:
        self._connected = True
        return self

    def close(self) -> None:
        self._connected = False

    def _run(self, argv: list[str], data: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
        try:  # looked up anew each time, for a restarted node has other namespaces
            return Fabric.load(self.get_option("fabric")).exec(self.get_option("node"), argv, input=data)
        except FabricError as error:
            raise AnsibleConnectionFailure(str(error)) from None

    def exec_command(self, cmd: str, in_data: bytes | None = None, sudoable: bool = True) -> tuple[int, bytes, bytes]:
        super().exec_command(cmd, in_data=in_data, sudoable=sudoable)
        done = self._run(["/bin/sh", "-c", cmd], in_data)
        return done.returncode, done.stdout, done.stderr

    def put_file(self, in_path: str, out_path: str) -> None:
        super().put_file(in_path, out_path)
        if not Path(in_path).exists():
            raise AnsibleFileNotFound(f"the file {in_path} to be sent does not exist; mend its path")
        self._transfer(["/bin/sh", "-c", 'cat > "$1"', "sh", out_path], Path(in_path).read_bytes())

    def fetch_file(self, in_path: str, out_path: str) -> None:
        super().fetch_file(in_path, out_path)
        Path(out_path).write_bytes(self._transfer(["cat", "--", in_path]))

    def _transfer(self, argv: list[str], data: bytes | None = None) -> bytes:
        done: Any = self._run(argv, data)
        if done.returncode != 0:
            raise AnsibleConnectionFailure(f"{argv[-1]} on {self.get_option('node')}: {done.stderr.decode(errors='replace').strip()}")
        return bytes(done.stdout)
