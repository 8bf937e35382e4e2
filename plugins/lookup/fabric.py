# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How to reach a virtual network that runs on this machine."""

from __future__ import annotations

DOCUMENTATION = r"""
name: fabric
short_description: How to reach a virtual network that runs on this machine
version_added: 0.1.0
author: Forestage maintainers (@forestage)
description:
  - Tells where a network built by M(forestage.network.fabric) keeps its ssh keys and known hosts, and which ssh options
    lead to its management addresses. An inventory of virtual devices needs no path of its own this way.
options:
  _terms:
    description: Names of virtual networks.
    required: true
"""

EXAMPLES = r"""
ansible_ssh_common_args: "{{ lookup('forestage.network.fabric', 'lab').ssh_args }}"
ansible_ssh_private_key_file: "{{ lookup('forestage.network.fabric', 'lab').admin_key }}"
"""

RETURN = r"""
_raw:
  description:
    - A dictionary for each network, with the keys C(name), C(folder), C(userns), C(holder_pid), C(admin_key),
      C(agent_key), C(agent_public_key), C(known_hosts), C(ssh_args) and C(nodes).
  type: list
  elements: dict
"""

from typing import Any

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase
from ansible_collections.forestage.network.plugins.plugin_utils.fabric import Fabric, FabricError


class LookupModule(LookupBase):
    """Reads the registers of running fabrics."""

    def run(self, terms: list[str], variables: dict[str, Any] | None = None, **kwargs: Any) -> list[dict[str, Any]]:
        try:
            return [Fabric.load(str(name)).facts() for name in terms]
        except FabricError as error:
            raise AnsibleLookupError(str(error)) from None
