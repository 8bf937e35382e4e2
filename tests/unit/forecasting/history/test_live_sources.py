# SPDX-License-Identifier: GPL-3.0-or-later
"""InfluxDB, RRD files and SQL: no name leaves its quotes, no bound cuts a sample off, and what a file says is checked."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecasting.errors import InputError
from forecasting.history import influxdb, load_history, rrdtool, sql
from forecasting.history.databases import opened
from forecasting.history.fetching import QueryRefused
from forecasting.history.rrdtool import Archive

NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=20)
MOMENTS = st.integers(0, 4_000_000_000)
QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')


@given(NAMES, NAMES, st.dictionaries(NAMES, NAMES, max_size=3))
def test_influxql_has_nothing_of_a_name_outside_its_quotes_and_nothing_of_a_value(measurement, field, where):
    text, values = influxdb.statement({"measurement": measurement, "field": field, "kind": "gauge", "where": where}, 60)
    conditions = "".join(f" AND Q = $value{place}" for place in range(len(where)))
    bare = f"SELECT mean(Q) FROM Q WHERE time >= $begin AND time < $end{conditions} GROUP BY time(60s), * fill(none)"
    assert QUOTED.sub("Q", text) == bare
    assert sorted(values.values()) == sorted(where.values())


@given(st.lists(NAMES, min_size=3, max_size=3, unique_by=str.lower))
def test_sql_finds_columns_of_any_name(tmp_path_factory, names):
    path = tmp_path_factory.getbasetemp() / "names.db"
    path.unlink(missing_ok=True)
    at, value, device = names
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"CREATE TABLE t ({', '.join(map(sql._quoted, names))})")
        connection.execute("INSERT INTO t VALUES (5, 7, 'x'), (15, 8, 'y')")
        connection.commit()
    query = {"table": "t", "time": at, "value": value, "device_column": device, "object": "o"}
    with opened({"name": "s", "url": f"sqlite:///{path}"}, Path()) as database:
        assert list(database.rows(sql.statement(query, database), sql.bounds("unix", 4, 14))) == [(5, 7, "x")]


@given(MOMENTS, MOMENTS, st.integers(-14 * 60, 14 * 60), st.sampled_from(["T", " "]))
def test_a_time_in_the_span_is_never_cut_off_by_the_bounds_and_comes_back_as_itself(begin, length, offset_min, separator):
    end = min(begin + length, 4_100_000_000)
    for at in (begin, end, (begin + end) // 2):
        moment = datetime.fromtimestamp(at, timezone(timedelta(minutes=offset_min)))
        stored = {"unix": at, "unix_ms": at * 1000 + 999, "timestamp": moment, "text": moment.isoformat(separator)}
        for written, value in stored.items():
            first, last = sql.bounds(written, begin, end)
            assert first <= value < last
            assert sql.moment_of(value, written) == at


def test_what_the_bounds_admit_beside_the_span_is_told_by_its_time():
    assert sql.bounds("unix", 10, 20) == (10, 21), "a fraction of the last second belongs to it"
    assert sql.moment_of("2026-03-01", "text") == int(datetime(2026, 3, 1, tzinfo=UTC).timestamp())
    for bad in ("soon", "2026-02-31", None, b"", 5):
        with pytest.raises((ValueError, TypeError)):
            sql.moment_of(bad, "text")


INFO = """\
filename = "a.rrd"
step = 300
last_update = 1772323210
ds[INOCTETS].type = "DERIVE"
rra[0].cf = "AVERAGE"
rra[0].rows = 10
rra[0].pdp_per_row = 1
rra[1].cf = "AVERAGE"
rra[1].rows = 10
rra[1].pdp_per_row = 6
rra[1].cdp_prep[0].value = NaN
"""


def test_archives_reach_from_their_first_whole_row_to_the_last():
    assert rrdtool._archives(INFO, Path("a.rrd")) == [
        Archive("AVERAGE", 300, 1772323200 - 3000, 1772323200 - 300),
        Archive("AVERAGE", 1800, 1772323200 - 18000, 1772323200 - 1800),
    ]


@given(st.text() | st.tuples(st.integers(0, len(INFO)), st.integers(0, len(INFO))).map(lambda cut: INFO[: cut[0]] + INFO[cut[1] :]))
def test_any_text_is_archives_or_a_refusal(text):
    try:
        assert all(archive.step_s > 0 for archive in rrdtool._archives(text, Path("a.rrd")))
    except QueryRefused as error:
        assert "restore or remove the file" in str(error)


INFLUX = "{name: i, type: influxdb, url: 'http://127.0.0.1:1', database: d, step: 5m, lookback: 1d, queries: [%s]}"
FIELD = "{measurement: m, field: f, metric: m, unit: '1', kind: gauge, device_tag: host, object: device}"
SQL = "{name: s, type: sql, url: 'postgresql://me@db/kpi', lookback: 1d, queries: [%s]}"
ROWS = "{table: t, time: at, value: v, metric: m, unit: '1', kind: gauge, device: d, object: device}"
RRD = "{name: r, type: rrd, files: [a.rrd], path: x, lookback: 1d, data_sources: {IN: {metric: m, unit: '1'}}}"


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        (INFLUX.replace("http://", "http://me:secret@") % FIELD, "without user, password or query"),
        (INFLUX % FIELD.replace("device_tag: host, ", ""), "needs either device or device_tag"),
        (INFLUX % FIELD.replace("field: f", 'field: "a\\nb"'), "write a name without control characters"),
        (INFLUX % FIELD.replace("device_tag", "device_label"), "unknown key 'device_label'"),
        (SQL.replace("me@", "me:secret@") % ROWS, "without a password"),
        (SQL.replace("kpi'", "kpi?password=secret'") % ROWS, "without a password"),
        (SQL.replace("postgresql", "mysql") % ROWS, "write sqlite:///file or postgresql://user@host:port/database"),
        (SQL % ROWS.replace("table: t", "table: 't; DROP TABLE t'"), "the name of a table or view"),
        (SQL % ROWS.replace("table: t, ", ""), "needs either table or query"),
        (SQL % ROWS.replace("table: t", "table: t, query: SELECT 1"), "needs either table or query"),
        (RRD.replace("unit: '1'", "unit: '1', kind: counter"), "'kind' cannot be 'counter'"),
        (RRD.replace("lookback", "lockback"), "unknown key 'lockback'; did you mean 'lookback'"),
    ],
)
def test_a_wrong_entry_is_refused_with_its_line(tmp_path, source, sentence):
    path = tmp_path / "sources.yml"
    path.write_text(f"version: 1\nsources:\n  - {source}\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_history(path)
    assert sentence in str(caught.value) and "sources.yml:3" in str(caught.value)


def test_a_look_back_of_ages_begins_in_1970(tmp_path):
    entry = {"name": "s", "type": "sql", "url": "sqlite:///s.db", "lookback": "999999w"}
    rows = {"table": "t", "time": "at", "value": "v", "metric": "m", "unit": "1", "kind": "gauge", "device": "d", "object": "device"}
    with closing(sqlite3.connect(tmp_path / "s.db")) as connection:
        connection.execute("CREATE TABLE t (at, v)")
        connection.execute("INSERT INTO t VALUES ('1970-01-01 00:00:00', 1), ('2026-03-01', 2)")
        connection.commit()
    (tmp_path / "s.yml").write_text(json.dumps({"version": 1, "sources": [entry | {"queries": [rows]}]}), encoding="utf-8")
    assert load_history(tmp_path / "s.yml").values("d|device|m").tolist() == [1.0, 2.0]
