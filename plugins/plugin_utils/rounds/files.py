# SPDX-License-Identifier: GPL-3.0-or-later
"""JSON and JSON-lines files, written whole or not at all."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any


def write_json(path: Path, value: Any) -> Path:
    """Write one value; its folder is made where it is missing."""
    return _write(path, [json.dumps(value, ensure_ascii=False, indent=1)])


def write_lines(path: Path, values: Iterable[Mapping[str, Any]]) -> Path:
    """Write one value a line."""
    return _write(path, (json.dumps(value, ensure_ascii=False) for value in values))


def read_json(path: Path) -> Any:
    """Read one value.

    Raises:
        ValueError: one sentence naming the file, and the line where it is no JSON.
    """
    return _parse(_read(path), str(path))


def read_lines(path: Path) -> list[dict[str, Any]]:
    """Read one value a line; a file that is not there has none."""
    if not path.exists():
        return []
    return list(_parsed_lines(path))


def _parsed_lines(path: Path) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(_read(path).splitlines(), 1):
        if line.strip():
            yield _parse(line, f"{path} line {number}")


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ValueError(f"{path} cannot be read ({reason}); name a file that can") from None


def _parse(text: str, source: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise ValueError(f"{source} is not JSON ({error}); write it as JSON") from None


def _write(path: Path, lines: Iterable[str]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return path
