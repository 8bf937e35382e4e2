# SPDX-License-Identifier: GPL-3.0-or-later
"""The Provisioning Forecast for people: a table for the terminal and one self-contained HTML page."""
