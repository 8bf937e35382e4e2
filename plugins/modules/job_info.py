#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

DOCUMENTATION = r"""
module: job_info
short_description: Read the queue
version_added: 0.1.0
author: Forestage maintainers (@forestage)
extends_documentation_fragment:
  - forestage.network.queue
description:
  - Reads jobs and their history, the jobs about which their devices must be asked, and the stop switch.
  - Names temporary changes that should have been taken back.
  - Checks the history for tampering.
options:
  gather:
    description:
      - What to read.
      - V(history) is read for the jobs that the other options choose.
      - V(change_log) is one line a change, for the policies' dwell and weekly limits.
      - V(chain) checks the hashes of the whole history, and every job and document against it.
      - V(overdue) lists the temporary changes that are in place past their end, each of which is a warning as well.
    type: list
    elements: str
    choices: [jobs, history, unfinished, stopped, change_log, chain, overdue]
    default: [jobs, stopped]
  states:
    description: Only jobs in these states.
    type: list
    elements: str
    choices:
      - held
      - queued
      - claimed
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
  devices:
    description: Only jobs for these devices.
    type: list
    elements: str
  change_ids:
    description: Only these jobs.
    type: list
    elements: str
  documents:
    description: Whether to give each job's documents.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: What waits for an approval?
  forestage.network.job_info:
    states: [awaiting_approval]
    documents: true
  register: waiting

- name: Is the history intact?
  forestage.network.job_info:
    gather: [chain]
  register: audit
  failed_when: not audit.chain.intact
"""

RETURN = r"""
jobs:
  description: Jobs as the schema C(job) has them, the most urgent first.
  returned: when asked for
  type: list
  elements: dict
history:
  description: Every step of each chosen change, by change_id, the oldest first.
  returned: when asked for
  type: dict
unfinished:
  description:
    - Jobs, with their documents, of which only their devices know how they ended.
    - Their worker vanished while it deployed, or a rollback is blocked and waits for a person.
  returned: when asked for
  type: list
  elements: dict
stopped:
  description: Who set the stop switch, why and when; null while it is not set.
  returned: when asked for
  type: dict
change_log:
  description: Per change its policy, device, object, template, parameters, end (C(revert_at)), state, and since when.
  returned: when asked for
  type: list
  elements: dict
overdue:
  description:
    - Temporary changes that should have been taken back, the longest overdue first, and the state of the job that is to do it.
    - C(failures) counts the tries that failed. Each failure is followed by another try after a longer pause.
  returned: when asked for
  type: list
  elements: dict
  sample:
    - change_id: 6f1c0c1e-7b0a-4f0e-9c55-0a8f5a0b7c11
      device: edge-b1
      object: 203.0.113.0/24
      template: filter
      revert_at: '2026-12-03T00:00:00Z'
      reversal: 0c7d9b7e-2f0a-4d0c-8a86-4b1a7f0e9d21
      reversal_state: awaiting_approval
      failures: 1
      sentence: The temporary filter of 203.0.113.0/24 on edge-b1 (…) should have been taken back at 2026-12-03T00:00:00Z; …
chain:
  description: Whether the history is intact, its length, its newest hash (note it elsewhere to detect a cut), and every breach in words.
  returned: when asked for
  type: dict
  sample:
    intact: true
    length: 412
    head: 6add1d2472b2a958b38b68f5c7445ce459f366b9a2d2e0f40c5f866c88d2cee0
    breaches: []
"""
