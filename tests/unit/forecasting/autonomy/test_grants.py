# SPDX-License-Identifier: GPL-3.0-or-later
"""Mode `auto` is earned by enough outcomes and changes of more than one series, and no past, however long, hides a bad present."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecasting.autonomy import Grant, grants
from forecasting.contracts import to_text
from forecasting.policies import Policy, load, read_templates
from forecasting.policies.model import AutoWhen

START = datetime(2026, 1, 5, tzinfo=UTC)
NOW = START + timedelta(days=3650)
HORIZON = timedelta(days=14)
LAB: Policy = load(Path(__file__).resolve().parents[4] / "inventories" / "lab" / "policies.yml", read_templates()).policies[0]
POLICY = replace(LAB, mode="auto", auto_when=AutoWhen())
Entry = dict[str, Any]
ANSWERS = st.sampled_from(["yes", "no", "unknown"])


def entry(link: str, number: int, *, needed: str = "needed", helped: str | None = "yes", stated: float = 0.97, **more: Any) -> Entry:
    """A matured prediction of round `number`; the need is met by a change of its own unless `helped` is None."""
    made = START + number * HORIZON
    outcome = {"needed": needed, "helped": helped or "unknown", "change_id": f"{link}-{number:04d}" if helped else None}
    return {
        "entry_id": f"{link}-{number}", "as_of": to_text(made), "matures_at": to_text(made + HORIZON), "policy": POLICY.name,
        "template": "capacity", "device": link, "object": "eth1", "unique_id": f"{link}|eth1|if_out_bps", "p_calibrated": stated,
        "outcome": outcome,
    } | more  # fmt: skip


def good(links: int = 4, rounds: int = 6, first: int = 0) -> list[Entry]:
    return [entry(f"link-{link}", first + number) for link in range(links) for number in range(rounds)]


def job(change_id: str, state: str, number: int, device: str = "link-0", **more: Any) -> dict[str, Any]:
    at = to_text(START + number * HORIZON)
    target = {"policy": POLICY.name, "device": device, "object": "eth1", "template": "capacity"}
    return {"change_id": change_id, "origin": "recommendation", "state": state, "at": at} | target | more


def judged(entries: list[Entry], log: list[dict[str, Any]] | None = None, as_of: datetime = NOW, **asked: float) -> Grant:
    policy = replace(POLICY, auto_when=replace(AutoWhen(), **asked))
    return grants([policy], entries, log or [], as_of)[policy.name]


def test_a_policy_without_a_record_is_held_and_says_what_is_missing() -> None:
    found = judged([])
    assert found.mode == "approve"
    assert found.reason == (
        "mode auto is held at approve: 0.0 independent outcomes of this policy, 20 are asked for (one series counts for half at most); "
        "0 changes of this policy can be judged, 5 are asked for"
    )


def test_a_good_record_carries_it() -> None:
    found = judged(good())
    assert found.mode == "auto"
    assert found.reason == "mode auto is granted: 24.0 independent outcomes, calibration error 0.030, 10 of the last 10 changes helped"


def test_only_a_policy_that_asks_is_judged() -> None:
    assert grants([replace(POLICY, mode="approve"), replace(POLICY, mode="shadow")], good(), [], NOW) == {}


@pytest.mark.parametrize(
    "change",
    [
        {"outcome": None},
        {"outcome": {"needed": "unknown", "helped": "unknown", "change_id": None}},
        {"p_calibrated": 0.59},
        {"policy": "another"},
        {"template": "te_cost"},
        {"matures_at": to_text(NOW + HORIZON)},
    ],
    ids=["open", "unknown", "below the least confidence", "another policy's", "another template's", "not matured"],
)
def test_what_does_not_count(change: dict[str, Any]) -> None:
    assert "0.0 independent outcomes" in judged([value | change for value in good()]).reason


def test_daily_forecasts_of_one_event_count_once() -> None:
    made = [START + timedelta(days=day) for day in range(61)]
    daily = [
        entry(f"link-{link}", 0, entry_id=f"{link}-{to_text(when)}", as_of=to_text(when), matures_at=to_text(when + HORIZON))
        for link in range(2)
        for when in made
    ]
    assert "mode auto is held at approve: 5." in judged(daily).reason, "61 days hold four windows of 14 of each link, and their ends"


def test_one_moment_of_many_series_is_not_enough() -> None:
    assert "its outcomes fill 1 horizons one after the other, 3 are asked for" in judged(good(links=40, rounds=1)).reason


def test_calls_that_do_not_come_withdraw_it() -> None:
    bad = [entry(f"link-{link}", 6, needed="not_needed", helped=None) for link in range(4)]
    found = judged(good() + bad)
    assert found.reason == "mode auto was withdrawn to approve: calibration error 0.113 over the last 28, at most 0.1 is allowed"
    assert judged(good() + bad, calibration_error=0.2).mode == "auto"


def test_changes_that_do_not_help_withdraw_it() -> None:
    bad = [entry(f"link-{link}", 6, helped="no" if link else "unknown") for link in range(3)]
    assert judged(good() + bad).reason == "mode auto was withdrawn to approve: 7 of the last 10 changes helped, 80 % have to help"
    assert judged(good() + bad, success=0.7).mode == "auto"


def test_rollbacks_withdraw_it_at_once() -> None:
    log = [job(f"new-{link}", "rolled_back", 7, f"link-{link}") for link in range(3)]
    found = judged(good(), log)
    assert "7 of the last 10 changes helped and 3 were rolled back, 80 % have to help" in found.reason
    assert judged(good(), [value | {"origin": "inverse", "state": "rollback_blocked"} for value in log]).mode == "approve"
    assert judged(good(), log, as_of=START + timedelta(days=90)).mode == "auto", "what comes later is not known yet"
    assert judged(good(), [value | {"policy": "another"} for value in log]).mode == "auto"


def test_a_rollback_outweighs_what_was_measured_of_the_same_change() -> None:
    log = [job(f"link-{link}-0005", "rolled_back", 5, f"link-{link}") for link in range(4)]
    assert "4 were rolled back" in judged(good(rounds=6), log).reason


@pytest.mark.parametrize("state", ["failed_staging", "rejected", "expired", "withdrawn", "awaiting_approval"])
def test_what_was_never_deployed_is_no_change(state: str) -> None:
    entries = [value | {"outcome": value["outcome"] | {"helped": "unknown"}} for value in good()]
    log = [job(value["outcome"]["change_id"], state, 3, value["device"]) for value in entries]
    assert "0 changes of this policy can be judged" in judged(entries, log).reason


def test_a_change_that_one_outcome_leaves_open_and_another_knows_helped_counts_as_help() -> None:
    again = [value | {"entry_id": f"{value['entry_id']}b", "outcome": value["outcome"] | {"helped": "unknown"}} for value in good()]
    assert "10 of the last 10 changes helped" in judged(good() + again).reason


class TestGrantedAtOnce:
    def test_it_needs_no_record(self) -> None:
        found = judged([], effective_n=0)
        assert (found.mode, found.reason) == ("auto", "mode auto is granted: the policy asks for no outcomes (effective_n: 0)")

    def test_one_failure_is_forgiven_and_two_are_not(self) -> None:
        log = [job("change-0001", "rolled_back", 1), job("change-0002", "rolled_back", 2)]
        assert judged([], log[:1], effective_n=0).mode == "auto"
        reason = "mode auto was withdrawn to approve: 0 of the last 2 changes helped and 2 were rolled back, 80 % have to help"
        assert judged([], log, effective_n=0).reason == reason
        assert judged([], log, effective_n=0, success=0).mode == "auto"

    def test_the_calibration_error_counts_as_soon_as_a_pool_would(self) -> None:
        bad = [entry(f"link-{link}", number, needed="not_needed", helped=None) for link in range(3) for number in range(4)]
        assert judged([value for value in bad if value["unique_id"].startswith("link-0")], effective_n=0).mode == "auto"
        assert "calibration error" in judged(bad, effective_n=0).reason


STATED = st.floats(0, 1)
NEEDED = st.sampled_from(["needed", "not_needed", "unknown"])
RECORDS = st.lists(
    st.builds(
        lambda link, number, needed, helped, stated: entry(f"link-{link}", number, needed=needed, helped=helped, stated=stated),
        st.integers(0, 4), st.integers(0, 40), NEEDED, st.none() | ANSWERS, st.floats(0.6, 1),
    ),
    max_size=80, unique_by=lambda value: value["entry_id"],
)  # fmt: skip


@given(st.lists(st.tuples(NEEDED, ANSWERS, STATED), max_size=120))
def test_no_series_carries_it_alone(poison: list[tuple[str, str, float]]) -> None:
    alone = [entry("link-0", n, needed=needed, helped=helped, stated=stated) for n, (needed, helped, stated) in enumerate(poison)]
    assert judged(alone, effective_n=5).mode == "approve"


@given(RECORDS, st.integers(0, 40))
def test_a_series_adds_at_most_half_of_what_is_asked(others: list[Entry], poison: int) -> None:
    few = [value for value in others if value["device"] != "link-0"][:9]
    assert judged(few + [entry("link-0", number) for number in range(poison)]).mode == "approve"


@given(st.integers(2, 6), st.integers(0, 30))
def test_no_past_however_good_hides_calls_that_no_longer_come(links: int, past: int) -> None:
    bad = [entry(f"link-{link}", past + number, needed="not_needed", helped=None) for link in range(links) for number in range(4)]
    assert judged(good(links, past) + bad).mode == "approve"


@given(st.integers(1, 30), st.lists(st.sampled_from(["no", "unknown"]), min_size=3, max_size=10))
def test_no_past_however_good_hides_changes_that_no_longer_help(past: int, answers: list[str]) -> None:
    bad = [entry(f"link-{n % 4}", past + n // 4, helped=answer) for n, answer in enumerate(answers)]
    assert judged(good(4, past) + bad).mode == "approve"


@given(RECORDS, st.data())
def test_a_change_that_helped_after_all_never_costs_it(record: list[Entry], data: st.DataObject) -> None:
    before = judged(record, effective_n=5, calibration_error=0.5, success=0.4)
    changed = [n for n, value in enumerate(record) if value["outcome"]["change_id"]]
    if before.mode == "auto" and changed:
        which = data.draw(st.sampled_from(changed))
        better = record[which] | {"outcome": record[which]["outcome"] | {"helped": "yes"}}
        assert judged([*record[:which], better, *record[which + 1 :]], effective_n=5, calibration_error=0.5, success=0.4).mode == "auto"


@given(RECORDS, st.floats(5, 40), st.floats(0, 1), st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_who_allows_less_error_and_wants_more_success_never_grants_more(
    record: list[Entry], n: float, error: float, less: float, success: float, more: float
) -> None:
    loose = judged(record, effective_n=n, calibration_error=max(error, less), success=min(success, more))
    strict = judged(record, effective_n=n, calibration_error=min(error, less), success=max(success, more))
    assert (strict.mode, loose.mode) != ("auto", "approve")


@given(RECORDS, st.randoms())
def test_the_order_of_the_ledger_does_not_matter(record: list[Entry], random: Any) -> None:
    mixed = random.sample(record, len(record))
    assert judged(mixed, effective_n=5) == judged(record, effective_n=5)


@given(RECORDS)
def test_the_reason_is_one_line_and_agrees_with_the_mode(record: list[Entry]) -> None:
    found = judged(record, effective_n=5, success=0.2, calibration_error=0.4)
    assert found.reason.startswith("mode auto is granted: " if found.mode == "auto" else "mode auto ")
    assert "\n" not in found.reason
