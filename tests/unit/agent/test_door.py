# SPDX-License-Identifier: GPL-3.0-or-later
"""The agent lets nothing in but well-formed requests of its protocol, and says what is wrong with the others."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
from ansible_collections.forestage.network.forecasting.contracts import errors_of
from ansible_collections.forestage.network.plugins.plugin_utils.drivers.agent_file import FILE, agent
from hypothesis import given
from hypothesis import strategies as st

CONFIG = {"frr": "hostname r1\n", "nft": "", "qos": {"eth1": {"rate_kbit": 1000}}}
APPLY = {
    "protocol": 1, "op": "apply", "change_id": "change-one", "config": CONFIG, "base_digest": "0" * 64, "deadline_s": 30,
    "identity": {"hostname": "r1", "device_id": None},
}  # fmt: skip
CLASS = {"name": "voice", "id": 32, "rate_kbit": 8, "ceil_kbit": 8, "prio": 0}


def refusal(data: bytes) -> str | None:
    try:
        agent().parse(data)
    except agent().Refused as refused:
        assert refused.answer["error"].endswith(".")
        return str(refused.answer["code"])
    return None


def test_a_good_request_passes() -> None:
    assert refusal(json.dumps(APPLY).encode()) is None
    assert errors_of("agent_request", APPLY) == []


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "malformed"),
        (b"null", "malformed"),
        (b"[" * 100_000, "malformed"),
        (b"\xff\xfe{}", "malformed"),
        (b'{"protocol": 1, "op": "' + b"x" * (4 * 1024 * 1024) + b'"}', "too_big"),
        (b'{"op": "status"}', "protocol"),
        (b'{"protocol": 0, "op": "status"}', "protocol"),
        (b'{"protocol": 2, "op": "status"}', "protocol"),
        (b'{"protocol": 1, "op": "shell"}', "malformed"),
        (b'{"protocol": 1, "op": ["status"]}', "malformed"),
        (b'{"protocol": 1, "op": "status", "command": "id"}', "malformed"),
        (b'{"protocol": 1, "op": "confirm"}', "malformed"),
    ],
)
def test_what_is_no_request_is_refused_with_a_sentence(data: bytes, code: str) -> None:
    assert refusal(data) == code


@pytest.mark.parametrize(
    "broken",
    [
        {"change_id": "../../etc"},
        {"change_id": "x; reboot"},
        {"change_id": "change-one\n"},
        {"base_digest": "0"},
        {"deadline_s": 0},
        {"deadline_s": True},
        {"deadline_s": 1e9},
        {"identity": {}},
        {"identity": {"hostname": "r1", "password": "x"}},
        {"config": {**CONFIG, "shell": "id"}},
        {"config": {"frr": "", "nft": ""}},
        {"config": {**CONFIG, "frr": "hostname r1\x00"}},
        {"config": {**CONFIG, "frr": "hostname r1\x1b[2J"}},
        {"config": {**CONFIG, "qos": {"eth0; reboot": {"rate_kbit": 1000}}}},
        {"config": {**CONFIG, "qos": {"eth1\nqdisc del dev eth0 root": {"rate_kbit": 1000}}}},
        {"config": {**CONFIG, "qos": {"eth1": {"rate_kbit": "1000"}}}},
        {"config": {**CONFIG, "qos": {"eth1": {"rate_kbit": 1000, "classes": [{**CLASS, "id": 1}]}}}},
        {"config": {**CONFIG, "qos": {"eth1": {"rate_kbit": 1000, "classes": [{**CLASS, "name": "a b"}]}}}},
        {"config": {**CONFIG, "qos": {"eth1": {"rate_kbit": 1000, "classes": [CLASS] * 9}}}},
    ],
)
def test_a_hostile_field_is_refused(broken: dict[str, Any]) -> None:
    assert refusal(json.dumps({**APPLY, **broken}).encode()) == "malformed"


KEYS = st.sampled_from(["frr", "nft", "qos", "eth1", "rate_kbit", "classes", "id", "hostname"])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=8,
)
fields = {
    "change_id": st.sampled_from(["change-one", "x"]) | values,
    "config": st.just(CONFIG) | values,
    "deadline_s": st.just(5) | values,
    "base_digest": st.just("0" * 64) | values,
    "identity": st.just({"hostname": "r1"}) | values,
}
operations = st.sampled_from(["status", "check", "apply", "confirm", "observe", "gather"])


@given(st.fixed_dictionaries({"protocol": st.just(1), "op": operations}, optional=fields))
def test_what_passes_the_door_matches_the_published_schema(request: dict[str, Any]) -> None:
    if refusal(json.dumps(request).encode()) is None:
        assert errors_of("agent_request", request) == []


def test_it_takes_no_command_line(tmp_path: Any) -> None:
    lines = [
        "import pathlib, runpy, sys",
        f"main = runpy.run_path({str(FILE)!r})['main']",
        f"main.__globals__['STATE'] = pathlib.Path({str(tmp_path)!r})",
        "sys.exit(main(['reboot']))",
    ]
    done = subprocess.run([sys.executable, "-B", "-c", "\n".join(lines)], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "takes no argument" in done.stderr
