#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

DOCUMENTATION = r"""
module: outcome
short_description: Measure what became of predictions and changes
version_added: 0.1.0
author: Forestage maintainers (@forestage)
extends_documentation_fragment:
  - forestage.network.queue
description:
  - Takes every prediction of the queue's ledger that has matured, measures in the history whether the change was needed
    and, where it was made, whether it helped, and stores the outcomes for the next forecast to learn from.
  - What cannot be decided is C(unknown), and never counts as success.
attributes:
  check_mode:
    support: full
options:
  history:
    description: The history, as for M(forestage.network.forecast), reaching past the time when the predictions matured.
    type: path
    required: true
  mapping:
    description: A YAML file saying what each series of a single-file O(history) is.
    type: path
seealso:
  - module: forestage.network.forecast
"""

EXAMPLES = r"""
- name: Learn from the week that has passed
  forestage.network.outcome:
    history: /var/lib/forestage/history
"""

RETURN = r"""
outcomes:
  description: One outcome for each matured prediction, as the schema C(outcome) has it.
  returned: success
  type: list
  elements: dict
counts:
  description: How many were C(needed), C(not_needed) and C(unknown).
  returned: success
  type: dict
calibration:
  description: How the confidence of past predictions compares with what came, with its effective number and interval.
  returned: success
  type: dict
summary:
  description: The engine's own summary.
  returned: success
  type: dict
as_of:
  description: The time up to which the history counted.
  returned: success
  type: str
"""
