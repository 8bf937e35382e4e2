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
    others = [with_(frr=BASE["frr"].replace("10", "11")), with_(nft=TABLES[2]), with_(qos={}), with_(qos={"eth1": {"rate_kbit": 1001}})]
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
        " ip rip authentication string hunter2",
        " ip nhrp authentication hunter2",
        " ipv6 ospf6 authentication key-id 1 hash-algo hmac-sha-256 key hunter2",
    ],
)
@pytest.mark.parametrize(("old", "new"), [("hunter2", "swordfish"), ("12345678", "87654321")])
def test_a_diff_shows_that_a_secret_changes_but_not_the_secret(line: str, old: str, new: str) -> None:
    shown = difference(with_(frr=line.replace("hunter2", old)), with_(frr=line.replace("hunter2", new)))
    assert shown.count("********") == 2
    assert old not in shown
    assert new not in shown


def test_a_secret_is_hidden_in_each_line_of_a_text() -> None:
    assert agent().masked("one\n password 99\nkey 1\n key-string 4711\n") == "one\n password ********\nkey 1\n key-string ********\n"


@pytest.mark.parametrize("line", ["key chain ospf", "no key chain ospf", " key 1", " no key 1", " ip ospf area 0"])
def test_what_is_no_secret_is_shown(line: str) -> None:
    assert f"+{line}" in difference(BASE, with_(frr=BASE["frr"] + line + "\n"))


def test_the_same_configuration_has_no_difference() -> None:
    assert difference(BASE, json.loads(json.dumps(BASE))) == ""


BANS = "table inet f2b {\n\tset banned {\n\t\ttype ipv4_addr\n\t\telements = { %s }\n\t}\n}\n"


def test_tables_of_other_programs_are_shown_and_not_compared() -> None:
    before, after = (with_(nft=BANS % some + TABLES[2]) for some in ("192.0.2.1", "192.0.2.1, 192.0.2.9"))
    assert "192.0.2.9" in canonical(after)["nft"]
    assert digest(before) == digest(after) == digest(with_(nft=TABLES[2]))
    assert difference(before, after) == ""


def test_a_table_that_a_program_holds_for_itself_is_read() -> None:
    owned = "table inet firewalld { # progname firewalld\n\tflags owner\n}\n"
    assert set(agent().nft_tables(owned + TABLES[2])) == {"inet firewalld", "inet forestage_c"}


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
