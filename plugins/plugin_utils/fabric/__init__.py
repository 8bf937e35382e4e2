# SPDX-License-Identifier: GPL-3.0-or-later
"""Virtual networks of real routers in namespaces, as root or as an ordinary user.

Example:
    >>> lab = Fabric.create("lab", spec)
    >>> lab.exec("core-a1", ["vtysh", "-c", "show ip route"])
    >>> lab.reboot("core-a1")
    >>> Fabric.load("lab").destroy()
"""

from __future__ import annotations

from .live import Fabric, FabricError
from .spec import check_spec

__all__ = ["Fabric", "FabricError", "check_spec"]
