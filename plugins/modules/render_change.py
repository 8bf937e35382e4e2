#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: render_change
short_description: Make a candidate configuration from a job
version_added: 0.1.0
author: Forestage maintainers (@forestage)
description:
  - Renders the change of a job with the template catalogue against the running configuration of every device that it affects.
  - Parameters are checked against the template's schema first. A change that would block management, a network or a BGP
    neighbour of one of the devices in O(running), a protected prefix or too wide a prefix is refused.
  - Runs on the controller and changes no device.
attributes:
  check_mode:
    support: full
    description: Renders, and writes no file.
  diff_mode:
    support: full
    description: Shows the difference from what runs, for each device.
options:
  job:
    description: The job, a value of schema C(job); C(change_id), C(device) and C(change) are used.
    type: dict
    required: true
  running:
    description: For each affected device its C(config) (schema C(device_config)), C(digest), and C(platform) and C(observe) where known.
    type: dict
    required: true
  templates:
    description: Folder of the template catalogue; that of role P(forestage.network.render#role) by default.
    type: path
  never_block:
    description: Prefixes that no filter, rate limit or blackhole may touch.
    type: list
    elements: str
    default: []
  management:
    description:
      - Management addresses, prefixes or names, protected in the same way. A name that cannot be resolved here protects nothing.
    type: list
    elements: str
    default: []
  widest_ipv4:
    description: Length of the widest IPv4 prefix that may be blocked.
    type: int
    default: 24
  widest_ipv6:
    description: Length of the widest IPv6 prefix that may be blocked.
    type: int
    default: 48
  dest:
    description: File to keep the candidate in, readable by its owner only; its folder is made. Nothing is written in check mode.
    type: path
"""

EXAMPLES = r"""
- name: Render a job's change
  forestage.network.render_change:
    job: "{{ job }}"
    running: "{{ running }}"
    never_block: [198.51.100.0/24]
  register: rendered
"""

RETURN = r"""
candidate:
  description: The candidate, a value of schema C(candidate).
  returned: success
  type: dict
"""
