# SPDX-License-Identifier: GPL-3.0-or-later
"""The sizes that the house keeps, and a licence line on every file."""

from __future__ import annotations

import ast
from pathlib import Path
from statistics import median

import pytest

from tests.unit.boundaries.sources import ROOT, files, tree

CODE = files("forecasting", "plugins", "roles", "extensions", "demo", "tools")
LONGER = {"roles/bootstrap/files/forestage_agent.py": "goes to the device as one file, over which its hash is checked"}
DOCUMENTATION = ("DOCUMENTATION", "EXAMPLES", "RETURN")


def lines(path: Path) -> int:
    return len((ROOT / path).read_text(encoding="utf-8").splitlines())


def function_lengths(path: Path) -> list[tuple[str, int]]:
    nodes = [node for node in ast.walk(tree(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return [(f"{path}:{node.lineno} {node.name}", (node.end_lineno or 0) - node.lineno + 1) for node in nodes]


def code_lines(path: Path) -> int:
    """Lines of code beside the documentation strings that Ansible reads."""
    hidden: set[int] = set()
    for node in tree(path).body:
        named = isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id in DOCUMENTATION
        if named:
            hidden |= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    text = (ROOT / path).read_text(encoding="utf-8").splitlines()
    return sum(1 for number, line in enumerate(text, 1) if number not in hidden and line.strip() and not line.lstrip().startswith("#"))


def test_no_file_is_longer_than_400_lines() -> None:
    long = [f"{path}: {lines(path)}" for path in [*CODE, *files("tests")] if lines(path) > 400 and str(path) not in LONGER]
    assert long == []


def test_the_median_file_has_at_most_150_lines() -> None:
    assert median(map(lines, CODE)) <= 150


def test_no_function_is_longer_than_60_lines() -> None:
    assert [f"{name}: {length}" for path in CODE for name, length in function_lengths(path) if length > 60] == []


def test_the_median_function_has_at_most_12_lines() -> None:
    assert median(length for path in CODE for _unused, length in function_lengths(path)) <= 12


@pytest.mark.parametrize("folder", ["plugins/modules", "plugins/action"])
def test_modules_and_actions_are_wiring(folder: str) -> None:
    assert [f"{path}: {code_lines(path)}" for path in files(folder) if code_lines(path) > 60] == []


def test_every_file_says_its_licence_first() -> None:
    texts = {path: (ROOT / path).read_text(encoding="utf-8") for path in [*CODE, *files("tests")]}
    assert [str(path) for path, text in texts.items() if text and "SPDX-License-Identifier: GPL-3.0-or-later" not in text[:100]] == []
