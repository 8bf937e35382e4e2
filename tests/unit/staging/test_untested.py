# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines that no virtual router takes are kept out of the rehearsal and come back into what is deployed."""

from __future__ import annotations

from ansible_collections.forestage.network.plugins.plugin_utils.drivers.frr_config import changed
from ansible_collections.forestage.network.plugins.plugin_utils.staging.untested import put_back, withheld, without

PRODUCTION = """\
hostname a
interface eth1
 ip address 10.0.0.1/24
 ip router isis X
 ip ospf cost 10
exit
router isis X
 net 49.0001.0000.0000.0001.00
exit
"""
VIRTUAL = """\
hostname a
interface eth1
 ip address 10.0.0.1/24
 ip ospf cost 10
exit
"""


def test_what_is_kept_out_is_what_the_copy_lacks() -> None:
    lacking = withheld(PRODUCTION, VIRTUAL)
    assert changed(without(PRODUCTION, lacking), VIRTUAL) == (set(), set())


def test_it_comes_back_beside_the_change() -> None:
    lacking = withheld(PRODUCTION, VIRTUAL)
    read = VIRTUAL.replace("cost 10", "cost 20")
    whole = put_back(read, PRODUCTION, lacking)
    assert changed(PRODUCTION.replace("cost 10", "cost 20"), whole) == (set(), set())


def test_nothing_kept_out_changes_nothing() -> None:
    assert without(PRODUCTION, set()) is PRODUCTION
    assert put_back(VIRTUAL, PRODUCTION, set()) is VIRTUAL
