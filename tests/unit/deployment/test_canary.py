# SPDX-License-Identifier: GPL-3.0-or-later
"""What a change that went wrong means for those that come after it in the same run."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.forestage.network.plugins.plugin_utils.deployment import waits
from ansible_collections.forestage.network.plugins.plugin_utils.deployment.filters import plain


def deployed(result: str, template: str = "te_cost", *sites: str) -> dict[str, Any]:
    return {"template": template, "sites": list(sites or ("b",)), "device": "leaf-b1", "object": "eth2", "result": result}


def coming(template: str, *sites: str) -> dict[str, Any]:
    return {"template": template, "sites": list(sites)}


@pytest.mark.parametrize("result", ["rolled_back", "rollback_blocked", "unknown"])
def test_a_template_that_failed_is_not_tried_again_in_the_same_run(result: str) -> None:
    why = waits(coming("te_cost", "a"), [deployed("confirmed", "capacity"), deployed(result)])
    assert why.startswith("te_cost on leaf-b1 eth2 ")
    assert why.endswith(" in this run, so every other te_cost waits for the next run.")


def test_a_site_where_something_failed_is_left_alone() -> None:
    assert "every other change at site b waits" in waits(coming("capacity", "a", "b"), [deployed("rolled_back")])


@pytest.mark.parametrize("result", ["confirmed", "not_applied"])
def test_what_held_or_was_never_applied_keeps_nobody_waiting(result: str) -> None:
    assert waits(coming("te_cost", "b"), [deployed(result)]) == ""


def test_other_templates_at_other_sites_go_on() -> None:
    assert waits(coming("capacity", "a"), [deployed("rolled_back")]) == ""
    assert waits(coming("capacity"), [deployed("rolled_back")]) == "", "a device without a site is at none"


def test_the_rule_can_be_wider_or_none() -> None:
    assert "everything else waits" in waits(coming("capacity", "a"), [deployed("rolled_back")], "all")
    assert waits(coming("te_cost", "b"), [deployed("rolled_back")], "none") == ""
    with pytest.raises(AnsibleFilterError, match="forestage_after_failure: 'some' is unknown; use similar, all, none"):
        plain(waits)(coming("te_cost"), [], "some")
