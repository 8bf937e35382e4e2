# SPDX-License-Identifier: GPL-3.0-or-later
"""Every published schema is valid draft 2020-12, names itself, and accepts its own examples."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from forecasting.contracts import errors_of
from tests.unit.boundaries.sources import ROOT

FOLDER = ROOT / "forecasting" / "contracts" / "schemas"
EXAMPLES = Path(__file__).parent / "examples"
PUBLISHED = sorted(path.name.removesuffix(".schema.json") for path in FOLDER.glob("*.schema.json"))
OTHERS = sorted(ROOT.glob("roles/**/*.schema.json"))
VALUES = ("recommendation", "provisioning_forecast", "request", "job", "candidate", "verdict", "deployment", "outcome", "ledger_entry")


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", [*sorted(FOLDER.glob("*.schema.json")), *OTHERS], ids=lambda path: path.name)
def test_a_schema_is_valid_draft_2020_12(path: Path) -> None:
    schema = read(path)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("kind", PUBLISHED)
def test_a_published_schema_names_itself(kind: str) -> None:
    schema = read(FOLDER / f"{kind}.schema.json")
    assert schema["$id"] == f"urn:forestage:{kind}:1"
    assert schema["title"]


@pytest.mark.parametrize("kind", VALUES)
def test_every_value_of_the_design_has_a_schema_and_an_example_that_holds(kind: str) -> None:
    assert errors_of(kind, read(EXAMPLES / f"{kind}.json")) == []


@pytest.mark.parametrize("kind", PUBLISHED)
def test_the_examples_inside_a_schema_hold(kind: str) -> None:
    for example in read(FOLDER / f"{kind}.schema.json").get("examples", []):
        assert errors_of(kind, example) == []


@pytest.mark.parametrize("kind", VALUES)
def test_an_unknown_field_is_refused(kind: str) -> None:
    value = {**read(EXAMPLES / f"{kind}.json"), "surprise": 1}
    assert any("surprise" in error for error in errors_of(kind, value))


@pytest.mark.parametrize("name", ["eth0; reboot", "{{ 7*7 }}", "<script>", "eth0\n", "$(id)", "../etc", "eth0`id`", ""])
def test_hostile_names_break_the_schema(name: str) -> None:
    value = {**read(EXAMPLES / "request.json"), "object": name}
    assert errors_of("request", value)
    value = {**read(EXAMPLES / "request.json"), "device": name}
    assert errors_of("request", value)
