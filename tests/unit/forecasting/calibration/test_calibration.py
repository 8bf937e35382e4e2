# SPDX-License-Identifier: GPL-3.0-or-later
"""What calibration must learn, what it must not, and how far one stream can ever push it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasting.calibration import EMPTY, LEAST_EVENTS, LEAST_ROUNDS, STREAM_MOST, calibrate, event_weights
from forecasting.contracts import to_text
from forecasting.helping import STREAM_MOST_HELPS, helps_of
from forecasting.reliability import as_text, reliability, wilson

START = datetime(2026, 1, 5, tzinfo=UTC)
NOW = START + timedelta(days=365)
HORIZON = timedelta(days=14)


def entry(
    stream: str, made: datetime, raw: float, needed: str | None, *, policy: str = "capacity", group: str = "core", **more: Any
) -> dict[str, Any]:
    outcome = {"needed": needed, "helped": more.pop("helped", "unknown"), "change_id": more.pop("change_id", None)} if needed else None
    return {
        "entry_id": f"{stream}-{to_text(made)}-{policy}",
        "as_of": to_text(made),
        "matures_at": to_text(made + HORIZON),
        "unique_id": stream,
        "policy": policy,
        "group": group,
        "p_raw": raw,
        "p_calibrated": more.get("p_calibrated", raw),
        "outcome": outcome,
    }


def world(rng: np.random.Generator, streams: int, rounds: int, truth: float, raw: float, policy: str = "capacity") -> list[dict[str, Any]]:
    """Independent events, stated as `raw`, coming with probability `truth`."""
    return [
        entry(f"{policy}-{s}", START + r * HORIZON, raw, "needed" if rng.random() < truth else "not_needed", policy=policy)
        for s in range(streams)
        for r in range(rounds)
    ]


def test_without_outcomes_the_prior_stays() -> None:
    found = EMPTY.judge("capacity", "core", 0.37)
    assert (found.confidence, found.interval, found.pool) == (0.37, None, "prior")


def test_too_few_events_leave_the_prior() -> None:
    entries = [entry(f"s{n}", START, 0.9, "not_needed") for n in range(int(LEAST_EVENTS) - 1)]
    found = calibrate(entries, NOW).judge("capacity", "core", 0.9)
    assert found.confidence == 0.9
    assert found.effective_n == pytest.approx(LEAST_EVENTS - 1)


def test_one_moment_of_many_series_leaves_the_prior() -> None:
    entries = world(np.random.default_rng(0), streams=100, rounds=LEAST_ROUNDS - 1, truth=0.1, raw=0.9)
    assert calibrate(entries, NOW).judge("capacity", "core", 0.9).pool == "prior"


def test_overconfidence_is_learnt_and_stated_with_its_n() -> None:
    entries = world(np.random.default_rng(1), streams=40, rounds=6, truth=0.3, raw=0.8)
    found = calibrate(entries, NOW).judge("capacity", "core", 0.8)
    assert found.interval is not None
    assert found.interval[0] <= 0.3 + 0.07
    assert found.confidence == pytest.approx(0.3, abs=0.1)
    assert found.effective_n == pytest.approx(240)


def test_a_good_forecast_is_left_alone() -> None:
    entries = world(np.random.default_rng(2), streams=40, rounds=6, truth=0.6, raw=0.6)
    assert calibrate(entries, NOW).judge("capacity", "core", 0.6).confidence == pytest.approx(0.6, abs=0.08)


def test_policies_learn_apart_and_a_new_one_starts_from_all() -> None:
    rng = np.random.default_rng(3)
    entries = world(rng, 40, 6, 0.2, 0.7, "bad") + world(rng, 40, 6, 0.7, 0.7, "good")
    learnt = calibrate(entries, NOW)
    assert learnt.judge("bad", "core", 0.7).confidence < 0.35
    assert learnt.judge("good", "core", 0.7).confidence > 0.6
    assert learnt.judge("new", "core", 0.7).pool == "global"


def test_what_has_not_matured_teaches_nothing() -> None:
    entries = world(np.random.default_rng(4), 40, 6, 0.0, 0.9)
    assert calibrate(entries, START + HORIZON - timedelta(seconds=1)).judge("capacity", "core", 0.9).pool == "prior"


def test_unknown_is_neither_success_nor_failure() -> None:
    entries = world(np.random.default_rng(5), 20, 3, 0.5, 0.5)
    unknown = [entry(f"u{n}", START, 0.5, "unknown") for n in range(500)]
    assert calibrate(entries + unknown, NOW) == calibrate(entries, NOW)


def test_repeated_forecasts_of_one_event_count_once() -> None:
    hourly = [START + timedelta(hours=n) for n in range(300)]
    weights = event_weights(["s"] * 300, [made.timestamp() for made in hourly], [HORIZON.total_seconds()] * 300)
    assert weights.sum() == pytest.approx(1.0)
    once = [entry(f"s{n}", START, 0.8, "needed") for n in range(10)]
    often = once + [entry("s0", made, 0.8, "needed") for made in hourly[1:]]
    assert calibrate(often, NOW).overall.effective_n == pytest.approx(10)
    assert calibrate(often, NOW).overall.offset == pytest.approx(calibrate(once, NOW).overall.offset)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0.5, 20)), min_size=1, max_size=60), st.floats(0, 120))
def test_all_forecasts_that_see_one_moment_weigh_at_most_one(windows: list[tuple[float, float]], moment: float) -> None:
    weights = event_weights(["s"] * len(windows), [begin for begin, _unused in windows], [length for _unused, length in windows])
    seeing = [weight for weight, (begin, length) in zip(weights, windows, strict=True) if begin <= moment < begin + length]
    assert sum(seeing) <= 1.0 + 1e-9


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    honest=st.integers(6, 30),
    said=st.floats(0, 1),
    came=st.sampled_from(["needed", "not_needed"]),
    raw=st.floats(0.01, 0.99),
    copies=st.integers(1, 200),
)
def test_one_stream_cannot_move_a_confidence_beyond_the_bound(
    seed: int, honest: int, said: float, came: str, raw: float, copies: int
) -> None:
    entries = world(np.random.default_rng(seed), honest, 3, 0.5, 0.5)
    poison = [entry("poison", START + n * HORIZON, said, came) for n in range(min(copies, 25))]
    poison += [entry("poison", START + timedelta(minutes=n), said, came) for n in range(copies)]
    before = calibrate(entries, NOW).judge("capacity", "core", raw).confidence
    after = calibrate(entries + poison, NOW).judge("capacity", "core", raw).confidence
    assert abs(after - before) <= STREAM_MOST + 1e-9


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.floats(0.01, 0.98), st.floats(0.001, 0.01))
def test_a_higher_raw_probability_never_gets_a_lower_confidence(seed: int, raw: float, more: float) -> None:
    learnt = calibrate(world(np.random.default_rng(seed), 20, 4, 0.4, 0.7), NOW)
    assert learnt.judge("capacity", "core", raw + more).confidence >= learnt.judge("capacity", "core", raw).confidence


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.floats(0, 1), st.floats(0, 1))
def test_a_confidence_is_a_probability_inside_its_interval(seed: int, truth: float, raw: float) -> None:
    found = calibrate(world(np.random.default_rng(seed), 12, 3, truth, 0.6), NOW).judge("capacity", "core", raw)
    assert found.interval is not None
    assert 0.0 < found.interval[0] <= found.confidence <= found.interval[1] < 1.0


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32), st.randoms(use_true_random=False))
def test_the_order_of_outcomes_does_not_matter(seed: int, shuffler: Any) -> None:
    entries = world(np.random.default_rng(seed), 12, 4, 0.3, 0.7) + world(np.random.default_rng(seed), 8, 4, 0.6, 0.4, "other")
    mixed = list(entries)
    shuffler.shuffle(mixed)
    one, other = calibrate(entries, NOW), calibrate(mixed, NOW)
    for policy in ("capacity", "other", "new"):
        assert one.judge(policy, "core", 0.5).confidence == pytest.approx(other.judge(policy, "core", 0.5).confidence, abs=1e-9)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 5), st.floats(0.05, 0.95), st.sampled_from(["needed", "not_needed"]))
def test_the_fewer_the_outcomes_the_nearer_to_the_prior(few: int, raw: float, came: str) -> None:
    def moved(streams: int) -> float:
        entries = [entry(f"s{number}", START + r * HORIZON, raw, came) for number in range(streams) for r in range(LEAST_ROUNDS)]
        return abs(calibrate(entries, NOW).judge("capacity", "core", raw).confidence - raw)

    assert moved(few) <= moved(4 * few) + 1e-9 <= moved(20 * few) + 2e-9


def test_what_is_no_number_teaches_nothing() -> None:
    entries = world(np.random.default_rng(7), 20, 3, 0.4, 0.6)
    broken = [entry(f"n{number}", START, float("nan"), "needed") for number in range(50)]
    assert calibrate(entries + broken, NOW) == calibrate(entries, NOW)


def change(stream: str, name: str, helped: str, policy: str = "capacity", template: str = "capacity") -> dict[str, Any]:
    return entry(stream, START, 0.8, "needed", policy=policy, change_id=name, helped=helped) | {"template": template}


def test_help_is_counted_per_change_and_kept_apart_from_need() -> None:
    entries = [change("s", "change-01", "yes") | {"entry_id": f"round-{number}"} for number in range(5)] + [change("t", "change-02", "no")]
    learnt = calibrate(entries, NOW)
    assert learnt.helps.probability("capacity", "capacity") == pytest.approx((1 + 3 * 0.6) / 5)
    assert learnt.helps.probability("another policy", "capacity") == pytest.approx(0.6), "a new policy starts from its template"
    assert learnt.helps.probability("capacity", "another template") is None
    assert calibrate([change("s", "change-01", "unknown")], NOW).helps.probability("capacity", "capacity") is None


@settings(max_examples=80, deadline=None)
@given(st.lists(st.sampled_from(["yes", "no", "unknown"]), max_size=30), st.lists(st.sampled_from(["yes", "no"]), min_size=1, max_size=60))
def test_one_stream_cannot_move_the_probability_of_help_beyond_the_bound(honest: list[str], lies: list[str]) -> None:
    entries = [change(f"s{number}", f"honest-{number}", said, policy=f"p{number % 2}") for number, said in enumerate(honest)]
    poison = [change("poison", f"lie-{number}", said, policy=f"p{number % 2}") for number, said in enumerate(lies)]
    before, after = helps_of(entries), helps_of(entries + poison)
    assert after == helps_of((entries + poison)[::-1])
    for policy in ("p0", "p1"):
        was = before.probability(policy, "capacity")
        assert abs((after.probability(policy, "capacity") or 0.0) - (2 / 3 if was is None else was)) <= STREAM_MOST_HELPS + 1e-9


def test_the_report_shows_origins_bins_and_effective_n() -> None:
    entries = [*world(np.random.default_rng(6), 30, 4, 0.5, 0.7), entry("late", NOW, 0.5, None)]
    report = reliability(entries, NOW)
    assert [row["entries"] for row in report["origins"]] == [30] * 4
    assert report["overall"]["p_raw"]["effective_n"] == pytest.approx(120)
    assert report["overall"]["p_raw"]["ece"] == pytest.approx(0.2, abs=0.1)
    low, high = report["overall"]["p_raw"]["ece_interval"]
    assert low <= report["overall"]["p_raw"]["ece"] <= high
    assert report["unknown_share"] == 0.0
    assert "independent events" in as_text(report)


def test_a_handful_of_events_gets_no_interval() -> None:
    report = reliability([entry(f"s{number}", START, 0.99, "needed") for number in range(3)], NOW)
    assert report["overall"]["p_raw"]["ece_interval"] is None
    assert "too few to say" in as_text(report)


def test_a_report_without_outcomes_is_one_sentence_and_no_empty_table() -> None:
    early = as_text(reliability([entry("s", NOW, 0.5, None)], NOW))
    assert early == f"No prediction has matured by {to_text(NOW)}: the prior stands."
    unknown = as_text(reliability([entry("s", START, 0.5, "unknown")], NOW))
    assert unknown == f"Of none of the matured predictions (1) is the outcome known by {to_text(NOW)}: the prior stands."


@given(st.floats(0, 1), st.floats(0.1, 1e6))
def test_the_interval_of_a_share_holds_it(share: float, n: float) -> None:
    low, high = wilson(share, n)
    assert 0 <= low <= share + 1e-9 and share - 1e-9 <= high <= 1
