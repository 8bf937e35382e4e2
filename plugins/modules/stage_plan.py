#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: stage_plan
short_description: Plan the rehearsal of changes on virtual copies
version_added: 0.1.0
author: Forestage maintainers (@forestage)
description:
  - Derives from configurations alone which routers to copy and how they are connected. Interfaces in one subnet are one link.
    Where the other end is outside the copy, a stub host takes its address, or a speaker where it is a BGP neighbour.
  - One copy serves all changes of a plan; they are rehearsed one after the other.
  - Runs on the controller and builds nothing.
attributes:
  check_mode:
    support: full
    description: Plans, and writes no file.
  diff_mode:
    support: none
    description: There is nothing to compare with.
options:
  items:
    description:
      - For each change its C(job), its C(candidate), and C(running), the configurations of the affected devices and of those
        around them (device to a value of schema C(device_config), or to a mapping with C(config) and C(observe)).
    type: list
    elements: dict
    required: true
  templates:
    description: Folder of the template catalogue; that of role P(forestage.network.render#role) by default.
    type: path
  management:
    description: Management address of each device; used in the copy where all are in one /24 that is not routed.
    type: dict
    default: {}
  radius:
    description: How many rings of neighbours to copy around the affected devices.
    type: int
    default: 1
  settle_s:
    description: Wait so many seconds at most until routing has settled.
    type: float
    default: 60
  traffic_mbit:
    description: Megabits a second that virtual links carry for sure; a faster shaper is measured at a fraction of its rate.
    type: float
    default: 40
  measure_s:
    description: Seconds of each measurement.
    type: float
    default: 1
  rules:
    description: Text of the golden rules that will be checked; the collection's own by default.
    type: str
  verdict_age_h:
    description:
      - A job that brings a verdict on the very same subject (candidate, configurations, rules, limits, version of the collection)
        from the last so many hours keeps it and is not rehearsed again. 0 rehearses everything.
    type: float
    default: 24
  lanes:
    description:
      - Plan so many virtual networks at most, for rehearsals side by side; each gets two changes at least.
    type: int
    default: 1
  dest:
    description: File to write the (first) plan to, readable by its owner only.
    type: path
"""

EXAMPLES = r"""
- name: Plan the rehearsal of one change
  forestage.network.stage_plan:
    items:
      - {job: "{{ job }}", candidate: "{{ candidate }}", running: "{{ running }}"}
  register: planned
"""

RETURN = r"""
plans:
  description: The plans, each with C(changes) that will be rehearsed and C(not_staged), the reasons why others will not.
  returned: success
  type: list
  elements: dict
kept:
  description: For each change_id that need not be rehearsed again its verdict.
  returned: success
  type: dict
subjects:
  description: For each change_id a digest of what is rehearsed; null where it cannot be rehearsed alone.
  returned: success
  type: dict
version:
  description: Version of the collection that planned.
  returned: success
  type: str
"""
