# SPDX-License-Identifier: GPL-3.0-or-later
"""A real InfluxDB 1.x becomes a history: true rates, hostile names, pages and halves, only what is new, every refusal one sentence."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from http.server import ThreadingHTTPServer

import pandas as pd
import pytest

from forecasting.errors import InputError
from forecasting.history import load_history
from tests.integration.sources.conftest import AS_OF, CAPACITY_CHANGED, GAP, RESET_AT, STEP_S, demand, listed
from tests.support.influxdb import ADMIN, READER, STRANGER, server, write
from tests.support.prometheus import Canned, Watched, serving

DAYS = 40
MOST_ROWS = 20_000
END = int(AS_OF.timestamp())
RATE = "edge-a1|eth3|if_out_bps"
NOTE = 'o\'clock"up"\\x'
COUNTER = {
    "measurement": "interface", "field": "ifHCOutOctets", "metric": "if_out_octets", "unit": "octet", "kind": "counter",
    "tz": "Europe/Berlin", "device_tag": "agent_host", "object_tag": "ifName", "where": {"note": NOTE},
}  # fmt: skip
SPEED = {
    "measurement": "interface", "field": "ifHighSpeed", "metric": "capacity_bps", "unit": "bit/s", "kind": "limit",
    "scale": 1_000_000, "device_tag": "agent_host", "object_tag": "ifName",
}  # fmt: skip
LATENCY = {
    "measurement": "app", "field": "ms", "metric": "app_response_ms", "unit": "ms", "kind": "gauge",
    "device": "edge-a1", "object_tag": "app",
}  # fmt: skip


def _past() -> Iterator[str]:
    for device, factor in (("edge-a1:161", 1.0), ("edge-b1", 0.5), ("evil;\\ reboot", 0.1)):
        total = 0.0
        for at in range(END - DAYS * 86400, END + STEP_S, STEP_S):
            if at == int(RESET_AT.timestamp()) and factor == 1.0:
                total = 0.0
            if not (factor == 1.0 and GAP[0].timestamp() <= at < GAP[1].timestamp()):
                speed = f",ifHighSpeed={10 if at < CAPACITY_CHANGED.timestamp() else 20}i" if factor == 1.0 else ""
                yield f"interface,agent_host={device},ifName=eth3,note={NOTE} ifHCOutOctets={round(total)}i{speed} {at}"
            total += factor * demand(at) * STEP_S
    for place in range(2 * 8640):
        yield f"app,app=shop ms={place % 6} {END - 2 * 86400 + 10 * place}"
    yield f'app,app=shop state="fine",ms=0 {END - 600}'
    yield f"twins,app=a,host=one ms=1 {END - 600}"
    yield f"twins,app=a,host=two ms=2 {END - 600}"


@pytest.fixture(scope="session")
def influxdb() -> Iterator[str]:
    with server("telegraf", _past(), MOST_ROWS) as url:
        yield url


@pytest.fixture
def watched(influxdb: str) -> Iterator[Watched]:
    """The server behind a relay that remembers every request."""
    relay = Watched(influxdb)
    with serving(relay):
        yield relay


@pytest.fixture(autouse=True)
def _login(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INFLUX_USER", READER[0])
    monkeypatch.setenv("INFLUX_PASSWORD", READER[1])


def source(url: str, *queries: dict[str, object], **settings: object) -> dict[str, object]:
    base = {"name": "tsdb", "type": "influxdb", "url": url, "database": "telegraf", "step": "5m", "lookback": "20d"}
    return base | {"user_env": "INFLUX_USER", "password_env": "INFLUX_PASSWORD", "queries": list(queries)} | settings


def asked_seconds(request: dict[str, str]) -> float:
    bound = json.loads(request["params"])
    return (bound["end"] - bound["begin"]) / 1e9


def refusal(folder, url, *queries, **settings) -> str:
    with pytest.raises(InputError) as caught:
        load_history(listed(folder, source(url, *queries, **settings)), as_of=AS_OF)
    assert not any(secret in str(caught.value) for secret in (READER[1], STRANGER[1], ADMIN[1]))
    return str(caught.value)


def test_a_counter_becomes_the_true_rate_and_a_reset_or_a_gap_stays_a_gap(influxdb, tmp_path):
    found = load_history(listed(tmp_path, source(influxdb, COUNTER, SPEED)), as_of=AS_OF)
    rate = found.values(RATE)
    assert rate.to_numpy() == pytest.approx([8 * demand(stamp.timestamp()) for stamp in rate.index], rel=1e-4)
    whole = pd.date_range(rate.index[0], rate.index[-1], freq="5min")
    assert len(rate) > 20 * 288 - 40 and len(whole.difference(rate.index)) == 26
    assert found.row(RATE)["tz"] == "Europe/Berlin" and found.row(RATE)["interval_s"] == STEP_S
    assert found.limits("edge-a1", "eth3").tolist() == [10e6, 20e6]
    assert found.limits("edge-a1", "eth3").index[1] == CAPACITY_CHANGED


def test_hostile_tags_are_left_out_by_name(influxdb, tmp_path):
    found = load_history(listed(tmp_path, source(influxdb, COUNTER)), as_of=AS_OF)
    assert sorted(found.series["device"].unique()) == ["edge-a1", "edge-b1"]
    assert len(found.left_out) == 1 and "evil; reboot" in found.left_out[0]["unique_id"]


@pytest.mark.parametrize("name", ['x" OR 1=1; DROP DATABASE "telegraf" --', "a\\", "';--", "$begin", "/.*/"])
def test_no_name_leaves_its_quotes(influxdb, tmp_path, name):
    odd = LATENCY | {"measurement": name, "field": name, "where": {name: name}}
    found = load_history(listed(tmp_path, source(influxdb, odd, COUNTER)), as_of=AS_OF)
    assert RATE in set(found.series["unique_id"])
    assert [warning for warning in found.warnings if "gives nothing over its lookback" in warning] == list(found.warnings)


def test_a_gauge_is_the_mean_of_its_step_and_pages_join_without_seam(watched: Watched, tmp_path):
    found = load_history(listed(tmp_path, source(watched.url, LATENCY, step="1m", lookback="10d")), as_of=AS_OF)
    values = found.values("edge-a1|shop|app_response_ms")
    assert len(watched.asked) == 2 and len(values) == 2 * 1440
    assert values.iloc[:-20].eq(2.5).all() and values.index[-1] == pd.Timestamp(AS_OF - timedelta(minutes=1))


def test_what_is_too_much_for_the_server_is_asked_for_in_halves(watched: Watched, tmp_path):
    found = load_history(listed(tmp_path, source(watched.url, COUNTER, lookback="30d")), as_of=AS_OF)
    assert len(watched.asked) == 3, "one refusal, two halves"
    assert len(found.values("edge-b1|eth3|if_out_octets")) == 30 * 288
    assert found.warnings == ()


def test_a_second_run_asks_for_what_is_new_only(watched: Watched, tmp_path):
    path = listed(tmp_path, source(watched.url, COUNTER, SPEED))
    before = AS_OF - timedelta(days=1)
    load_history(path, as_of=before)
    assert sum(map(asked_seconds, watched.asked)) == 2 * 20 * 86400
    watched.asked.clear()
    load_history(path, as_of=before)
    assert watched.asked == [], "nothing is new"
    found = load_history(path, as_of=AS_OF)
    assert [asked_seconds(request) for request in watched.asked] == [86400 + 900 + STEP_S] * 2
    fresh = load_history(listed(tmp_path, source(watched.url, COUNTER, SPEED, name="fresh")), as_of=AS_OF)
    pd.testing.assert_frame_equal(found.samples, fresh.samples)


def test_points_may_come_late_and_out_of_order(influxdb, tmp_path):
    late = LATENCY | {"measurement": "late"}
    write(influxdb, "telegraf", [f"late,app=shop ms={hour} {END - hour * 3600}" for hour in (9, 12)])
    path = listed(tmp_path, source(influxdb, late, step="1h", lookback="1d", late="6h"))
    assert load_history(path, as_of=AS_OF - timedelta(hours=6)).values("edge-a1|shop|app_response_ms").tolist() == [12, 9]
    write(influxdb, "telegraf", [f"late,app=shop ms={hour} {END - hour * 3600}" for hour in (5, 8, 10, 8)])
    assert load_history(path, as_of=AS_OF).values("edge-a1|shop|app_response_ms").tolist() == [12, 10, 9, 8, 5]


def test_of_a_server_that_died_what_was_kept_stands_in(influxdb, tmp_path):
    gone = Watched(influxdb)
    path = listed(tmp_path, source(gone.url, COUNTER))
    with serving(gone):
        load_history(path, as_of=AS_OF - timedelta(days=1))
    found = load_history(path, as_of=AS_OF)
    assert found.values(RATE).index[-1] < pd.Timestamp(AS_OF - timedelta(days=1))
    assert "cannot be reached" in found.warnings[0] and "stands in for it" in found.warnings[0]


def test_series_that_differ_in_another_tag_are_not_mixed(influxdb, tmp_path):
    found = load_history(listed(tmp_path, source(influxdb, LATENCY | {"measurement": "twins"}, LATENCY)), as_of=AS_OF)
    assert found.values("edge-a1|a|app_response_ms").tolist() == [1.0]
    assert sum("has this name" in item["reason"] for item in found.left_out) == 1


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"field": "state"}, "holds no numbers"),
        ({"measurement": "nothing"}, "gives nothing over its lookback"),
        ({"retention_policy": "none"}, "retention policy not found"),
    ],
)
def test_a_bad_query_is_named_and_the_good_one_counts(influxdb, tmp_path, query, sentence):
    found = load_history(listed(tmp_path, source(influxdb, LATENCY | query, COUNTER)), as_of=AS_OF)
    assert RATE in set(found.series["unique_id"])
    assert len(found.warnings) == 1 and sentence in found.warnings[0] and found.warnings[0].startswith("source tsdb")


def test_refusals_are_told_without_the_password(influxdb, tmp_path, monkeypatch):
    assert "refuses the login (403); check the variables" in refusal(tmp_path, influxdb, COUNTER, database="none")
    monkeypatch.setenv("INFLUX_PASSWORD", "wrong")
    assert "refuses the login (401); check the variables" in refusal(tmp_path, influxdb, COUNTER)
    monkeypatch.setenv("INFLUX_USER", STRANGER[0])
    monkeypatch.setenv("INFLUX_PASSWORD", STRANGER[1])
    assert "refuses the login (403); check the variables" in refusal(tmp_path, influxdb, COUNTER)
    monkeypatch.setenv("INFLUX_USER", ADMIN[0])
    monkeypatch.setenv("INFLUX_PASSWORD", ADMIN[1])
    assert "has no database 'none'; correct database" in refusal(tmp_path, influxdb, COUNTER, database="none")
    assert "cannot be reached" in refusal(tmp_path, "http://127.0.0.1:9", COUNTER)
    with serving(ThreadingHTTPServer(("127.0.0.1", 0), Canned)) as url:
        assert "not InfluxDB's JSON; check the url" in refusal(tmp_path, f"{url}/200", COUNTER)
