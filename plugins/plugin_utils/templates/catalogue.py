# SPDX-License-Identifier: GPL-3.0-or-later
"""The catalogue of change templates: one folder a change, read and checked when it is first asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.forestage.network.forecasting.contracts import ContractError, check

from .errors import TemplateError
from .parameters import checked_parameters, schema_of_parameters

FOLDER = Path(__file__).resolve().parents[3] / "roles" / "render" / "templates"
RESERVED = frozenset({"device", "target", "config", "state"})


@dataclass(frozen=True)
class Template:
    """One kind of change: what it takes (`meta`) and the folder with a `<platform>.j2` for each platform."""

    name: str
    folder: Path
    meta: Mapping[str, Any]

    @property
    def kind(self) -> str:
        """capacity, routing, qos, policy, security or provision."""
        return str(self.meta["kind"])

    @property
    def estimator(self) -> str:
        """How the outcome of such a change is measured."""
        return str(self.meta["estimator"])

    @property
    def platforms(self) -> list[str]:
        """Names of the platforms that it can be rendered for."""
        return sorted(path.stem for path in self.folder.glob("*.j2"))

    def source(self, platform: str) -> Path:
        """The template file for a platform."""
        path = self.folder / f"{platform}.j2"
        if not path.is_file():
            known = ", ".join(self.platforms) or "nothing"
            raise TemplateError(f"template {self.name} has no {platform}.j2; it can be rendered for {known}")
        return path

    def parameters(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The parameters with their defaults, once they hold against the schema; `TemplateError` otherwise."""
        return checked_parameters(self.name, self.meta["parameters"], given)


def check_change(change: Mapping[str, Any], catalogue: Mapping[str, Template]) -> None:
    """Refuse (`TemplateError`) a change of an unknown template, with parameters that it does not take, or of another kind."""
    template = catalogue[change["template"]]
    template.parameters(change["parameters"])
    if change["kind"] != template.kind:
        raise TemplateError(f"template {template.name} makes changes of kind {template.kind}, not {change['kind']}; correct the kind")


class Catalogue(Mapping[str, Template]):
    """All templates of one folder, by name."""

    def __init__(self, folder: Path = FOLDER) -> None:
        """Find every `<name>/meta.yml` below `folder`; each is read when its template is asked for."""
        if not folder.is_dir():
            raise TemplateError(f"{folder}: there is no such folder of change templates; name one that exists")
        self.folder = folder
        self._paths = {path.parent.name: path for path in sorted(folder.glob("*/meta.yml"))}
        self._templates: dict[str, Template] = {}

    def __getitem__(self, name: str) -> Template:
        """The template `name`; `TemplateError` naming the known ones where there is none."""
        if name not in self._paths:
            raise TemplateError(f"there is no change template {name!r}; known are {', '.join(self._paths)}")
        if name not in self._templates:
            self._templates[name] = _load(self._paths[name])
        return self._templates[name]

    def __contains__(self, name: object) -> bool:
        """Whether there is a template of that name."""
        return name in self._paths

    def __iter__(self) -> Any:
        """Names in alphabetical order."""
        return iter(self._paths)

    def __len__(self) -> int:
        """How many templates there are."""
        return len(self._paths)


def _load(path: Path) -> Template:
    try:
        meta = yaml.safe_load(path.read_text(encoding="utf-8"))
        check("template_meta", meta, str(path))
        schema_of_parameters(meta["parameters"])
    except (yaml.YAMLError, ContractError, OSError) as error:
        raise TemplateError(f"{path}: {' '.join(str(error).removeprefix(f'{path}: ').split())}") from None
    if meta["template"] != path.parent.name:
        raise TemplateError(f"{path}: it says template {meta['template']!r}, but its folder is {path.parent.name!r}; make them agree")
    taken = RESERVED & set(meta["parameters"]["properties"])
    if taken:
        raise TemplateError(f"{path}: parameter {min(taken)!r} has a name that templates reserve; choose another")
    return Template(path.parent.name, path.parent, meta)
