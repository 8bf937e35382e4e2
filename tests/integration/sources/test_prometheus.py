# SPDX-License-Identifier: GPL-3.0-or-later
"""A real, back-filled Prometheus becomes a history: rates over a reset and a gap, pages, limits, and only what is new the next time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from forecasting.errors import InputError
from forecasting.history import load_history
from tests.integration.sources.conftest import AS_OF, CAPACITY_CHANGED, COUNTER, GAP, RESET_AT, SPEED, STEP_S, demand, listed, source
from tests.support.prometheus import Watched, serving

RATE = "edge-a1|eth3|if_out_bps"
MINUTELY = {"query": "minutely", "metric": "minutely", "unit": "1", "kind": "gauge", "device_label": "instance", "object": "device"}


def asked_seconds(request: dict[str, str]) -> float:
    return float(request["end"]) - float(request["start"])


def test_a_counter_becomes_the_true_rate_and_a_reset_or_a_gap_stays_a_gap(prometheus, tmp_path):
    found = load_history(listed(tmp_path, source(prometheus, COUNTER)), as_of=AS_OF)
    rate = found.values(RATE)
    expected = [8 * demand(stamp.timestamp()) for stamp in rate.index]
    assert rate.to_numpy() == pytest.approx(expected, rel=1e-4)
    whole = pd.date_range(rate.index[0], AS_OF - timedelta(seconds=STEP_S), freq="5min")
    missing = whole.difference(rate.index)
    assert RESET_AT - timedelta(seconds=STEP_S) in missing
    inside = missing[(missing >= GAP[0]) & (missing < GAP[1])]
    assert len(inside) == 24, "two hours without samples stay without rates"
    assert len(missing) == 26, "and beside the reset only the step that leads into the gap is missing"
    assert found.row(RATE)["tz"] == "Europe/Berlin" and found.row(RATE)["interval_s"] == STEP_S


def test_hostile_labels_are_left_out_by_name_and_the_port_is_no_part_of_a_device(prometheus, tmp_path):
    found = load_history(listed(tmp_path, source(prometheus, COUNTER)), as_of=AS_OF)
    assert sorted(found.series["device"].unique()) == ["edge-a1", "edge-b1"]
    assert len(found.left_out) == 1 and "evil; reboot" in found.left_out[0]["unique_id"]


def test_a_limit_is_dated_by_its_changes_and_scaled(prometheus, tmp_path):
    found = load_history(listed(tmp_path, source(prometheus, COUNTER, SPEED)), as_of=AS_OF)
    steps = found.limits("edge-a1", "eth3")
    assert steps.tolist() == [10e6, 20e6]
    assert steps.index[1] == CAPACITY_CHANGED
    assert found.limit_at("edge-a1", "eth3", AS_OF) == 20e6


def test_no_request_asks_for_more_than_the_server_gives_and_pages_join_without_seam(watched: Watched, tmp_path):
    path = listed(tmp_path, source(watched.url, MINUTELY, step="10s", lookback="2d"))
    found = load_history(path, as_of=AS_OF)
    values = found.values("edge-a1|device|minutely")
    assert len(watched.asked) == 2
    assert all(asked_seconds(request) / 10 < 11_000 for request in watched.asked)
    assert (np.diff(values.index.to_numpy()) == np.timedelta64(10, "s")).all()
    assert len(values) == 2 * 8640 + 1


def test_what_is_too_much_for_the_server_is_asked_for_in_halves(watched: Watched, tmp_path):
    found = load_history(listed(tmp_path, source(watched.url, COUNTER, lookback="38d")), as_of=AS_OF)
    assert len(watched.asked) == 3, "one refusal, two halves"
    assert len(found.values("edge-b1|eth3|if_out_octets")) == 38 * 288 + 1
    assert found.warnings == ()


def test_a_second_run_asks_for_what_is_new_only(watched: Watched, tmp_path):
    path = listed(tmp_path, source(watched.url, COUNTER, SPEED))
    before = AS_OF - timedelta(days=1)
    load_history(path, as_of=before)
    assert [asked_seconds(request) for request in watched.asked] == [20 * 86400] * 2
    watched.asked.clear()
    again = load_history(path, as_of=before)
    assert watched.asked == [], "nothing is new"
    found = load_history(path, as_of=AS_OF)
    assert [asked_seconds(request) for request in watched.asked] == [86400 + 900] * 2
    fresh = load_history(listed(tmp_path, source(watched.url, COUNTER, SPEED, name="fresh")), as_of=AS_OF)
    pd.testing.assert_frame_equal(found.samples, fresh.samples)
    assert again.values(RATE).index[-1] < pd.Timestamp(before)


def test_an_earlier_cut_off_fetches_what_lies_before(watched: Watched, tmp_path):
    path = listed(tmp_path, source(watched.url, COUNTER))
    load_history(path, as_of=AS_OF)
    watched.asked.clear()
    early = load_history(path, as_of=AS_OF - timedelta(days=5))
    assert [asked_seconds(request) for request in watched.asked] == [5 * 86400 - STEP_S]
    other = tmp_path / "other"
    other.mkdir()
    fresh = load_history(listed(other, source(watched.url, COUNTER)), as_of=AS_OF - timedelta(days=5))
    pd.testing.assert_frame_equal(early.samples, fresh.samples)


def test_a_changed_query_is_fetched_anew_and_the_others_are_not(watched: Watched, tmp_path):
    load_history(listed(tmp_path, source(watched.url, COUNTER, SPEED)), as_of=AS_OF)
    watched.asked.clear()
    changed = COUNTER | {"query": 'ifHCOutOctets{instance=~"edge-.*"}'}
    found = load_history(listed(tmp_path, source(watched.url, changed, SPEED)), as_of=AS_OF)
    assert [request["query"] for request in watched.asked] == [changed["query"]]
    assert found.left_out == ()


def test_a_broken_cache_is_fetched_again_with_a_warning(watched: Watched, tmp_path):
    path = listed(tmp_path, source(watched.url, COUNTER))
    first = load_history(path, as_of=AS_OF)
    kept = tmp_path / "kept" / "core.parquet"
    for broken in (kept.read_bytes()[:-50], b""):
        kept.write_bytes(broken)
        watched.asked.clear()
        again = load_history(path, as_of=AS_OF)
        assert len(watched.asked) == 1
        assert any("core.parquet is broken" in warning for warning in again.warnings)
        pd.testing.assert_frame_equal(first.samples, again.samples)
    assert load_history(path, as_of=AS_OF).warnings == ()
    assert [item.name for item in kept.parent.iterdir()] == ["core.parquet"]


def test_of_a_server_that_died_what_was_kept_stands_in(prometheus, tmp_path):
    gone = Watched(prometheus)
    with_cache = listed(tmp_path, source(gone.url, COUNTER))
    with serving(gone):
        load_history(with_cache, as_of=AS_OF - timedelta(days=1))
    found = load_history(with_cache, as_of=AS_OF)
    assert found.values(RATE).index[-1] < pd.Timestamp(AS_OF - timedelta(days=1))
    assert "cannot be reached" in found.warnings[0] and "stands in for it" in found.warnings[0]


def test_a_bad_query_and_an_empty_one_are_named_and_the_good_one_counts(prometheus, tmp_path):
    bad = MINUTELY | {"query": "rate(minutely)"}
    empty = MINUTELY | {"query": "no_such_metric"}
    found = load_history(listed(tmp_path, source(prometheus, bad, empty, COUNTER)), as_of=AS_OF)
    assert RATE in set(found.series["unique_id"])
    assert any("refuses the query 'rate(minutely)'" in warning and "expected type range vector" in warning for warning in found.warnings)
    assert any("the query 'no_such_metric' gives nothing" in warning for warning in found.warnings)


def test_two_series_of_one_name_are_not_mixed(prometheus, tmp_path):
    found = load_history(listed(tmp_path, source(prometheus, COUNTER, COUNTER | {"query": "ifHCOutOctets * 2"})), as_of=AS_OF)
    assert found.values(RATE).iloc[-1] == pytest.approx(8 * demand(found.values(RATE).index[-1].timestamp()), rel=1e-4)
    assert any("has this name" in item["reason"] for item in found.left_out)


def test_from_a_url_to_a_forecast_on_the_command_line(prometheus, tmp_path):
    down = source("http://127.0.0.1:9", COUNTER, name="down")
    path = listed(tmp_path, source(prometheus, COUNTER, SPEED, lookback="7d"), down)
    options = ["--history", path, "--as-of", "2026-03-02T00:00:00Z", "--horizon", "6h", "--out", tmp_path, "--model", "seasonal_naive"]
    done = subprocess.run(
        [sys.executable, "-m", "forecasting", "forecast", "--json", *map(str, options)],
        cwd=Path(__file__).resolve().parents[3], env=os.environ, capture_output=True, text=True, check=False,
    )  # fmt: skip
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, done.stdout + done.stderr
    assert events[-1]["result"]["series"] == 2
    assert "source down" in {item["unique_id"] for item in events[-1]["result"]["left_out"]}
    assert any(event["event"] == "warning" and "source down" in event["message"] for event in events)


def test_a_source_alone_that_is_down_is_an_error(tmp_path):
    with pytest.raises(InputError, match=r"no source brings a series: source core \(http://127\.0\.0\.1:9\) cannot be reached"):
        load_history(listed(tmp_path, source("http://127.0.0.1:9", COUNTER)), as_of=AS_OF)
