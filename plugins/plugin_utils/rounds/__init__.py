# SPDX-License-Identifier: GPL-3.0-or-later
"""One round of forecasting or of learning: values out of the queue, the engine, values into the queue."""
