#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

DOCUMENTATION = r"""
module: forecast
short_description: Foresee what the network will need, and put it into the queue
version_added: 0.1.0
author: Forestage maintainers (@forestage)
extends_documentation_fragment:
  - forestage.network.queue
description:
  - Forecasts every series of a history, compares it with the policies, and recommends changes, the I(Provisioning Forecast).
  - Shows the ranked forecast as a table, and enters it into the queue together with the prediction-ledger entries of the round.
    A newer forecast updates the open job of the same change, and withdraws what has receded.
  - What the queue knows of earlier predictions and changes goes into the forecast, for calibration, dwell times and limits.
    It also decides whether a policy of mode V(auto) may act by itself. If its record does not carry that, its recommendations
    have mode V(approve).
  - The forecasting engine runs as a process of its own; work that takes longer than two seconds shows its progress.
attributes:
  check_mode:
    description: The forecast is made and shown; no file stays, and the queue only says what it would do.
    support: full
options:
  history:
    description:
      - The folder of the history (C(series) and C(values) as Parquet or CSV, and C(events.ics) or C(events.yml) where there are any),
        or one CSV or Parquet file of C(unique_id), C(ds) and C(y) with a O(mapping), or a YAML file that lists sources
        such as Prometheus servers and security logs.
    type: path
    required: true
  mapping:
    description: A YAML file saying what each series of a single-file O(history) is.
    type: path
  policies:
    description: The policy catalogue (YAML), saying when which change is called for.
    type: path
    required: true
  forecast:
    description: The folder of a forecast made before, by the command C(forecast) of the engine. One is made where it is not given.
    type: path
  running:
    description: Facts of the devices by name (C(role), C(site), C(neighbors), C(interfaces), C(config) …), for policies that ask for them.
    type: dict
    default: {}
  ingest:
    description: Whether to use and fill the queue. Without it the forecast is only made and shown.
    type: bool
    default: true
seealso:
  - module: forestage.network.outcome
  - module: forestage.network.job_request
    description: Enters a forecast that another engine has made.
"""

EXAMPLES = r"""
- name: Forecast and fill the queue
  forestage.network.forecast:
    history: /var/lib/forestage/history
    policies: policies.yml
"""

RETURN = r"""
recommendations:
  description: The recommendations by rank, each as the schema C(recommendation) has it.
  returned: success
  type: list
  elements: dict
table:
  description: The same in words.
  returned: success
  type: str
autonomy:
  description: For each policy of mode V(auto) the C(mode) of its recommendations, V(auto) or V(approve), and the C(reason).
  returned: success
  type: list
  elements: dict
left_out:
  description: Series that could not be forecast, each with the reason.
  returned: success
  type: list
  elements: dict
queue:
  description: What became of them in the queue; lists of change_ids that were C(added), C(updated), C(unchanged), C(withdrawn) and C(held).
  returned: when O(ingest) is true
  type: dict
ledger_entries:
  description: How many predictions were new to the ledger.
  returned: when O(ingest) is true
  type: int
file:
  description: The file of the Provisioning Forecast; empty in check mode.
  returned: success
  type: str
as_of:
  description: The time up to which the history counted.
  returned: success
  type: str
"""
