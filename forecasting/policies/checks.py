# SPDX-License-Identifier: GPL-3.0-or-later
"""What a catalogue must fulfil. Every error names file and line, and what was probably meant."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from jsonschema import ValidationError

from ..contracts.durations import spoken
from ..contracts.validation import validator_of
from . import expressions
from .model import Catalogue, Guards, Policy
from .source import Place, PolicyError, Source, did_you_mean
from .templates import Template, Templates

TYPES = {
    "object": "a mapping",
    "array": "a list",
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
}


def check_schema(source: Source, kind: str = "policy") -> None:
    """Raise one error if the data breaks the schema `kind`: a misspelt key before all, else what stands first in the file."""
    found = [
        (error.validator != "additionalProperties", source.line(place), place, what)
        for error in validator_of(kind).iter_errors(source.data)
        for place, what in _sentences(error)
    ]
    if found:
        _unused, _unused, place, what = min(found, key=lambda item: item[:2])
        raise source.error(place, what)


def _sentences(error: ValidationError) -> Iterator[tuple[Place, str]]:
    place: Place = tuple(error.absolute_path)
    name = f"{place[-1]!r}" if place and isinstance(place[-1], str) else "this entry"
    given, schema, wanted = cast(Any, error.instance), cast(Any, error.schema), cast(Any, error.validator_value)
    if error.validator == "additionalProperties":
        known = set(schema.get("properties", {}))
        for key in sorted(set(given) - known, key=str):
            yield (*place, key), f"unknown key {key!r}{did_you_mean(key, known - set(given))}"
    elif error.validator == "required":
        missing = [key for key in wanted if key not in given]
        yield place, f"{name if place else 'the file'} lacks {missing[0]!r}; add it"
    elif error.validator in ("oneOf", "not"):
        yield place, f"{name} needs {schema.get('description', 'one choice: either ttl or until')}"
    elif error.validator == "enum":
        yield place, f"{name} cannot be {given!r}{did_you_mean(str(given), map(str, wanted))}"
    elif error.validator == "type":
        yield place, f"{name} must be {TYPES.get(str(wanted), str(wanted))}, not {given!r}"
    elif error.validator == "pattern":
        yield place, f"{name} cannot be {given!r}; write {schema.get('description', f'it to match {wanted}')}"
    else:
        yield place, f"{name}: {error.message[:200]}"


def check_catalogue(source: Source, catalogue: Catalogue, templates: Templates) -> None:
    """Check what no schema can say: names, templates, expressions and guards."""
    seen: dict[str, int] = {}
    for index, policy in enumerate(catalogue.policies):
        place: Place = ("policies", index)
        line = source.line((*place, "name"))
        if policy.name in seen:
            raise source.error((*place, "name"), f"the name {policy.name!r} stands twice (first on line {seen[policy.name]}); rename one")
        seen[policy.name] = line
        _check_times(source, place, policy)
        _check_change(source, place, policy, catalogue.guards, templates)


def _check_times(source: Source, place: Place, policy: Policy) -> None:
    when = policy.when
    if when.duration_s > when.horizon_s:
        raise source.error(
            (*place, "when", "duration"), f"the duration ({spoken(when.duration_s)}) is longer than the horizon ({spoken(when.horizon_s)})"
        )
    if when.min_confidence <= policy.hysteresis:
        raise source.error(
            (*place, "hysteresis"), f"hysteresis {policy.hysteresis:g} must be smaller than min_confidence {when.min_confidence:g}"
        )
    if policy.what.until_event_end and when.event is None:
        raise source.error((*place, "what", "until"), "until: event_end needs `event` in `when`")


def _check_change(source: Source, place: Place, policy: Policy, guards: Guards, templates: Templates) -> None:
    what = (*place, "what")
    template = templates.get(policy.what.template)
    if template is None:
        raise source.error((*what, "template"), f"unknown template {policy.what.template!r}{did_you_mean(policy.what.template, templates)}")
    if template.kind == "security":
        _check_security(source, what, policy, guards)
    _check_parameters(source, (*what, "parameters"), policy, template)
    _check_expressions(source, place, source.data["policies"][place[-1]])


def _check_security(source: Source, what: Place, policy: Policy, guards: Guards) -> None:
    if policy.what.ttl_s is None and not policy.what.until_event_end:
        raise source.error(what, "a security change must have an end; add ttl, for example `ttl: 24h`")
    if policy.what.ttl_s is not None and policy.what.ttl_s > guards.longest_ttl_s:
        raise source.error((*what, "ttl"), f"ttl is longer than the guard longest_ttl ({spoken(guards.longest_ttl_s)})")


def _check_parameters(source: Source, place: Place, policy: Policy, template: Template) -> None:
    given = policy.what.parameters
    known = template.schema.get("properties", {})
    unknown = sorted(set(given) - set(known)) if template.schema.get("additionalProperties") is False else []
    if unknown:
        key = unknown[0]
        raise source.error(
            (*place, key), f"template {template.name!r} has no parameter {key!r}{did_you_mean(key, set(known) - set(given))}"
        )
    missing = [key for key in template.schema.get("required", []) if key not in given]
    if missing:
        raise source.error(place, f"template {template.name!r} needs the parameter {missing[0]!r}; add it")


def _check_expressions(source: Source, place: Place, given: dict[str, Any]) -> None:
    what, when = given["what"], given["when"]
    spots: list[tuple[Place, Any]] = [((*place, "what", key), what[key]) for key in ("parameters", "device", "object") if key in what]
    for key, peer in (("while", when.get("while", {}).get("peer")), ("limit", when["limit"].get("ratio_to"))):
        spots.append(((*place, "when", key, "peer" if key == "while" else "ratio_to"), peer))
    for spot, text in (leaf for where, value in spots for leaf in _leaves(where, value)):
        try:
            unknown = sorted(expressions.names_in(text) - set(expressions.FACTS))
        except expressions.ExpressionError as error:
            raise source.error(spot, f"this expression is not valid Jinja: {error}") from None
        if unknown:
            raise source.error(
                spot, f"the expression {text!r} asks for the unknown {unknown[0]!r}{did_you_mean(unknown[0], expressions.FACTS)}"
            )


def _leaves(place: Place, value: Any) -> Iterator[tuple[Place, str]]:
    if isinstance(value, dict):
        for key, child in value.items():
            yield from _leaves((*place, key), child)
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from _leaves((*place, index), child)
    elif isinstance(value, str):
        yield place, value


__all__ = ["PolicyError", "check_catalogue", "check_schema"]
