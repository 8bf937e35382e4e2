# SPDX-License-Identifier: GPL-3.0-or-later
"""What is no queue of this release is refused in one sentence, and nothing is written."""

from __future__ import annotations

import multiprocessing
import os
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.forestage.network.plugins.plugin_utils.queue import Store, StoreError
from ansible_collections.forestage.network.plugins.plugin_utils.queue import schema as queue_schema
from ansible_collections.forestage.network.plugins.plugin_utils.queue.address import Address
from ansible_collections.forestage.network.plugins.plugin_utils.queue.tables import HEAD, VERSION_TABLE, metadata
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import inspect


def refusal(url: object) -> str:
    with pytest.raises(StoreError) as caught:
        Store.open(str(url))
    text = str(caught.value)
    assert "\n" not in text
    assert len(text) < 400
    return text


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def set_version(path: Path, version: str) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute(f"UPDATE {VERSION_TABLE} SET version_num = ?", (version,))
    connection.close()


def test_a_missing_file_is_refused_with_the_command_that_creates_it_and_is_not_created(tmp_path: Path) -> None:
    assert re.search(r"no queue at .*; create it with: .*queue_migrate.*state=present", refusal(tmp_path / "queue.db"))
    assert contents(tmp_path) == {}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty \\(0 bytes\\)"),
        (b"hello, world, this is text", "damaged or not an SQLite database"),
        (b"SQLite format 3\0junk" * 50, "damaged or not"),
    ],
)
def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path, content: bytes, sentence: str) -> None:
    (tmp_path / "queue.db").write_bytes(content)
    assert re.search(sentence, refusal(tmp_path / "queue.db"))
    assert contents(tmp_path) == {"queue.db": content}


@pytest.mark.parametrize("content", [b"", b"some text"])
def test_creating_does_not_overwrite_what_is_there(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "queue.db"
    path.write_bytes(content)
    with pytest.raises(StoreError):
        Store.open(str(path), create=True)
    assert contents(tmp_path) == {"queue.db": content}


def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE stock (name TEXT)")
    connection.close()
    before = contents(tmp_path)
    assert "holds no queue" in refusal(path)
    assert contents(tmp_path) == before


def test_a_folder_is_refused(tmp_path: Path) -> None:
    assert "is a folder" in refusal(tmp_path)


def test_an_older_schema_is_refused_with_the_command_that_migrates_it(queue_file: Path) -> None:
    set_version(queue_file, "0001")
    assert re.search(r"has schema 0001 and this release needs \d{4}; migrate it with: .*queue_migrate.*state=latest", refusal(queue_file))


@pytest.mark.parametrize("version", ["9999", "a-branch"])
def test_a_newer_schema_is_refused_with_the_command_that_updates_the_collection(queue_file: Path, version: str) -> None:
    set_version(queue_file, version)
    assert re.search(r"newer than this release.*ansible-galaxy collection install", refusal(queue_file))
    with pytest.raises(StoreError, match="newer"):
        queue_schema.migrate(Address.parse(str(queue_file)))


def test_an_unreachable_server_is_refused_without_its_password() -> None:
    text = refusal("postgresql://planner:hunter2@127.0.0.1:9/forestage")
    assert "cannot be reached" in text
    assert "hunter2" not in text
    assert "planner:***@127.0.0.1:9" in text


@pytest.mark.parametrize(
    "url", ["mysql://u:s3cret@h/d", "sqlite://", "sqlite:///:memory:", "", "post gres://u:s3cret@h", "postgresql://u:s3cret@h:port/d"]
)
def test_an_address_that_is_neither_sqlite_nor_postgresql_is_refused(url: str) -> None:
    assert "s3cret" not in refusal(url)


@settings(deadline=None)
@given(st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="@:/?#[]%*"), min_size=6))
def test_a_password_is_never_shown(password: str) -> None:
    secret = f"Z{password}Z"
    assert secret not in str(Address.parse(f"postgresql://planner:{secret}@db.example.net/forestage"))
    assert secret not in str(
        Address.parse(f"postgresql://db.example.net/forestage?user=planner&password={secret.replace('&', '_').replace('+', '_')}")
    )


def _as_nobody(folder: str, answer: multiprocessing.Queue) -> None:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
    for create in (False, True):
        try:
            Store.open(f"{folder}/{'new' if create else 'queue'}.db", create=create)
        except StoreError as error:
            answer.put(str(error))
        else:
            answer.put("opened")


def test_a_read_only_folder_is_refused(queue_file: Path) -> None:
    if os.getuid() != 0:
        pytest.skip("only root can become someone without write access")
    queue_file.parent.chmod(0o755)
    queue_file.chmod(0o644)
    before = contents(queue_file.parent)
    context = multiprocessing.get_context("fork")
    answers = context.Queue()
    process = context.Process(target=_as_nobody, args=(str(queue_file.parent), answers))
    process.start()
    opened, created = answers.get(timeout=60), answers.get(timeout=60)
    process.join()
    assert "cannot be written: SQLite needs write access" in opened
    assert re.search("no queue can be created at .*Permission denied", created)
    assert contents(queue_file.parent) == before


def test_the_tables_are_those_that_the_migrations_make(queue_file: Path) -> None:
    store = Store.open(str(queue_file))
    with store._reading() as connection:
        found = inspect(connection)
        assert queue_schema.version_of(connection) == HEAD
        assert set(found.get_table_names()) == set(metadata.tables) | {VERSION_TABLE}
        for name, table in metadata.tables.items():
            assert {column["name"]: column["nullable"] for column in found.get_columns(name)} == {c.name: bool(c.nullable) for c in table.c}


def test_a_queue_of_an_earlier_release_is_migrated_and_keeps_its_jobs(queue_file: Path) -> None:
    with sqlite3.connect(queue_file) as connection:
        connection.executescript("DROP TABLE forestage_ledger; DROP TABLE forestage_outcome")
    connection.close()
    set_version(queue_file, "0001")
    address = Address.parse(str(queue_file))
    assert queue_schema.migrate(address, keep=False) == ("0001", HEAD)
    assert "needs" in refusal(queue_file)
    assert queue_schema.migrate(address) == ("0001", HEAD)
    assert queue_schema.migrate(address) == (HEAD, HEAD)
    assert Store.open(str(queue_file)).ledger() == []


def test_a_new_queue_is_for_its_owner_only_and_creating_twice_is_once(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "er" / "queue.db"
    address = Address.parse(str(path))
    assert queue_schema.create(address, keep=False)
    assert not path.parent.exists()
    assert queue_schema.create(address)
    assert not queue_schema.create(address)
    assert path.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["queue.db"]


def test_opening_it_a_second_time_keeps_the_locks_of_the_first(tmp_path: Path) -> None:
    """Another process that comes and goes must not take this one for gone, and remove the log that both write to."""
    path = tmp_path / "queue.db"
    first = Store.open(str(path), create=True)
    first.set_stop("operator", "maintenance")
    second = Store.open(str(path))
    code = "import sqlite3, sys; other = sqlite3.connect(sys.argv[1]); other.execute('SELECT * FROM forestage_job'); other.close()"
    subprocess.run([sys.executable, "-c", code, str(path)], check=True)
    first.clear_stop("operator")
    assert Path(f"{path}-wal").exists()
    assert second.stopped() is None
