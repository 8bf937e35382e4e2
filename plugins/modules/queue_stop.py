#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

DOCUMENTATION = r"""
module: queue_stop
short_description: Stop everything, or let it go on
version_added: 0.1.0
author: Forestage maintainers (@forestage)
extends_documentation_fragment:
  - forestage.network.queue
description:
  - While the stop switch is set nothing is claimed and nothing starts to deploy. What a device is already applying comes to its end.
options:
  state:
    description: V(present) sets the switch, V(absent) clears it.
    type: str
    choices: [present, absent]
    default: present
  why:
    description: The reason, for the history and for whoever wonders.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Stop during the incident
  forestage.network.queue_stop:
    why: Incident 4711, no changes until it is over.
"""

RETURN = r"""
stopped:
  description: Who set the stop switch, why and when; null while it is not set.
  returned: success
  type: dict
"""
