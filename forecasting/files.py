# SPDX-License-Identifier: GPL-3.0-or-later
"""Write files whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from .errors import InputError


def unwritable(path: Path, error: OSError) -> InputError:
    """What to say of a place that cannot be written: no permission, a full disk, a file where a folder is needed."""
    return InputError(f"{path} cannot be written ({error.strerror or str(error).splitlines()[0]}); give a place that can")


@contextmanager
def drafted(path: Path, mode: int = 0o644) -> Iterator[Path]:
    """A draft beside `path`, which takes its place in the end; after an error the old file is there and nothing is left of the draft.

    The folder is made where it is missing. Raises `InputError` where the place cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
        os.close(handle)
    except OSError as error:
        raise unwritable(path, error) from None
    draft = Path(name)
    try:
        yield draft
        draft.chmod(mode)
        draft.replace(path)
    except OSError as error:
        raise unwritable(path, error) from None
    finally:
        draft.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 `text`; see `drafted`."""
    write_texts({path: text})


def write_texts(texts: Mapping[Path, str]) -> None:
    """Write files that belong together: none takes its place before all are on the disk."""
    with ExitStack() as stack:
        for draft, text in [(stack.enter_context(drafted(path)), text) for path, text in texts.items()]:
            draft.write_text(text, encoding="utf-8")


def require_place(path: Path) -> None:
    """Raise `InputError` where `path`, a file or a folder, surely cannot be written, so that nobody works for it in vain."""
    found = next(place for place in (path, *path.absolute().parents) if _seen(place))
    if found != path and not found.is_dir():
        raise InputError(f"{path} cannot be written ({found} is no folder); give a place that can")
    if not os.access(found, os.W_OK | (os.X_OK if found.is_dir() else 0), effective_ids=True):
        raise InputError(f"{path} cannot be written (no permission in {found}); give a place that can")


def _seen(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return False  # below a folder that may not be looked into
