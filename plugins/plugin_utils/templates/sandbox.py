# SPDX-License-Identifier: GPL-3.0-or-later
"""Jinja as the catalogue uses it: sandboxed, strict, and clear about where something went wrong."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from ipaddress import ip_interface, ip_network
from pathlib import Path
from typing import Any, NoReturn

from jinja2 import StrictUndefined, TemplateSyntaxError
from jinja2 import TemplateError as JinjaError
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from ..drivers.frr_config import lines_in, value_of
from .errors import TemplateError

DeviceConfig = Mapping[str, Any]


class Refusal(Exception):
    """Raised by ``refuse()`` inside a template."""


def _refuse(sentence: str) -> NoReturn:
    raise Refusal(sentence)


def _nft_address(prefix: str) -> str:
    network = ip_network(prefix)
    return str(network.network_address) if network.prefixlen == network.max_prefixlen else str(network)


def _environment(configs: Mapping[str, DeviceConfig]) -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, autoescape=False, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )

    def frr_value(device: str, context: list[str], command: str) -> str | None:
        return value_of(configs[device]["frr"], tuple(context), command)

    def frr_lines(device: str, context: list[str], begins: str = "") -> list[str]:
        return [line for line in lines_in(configs[device]["frr"], *context) if line.startswith(begins)]

    environment.globals.update(frr_value=frr_value, frr_lines=frr_lines, refuse=_refuse)
    environment.filters.update(
        nft_family=lambda prefix: "ip6" if ip_network(prefix).version == 6 else "ip",
        nft_address=_nft_address,
        frr_family=lambda prefix: "ipv6" if ip_interface(prefix).version == 6 else "ip",
        network_of=lambda address: str(ip_interface(address).network),
        address_of=lambda address: str(ip_interface(address).ip),
        cost=lambda value: value if value == "auto" else int(value),
    )
    environment.tests["starting_with"] = lambda text, beginning: str(text).startswith(beginning)
    return environment


def render_file(path: Path, variables: Mapping[str, Any], configs: Mapping[str, DeviceConfig]) -> str:
    """The text of a template file; `TemplateError` names the file and the line."""
    environment = _environment(configs)
    label = f"template {path.parent.name}/{path.name}"
    try:
        code = environment.compile(path.read_text(encoding="utf-8"), path.name, str(path))
        template = environment.template_class.from_code(environment, code, environment.make_globals(None))
        return template.render(**variables)
    except TemplateSyntaxError as error:
        raise TemplateError(f"{label}, line {error.lineno}: {error.message}; mend the template") from None
    except Refusal as refusal:
        raise TemplateError(f"{label} refuses: {refusal}") from None
    except (JinjaError, SecurityError, TypeError, ValueError, KeyError, ZeroDivisionError) as error:
        raise TemplateError(f"{label}, line {_line(error, path)}: {error}; mend the template or give what it needs") from None


def _line(error: BaseException, path: Path) -> int | str:
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    return next((line for line in reversed(lines) if line), "unknown")


def evaluate(expression: str, variables: Mapping[str, Any], configs: Mapping[str, DeviceConfig], source: str) -> Any:
    """The value of a Jinja expression from a meta.yml (`source` names it in errors)."""
    try:
        return _environment(configs).compile_expression(expression, undefined_to_none=False)(**variables)
    except (JinjaError, SecurityError, TypeError, ValueError, KeyError, Refusal) as error:
        raise TemplateError(f"{source}: {expression!r} cannot be evaluated: {error}") from None


def fill(text: str, variables: Mapping[str, Any], configs: Mapping[str, DeviceConfig], source: str) -> str:
    """A short text with Jinja inside, from a meta.yml."""
    try:
        return _environment(configs).from_string(text).render(**variables)
    except (JinjaError, SecurityError, TypeError, ValueError, KeyError, Refusal) as error:
        raise TemplateError(f"{source}: {text!r} cannot be rendered: {error}") from None
