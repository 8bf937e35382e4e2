# SPDX-License-Identifier: GPL-3.0-or-later
"""Check a value against its published JSON Schema (draft 2020-12)."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # loading them takes 0.2 s, which who checks nothing need not wait for
    from jsonschema import Draft202012Validator, ValidationError
    from referencing import Registry

FOLDER = Path(__file__).parent / "schemas"


class ContractError(ValueError):
    """A value breaks its schema; the text is one sentence fit for a user."""


@cache
def _registry() -> Registry[Any]:
    from referencing import Registry, Resource

    contents = (json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.schema.json")))
    return Registry().with_resources((schema["$id"], Resource.from_contents(schema)) for schema in contents)


def schema_of(kind: str) -> dict[str, Any]:
    """The JSON Schema of a value, by its file's name (``recommendation``, ``job`` …)."""
    schema: dict[str, Any] = _registry().contents(f"urn:forestage:{kind}:1")
    return schema


@cache
def validator_of(kind: str) -> Draft202012Validator:
    """The validator of a value, for whoever needs the places of the errors."""
    from jsonschema import Draft202012Validator

    return Draft202012Validator(schema_of(kind), registry=_registry())


@cache
def field_test(kind: str, field: str) -> Callable[[Any], bool]:
    """Whether a value fits one field of a schema, as `errors_of` says of that field alone, but fast for text: for large tables."""
    schema = schema_of(kind)["properties"][field]
    if "$ref" in schema:
        schema = schema_of("common")["$defs"][schema["$ref"].rsplit("/", 1)[1]]
    if schema.get("type") != "string" or set(schema) - {"type", "pattern", "minLength", "maxLength", "description"}:
        fits: Callable[[Any], bool] = validator_of(kind).evolve(schema=schema).is_valid
        return fits
    found, least, most = re.compile(schema.get("pattern", "")).search, schema.get("minLength", 0), schema.get("maxLength", sys.maxsize)
    return lambda value: isinstance(value, str) and least <= len(value) <= most and found(value) is not None


def errors_of(kind: str, value: Any) -> list[str]:
    """Every way in which `value` breaks the schema `kind`, each as ``where: what``; empty when it holds."""
    found = sorted(validator_of(kind).iter_errors(value), key=lambda error: [str(part) for part in error.absolute_path])
    return [f"{'.'.join(str(part) for part in error.absolute_path) or 'the value'}: {_plain(error)}" for error in found]


def _plain(error: ValidationError) -> str:
    """What is wrong, without the regular expression where the schema says in words what it stands for."""
    described = error.schema.get("description") if error.validator == "pattern" and isinstance(error.schema, dict) else None
    return f"{str(error.instance)[:100]!r} is not {described.removesuffix('.')}" if described else error.message[:300]


def check(kind: str, value: Any, source: str = "") -> None:
    """Raise `ContractError` naming `source` (file, device …) and the first broken place."""
    found = errors_of(kind, value)
    if found:
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        raise ContractError(f"{source or kind}: {found[0]}{more}; mend it to match the schema {kind}")
