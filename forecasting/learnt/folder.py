# SPDX-License-Identifier: GPL-3.0-or-later
"""What was learnt, as a folder of plain files: ``about.json``, ``numbers.npz``, ``trees-0.txt`` …, each with its sha256."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from .. import features
from ..errors import InputError
from ..result import ENGINE
from .learning import Learnt
from .stored_model import from_data, to_data

ABOUT, NUMBERS = "about.json", "numbers.npz"
ARRAYS = ("weights", "shape", "levels", "shapes")
SIGNS = ("model", "season", "horizon", "sample", "origins", "scores", "cover80", "cover95", "widened")


def versions() -> dict[str, str]:
    """What must be the same for a stored model to be right: the engine's version, and the code of the features."""
    return {"engine": ENGINE["version"], "features": _digest(Path(features.__file__).read_bytes())}


def save(folder: Path, found: Learnt, cutoff: str) -> None:
    """Write the folder, whole or not at all. Raises `InputError` where that cannot be."""
    arrays, texts = to_data(found.model, found.fitted)
    content = {f"trees-{number}.txt": text.encode() for number, text in enumerate(texts)}
    numbers = io.BytesIO()
    held = {name: getattr(found, name) for name in ARRAYS} | {f"model_{name}": values for name, values in arrays.items()}
    np.savez(numbers, allow_pickle=False, **held)
    content[NUMBERS] = numbers.getvalue()
    said = {name: getattr(found, name) for name in SIGNS}
    said |= {name: _figure(said[name]) for name in ("cover80", "cover95")}
    said["scores"] = {name: _figure(score) for name, score in found.scores.items()}
    about = {"versions": versions(), "cutoff": cutoff, "learnt": said, "sha256": {name: _digest(data) for name, data in content.items()}}
    content[ABOUT] = json.dumps(about, indent=1, allow_nan=False).encode()
    draft = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        for name, data in content.items():
            (draft / name).write_bytes(data)
        shutil.rmtree(folder, ignore_errors=True)
        draft.replace(folder)
    except OSError as error:
        raise InputError(f"{folder} cannot be written ({error.strerror}); give another folder with --models") from None
    finally:
        if draft:
            shutil.rmtree(draft, ignore_errors=True)


def load(folder: Path) -> tuple[Learnt, str]:
    """What was learnt, and from which cut-off. Raises `InputError` where it was made by other code, or has been changed."""
    try:
        about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
        content = {name: (folder / name).read_bytes() for name in about["sha256"]}
        broken = [name for name, data in content.items() if _digest(data) != about["sha256"][name]]
        if broken:
            raise InputError(f"{folder / broken[0]} is not what was written there (its sha256 differs); remove {folder} to learn anew")
        odd = [name for name, version in versions().items() if about["versions"].get(name) != version]
        if odd:
            raise InputError(f"{folder} was learnt by another version of the {odd[0]}; remove it to learn anew")
        with np.load(io.BytesIO(content[NUMBERS]), allow_pickle=False) as numbers:
            arrays = {name: numbers[name] for name in numbers.files}
        said: dict[str, Any] = about["learnt"]
        model = {name.removeprefix("model_"): values for name, values in arrays.items() if name.startswith("model_")}
        texts = [content[name].decode() for name in sorted(content) if name != NUMBERS]
        shares = {name: _number(said[name]) for name in ("cover80", "cover95")}
        scores = {name: _number(score) for name, score in said["scores"].items()}
        fitted = from_data(said["model"], model, texts)
        said |= shares | {"scores": scores} | {name: arrays[name] for name in ARRAYS}
        return Learnt(**said, fitted=fitted), str(about["cutoff"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{folder} holds no stored model ({str(error).splitlines()[0]}); remove it to learn anew") from None


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _figure(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _number(value: float | None) -> float:
    return float("nan") if value is None else value
