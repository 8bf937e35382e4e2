# SPDX-License-Identifier: GPL-3.0-or-later
"""What the catalogue refuses, and how it says so."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from ansible_collections.forestage.network.plugins.plugin_utils.templates import (
    FOLDER,
    Catalogue,
    Guard,
    Scope,
    TemplateError,
    make_candidate,
)

EMPTY = {"frr": "interface eth1\n ip address 10.0.0.1/30\nexit\n", "nft": "", "qos": {}}
RUNNING = {"r1": {"config": EMPTY, "digest": "0" * 64}}


def job(template: str, kind: str, **parameters: object) -> dict:
    return {"change_id": "test-case", "device": "r1", "change": {"template": template, "kind": kind, "parameters": parameters}}


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    shutil.copytree(FOLDER / "capacity", tmp_path / "capacity")
    return tmp_path


def refusal(folder: Path, **parameters: object) -> str:
    with pytest.raises(TemplateError) as error:
        make_candidate(
            job("capacity", "capacity", **{"interface": "eth1", "rate_mbit": 5, **parameters}), RUNNING, Catalogue(folder), Guard()
        )
    return str(error.value)


def test_an_undefined_variable_names_template_and_line(catalogue: Path):
    (catalogue / "capacity" / "frr_linux.j2").write_text("qos:\n  {{ interface }}:\n    rate_kbit: {{ rate_mbits }}\n")
    assert re.match(r"template capacity/frr_linux\.j2, line 3: 'rate_mbits' is undefined; ", refusal(catalogue))


def test_a_syntax_error_names_template_and_line(catalogue: Path):
    (catalogue / "capacity" / "frr_linux.j2").write_text("qos:\n  {% if %}\n")
    assert refusal(catalogue).startswith("template capacity/frr_linux.j2, line 2: ")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("qos: [", "does not render to YAML"),
        ("linux: x", "mapping of frr, nft and qos"),
        ("frr: {a: b}", "frr must be a text"),
        ("nft: {filter: x}", "'filter' is not its own"),
        ("frr: {{ ''.__class__.__mro__ }}", "line 1"),
        ("frr: |\n  exit\n", "closes nothing"),
    ],
)
def test_what_a_template_may_not_say(catalogue: Path, text: str, sentence: str):
    (catalogue / "capacity" / "frr_linux.j2").write_text(text)
    assert sentence in refusal(catalogue)


def test_an_unknown_platform_is_named(catalogue: Path):
    with pytest.raises(TemplateError, match=r"template capacity has no ios_xe\.j2; it can be rendered for frr_linux"):
        Catalogue(catalogue)["capacity"].source("ios_xe")


def test_an_unknown_template_names_the_known_ones(catalogue: Path):
    with pytest.raises(TemplateError, match="no change template 'capcity'; known are capacity"):
        Catalogue(catalogue)["capcity"]


def test_a_template_is_there_before_it_is_read(catalogue: Path):
    assert "capacity" in Catalogue(catalogue)
    assert "capcity" not in Catalogue(catalogue)


def test_a_broken_meta_names_its_file(catalogue: Path):
    path = catalogue / "capacity" / "meta.yml"
    path.write_text(path.read_text().replace("estimator: direct", "estimator: guess"))
    with pytest.raises(TemplateError, match=r"capacity/meta\.yml: estimator: 'guess' is not one of"):
        Catalogue(catalogue)["capacity"]


def test_a_wrong_kind_is_refused():
    with pytest.raises(TemplateError, match="template capacity is of kind capacity, not routing"):
        make_candidate(job("capacity", "routing", interface="eth1", rate_mbit=5), RUNNING, Catalogue(), Guard())


@pytest.mark.parametrize("hostile", ["eth0; reboot", "{{ 7*7 }}", "<script>", "eth0\nexit", "../../etc", "", "a" * 40])
def test_hostile_interface_names_reach_no_template(hostile: str):
    with pytest.raises(TemplateError, match="template capacity, parameter interface"):
        make_candidate(job("capacity", "capacity", interface=hostile, rate_mbit=5), RUNNING, Catalogue(), Guard())


def test_management_is_never_blocked():
    with pytest.raises(TemplateError, match=r"192\.0\.2\.8/32, which is a management network"):
        make_candidate(
            job("filter", "security", name="x", source="192.0.2.0/24"), RUNNING, Catalogue(), Guard(management=("192.0.2.8/32",))
        )


def test_a_filter_can_always_be_taken_away():
    running = {"r1": {"config": {**EMPTY, "nft": "table inet forestage_x {\n}\n"}, "digest": "0" * 64}}
    change = job("filter", "security", name="x", source="192.0.2.0/24", state="absent")
    candidate = make_candidate(change, running, Catalogue(), Guard(management=("192.0.2.8/32",)))
    assert candidate["devices"]["r1"]["config"]["nft"] == ""


def test_allowed_stanzas_name_only_what_the_change_is_about():
    catalogue = Catalogue()
    scope = Scope(
        catalogue["qos_event"],
        "r1",
        catalogue["qos_event"].parameters(
            {"interface": "eth1", "class_name": "sale", "share_percent": 10, "match": {"destination": "10.0.0.0/8"}}
        ),
        RUNNING,
    )
    assert scope.allowed() == {"frr": [], "nft": ["inet forestage_qos_eth1_sale"], "qos": ["eth1"]}


def test_a_secret_in_the_difference_is_masked():
    frr = EMPTY["frr"].replace("exit", " ip ospf authentication-key hush\nexit")
    running = {"r1": {"config": {**EMPTY, "frr": frr}, "digest": "0" * 64}}
    candidate = make_candidate(job("te_cost", "routing", interface="eth1", cost=5), running, Catalogue(), Guard())
    assert "authentication-key ****" in candidate["devices"]["r1"]["diff"] and "hush" not in candidate["devices"]["r1"]["diff"]
