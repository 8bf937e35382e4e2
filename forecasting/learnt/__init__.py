# SPDX-License-Identifier: GPL-3.0-or-later
"""What many series teach once, and every series is then forecast with."""
