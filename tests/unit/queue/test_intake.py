# SPDX-License-Identifier: GPL-3.0-or-later
"""What takes traffic away comes in only with an end, and not with a far one; whoever brings it."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from ansible_collections.forestage.network.forecasting.contracts import ContractError, to_text
from ansible_collections.forestage.network.plugins.plugin_utils.intake import Border, longest_ttl_s, read_forecast, read_request
from ansible_collections.forestage.network.plugins.plugin_utils.queue import NotValid
from ansible_collections.forestage.network.plugins.plugin_utils.templates import Catalogue

from tests.support.queue_values import T0, forecast, recommendation, request

DAY = timedelta(days=1)
BORDER = Border(Catalogue(), frozenset(), 7 * DAY.total_seconds(), T0)
NAMED = {"name": "scan", "source": "198.51.100.0/24"}
TAKES_AWAY = {
    "filter": NAMED,
    "rate_limit": {**NAMED, "packets_per_second": 100},
    "blackhole": {"prefix": "198.51.100.0/24"},
}
POLICIES = """\
version: 1
{guards}
policies:
  - {{name: p, severity: major, when: {{metric: m, limit: {{value: 1}}, duration: 1h}}, what: {{template: capacity, parameters: {{}}}}}}
"""


def change(template: str, **more) -> dict:
    return {"template": template, "kind": "security", "parameters": {**TAKES_AWAY[template], **more}}


def wish(template: str, **times) -> dict:
    return request(change=change(template), **{name: to_text(time) for name, time in times.items()})


@pytest.mark.parametrize("template", sorted(TAKES_AWAY))
def test_a_security_request_without_an_end_is_refused(template: str) -> None:
    with pytest.raises(NotValid, match=f"the request: a {template} must have an end; give revert_at, at most 7 days after its start"):
        read_request(wish(template), BORDER)


@pytest.mark.parametrize(
    ("times", "end"),
    [
        ({"revert_at": T0 + 7 * DAY}, T0 + 7 * DAY),
        ({"expires": T0 + DAY}, T0 + DAY),
        ({"revert_at": T0 + 2 * DAY, "expires": T0 + DAY}, T0 + 2 * DAY),
        ({"not_before": T0 + 30 * DAY, "revert_at": T0 + 36 * DAY}, T0 + 36 * DAY),
    ],
)
def test_with_an_end_within_the_longest_time_it_is_taken_back_then(times: dict, end) -> None:
    assert read_request(wish("filter", **times), BORDER)["revert_at"] == to_text(end)


@pytest.mark.parametrize(
    "times",
    [
        {"revert_at": T0 + 8 * DAY},
        {"expires": T0 + 8 * DAY},
        {"not_before": T0 - 30 * DAY, "revert_at": T0 + 8 * DAY},
        {"not_before": T0 + 30 * DAY, "revert_at": T0 + 38 * DAY},
    ],
)
def test_an_end_beyond_the_longest_time_is_refused(times: dict) -> None:
    with pytest.raises(NotValid, match="more than 7 days after its start"):
        read_request(wish("filter", **times), BORDER)


def test_taking_a_filter_away_and_other_changes_need_no_end() -> None:
    assert "revert_at" not in read_request(request(change=change("filter", state="absent")), BORDER)
    assert "revert_at" not in read_request(request(), BORDER)


@pytest.mark.parametrize(
    ("lifetime", "words"),
    [
        ({"permanent": True}, "recommendation .* must have an end"),
        ({"permanent": False, "revert_at": to_text(T0 + 8 * DAY)}, "more than 7 days"),
        ({"permanent": False, "revert_at": to_text(T0 + 7 * DAY)}, None),
    ],
)
def test_what_another_engine_recommends_meets_the_same_border(tmp_path: Path, lifetime: dict, words: str | None) -> None:
    file = tmp_path / "forecast.json"
    file.write_text(json.dumps(forecast(recommendation(change=change("blackhole"), lifetime=lifetime), engine="other")), encoding="utf-8")
    if words is None:
        assert len(read_forecast(file, BORDER)["recommendations"]) == 1
        return
    with pytest.raises(NotValid, match=words):
        read_forecast(file, BORDER)


@pytest.mark.parametrize(("guards", "days"), [("guards: {longest_ttl: 14d}", 14), ("", 7)])
def test_the_policy_file_says_how_long_that_is(tmp_path: Path, guards: str, days: int) -> None:
    file = tmp_path / "policies.yml"
    file.write_text(POLICIES.format(guards=guards), encoding="utf-8")
    assert longest_ttl_s(file) == days * 86400
    assert longest_ttl_s(None) == 7 * 86400


@pytest.mark.parametrize(("content", "error"), [(None, NotValid), ("{", ValueError), ("a: 1", ContractError)])
def test_a_policy_file_that_is_none_is_refused_in_one_sentence(tmp_path: Path, content: str | None, error: type[Exception]) -> None:
    file = tmp_path / "policies.yml"
    if content is not None:
        file.write_text(content, encoding="utf-8")
    with pytest.raises(error, match=r"policies\.yml") as caught:
        longest_ttl_s(file)
    assert "\n" not in str(caught.value)
