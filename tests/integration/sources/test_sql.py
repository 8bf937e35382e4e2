# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables and queries of a real SQLite file and a real PostgreSQL become a history: bound times, only what is new, no password told."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pandas as pd
import psycopg
import pytest

from forecasting.errors import InputError
from forecasting.history import databases, load_history
from tests.integration.sources.conftest import AS_OF, listed
from tests.support import postgres

HOURS = 30 * 24
PASSWORD = "s3cret%'\" x"
USERS = "kpi-shop|device|kpi_active_users"
HOURLY = {
    "table": "hourly", "time": "at", "value": "users", "metric": "kpi_active_users", "unit": "1", "kind": "gauge", "tz": "Europe/Berlin",
    "device_column": "app", "object": "device",
}  # fmt: skip
ASKED = HOURLY | {"query": "SELECT at, users, 'kpi-' || app AS app FROM plain WHERE app LIKE '%o%' AND users > 0 -- all of them\n;"}
ASKED.pop("table")
Store = Callable[[str, Sequence[Any]], None]


def _rows() -> Iterator[tuple[datetime, float, str]]:
    for hour in range(HOURS + 1):
        at = AS_OF - timedelta(hours=HOURS - hour)
        yield at, 100.0 + hour, "kpi-shop"
        yield at, 200.0 + hour, "evil; reboot"


@pytest.fixture(scope="session")
def socket() -> Iterator[Path]:
    """A PostgreSQL that asks its user ``reader`` for a password."""
    with postgres.server() as folder:
        with psycopg.connect(host=str(folder), user=postgres.USER, dbname="postgres", autocommit=True) as connection:
            connection.execute(psycopg.sql.SQL("CREATE ROLE reader LOGIN PASSWORD {}").format(PASSWORD))
            rules = folder / "data" / "pg_hba.conf"
            rules.write_text("local all reader scram-sha-256\n" + rules.read_text(encoding="utf-8"), encoding="utf-8")
            connection.execute("SELECT pg_reload_conf()")
            connection.execute("CREATE DATABASE business")
        yield folder


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A database with the table `hourly` (at, users, app)."""
    monkeypatch.setenv("BUSINESS_PASSWORD", PASSWORD)
    if request.param == "sqlite":
        fill_sqlite(tmp_path / "it's 50%.db", [(f"{at:%Y-%m-%d %H:%M:%S}", users, app) for at, users, app in _rows()])
        return "sqlite:///" + quote("it's 50%.db")
    folder = request.getfixturevalue("socket")
    with psycopg.connect(host=str(folder), user=postgres.USER, dbname="business") as connection:
        connection.execute("DROP TABLE IF EXISTS hourly")
        connection.execute("CREATE TABLE hourly (at timestamptz, users numeric, app text)")
        connection.execute("GRANT SELECT ON hourly TO reader")
        with connection.cursor().copy("COPY hourly FROM STDIN") as copy:
            for row in _rows():
                copy.write_row(row)
    return f"postgresql://reader@/business?host={folder}"


def fill_sqlite(path: Path, rows: Sequence[Sequence[Any]], name: str = "hourly") -> None:
    with sqlite3.connect(path) as connection:
        connection.execute(f"CREATE TABLE IF NOT EXISTS {name} (at, users, app)")
        connection.executemany(f"INSERT INTO {name} VALUES (?, ?, ?)", rows)
    connection.close()


def execute(url: str, folder: Path, statement: str) -> None:
    if url.startswith("sqlite"):
        with sqlite3.connect(folder / "it's 50%.db") as connection:
            connection.execute(statement)
        connection.close()
        return
    with psycopg.connect(host=url.partition("host=")[2], user=postgres.USER, dbname="business") as connection:
        connection.execute(statement)


def source(url: str, *queries: dict[str, object], **settings: object) -> dict[str, object]:
    login = {} if url.startswith("sqlite") else {"password_env": "BUSINESS_PASSWORD"}
    return {"name": "business", "type": "sql", "url": url, "lookback": "20d", "queries": list(queries)} | login | settings


def load(folder: Path, url: str, *queries: dict[str, object], as_of: datetime = AS_OF, **settings: object):
    return load_history(listed(folder, source(url, *queries, **settings)), as_of=as_of)


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Sequence[Any]]]:
    """Every query and what was bound to it; they run all the same."""
    asked: list[tuple[str, Sequence[Any]]] = []
    for kind in (databases._Sqlite, databases._Postgres):

        def remembered(self, text, values, real=kind.rows):
            asked.append((text, values))
            return real(self, text, values)

        monkeypatch.setattr(kind, "rows", remembered)
    return asked


def test_a_table_becomes_series_and_hostile_names_are_left_out(url, tmp_path, seen):
    found = load(tmp_path, url, HOURLY)
    users = found.values(USERS)
    assert len(users) == 20 * 24 + 1 and users.iloc[-1] == 100.0 + HOURS and users.index[-1] == pd.Timestamp(AS_OF)
    assert found.row(USERS)["interval_s"] == 3600 and found.row(USERS)["tz"] == "Europe/Berlin"
    assert len(found.left_out) == 1 and "evil; reboot" in found.left_out[0]["unique_id"]
    assert len(seen) == 1 and len(seen[0][1]) == 2 and "2026" not in seen[0][0], "times are bound, never written into the text"
    kept = [path for path in tmp_path.rglob("*") if path.is_file() and PASSWORD.encode() in path.read_bytes()]
    assert kept == []


def test_a_query_may_hold_percent_signs_a_semicolon_and_a_comment(url, tmp_path):
    execute(url, tmp_path, "UPDATE hourly SET app = 'shop' WHERE app LIKE 'kpi%'")
    query = ASKED | {"query": str(ASKED["query"]).replace("plain", "hourly")}
    found = load(tmp_path, url, query, as_of=AS_OF - timedelta(days=1))
    assert found.values(USERS).iloc[-1] == 100.0 + HOURS - 24


def test_a_second_run_asks_for_what_is_new_only(url, tmp_path, seen):
    load(tmp_path, url, HOURLY, as_of=AS_OF - timedelta(days=1))
    seen.clear()
    load(tmp_path, url, HOURLY, as_of=AS_OF - timedelta(days=1))
    assert seen == [], "nothing is new"
    found = load(tmp_path, url, HOURLY)
    earliest = seen[0][1][0]
    assert len(seen) == 1
    assert earliest == (AS_OF - timedelta(days=1, seconds=900) if url.startswith("p") else "2026-02-27")
    fresh = load(tmp_path, url, HOURLY, name="fresh")
    pd.testing.assert_frame_equal(found.samples, fresh.samples)


def test_rows_may_come_late_out_of_order_and_twice(url, tmp_path):
    before = AS_OF - timedelta(hours=6)
    execute(url, tmp_path, "DELETE FROM hourly WHERE users > 800 OR app LIKE 'evil%'")
    load(tmp_path, url, HOURLY, as_of=before, late="2d")
    for value, hours in ((3, 1), (2, 20), (2, 20), (1, 3)):
        at = f"{AS_OF - timedelta(hours=hours):%Y-%m-%d %H:%M:%S+00:00}"
        execute(url, tmp_path, f"INSERT INTO hourly VALUES ('{at}', {value}, 'kpi-shop')")
    found = load(tmp_path, url, HOURLY, late="2d")
    assert found.values(USERS).iloc[-3:].tolist() == [2.0, 1.0, 3.0]
    assert [warning for warning in found.warnings if "given more than once" in warning] == list(found.warnings)


def test_nothing_can_be_written(url, tmp_path):
    sneaky = ASKED | {"query": "DELETE FROM hourly RETURNING at, users, app"}
    with pytest.raises(InputError, match="source business refuses the query"):
        load(tmp_path, url, sneaky)
    assert len(load(tmp_path, url, HOURLY).values(USERS)) == 481


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"table": "nothing"}, "refuses the query"),
        ({"value": "nothing"}, "refuses the query"),
        ({"value": 'users" FROM hourly; DROP TABLE hourly; --'}, "refuses the query"),
        ({"device_column": "% ? %s"}, "refuses the query"),
        ({"value": "app"}, "have no time or no number"),
    ],
)
def test_a_bad_query_is_named_and_the_good_one_counts(url, tmp_path, query, sentence):
    found = load(tmp_path, url, HOURLY | query, HOURLY)
    assert len(found.values(USERS)) == 481
    assert sentence in found.warnings[0] and found.warnings[0].startswith("source business") and "\n" not in found.warnings[0]


def test_an_empty_table_is_named(url, tmp_path):
    execute(url, tmp_path, "DELETE FROM hourly")
    with pytest.raises(InputError, match=r"the table 'hourly' gives nothing over its lookback"):
        load(tmp_path, url, HOURLY)


def test_of_a_database_that_is_gone_what_was_kept_stands_in(tmp_path):
    fill_sqlite(tmp_path / "b.db", [(f"{at:%Y-%m-%dT%H:%M:%SZ}", users, app) for at, users, app in _rows()])
    load(tmp_path, "sqlite:///b.db", HOURLY, as_of=AS_OF - timedelta(days=1))
    (tmp_path / "b.db").rename(tmp_path / "moved.db")
    found = load(tmp_path, "sqlite:///b.db", HOURLY)
    assert len(found.values(USERS)) == 19 * 24 + 1
    assert "there is no database file" in found.warnings[0] and "stands in for it" in found.warnings[0]


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("unix", lambda at: int(at.timestamp())),
        ("unix_ms", lambda at: at.timestamp() * 1000),
        ("text", lambda at: at.isoformat()),
        ("text", lambda at: f"{at:%Y-%m-%dT%H:%M:%S}.250Z"),
        ("text", lambda at: (at + timedelta(hours=13)).replace(tzinfo=None).isoformat() + "+13:00"),
    ],
)
def test_times_are_read_as_they_are_declared(tmp_path, written, shown):
    fill_sqlite(tmp_path / "b.db", [(shown(at), users, app) for at, users, app in _rows()])
    found = load(tmp_path, "sqlite:///b.db", HOURLY | {"time_format": written}, as_of=AS_OF - timedelta(days=1))
    assert found.values(USERS).index[0] == pd.Timestamp(AS_OF - timedelta(days=21))
    assert found.values(USERS).index[-1] == pd.Timestamp(AS_OF - timedelta(days=1))


def test_rows_without_time_or_number_are_counted(tmp_path):
    rows = [(at.isoformat(), users, app) for at, users, app in _rows()]
    fill_sqlite(tmp_path / "b.db", [*rows, ("2026-02-31", 1, "kpi-shop"), (rows[-3][0], "many", "kpi-shop"), (rows[-5][0], None, "other")])
    found = load(tmp_path, "sqlite:///b.db", HOURLY)
    assert any("2 rows of the table 'hourly' have no time or no number ('2026-02-31', '1')" in warning for warning in found.warnings)
    assert any("samples of other|device|kpi_active_users without a finite value" in warning for warning in found.warnings)


def test_a_file_that_is_no_database_is_refused(tmp_path):
    (tmp_path / "b.db").write_text("junk" * 999, encoding="utf-8")
    with pytest.raises(InputError, match=r"b\.db is no usable SQLite database \(file is not a database\); restore it, or correct url"):
        load(tmp_path, "sqlite:///b.db", HOURLY)


def test_wrong_logins_are_told_without_the_password(socket, tmp_path, monkeypatch):
    address = f"postgresql://reader@/business?host={socket}"
    for password, url, sentence in (
        ("wr0ng", address, "refuses the login (connection"),
        (PASSWORD, address.replace("business", "nothing"), "refuses the login"),
        (PASSWORD, f"postgresql://reader@/business?host={tmp_path}", "PostgreSQL cannot be reached"),
        (PASSWORD, "postgresql://reader@127.0.0.1:9/business", "PostgreSQL cannot be reached"),
        ("", address, "the environment variable BUSINESS_PASSWORD is not set"),
    ):
        monkeypatch.setenv("BUSINESS_PASSWORD", password)
        with pytest.raises(InputError) as caught:
            load(tmp_path, url, HOURLY)
        assert sentence in str(caught.value) and "\n" not in str(caught.value)
        assert not password or password not in str(caught.value)


def test_a_query_that_takes_too_long_is_left_after_its_timeout(socket, tmp_path, monkeypatch):
    monkeypatch.setenv("BUSINESS_PASSWORD", PASSWORD)
    slow = ASKED | {"query": "SELECT timestamptz '2026-02-28' AS at, 1 AS users, 'a' AS app FROM pg_sleep(20)"}
    with pytest.raises(InputError, match="takes too long over the query; narrow it, or give it a longer timeout"):
        load(tmp_path, f"postgresql://reader@/business?host={socket}", slow, timeout="1s")


def test_a_query_that_takes_too_long_in_a_file_is_left_too(tmp_path):
    fill_sqlite(tmp_path / "b.db", [])
    endless = "WITH RECURSIVE n(at) AS (SELECT 1 UNION ALL SELECT at + 1 FROM n) SELECT at, 1 AS users, 'a' AS app FROM n WHERE at < 0"
    with pytest.raises(InputError, match="takes too long over the query; narrow it, or give it a longer timeout"):
        load(tmp_path, "sqlite:///b.db", ASKED | {"query": endless}, timeout="1s")


def test_a_plain_timestamp_and_a_date_are_utc(socket, tmp_path, monkeypatch):
    monkeypatch.setenv("BUSINESS_PASSWORD", PASSWORD)
    series = "SELECT {} AS at, 5 AS users, 'kpi-shop' AS app FROM generate_series(timestamp '2026-02-01', '2026-03-01', '1 day') AS g"
    for written in ("g", "g::date"):
        found = load(tmp_path, f"postgresql://reader@/business?host={socket}", ASKED | {"query": series.format(written)})
        assert found.values(USERS).index[-1] == pd.Timestamp(datetime(2026, 3, 1, tzinfo=UTC))
        assert found.row(USERS)["interval_s"] == 86400
