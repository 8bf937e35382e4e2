# SPDX-License-Identifier: GPL-3.0-or-later
"""What foresight is worth: limit-hours that a way of acting spares, against the added capacity that then lies idle."""
