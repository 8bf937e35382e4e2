#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

DOCUMENTATION = r"""
module: job_request
short_description: Put a change into the queue
version_added: 0.1.0
author: Forestage maintainers (@forestage)
extends_documentation_fragment:
  - forestage.network.queue
description:
  - Puts a person's own request into the queue, or a Provisioning Forecast that another engine has written.
  - The same request or the same forecast again changes nothing.
  - A request takes the place of an open recommendation for the same device, object and template.
  - Who asks for a change, or brings a forecast, cannot approve it, and cannot let it go by itself.
  - A filter, a rate limit and a blackhole must have an end, within the guard C(longest_ttl) of the policy file.
  - A change that no template of the catalogue makes is refused, as is one of a device that is not in the inventory, unless it
    provisions that device or the inventory holds nothing but C(localhost).
options:
  device:
    description: The inventory name of the device to change. Needs O(object), O(change) and O(reason).
    type: str
  device_role:
    description: The suggested role of a new device.
    type: str
  site:
    description: The device's site.
    type: str
  object:
    description: What on the device, such as an interface, a prefix, or the word V(device).
    type: str
  change:
    description: The change itself.
    type: dict
    suboptions:
      template:
        description: A template of the catalogue.
        type: str
        required: true
      kind:
        description: The kind of change that the template makes.
        type: str
        required: true
      parameters:
        description: The template's parameters.
        type: dict
        default: {}
  reason:
    description: Why it is wanted, in a sentence.
    type: str
  severity:
    description: How bad it is without the change.
    type: str
    choices: [minor, major, critical]
    default: major
  criticality:
    description: How much depends on the device.
    type: str
    choices: [low, normal, high, critical]
    default: normal
  mode:
    description:
      - How far the change may go by itself.
      - V(auto) is for the policies of this engine. A request that asks for it, and a forecast that somebody brings, gets V(approve).
    type: str
    choices: [shadow, approve, auto]
    default: approve
  needed_by:
    description: When it must be in place, as RFC 3339 in UTC.
    type: str
  not_before:
    description: The earliest start.
    type: str
  revert_at:
    description:
      - When a temporary change is taken back. Leave it out for a permanent one.
      - A security change without it is taken back at O(expires).
    type: str
  expires:
    description: When it is no longer worth doing. A temporary change never begins after O(revert_at).
    type: str
  templates:
    description: Folder of the template catalogue; that of role P(forestage.network.render#role) by default.
    type: path
  policies:
    description:
      - The policy file whose guard C(longest_ttl) holds. Without it the variable C(forestage_policies) is used, then seven days.
    type: path
  forecast:
    description: The path of a Provisioning Forecast (JSON) to take in instead of a single request.
    type: path
  gate:
    description: When a forecast is held for a person to look at.
    type: dict
    suboptions:
      multiple:
        description: Held above this multiple of the median of earlier forecasts of the same engine.
        type: float
        default: 3.0
      minimum_recommendations:
        description: Never held up to this many recommendations.
        type: int
        default: 30
      minimum_devices:
        description: Never held up to this many devices.
        type: int
        default: 20
      window:
        description: How many earlier forecasts count.
        type: int
        default: 20
"""

EXAMPLES = r"""
- name: Ask for more capacity on a transit link
  forestage.network.job_request:
    device: core-a1
    object: eth3
    change:
      template: capacity
      kind: capacity
      parameters:
        interface: eth3
        rate_mbit: 40
    severity: major
    reason: A new customer starts on Monday.

- name: Take in what another engine has forecast
  forestage.network.job_request:
    forecast: /srv/planning/provisioning_forecast.json
"""

RETURN = r"""
job:
  description: The job after the step, as the schema C(job) has it, with its documents.
  returned: when a request was put in
  type: dict
  sample:
    change_id: 6f1c0c1e-7b0a-4f0e-9c55-0a8f5a0b7c11
    device: core-a1
    object: eth3
    state: queued
    priority: 83.2
    tier: critical
report:
  description: What the forecast did to the queue, as lists of change_ids.
  returned: when a forecast was taken in
  type: dict
  sample:
    added: [6f1c0c1e-7b0a-4f0e-9c55-0a8f5a0b7c11]
    updated: []
    unchanged: []
    withdrawn: []
    held: []
    ignored: []
    why_held: null
"""
