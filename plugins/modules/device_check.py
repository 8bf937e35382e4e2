#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: device_check
short_description: Judge what a rehearsal has shown
version_added: 0.1.0
author: Forestage maintainers (@forestage)
description:
  - Turns the evidence of M(forestage.network.stage_rehearse) into a verdict for each change, with what was expected and what was
    seen for every check of the categories performance, security, compliance and routing.
  - A verdict is C(failed) by one failed check, C(partial) where lines could not be tried on virtual devices, C(not_staged) where
    there was no rehearsal, else C(passed).
attributes:
  check_mode:
    support: full
    description: Judges, and writes no file.
  diff_mode:
    support: none
    description: There is nothing to compare with.
options:
  plan:
    description: File with the plan of M(forestage.network.stage_plan).
    type: path
    required: true
  evidence:
    description: Folder with the evidence.
    type: path
    required: true
  rules:
    description: File of golden rules (schema C(golden_rules)); the collection's own by default.
    type: path
  dest:
    description: File to write the verdicts to, with a JUnit report for each.
    type: path
"""

EXAMPLES = r"""
- name: Judge what was seen
  forestage.network.device_check:
    plan: plan.json
    evidence: results
  register: judged
"""

RETURN = r"""
verdicts:
  description: For each change_id its verdict, a value of schema C(verdict).
  returned: success
  type: dict
"""
