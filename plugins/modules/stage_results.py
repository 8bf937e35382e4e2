#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: stage_results
short_description: Take the verdicts that a staging host has returned
version_added: 0.1.0
author: Forestage maintainers (@forestage)
description:
  - Checks the verdicts and keeps each with its JUnit report in the folder of its change. Used by role P(forestage.network.stage#role).
attributes:
  check_mode:
    support: full
    description: Checks, and writes no file.
  diff_mode:
    support: none
    description: There is nothing to compare with.
options:
  answer:
    description: What the run on the staging host returned, with C(rc), C(stdout) and C(stderr); nothing where there was no run.
    type: dict
  kept:
    description: Verdicts by change_id that M(forestage.network.stage_plan) found still good.
    type: dict
    default: {}
  subjects:
    description: By change_id the digest of what was rehearsed; it is noted in the new verdicts.
    type: dict
    default: {}
  host:
    description: Name of the staging host, for messages.
    type: str
    required: true
  folder:
    description: Folder with one folder for each change.
    type: path
    required: true
"""

EXAMPLES = r"""
- name: Keep the verdicts
  forestage.network.stage_results:
    answer: "{{ ran }}"
    host: localhost
    folder: ~/.forestage/work/changes
"""

RETURN = r"""
verdicts:
  description: For each change_id its verdict, a value of schema C(verdict).
  returned: success
  type: dict
not_run:
  description: For each change_id without a verdict, because its virtual network failed while others did not, the reason.
  returned: success
  type: dict
"""
