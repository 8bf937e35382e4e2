#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

DOCUMENTATION = r"""
module: device_agent
short_description: Install the device agent
version_added: 0.1.0
author: Forestage maintainers (@forestage)
description:
  - Installs the agent of platform C(frr_linux) with its user, a key that is bound to the agent, a sudo rule for it alone, and,
    where systemd runs, a unit that has it look after an unfinished change at each boot.
  - Everything is looked at before anything is written. It refuses a device of another name, one that lacks a package, one with a
    newer agent or one of another protocol, and one with an unfinished change. Afterwards the agent is asked as its user would ask it.
  - One round trip over the host's connection as root, with C(become) or without. Become methods that need a terminal, such as
    C(su), cannot be used. The device needs Python 3.9 or newer as C(/usr/bin/python3).
attributes:
  check_mode: {support: full, description: Tells what it would change.}
  diff_mode: {support: full, description: Shows each file before and after and what else is done.}
options:
  public_key:
    description: Public ssh key of the controller, one line as in an C(authorized_keys) file.
    type: str
    required: true
  user:
    description: Name of the agent's user, which the device makes where it has none. Its home is below C(/home).
    type: str
    default: forestage
  hostname:
    description: Host name that the device must have; its inventory name by default.
    type: str
"""

EXAMPLES = r"""
- name: Install the agent
  forestage.network.device_agent:
    public_key: "{{ lookup('ansible.builtin.file', '~/.ssh/forestage.pub') }}"
  become: true
"""

RETURN = r"""
agent:
  description: What the agent says of the device and its changes; empty in check mode where none is installed yet.
  returned: success
  type: dict
  sample: {ok: true, version: 1.1.0, hostname: core-a1, device_id: 0e6c1c0e-7b0a-4f0e-9c55-0a8f5a0b7c11, pending: null}
"""
