#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

DOCUMENTATION = r"""
module: record
short_description: Write a value as a JSON file on the controller
version_added: 0.1.0
author: Forestage maintainers (@forestage)
description:
  - Writes one value as one JSON document. The file is there whole or not at all, and for its owner only (mode 0600). Missing
    folders are made (mode 0700).
  - Runs on the controller in whichever play it stands, and never touches the host's connection.
attributes:
  check_mode: {support: full, description: Tells whether it would write.}
  diff_mode: {support: full, description: Shows the document before and after; nothing under C(no_log).}
options:
  dest:
    description: The file.
    type: path
    required: true
  value:
    description: What to write. Anything that JSON can say.
    type: raw
    required: true
"""

EXAMPLES = r"""
- name: Keep what the device observed
  forestage.network.record:
    dest: "/srv/forestage/observed/{{ inventory_hostname }}.json"
    value: "{{ observed.device }}"
"""

RETURN = r"""
dest:
  description: The file.
  returned: success
  type: str
"""
