#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

DOCUMENTATION = r"""
module: report
short_description: Write one self-contained HTML report
version_added: 0.1.0
author: Forestage maintainers (@forestage)
extends_documentation_fragment:
  - forestage.network.queue
description:
  - Writes a page that needs no network and no script server, with the ranked Provisioning Forecast, a picture for each
    recommendation, the queue with its verdicts and deployments, outcomes and calibration.
attributes:
  check_mode:
    support: full
options:
  path:
    description: The HTML file to write.
    type: path
    required: true
  provisioning_forecast:
    description: The Provisioning Forecast, as RV(forestage.network.forecast#module:file) or another engine has it.
    type: path
    required: true
  history:
    description: The history, for the past in the pictures. Without it they show the forecast alone.
    type: path
  mapping:
    description: A YAML file saying what each series of a single-file O(history) is.
    type: path
seealso:
  - module: forestage.network.forecast
"""

EXAMPLES = r"""
- name: Write the report
  forestage.network.report:
    path: /srv/www/forestage.html
    provisioning_forecast: "{{ forecast.file }}"
    history: /var/lib/forestage/history
"""

RETURN = r"""
path:
  description: The file.
  returned: success
  type: str
recommendations:
  description: How many recommendations it shows.
  returned: success
  type: int
size:
  description: Its size in bytes.
  returned: success
  type: int
"""
