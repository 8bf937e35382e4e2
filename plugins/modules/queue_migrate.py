#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

DOCUMENTATION = r"""
module: queue_migrate
short_description: Create or migrate a queue
version_added: 0.1.0
author: Forestage maintainers (@forestage)
extends_documentation_fragment:
  - forestage.network.queue
description:
  - Creates the queue's tables, or brings those of an earlier release to this one's schema. Nothing else does either.
  - Make a backup before you migrate.
options:
  state:
    description:
      - V(present) creates the queue where there is none, and leaves one that is there alone.
      - V(latest) migrates a queue that is there.
    type: str
    choices: [present, latest]
    default: latest
"""

EXAMPLES = r"""
- name: Create a queue
  forestage.network.queue_migrate:
    queue_url: ~/.forestage/queue.db
    state: present

- name: Migrate the queue after an update of the collection
  forestage.network.queue_migrate:
    queue_url: postgresql://forestage@db.example.net/forestage
"""

RETURN = r"""
queue:
  description: Where the queue is, without its password.
  returned: success
  type: str
before:
  description: The schema that was there; null where the queue was created.
  returned: success
  type: str
after:
  description: The schema of this release.
  returned: success
  type: str
  sample: '0002'
"""
