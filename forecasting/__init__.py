# SPDX-License-Identifier: GPL-3.0-or-later
"""Pure network-demand analytics: history in, forecasts and recommendations out.

Knows no Ansible, no queue and no device. Run it as ``python -m forecasting``.
This file stays empty of imports so that `forecasting.contracts` costs nothing to load.
"""
