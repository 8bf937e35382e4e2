#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

DOCUMENTATION = r"""
module: job_update
short_description: Move a job of the queue on
version_added: 0.1.0
author: Forestage maintainers (@forestage)
extends_documentation_fragment:
  - forestage.network.queue
description:
  - Takes a job's next step, approves or rejects it, renews its lease, adds documents, or believes what the device says.
  - Every step is a row of an append-only history that says who took it, when and why.
  - A job that is leased is moved only by the worker that holds it.
  - V(approved) and V(rejected) are for people. The one who asked for a change cannot approve it.
  - An approval covers the change, its end and its verdict as they were seen. When staging finds less later, it no longer holds.
attributes:
  diff_mode:
    description: Shows the state before and after.
    support: full
options:
  change_id:
    description: The job. Needed unless O(release_held) is given.
    type: str
  state:
    description: The state to move to.
    type: str
    choices:
      - held
      - queued
      - staged
      - awaiting_approval
      - approved
      - deploying
      - deployed
      - verified
      - reverting
      - rollback_blocked
      - failed_staging
      - rejected
      - reverted
      - rolled_back
      - withdrawn
      - superseded
      - expired
  why:
    description: The reason, for the history.
    type: str
    default: ''
  worker:
    description: The name under which the job was claimed. Without it the variable C(forestage_worker) is used.
    type: str
  documents:
    description:
      - Documents to add, any of C(candidate), C(verdict), C(deployment) and C(outcome), each checked against its schema.
      - Whole device configurations in them are not kept.
      - A candidate and a verdict are taken only from O(worker) that holds the job.
    type: dict
  device_says:
    description:
      - What the device knows of this change. The job goes to where that puts it, whatever the queue believed.
      - Refused while another worker's lease is live.
    type: str
    choices: [confirmed, rolled_back, rollback_blocked, pending, not_applied]
  lease_s:
    description: Renew the lease to this many seconds from now. With O(device_says), the lease of the run that recovers.
    type: int
  hold:
    description:
      - Redundancy groups that no other change may enter as long as this job is leased. Refused, and nothing is done, while another
        change holds one of them.
    type: list
    elements: str
    default: []
  attempted:
    description:
      - With O(state=queued), whether anybody got to work on the job. A job that is claimed five times without reaching a verdict
        ends as C(failed_staging); a claim that is given back with V(false) does not count, such as one whose device did not answer.
    type: bool
    default: true
  put_down:
    description: Give back the lease of a staged job that this run may take no further. It stays staged.
    type: bool
    default: false
  release_held:
    description: Queue everything that the batch gate holds.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Record that staging passed
  forestage.network.job_update:
    change_id: "{{ job.change_id }}"
    state: staged
    why: All checks passed.
    documents:
      candidate: "{{ render_candidate }}"
      verdict: "{{ stage_verdicts[job.change_id] }}"

- name: Approve a change
  forestage.network.job_update:
    change_id: 6f1c0c1e-7b0a-4f0e-9c55-0a8f5a0b7c11
    state: approved
    why: Agreed with the customer.

- name: Believe the device after the worker has vanished
  forestage.network.job_update:
    change_id: "{{ job.change_id }}"
    device_says: confirmed
    why: The device has confirmed it.

- name: Let the held forecast go
  forestage.network.job_update:
    release_held: true
    why: The growth is real, the backup has moved here.
"""

RETURN = r"""
job:
  description: The job after the step, as the schema C(job) has it, with its documents.
  returned: when a change_id was given
  type: dict
  sample:
    change_id: 6f1c0c1e-7b0a-4f0e-9c55-0a8f5a0b7c11
    device: core-a1
    object: eth3
    state: staged
    priority: 83.2
    tier: critical
released:
  description: The change_ids that were released.
  returned: when O(release_held) was given
  type: list
  elements: str
"""
