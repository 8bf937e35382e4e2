#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: history_add
short_description: Add what a device observed to a history
version_added: 0.1.0
author: Forestage maintainers (@forestage)
description:
  - Adds one observation to a history folder in CSV, from which M(forestage.network.forecast) reads. Octets sent and packets
    dropped of each interface, packets counted by the tables of changes, and capacities from the shaping.
  - Series that the folder does not know yet get their row. The same observation is added once. Runs on the controller.
attributes:
  check_mode: {support: full, description: Tells how many samples it would add.}
  diff_mode: {support: none, description: There is nothing to show.}
options:
  history:
    description: The folder; made where it is missing. It must not hold Parquet tables.
    type: path
    required: true
  device:
    description: Name of the device.
    type: str
    required: true
  observed:
    description: What M(forestage.network.device_config) returned for V(observed).
    type: dict
    required: true
  qos:
    description: The shaping in the device's running configuration, for the capacities.
    type: dict
    default: {}
  attributes:
    description: What holds for all series of the device, for example C(site), C(role) and C(criticality).
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Add an observation
  forestage.network.history_add:
    history: /srv/forestage/history
    device: "{{ inventory_hostname }}"
    observed: "{{ observed.device }}"
    attributes: {site: a, role: core}
"""

RETURN = r"""
added:
  description: How many samples were added.
  returned: success
  type: int
"""
