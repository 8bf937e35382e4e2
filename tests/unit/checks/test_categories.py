# SPDX-License-Identifier: GPL-3.0-or-later
"""Performance, security and compliance checks, and the verdict that comes of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from ansible_collections.forestage.network.forecasting.contracts import check as check_schema
from ansible_collections.forestage.network.plugins.plugin_utils.checks import compliance, performance, security
from ansible_collections.forestage.network.plugins.plugin_utils.checks.evidence import Check, Evidence
from ansible_collections.forestage.network.plugins.plugin_utils.checks.golden import Rule, RuleError, load_rules, violations
from ansible_collections.forestage.network.plugins.plugin_utils.checks.verdict import judge, junit, not_staged, verdict_of

FRR = "hostname a\nservice integrated-vtysh-config\ninterface eth1\n ip ospf cost 10\nexit\n"
BASE = {"frr": FRR, "nft": "", "qos": {"eth1": {"rate_kbit": 20000}}}
CHANGE = Evidence(
    "te_cost", "a", {"state": "present"}, allowed={"frr": ["interface eth1", "interface eth1 / ip ospf cost *"], "nft": [], "qos": []},
    base={"a": BASE}, canonical={"a": {**BASE, "frr": FRR.replace("cost 10", "cost 20")}}, restored={"a": ""},
    management_before={"a": "SSH-2.0-x"}, management_after={"a": "SSH-2.0-x"},
    reached_before={"stub-1": ["10.0.0.1"]}, reached_after={"stub-1": ["10.0.0.1", "10.0.0.2"]},
)  # fmt: skip
RULES = load_rules()


def failed(checks: object) -> dict[str, str]:
    return {one.name: one.seen for one in checks if one.status == "failed"}


def test_a_good_change_passes_everything():
    assert failed(judge(CHANGE, RULES)) == {}
    assert {one.category for one in judge(CHANGE, RULES)} == {"performance", "security", "compliance", "routing"}


@pytest.mark.parametrize(
    ("part", "value", "seen"),
    [
        ("frr", FRR.replace("cost 10", "cost 20\n ip ospf priority 5"), "also frr: interface eth1 / ip ospf priority 5"),
        ("frr", FRR + "router bgp 1\nexit\n", "also frr: router bgp 1"),
        ("frr", FRR.replace(" ip ospf cost 10\n", ""), ""),
        ("nft", "table inet mine {\n}\n", "also nft: inet mine"),
        ("qos", {}, "also qos: eth1"),
    ],
)
def test_only_allowed_stanzas_may_change(part: str, value: object, seen: str):
    found = failed(compliance.checks(replace(CHANGE, canonical={"a": {**BASE, part: value}}), RULES))
    assert found.get("only allowed stanzas change", "") == seen


def test_a_refused_candidate_fails_with_the_devices_own_words():
    refused = replace(CHANGE, canonical={}, refused="frr: line 3 is unknown")
    assert failed(judge(refused, RULES)) == {"the candidate is taken": "frr: line 3 is unknown"}


def test_a_rollback_that_leaves_something_fails():
    assert failed(compliance.checks(replace(CHANGE, restored={"a": "+ip route x\n"}), RULES)) == {
        "the rollback restores everything": "+ip route x"
    }


def test_a_golden_rule_counts_only_when_newly_broken():
    bad = FRR.replace("hostname a\n", "hostname a\nno ip forwarding\n")
    allowed = {"frr": ["*"], "nft": [], "qos": []}
    newly = replace(CHANGE, allowed=allowed, canonical={"a": {**BASE, "frr": bad}})
    assert failed(compliance.checks(newly, RULES)) == {"golden rules hold": "the router forwards: no ip forwarding"}
    before = replace(newly, base={"a": {**BASE, "frr": bad}})
    assert failed(compliance.checks(before, RULES)) == {}


def test_a_required_line_that_goes_is_missed():
    assert list(violations([Rule("name", "frr", require=r"^hostname \S+$")], {**BASE, "frr": "interface eth1\nexit\n"})) == [
        r"name: nothing matches ^hostname \S+$"
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rules: [{name: x, part: frr, forbid: '('}]", "is no regular expression"),
        ("rules: [{name: x, part: bgp, forbid: x}]", "rules.0.part"),
        ("rules: [", "rules.yml: "),
    ],
)
def test_a_broken_rules_file_is_named(tmp_path: Path, text: str, said: str):
    path = tmp_path / "rules.yml"
    path.write_text(text)
    with pytest.raises(RuleError, match=r"rules\.yml") as error:
        load_rules(path)
    assert said in str(error.value)


def test_a_cut_management_path_fails():
    assert failed(security.checks(replace(CHANGE, management_after={"a": ""}))) == {"management path is kept": "no answer"}


def test_a_lost_flow_is_named():
    assert failed(security.checks(replace(CHANGE, reached_after={"stub-1": []}))) == {
        "what must pass passes": "no longer: stub-1 to 10.0.0.1"
    }


def test_a_new_secret_is_named_but_not_told():
    secret = replace(CHANGE, canonical={"a": {**BASE, "frr": FRR + "router bgp 1\n neighbor 10.0.0.2 password hush\nexit\n"}})
    seen = failed(security.checks(secret))["no secret in clear"]
    assert "neighbor 10.0.0.2 password ****" in seen and "hush" not in seen


def rule(sent: int, dropped: int, others: int = 0, allowance: float = 0.0) -> Evidence:
    measured = {"what": "rule", "device": "a", "table": "t", "allowance": allowance, "matching": {"sent": sent, "dropped": dropped}}
    return replace(CHANGE, traffic=[{**measured, "other": {"sent": sent, "dropped": others}}])


@pytest.mark.parametrize(
    ("evidence", "bad"),
    [
        (rule(50, 50), set()),
        (rule(50, 0), {"the rule stops what it is for"}),
        (rule(50, 50, others=3), {"the rule leaves others alone"}),
        (rule(300, 195, allowance=100), set()),
        (rule(300, 300, allowance=100), {"the rule stops what it is for"}),
    ],
)
def test_a_rule_must_hit_what_it_is_for_and_nothing_else(evidence: Evidence, bad: set[str]):
    assert set(failed(security.checks(evidence))) == bad


RATE = {"what": "rate", "device": "a", "interface": "eth1", "limit": 20e6, "scale": 1.0, "offered": 30e6}
DEMAND = {**RATE, "what": "demand"}
SHARE = {"what": "share", "device": "a", "interface": "eth1", "class": "c", "scale": 1.0, "guaranteed": 6e6, "offered": 6e6}
DETOUR = {"what": "detour", "device": "a", "interface": "eth1", "offered": 2e6, "carried": 2e6, "through": 2e6, "alone": False}


@pytest.mark.parametrize(
    ("template", "measured", "good"),
    [
        ("capacity", {**RATE, "carried": 19.5e6}, True),
        ("capacity", {**RATE, "carried": 30e6}, False),
        ("capacity", {**RATE, "carried": 10e6}, False),
        ("capacity", {**DEMAND, "offered": 18e6, "carried": 17.9e6}, True),
        ("capacity", {**DEMAND, "offered": 28e6, "carried": 20e6}, False),
        ("qos_event", {**SHARE, "carried": 5.9e6}, True),
        ("qos_event", {**SHARE, "carried": 2e6}, False),
        ("te_cost", DETOUR, True),
        ("te_cost", {**DETOUR, "carried": 1e6}, False),
        ("drain", DETOUR, False),
        ("drain", {**DETOUR, "through": 0.0}, True),
        ("drain", {**DETOUR, "alone": True}, True),
    ],
)
def test_traffic_is_judged_by_what_was_promised(template: str, measured: dict, good: bool):
    assert (failed(performance.checks(replace(CHANGE, template=template, traffic=[measured]))) == {}) is good


def test_what_was_not_measured_says_why():
    found = list(performance.checks(replace(CHANGE, traffic=[{"what": "rate", "skipped": "the machine was busy"}])))
    assert [(one.status, one.seen) for one in found] == [("skipped", "the machine was busy")]
    assert [one.status for one in performance.checks(CHANGE)] == ["skipped"]


REHEARSED = {"started_at": "2026-01-01T00:00:00Z", "finished_at": "2026-01-01T00:00:09Z", "canonical": {"a": BASE}}
GOOD, BAD = Check.of("routing", "x", None, True, "e", "s"), Check.of("security", "y", "a", False, "open", "shut")


@pytest.mark.parametrize(
    ("found", "untested", "result"),
    [([GOOD], [], "passed"), ([GOOD, BAD], [], "failed"), ([GOOD], ["a: +x"], "partial"), ([BAD], ["a: +x"], "failed")],
)
def test_a_verdict_is_as_good_as_its_worst_check(found: list[Check], untested: list[str], result: str):
    verdict = verdict_of("change-1", found, REHEARSED, untested, {})
    assert verdict["result"] == result
    if result == "failed":
        assert verdict["reason"] == "security: y on a: expected open; seen shut"


def test_junit_tells_the_same():
    verdicts = [
        verdict_of("change-1", [GOOD, BAD, Check.skipped("performance", "z", None, "why")], REHEARSED, [], {}),
        not_staged("change-2", "no"),
    ]
    check_schema("verdict", verdicts[1])
    root = ElementTree.fromstring(junit(verdicts))
    assert [dict(suite.attrib)["failures"] for suite in root] == ["1", "0"]
    assert [suite.attrib["errors"] for suite in root] == ["0", "1"]
    assert root.find("testsuite/testcase/failure").text == "expected: open\nseen: shut"
