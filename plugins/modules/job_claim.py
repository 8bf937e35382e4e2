#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

DOCUMENTATION = r"""
module: job_claim
short_description: Take the next jobs from the queue
version_added: 0.1.0
author: Forestage maintainers (@forestage)
extends_documentation_fragment:
  - forestage.network.queue
description:
  - Takes the next jobs in the order of their priority, under a lease, so that no other worker takes them.
  - Expires jobs whose time is past, and queues again what a vanished worker held before it had touched any device.
  - There is at most one live claim for each device that a job touches.
  - Refused where the newest rows of the history, or the jobs and documents that they are about, were altered behind the queue's back.
  - While the stop switch is set there is nothing to take, and RV(stopped) says why.
options:
  worker:
    description: The name of this run, unique among all that work at a time. Without it the variable C(forestage_worker) is used.
    type: str
  limit:
    description: The most jobs to take.
    type: int
    default: 10
  lease_s:
    description: For how many seconds they are taken.
    type: int
    default: 600
  states:
    description:
      - From which states to take.
      - V(staged) takes what an earlier run staged and put down because it was allowed to go no further; never a job in shadow mode.
    type: list
    elements: str
    choices: [queued, approved, staged]
    default: [queued, approved]
  devices:
    description: Only jobs for these devices.
    type: list
    elements: str
"""

EXAMPLES = r"""
- name: Take up to five jobs
  forestage.network.job_claim:
    worker: "awx-{{ awx_job_id }}"
    limit: 5
    lease_s: 900
  register: work
"""

RETURN = r"""
jobs:
  description: The jobs taken, the most urgent first, each as the schema C(job) has it, with its documents.
  returned: success
  type: list
  elements: dict
worker:
  description: The name under which they were taken.
  returned: success
  type: str
stopped:
  description: Who set the stop switch, why and when; null while it is not set.
  returned: success
  type: dict
"""
