# SPDX-License-Identifier: GPL-3.0-or-later
"""Parameters by sandboxed Jinja. Values from telemetry enter as data and are never rendered again."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, meta
from jinja2.sandbox import ImmutableSandboxedEnvironment

WHOLE = re.compile(r"\s*\{\{(?P<expression>(?:(?!\}\}).)*)\}\}\s*", re.DOTALL)
FACTS = {
    "device": "of the series", "object": "of the series", "metric": "of the series", "unit": "of the series",
    "site": "of the series", "role": "of the series", "vendor": "of the series", "model": "of the series",
    "criticality": "of the series", "labels": "of the series, by name",
    "limit": "in force when the forecast was made", "peak": "median of the highest demand within the horizon",
    "peak_q90": "90 % quantile of it", "confidence": "calibrated probability", "crossing": "q10, q50, q90 of the first crossing",
    "event": "the coming event: name, kind, start, end, labels", "peer": "the second series: device, object, limit, peak, labels",
    "running": "facts of the device", "devices": "facts of every device", "pools": "of the catalogue",
    "free_name": "function(prefix): first free device name", "free_port": "function(device): first port without an address",
    "free": "function(pool): first entry that no device uses",
}  # fmt: skip


class ExpressionError(ValueError):
    """An expression could not be rendered; the text is the reason, without the place."""


class _Sandbox(ImmutableSandboxedEnvironment):
    """Immutable and strict; only harmless filters added."""

    def __init__(self) -> None:
        super().__init__(undefined=StrictUndefined, autoescape=False)
        self.filters["ceil_to"] = ceil_to


def ceil_to(value: float, step: float) -> float | int:
    """`value` rounded up to a multiple of `step`; an int where both allow it."""
    raised = math.ceil(round(float(value) / step, 9)) * step
    return int(raised) if float(raised).is_integer() else round(raised, 9)


_ENVIRONMENT = _Sandbox()


def render(value: Any, facts: Mapping[str, Any]) -> Any:
    """`value` with every expression in it replaced; a text that is one expression keeps the type of its result."""
    if isinstance(value, Mapping):
        return {key: render(child, facts) for key, child in value.items()}
    if isinstance(value, list):
        return [render(child, facts) for child in value]
    if not isinstance(value, str):
        return value
    try:
        return _text(value, facts)
    except TemplateError as error:
        raise ExpressionError(f"{value!r}: {error.message or type(error).__name__}") from None
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise ExpressionError(f"{value!r}: {error}") from None


def _text(value: str, facts: Mapping[str, Any]) -> Any:
    whole = WHOLE.fullmatch(value)
    if whole is None:
        return _ENVIRONMENT.from_string(value).render(facts)
    result = _ENVIRONMENT.compile_expression(whole["expression"].strip(), undefined_to_none=False)(**facts)
    if isinstance(result, StrictUndefined):
        str(result)  # raises, naming what is undefined
    return result


def names_in(value: str) -> set[str]:
    """The facts that an expression asks for; `ExpressionError` when it cannot be parsed."""
    try:
        return meta.find_undeclared_variables(_ENVIRONMENT.parse(value))
    except TemplateSyntaxError as error:
        raise ExpressionError(f"{value!r}: {error.message}") from None
    except TemplateError as error:
        raise ExpressionError(f"{value!r}: {error}") from None
