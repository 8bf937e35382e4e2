#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

DOCUMENTATION = r"""
module: backtest
short_description: Measure how good forecasts from past cut-offs would have been
version_added: 0.1.0
author: Forestage maintainers (@forestage)
extends_documentation_fragment:
  - forestage.network.clock
description:
  - Forecasts a history from several past cut-offs with what was known then, and compares with what came.
  - Returns for each series and over all the scaled error (MASE), sMAPE, and the coverage of the 80 and 95 per cent intervals.
options:
  history:
    description: The history, as for M(forestage.network.forecast).
    type: path
    required: true
  mapping:
    description: A YAML file saying what each series of a single-file O(history) is.
    type: path
  horizon:
    description: How far ahead each forecast looks, such as V(7d).
    type: str
    default: 7d
  origins:
    description: How many cut-offs, one horizon apart, the last one a horizon before O(as_of).
    type: int
    default: 3
  interval:
    description: A step such as V(1h) to average to, or V(native). Native for horizons of up to two days, otherwise an hour.
    type: str
  metrics:
    description: Only these metrics.
    type: list
    elements: str
    default: []
  model:
    description: Use this model instead, or choose among several for each series, given as names with commas between.
    type: str
  seed:
    description: The seed of training and of forecast paths.
    type: int
    default: 0
seealso:
  - module: forestage.network.replay
"""

EXAMPLES = r"""
- name: See how good a week's forecast is
  forestage.network.backtest:
    history: /var/lib/forestage/history
    horizon: 7d
  register: measured
"""

RETURN = r"""
overall:
  description: The measures over all series.
  returned: success
  type: dict
series:
  description: The measures of each series, and the models that were chosen for it.
  returned: success
  type: list
  elements: dict
as_of:
  description: The end of the last forecast.
  returned: success
  type: str
"""
