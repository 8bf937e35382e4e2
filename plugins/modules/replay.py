#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

DOCUMENTATION = r"""
module: replay
short_description: See what the policies would have done over the past
version_added: 0.1.0
author: Forestage maintainers (@forestage)
extends_documentation_fragment:
  - forestage.network.clock
description:
  - Goes through the history in weekly rounds, each with what was known then, and lets the policies recommend.
  - Measures whether each recommendation turned out to be needed, and how well its confidence was calibrated.
  - Use it before a policy's mode is raised.
options:
  history:
    description: The history, as for M(forestage.network.forecast).
    type: path
    required: true
  mapping:
    description: A YAML file saying what each series of a single-file O(history) is.
    type: path
  policies:
    description: The policy catalogue (YAML).
    type: path
    required: true
  first:
    description: No round before this time. Four weeks after the first sample where it is not given.
    type: str
  seed:
    description: The seed of the forecasts.
    type: int
    default: 0
seealso:
  - module: forestage.network.backtest
"""

EXAMPLES = r"""
- name: Try a policy catalogue on the past
  forestage.network.replay:
    history: /var/lib/forestage/history
    policies: policies.yml
  register: replayed
"""

RETURN = r"""
rounds:
  description:
    - For each round how much was recommended, and how much of it was needed, not needed, or cannot be decided.
    - C(auto) names the policies of mode V(auto) that might have acted by themselves then.
  returned: success
  type: list
  elements: dict
calibration:
  description: How the confidences compare with what came, with the effective number and an interval.
  returned: success
  type: dict
autonomy:
  description: For each policy of mode V(auto) the C(mode) that its record carries in the end, and the C(reason).
  returned: success
  type: list
  elements: dict
folder:
  description: Where C(ledger.jsonl) and C(calibration.json) lie, below C(forestage_workdir). Empty in check mode.
  returned: success
  type: str
"""
