# SPDX-License-Identifier: GPL-3.0-or-later
"""A module's documentation and its action's arguments say the same."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml

PACKAGE = "ansible_collections.forestage.network.plugins"
PLUGINS = Path(__file__).resolve().parents[3] / "plugins"
NAMES = sorted(path.stem for path in (PLUGINS / "action").glob("[a-z]*.py"))
COMPARED = ("type", "elements", "required", "default", "choices")


def documented(name: str) -> dict[str, Any]:
    shown = yaml.safe_load(import_module(f"{PACKAGE}.modules.{name}").DOCUMENTATION)
    options = dict(shown.get("options") or {})
    for fragment in shown.get("extends_documentation_fragment") or []:
        module = import_module(f"{PACKAGE}.doc_fragments.{fragment.rpartition('.')[2]}")
        options = {**(yaml.safe_load(module.ModuleDocFragment.DOCUMENTATION).get("options") or {}), **options}
    return options


def arguments(name: str) -> dict[str, Any]:
    module = import_module(f"{PACKAGE}.action.{name}")
    action = module.ActionModule
    own = getattr(action, "ARGUMENTS", None) or getattr(module, "ARGUMENTS", {})
    return {**getattr(action, "SHARED", {}), **own}


def facts(option: dict[str, Any]) -> dict[str, Any]:
    found = {key: option[key] for key in COMPARED if option.get(key) not in (None, False)}
    return {**found, "choices": sorted(map(str, found["choices"]))} if "choices" in found else found


def test_every_action_has_a_documented_module_and_every_module_an_action() -> None:
    assert sorted(path.stem for path in (PLUGINS / "modules").glob("[a-z]*.py")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_options_are_documented_as_they_are(name: str) -> None:
    shown, taken = documented(name), arguments(name)
    assert sorted(shown) == sorted(taken)
    assert {key: facts(option) for key, option in shown.items()} == {key: facts(option) for key, option in taken.items()}


@pytest.mark.parametrize("name", NAMES)
def test_every_module_has_examples_and_says_what_it_returns(name: str) -> None:
    module = import_module(f"{PACKAGE}.modules.{name}")
    assert yaml.safe_load(module.EXAMPLES)
    assert yaml.safe_load(module.RETURN)


def test_the_action_group_holds_every_module() -> None:
    groups = yaml.safe_load((PLUGINS.parent / "meta" / "runtime.yml").read_text(encoding="utf-8"))["action_groups"]
    assert groups == {"all": [f"forestage.network.{name}" for name in NAMES]}
