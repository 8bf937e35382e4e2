# SPDX-License-Identifier: GPL-3.0-or-later
"""Every case beside the templates: parameters and what runs in, the candidate or the refusal out."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from ansible_collections.forestage.network.plugins.plugin_utils.drivers.agent_file import digest
from ansible_collections.forestage.network.plugins.plugin_utils.templates import FOLDER, Catalogue, Guard, TemplateError, make_candidate

CATALOGUE = Catalogue()
CASES = sorted(FOLDER.glob("*/tests/*.yml"))
# removals are not restored word for word, and the networks of a BGP process that others share may stay
UNDONE = [path for path in CASES if "\nexpected:" in (text := path.read_text(encoding="utf-8")) and "  state: absent\nrunning" not in text
          and path.stem != "beside_another"]  # fmt: skip
PROTECTED = Guard(never_block=("198.51.100.0/24",))


def case_name(path: Path) -> str:
    return f"{path.parent.parent.name}/{path.stem}"


def rendered(template: str, device: str, parameters: dict, configs: dict) -> dict:
    change = {"template": template, "kind": CATALOGUE[template].kind, "parameters": parameters}
    job = {"change_id": "test-case", "device": device, "change": change}
    running = {name: {"config": config, "digest": digest(config)} for name, config in configs.items()}
    return make_candidate(job, running, CATALOGUE, PROTECTED)


def test_every_template_has_a_case_of_each_sort():
    sorts = {(path.parent.parent.name, "refused" if "refused" in yaml.safe_load(path.read_text()) else "expected") for path in CASES}
    assert {name for name, sort in sorts if sort == "expected"} == set(CATALOGUE)


@pytest.mark.parametrize("path", CASES, ids=case_name)
def test_case(path: Path):
    case = yaml.safe_load(path.read_text(encoding="utf-8"))
    template = path.parent.parent.name
    if "refused" in case:
        with pytest.raises(TemplateError) as refusal:
            rendered(template, case["device"], case["parameters"], case["running"])
        assert str(refusal.value) == case["refused"]
        return
    candidate = rendered(template, case["device"], case["parameters"], case["running"])
    assert {name: entry["config"] for name, entry in candidate["devices"].items()} == case["expected"]
    inverse = candidate["inverse"]
    assert {"template": inverse["template"], "parameters": inverse["parameters"]} == case["inverse"]


@pytest.mark.parametrize("path", UNDONE, ids=case_name)
def test_inverse_restores_what_ran(path: Path):
    """A change that adds something, and then its inverse, change nothing."""
    case = yaml.safe_load(path.read_text(encoding="utf-8"))
    candidate = rendered(path.parent.parent.name, case["device"], case["parameters"], case["running"])
    after = {**case["running"], **{name: entry["config"] for name, entry in candidate["devices"].items()}}
    inverse = candidate["inverse"]
    back = rendered(inverse["template"], case["device"], inverse["parameters"], after)
    for name, config in case["running"].items():
        entry = back["devices"][name]["config"]
        assert entry["nft"] == config["nft"] and entry["qos"] == config["qos"]
        assert entry["frr"].split() == config["frr"].split()
