# SPDX-License-Identifier: GPL-3.0-or-later
"""How a batch is shared out to virtual networks side by side."""

from __future__ import annotations

import pytest
from ansible_collections.forestage.network.plugins.plugin_utils.staging.plan import in_lanes
from hypothesis import given
from hypothesis import strategies as st


def batch(devices: list[str]) -> list[dict[str, dict[str, str]]]:
    return [{"job": {"device": device, "change_id": f"change-{number:04d}"}} for number, device in enumerate(devices)]


@pytest.mark.parametrize(("count", "sizes"), [(0, [0]), (1, [1]), (3, [3]), (4, [2, 2]), (7, [4, 3])])
def test_each_lane_has_two_changes_at_least(count: int, sizes: list[int]) -> None:
    assert [len(lane) for lane in in_lanes(batch(["r"] * count), 2)] == sizes


def test_a_site_stays_together() -> None:
    items = [{"job": {"device": f"{role}-{site}", "change_id": role, "site": site}} for role in ("core", "leaf") for site in "ab"]
    assert [[item["job"]["device"] for item in lane] for lane in in_lanes(items, 2)] == [["core-a", "leaf-a"], ["core-b", "leaf-b"]]


def test_without_sites_neighbouring_names_stay_together() -> None:
    lanes = in_lanes(batch(["core-b", "leaf-a", "core-a", "leaf-b"]), 2)
    assert [[item["job"]["device"] for item in lane] for lane in lanes] == [["core-a", "core-b"], ["leaf-a", "leaf-b"]]


@given(st.lists(st.sampled_from(["a", "b", "c"]), max_size=30), st.integers(1, 8))
def test_no_change_is_lost_or_staged_twice(devices: list[str], lanes: int) -> None:
    items = batch(devices)
    shared = [item for lane in in_lanes(items, lanes) for item in lane]
    assert sorted(item["job"]["change_id"] for item in shared) == [item["job"]["change_id"] for item in items]
