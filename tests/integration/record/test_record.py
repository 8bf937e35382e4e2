# SPDX-License-Identifier: GPL-3.0-or-later
"""A record is written whole, for its owner only, without a word to the host of the play."""

from __future__ import annotations

import json
import stat
import subprocess
from pathlib import Path
from typing import Any

import yaml

VALUE = {"b": [1, None], "a": 'Ä "quoted"'}
SECRET = "correct-horse-battery"


def play(folder: Path, *tasks: dict[str, Any]) -> tuple[list[dict[str, Any]], str]:
    """Run `record` for a host that nobody can reach, once for each of `tasks`; what each returned, and what was printed."""
    names = [f"result_{number}" for number in range(len(tasks))]
    entries = [{**task, "register": name, "ignore_errors": True} for task, name in zip(tasks, names, strict=True)]
    last = {"forestage.network.record": {"dest": str(folder / "results.json"), "value": "{{ [" + ", ".join(names) + "] }}"}}
    book = [{"hosts": "192.0.2.99", "gather_facts": False, "tasks": [*entries, {**last, "diff": False}]}]
    (folder / "play.yml").write_text(yaml.safe_dump(book), encoding="utf-8")
    command = ["ansible-playbook", "--diff", "-i", "192.0.2.99,", str(folder / "play.yml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads((folder / "results.json").read_text(encoding="utf-8")), done.stdout


def record(path: Path, value: Any, **keywords: Any) -> dict[str, Any]:
    return {"forestage.network.record": {"dest": str(path), "value": value}, **keywords}


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_record_is_written_once_and_replaced_when_its_value_changes(tmp_path: Path) -> None:
    path, dry, hidden = (tmp_path / "new" / "deeper" / f"{name}.json" for name in ("it", "dry", "hidden"))
    found, said = play(
        tmp_path,
        record(dry, VALUE, check_mode=True),
        record(path, {"old": True}),
        record(path, VALUE),
        record(path, VALUE),
        record(path / "below-a-file.json", VALUE),
        record(hidden, {"password": SECRET}, no_log=True),
    )
    assert [entry["changed"] for entry in found[:4]] == [True, True, True, False]
    assert json.loads(path.read_text(encoding="utf-8")) == VALUE
    assert [mode(path), mode(path.parent), mode(path.parent.parent)] == [0o600, 0o700, 0o700]
    assert not dry.exists()
    assert '-    "old": true' in said
    assert found[4]["failed"]
    assert "below-a-file.json cannot be written" in found[4]["msg"]
    assert json.loads(hidden.read_text(encoding="utf-8")) == {"password": SECRET}
    assert SECRET not in said
    assert sorted(path.parent.iterdir()) == [hidden, path]


def test_a_record_that_others_could_read_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "it.json"
    path.write_text(json.dumps(VALUE, indent=4, sort_keys=True) + "\n", encoding="utf-8")
    path.chmod(0o644)
    found, _said = play(tmp_path, record(path, VALUE))
    assert found[0]["changed"]
    assert mode(path) == 0o600
