# SPDX-License-Identifier: GPL-3.0-or-later
"""Expressions compute from facts, keep types, stay in their sandbox and never render what telemetry says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecasting.policies.expressions import ExpressionError, ceil_to, render
from forecasting.policies.facts import Network


def test_a_whole_expression_keeps_its_type() -> None:
    assert render({"a": "{{ peak / 2 }}", "b": ["{{ pool }}"], "c": 7}, {"peak": 9.0, "pool": [1]}) == {"a": 4.5, "b": [[1]], "c": 7}


def test_a_mixed_text_becomes_text() -> None:
    assert render("leaf-{{ site }}{{ 2 }}", {"site": "b"}) == "leaf-b2"


@pytest.mark.parametrize("label", ["{{ 7*7 }}", "{% raw %}", "['a']", "1e3", "<script>"])
def test_a_value_from_telemetry_is_never_rendered(label: str) -> None:
    assert render("{{ labels.x }}", {"labels": {"x": label}}) == label
    assert render("a {{ labels.x }}", {"labels": {"x": label}}) == f"a {label}"


@pytest.mark.parametrize(
    "text",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ pool.append(1) }}",
        "{{ missing }}",
        "{{ labels.missing }}",
        "x{{ labels.missing }}",
        "{{ 1 / 0 }}",
        "{{ 'a' | int + none }}",
        "{{ range(10**9) }}",
    ],
)
def test_what_cannot_be_rendered_is_an_expression_error(text: str) -> None:
    with pytest.raises(ExpressionError):
        render(text, {"labels": {}, "pool": []})


@given(st.floats(0.001, 1e6), st.sampled_from([0.5, 1, 5, 100]))
def test_ceil_to_is_the_next_multiple(value: float, step: float) -> None:
    raised = ceil_to(value, step)
    assert raised >= value - 1e-6
    assert raised - value < step + 1e-6


def test_what_is_in_use_or_recommended_is_not_free() -> None:
    network = Network(
        {
            "leaf-a1": {
                "config": {"frr": "ip address 10.0.0.1/32"},
                "interfaces": {"eth2": {}, "eth10": {}, "eth1": {"address": "10.1.0.0/31"}},
            }
        },
        {"loopbacks": []},
        {"leaf-a3"},
    )
    assert network.free_name("leaf-a") == "leaf-a2"
    assert network.free_port("leaf-a1") == "eth2"
    assert network.free(["10.0.0.1/32", "10.0.0.10/32", "10.0.0.11/32"]) == "10.0.0.10/32"
    network.reserve("leaf-a2", {"loopback": "10.0.0.10/32"})
    assert network.free(["10.0.0.10/32", "10.0.0.11/32"], 1) == ["10.0.0.11/32"]
    with pytest.raises(ExpressionError, match="add entries"):
        network.free(["10.0.0.1/32"])
    with pytest.raises(ExpressionError, match="no free port"):
        network.free_port("leaf-a3")
