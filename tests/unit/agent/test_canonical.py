# SPDX-License-Identifier: GPL-3.0-or-later
"""What counts as the same configuration, and what a diff may show."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.forestage.network.plugins.plugin_utils.drivers.agent_file import PROTOCOL, agent, canonical, difference, digest
from hypothesis import given
from hypothesis import strategies as st

BASE: dict[str, Any] = {"frr": "hostname r1\ninterface eth1\n ip ospf cost 10\nexit\n", "nft": "", "qos": {"eth1": {"rate_kbit": 1000}}}
TABLES = [f"table inet {name} {{\n\tchain c {{\n\t\tcounter\n\t}}\n}}\n" for name in ("a", "b", "forestage_c")]


def with_(**parts: Any) -> dict[str, Any]:
    return {**BASE, **parts}


def test_the_controller_and_the_agent_speak_one_protocol() -> None:
    assert agent().PROTOCOL == PROTOCOL


@pytest.mark.parametrize(
    "frr",
    [
        "Building configuration...\n\nCurrent configuration:\n!\nfrr version 9.1\n"
        + "hostname r1\n!\ninterface eth1\n ip ospf cost 10\nexit\n!\nend\n",
        "hostname r1  \n\ninterface eth1\n ip ospf cost 10 \n!\nexit",
    ],
)
def test_headers_separators_and_blanks_do_not_count(frr: str) -> None:
    assert digest(with_(frr=frr)) == digest(BASE)


@given(st.permutations(TABLES))
def test_the_order_of_tables_does_not_count(tables: list[str]) -> None:
    assert digest(with_(nft="".join(tables))) == digest(with_(nft="".join(TABLES)))


numbers = st.lists(st.integers(32, 255), unique=True, max_size=8)


def class_(number: int) -> dict[str, Any]:
    return {"name": "x", "id": number, "rate_kbit": 8, "ceil_kbit": 8, "prio": 1}


@given(numbers.flatmap(lambda some: st.tuples(st.just(some), st.permutations(some))))
def test_the_order_of_classes_does_not_count(both: tuple[list[int], list[int]]) -> None:
    first, second = ({"eth1": {"rate_kbit": 1000, "classes": [class_(number) for number in some]}} for some in both)
    assert digest(with_(qos=first)) == digest(with_(qos=second))


@given(st.text(), st.sampled_from(TABLES))
def test_the_canonical_form_is_its_own_canonical_form(frr: str, nft: str) -> None:
    form = canonical(with_(frr=frr, nft=nft))
    assert canonical(form) == form
    assert digest(form) == digest(with_(frr=frr, nft=nft))


def test_a_change_of_any_part_changes_the_digest() -> None:
    others = [with_(frr=BASE["frr"].replace("10", "11")), with_(nft=TABLES[0]), with_(qos={}), with_(qos={"eth1": {"rate_kbit": 1001}})]
    assert len({digest(one) for one in [BASE, *others]}) == 5


@pytest.mark.parametrize(
    "line",
    [
        " neighbor 192.0.2.1 password hunter2",
        " ip ospf authentication-key hunter2",
        " ip ospf message-digest-key 7 md5 hunter2",
        "password 8 hunter2",
        "enable password hunter2",
        "  key-string hunter2",
        " isis password md5 hunter2",
    ],
)
def test_a_diff_shows_that_a_secret_changes_but_not_the_secret(line: str) -> None:
    shown = difference(with_(frr=line), with_(frr=line.replace("hunter2", "swordfish")))
    assert shown.count("********") == 2
    assert "hunter2" not in shown
    assert "swordfish" not in shown


@pytest.mark.parametrize("line", ["key chain ospf", " key 1", " ip ospf area 0"])
def test_what_is_no_secret_is_shown(line: str) -> None:
    assert f"+{line}" in difference(BASE, with_(frr=BASE["frr"] + line + "\n"))


def test_the_same_configuration_has_no_difference() -> None:
    assert difference(BASE, json.loads(json.dumps(BASE))) == ""


@pytest.mark.parametrize(
    "text", ["flush ruleset", "table inet x {", "table inet x {\n}\ntable inet x {\n}\n", "table inet x { chain c { } }"]
)
def test_a_ruleset_in_another_form_is_refused(text: str) -> None:
    with pytest.raises(agent().Refused, match="nft"):
        canonical(with_(nft=text))


@given(st.sets(st.sampled_from(range(3))), st.sets(st.sampled_from(range(3))))
def test_a_script_touches_only_the_tables_that_differ(old: set[int], new: set[int]) -> None:
    script = agent().nft_script("".join(TABLES[i] for i in old), "".join(TABLES[i] for i in new))
    for index, table in enumerate(TABLES):
        name = table.split(" {")[0]
        assert (f"delete {name}\n" in script) == (index in old - new)
        assert (table in script) == (index in new - old)
