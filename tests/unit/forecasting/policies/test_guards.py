# SPDX-License-Identifier: GPL-3.0-or-later
"""No security change touches what must never be blocked, whatever it is given."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecasting.policies.guards import refusal
from forecasting.policies.model import Guards

GUARDS = Guards(never_block=(ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("2001:db8::/32")))


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("10.1.2.0/24", "never be blocked"),
        ("203.0.0.0/16", "wider"),
        ("0.0.0.0/0", "wider"),
        ("2001:db8:1::/48", "never be blocked"),
        ("2002::/16", "wider"),
        ("192.0.2.9/32", "never be blocked"),
        ("nonsense", "no prefix"),
        ("203.0.113.1/24", "no prefix"),
    ],
)
def test_a_refusal_says_why(source: str, why: str) -> None:
    assert why in str(refusal(GUARDS, ["source"], {"source": source}, protected=["192.0.2.9"]))


def test_the_rest_passes() -> None:
    assert refusal(GUARDS, ["source"], {"source": "203.0.113.0/24"}) is None
    assert refusal(GUARDS, [], {"source": "0.0.0.0/0"}) is None


@given(st.integers(0, 2**32 - 1), st.integers(0, 32))
def test_what_passes_never_touches_the_list(address: int, length: int) -> None:
    network = ipaddress.ip_network((address, length), strict=False)
    if refusal(GUARDS, ["prefix"], {"prefix": str(network)}) is None:
        assert network.prefixlen >= 24
        assert not network.overlaps(ipaddress.ip_network("10.0.0.0/8"))
