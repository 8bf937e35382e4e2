# SPDX-License-Identifier: GPL-3.0-or-later
"""Write files whole or not at all."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType

from .errors import InputError

_open: set[Path] = set()  # drafts that are not in place yet


def unwritable(path: Path, error: OSError) -> InputError:
    """What to say of a place that cannot be written: no permission, a full disk, a file where a folder is needed."""
    return InputError(f"{path} cannot be written ({error.strerror or str(error).splitlines()[0]}); give a place that can")


def draft_of(path: Path) -> Path:
    """A new empty file beside `path`, whose folder is made where it is missing. It is gone when the process is told to end.

    Whoever asks for it says when it is in place or no longer needed: `done_with`. Raises `InputError` where the place cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
        os.close(handle)
    except OSError as error:
        raise unwritable(path, error) from None
    draft = Path(name)
    _open.add(draft)
    return draft


def done_with(draft: Path) -> None:
    """Remove a draft that is not in place."""
    draft.unlink(missing_ok=True)
    _open.discard(draft)


def leave_no_drafts() -> None:
    """From now on a process that is told to end (a job that is cancelled, a terminal that is closed) removes its drafts before it does."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)


def _end(number: int, _frame: FrameType | None) -> None:
    for draft in tuple(_open):
        draft.unlink(missing_ok=True)
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


@contextmanager
def drafted(path: Path, mode: int = 0o644) -> Iterator[Path]:
    """A draft beside `path`, which takes its place in the end; after an error the old file is there and nothing is left of the draft.

    The folder is made where it is missing. Raises `InputError` where the place cannot be written.
    """
    draft = draft_of(path)
    try:
        yield draft
        draft.chmod(mode)
        draft.replace(path)
    except OSError as error:
        raise unwritable(path, error) from None
    finally:
        done_with(draft)


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
