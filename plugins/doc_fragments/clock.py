# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  as_of:
    description:
      - The end of what is known, as RFC 3339 in UTC.
      - Without it the variable C(forestage_as_of) is used, then the present.
    type: str
notes:
  - Runs on the controller and needs no connection to the host.
  - The forecasting engine runs as a process of its own; work that takes longer than two seconds shows its progress.
requirements:
  - What the collection's C(requirements.txt) lists
attributes:
  check_mode:
    description: Nothing is changed in any mode but a file of its own, and none in check mode.
    support: full
  diff_mode:
    description: There is no state to compare.
    support: none
"""
