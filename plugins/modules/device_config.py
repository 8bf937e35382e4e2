#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: device_config
short_description: Configure a device as a transaction with a deadline
version_added: 0.1.0
author: Forestage maintainers (@forestage)
description:
  - Reads, checks, applies, confirms or takes back the whole configuration of a device, through the agent that the role
    P(forestage.network.bootstrap#role) installs. One request over the task's own connection, whichever it is.
  - An applied configuration is taken back by the device itself unless it is confirmed before its deadline, even when the
    controller has died, the path is cut or the device reboots. A hand edit made meanwhile is never erased.
  - Of nftables only the tables named C(forestage_*) are compared, changed, kept across a reboot and taken back. Those of other
    programs, such as fail2ban or Docker, are read, but in a candidate they are left aside and on the device they are never touched.
  - A change_id that the device has finished is never applied again; with another configuration it is refused. The device
    remembers its last 100,500 changes.
attributes:
  check_mode:
    support: full
    description: Asks the device whether it would take the configuration.
  diff_mode:
    support: full
    description: Shows the difference from what runs, secrets masked.
options:
  state:
    description:
      - V(running) returns the configuration and its digest, V(observed) counters, sessions and routes, V(gathered) both,
        the latter as C(observe), V(status) the device's identity and transactions, V(check) whether it would take O(config).
      - V(applied) applies O(config) with a O(deadline), V(confirmed) keeps it, V(rolled_back) takes it back now.
    type: str
    required: true
    choices: [running, observed, gathered, status, check, confirmed, rolled_back, applied]
  platform:
    description: Whose driver to use.
    type: str
    default: frr_linux
  change_id:
    description: Which change; needed for V(applied), V(confirmed) and V(rolled_back).
    type: str
  config:
    description: The whole configuration, a value of schema C(device_config).
    type: dict
  base_digest:
    description: Digest of the running configuration that O(config) was rendered against; the device refuses when it runs another.
    type: str
  deadline:
    description: Seconds until an unconfirmed change is taken back, counted by the device from the start of the apply.
    type: float
    default: 60
  identity:
    description: The C(hostname), and the C(device_id) where it is known, that the device must have. Its inventory name by default.
    type: dict
  new_connection:
    description: Open a new ssh session for this request, to prove that the management path still works.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Apply a candidate for a minute
  forestage.network.device_config:
    state: applied
    change_id: "{{ candidate.change_id }}"
    config: "{{ candidate.devices[inventory_hostname].config }}"
    base_digest: "{{ candidate.devices[inventory_hostname].base_digest }}"
    deadline: 60

- name: Keep it
  forestage.network.device_config:
    state: confirmed
    change_id: "{{ candidate.change_id }}"
"""

RETURN = r"""
device:
  description: The device's answer, as schema C(agent_answer) says.
  returned: always
  type: dict
code:
  description: Why the device refused, in one word (C(unreachable), C(base_changed), C(identity), C(pending), C(finished),
      C(other_candidate) …).
  returned: failure
  type: str
"""
