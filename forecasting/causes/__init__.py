# SPDX-License-Identifier: GPL-3.0-or-later
"""Known causes: events of the calendar and planned business KPIs, taken out of the past and put onto the forecast."""

from .calendar import acting, concerns
from .quieting import quieted
from .uplift import Uplift, factors, without

__all__ = ["Uplift", "acting", "concerns", "factors", "quieted", "without"]
