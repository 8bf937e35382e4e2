# SPDX-License-Identifier: GPL-3.0-or-later
"""playbooks → roles → plugins → plugin_utils → (process) forecasting, and never back."""

from __future__ import annotations

import re

import pytest

from tests.unit.boundaries.sources import containing, files, imports, known, within

CONTRACTS = "forecasting.contracts"
ANALYTICS = ("pandas", "numpy", "sklearn", "scipy", "statsmodels", "lightgbm", "pyarrow")
STARTS_ENGINE = re.compile(r"""["']?-m["']?,\s*["']?forecasting\b""")


def found(folder: str, *forbidden: str, allowed: tuple[str, ...] = ()) -> list[str]:
    return [
        f"{path} imports {name}"
        for path in files(folder)
        for name in imports(path)
        if within(name, *forbidden) and not within(name, *allowed)
    ]


def test_the_analytics_know_no_ansible_no_queue_and_no_device() -> None:
    assert found("forecasting", "ansible", "ansible_collections", "plugins", "roles", "sqlalchemy", "alembic") == []


def test_one_file_of_the_analytics_reads_from_postgresql_where_a_source_asks_for_it() -> None:
    assert found("forecasting", "psycopg") == ["forecasting/history/databases.py imports psycopg"]


def test_the_analytics_import_themselves_relatively() -> None:
    assert containing(re.compile(r"^\s*(from|import) forecasting\b", re.M), files("forecasting")) == []


def test_the_contracts_need_nothing_but_jsonschema() -> None:
    assert found("forecasting/contracts", *ANALYTICS, "icalendar") == []


@pytest.mark.parametrize("folder", ["plugins", "roles", "extensions"])
def test_plugins_take_only_the_contracts_from_the_analytics(folder: str) -> None:
    assert found(folder, "forecasting", allowed=(CONTRACTS,)) == []


def test_plugins_do_no_analytics_themselves() -> None:
    assert found("plugins", *ANALYTICS) == []


def test_plugin_utils_know_no_plugin_that_uses_them() -> None:
    kinds = ("action", "modules", "inventory", "connection", "lookup", "filter", "callback")
    assert found("plugins/plugin_utils", *(f"plugins.{kind}" for kind in kinds)) == []


def test_one_file_starts_the_engine() -> None:
    texts = known("plugins", "roles", "extensions", "playbooks", "molecule", suffixes=(".py", ".yml", ".j2", ".sh"))
    assert containing(STARTS_ENGINE, texts) == ["plugins/plugin_utils/engine.py"]


def test_no_model_is_stored_as_a_pickle() -> None:
    assert found("forecasting", "pickle", "dill", "cloudpickle", "joblib") == []
    assert found("plugins", "pickle", "dill", "cloudpickle", "joblib") == []


def test_no_shell_is_given_a_command_line() -> None:
    risky = re.compile(r"shell=True|os\.system\(|os\.popen\(")
    assert containing(risky, files("plugins", "forecasting", "roles", "demo", "tools")) == []


def test_benchmark_data_is_found_through_the_environment_only() -> None:
    texts = known(".", suffixes=(".py", ".yml", ".md", ".sh", ".toml", ".rst", "Makefile", "run"))
    assert set(containing(re.compile("shared" + "/data"), texts)) <= {".ci/run"}
