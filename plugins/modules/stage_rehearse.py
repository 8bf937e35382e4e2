#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: stage_rehearse
short_description: Rehearse a change on a virtual copy
version_added: 0.1.0
author: Forestage maintainers (@forestage)
description:
  - Applies a candidate to the virtual copies with the same driver and transaction as in production, reads it back in canonical
    form, observes routing, sends traffic, and rolls it back. Gathers evidence; M(forestage.network.device_check) judges it.
  - Without O(change_id) it looks at the copy as it is before any change, which must come first.
  - Used by the Molecule scenario C(staging), on the machine where the copy was built.
attributes:
  check_mode: {support: none, description: It works on virtual devices only.}
  diff_mode: {support: none, description: The evidence holds what changed.}
options:
  plan:
    description: File with the plan of M(forestage.network.stage_plan), whose fabric is up.
    type: path
    required: true
  dest:
    description: Folder for the evidence, one file for each change, readable by its owner only.
    type: path
    required: true
  change_id:
    description: The change to rehearse.
    type: str
"""

EXAMPLES = r"""
- name: Look at the copy as it is
  forestage.network.stage_rehearse:
    plan: plan.json
    dest: results

- name: Rehearse a change
  forestage.network.stage_rehearse:
    plan: plan.json
    dest: results
    change_id: 6a9dd1c0-6f0e-4f0c-9d21-5f1f6f0f7f10
"""

RETURN = r"""
refused:
  description: Why a device did not take the candidate; empty when it did.
  returned: success
  type: str
stopped:
  description: Why the change could not be rehearsed, though nothing is known against it; empty when it was.
  returned: success
  type: str
untested:
  description: Devices with lines that their virtual copies did not take.
  returned: success
  type: list
  elements: str
"""
