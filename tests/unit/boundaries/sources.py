# SPDX-License-Identifier: GPL-3.0-or-later
"""The project's Python files and what each of them imports."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PACKAGE = "ansible_collections.forestage.network"


def known(*folders: str, suffixes: tuple[str, ...]) -> list[Path]:
    """Every file with such an ending that git knows or would take below `folders`, relative to the collection's folder."""
    command = ["git", "ls-files", "-co", "--exclude-standard", "--", *folders]
    listing = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return sorted(Path(line) for line in listing.splitlines() if line.endswith(suffixes) and (ROOT / line).is_file())


def files(*folders: str) -> list[Path]:
    """The Python files of `folders`."""
    return known(*folders, suffixes=(".py",))


def containing(pattern: re.Pattern[str], paths: list[Path]) -> list[str]:
    return [str(path) for path in paths if pattern.search((ROOT / path).read_text(encoding="utf-8", errors="replace"))]


def tree(path: Path) -> ast.Module:
    return ast.parse((ROOT / path).read_text(encoding="utf-8"), filename=str(path))


def imports(path: Path) -> Iterator[str]:
    """Absolute dotted names that a file imports anywhere in it; the collection's own begin at its root: ``plugins.…``."""
    here = path.with_suffix("").parts
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (_own(alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level:
            base = here[: len(here) - node.level]
            yield ".".join((*base, *filter(None, (node.module,))))
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (_own(f"{node.module}.{alias.name}") for alias in node.names)


def _own(name: str) -> str:
    return name.removeprefix(f"{PACKAGE}.")


def within(name: str, *packages: str) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)
