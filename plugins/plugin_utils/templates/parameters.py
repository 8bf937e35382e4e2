# SPDX-License-Identifier: GPL-3.0-or-later
"""Check the parameters of a change before anything sees them."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from ansible_collections.forestage.network.forecasting.contracts import schema_of

from .errors import TemplateError

if TYPE_CHECKING:
    from jsonschema import FormatChecker

FORMATS: dict[str, Callable[[str], object]] = {
    "prefix": lambda text: ipaddress.ip_network(text, strict=True),
    "address": ipaddress.ip_address,
    "interface_address": ipaddress.ip_interface,
}


@cache
def _formats() -> FormatChecker:
    from jsonschema import FormatChecker

    checker = FormatChecker(formats=())
    for name, read in FORMATS.items():
        checker.checks(name, raises=ValueError)(lambda value, read=read: bool(read(str(value))))
    return checker


def schema_of_parameters(stated: Mapping[str, Any]) -> dict[str, Any]:
    """The full JSON Schema behind a meta.yml's `parameters`; `TemplateError` where it is none."""
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    schema = {"type": "object", "additionalProperties": False, **stated}
    schema["properties"] = {"state": {"$ref": "urn:forestage:template_types:1#/$defs/state"}, **stated["properties"]}
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        raise TemplateError(f"parameters: {error.message}; write a JSON Schema (draft 2020-12)") from None
    return schema


def checked_parameters(template: str, stated: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters with `state` and the schema's defaults filled in.

    Raises:
        TemplateError: naming the template, the parameter and what was expected.
    """
    from jsonschema import Draft202012Validator
    from referencing import Registry, Resource

    schema = schema_of_parameters(stated)
    types = ((f"urn:forestage:{kind}:1", Resource.from_contents(schema_of(kind))) for kind in ("common", "template_types"))
    registry: Registry[Any] = Registry().with_resources(types)
    defaults = {name: part["default"] for name, part in stated["properties"].items() if "default" in part}
    value = {"state": "present", **defaults, **given}
    for error in Draft202012Validator(schema, registry=registry, format_checker=_formats()).iter_errors(value):
        where = ".".join(str(part) for part in error.absolute_path)
        place = f"parameter {where}" if where else "its parameters"
        raise TemplateError(f"template {template}, {place}: {_explain(error)}")
    return value


def _explain(error: Any) -> str:
    hints = {
        "prefix": "is no prefix; write its network address and length, like 203.0.113.0/24",
        "address": "is no address; write it like 203.0.113.1",
        "interface_address": "is no interface address; write it like 10.0.0.1/30",
    }
    if error.validator == "format":
        return f"{error.instance!r} {hints[error.validator_value]}"
    if error.validator == "pattern":
        pattern = str(error.validator_value).partition("(?!")[0]
        return f"{error.instance!r} has characters that are not allowed there; write it to match {pattern}"
    return str(error.message)[:300]
