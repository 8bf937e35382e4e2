# SPDX-License-Identifier: GPL-3.0-or-later
"""From a job and the running configurations to a candidate."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ansible_collections.forestage.network.forecasting.contracts import check, to_text

from ..drivers.agent_file import difference, digest
from ..drivers.frr_config import lines_in
from .catalogue import Catalogue, Template
from .errors import TemplateError
from .guard import Guard
from .patch import apply_patch, read_patch
from .sandbox import evaluate, fill, render_file

PLATFORM = "frr_linux"
EMPTY: dict[str, Any] = {"frr": "", "nft": "", "qos": {}}


def make_candidate(
    job: Mapping[str, Any], running: Mapping[str, Mapping[str, Any]], catalogue: Catalogue, guard: Guard, now: datetime | None = None
) -> dict[str, Any]:
    """Render the job's change against what runs.

    Args:
        job: needs `change_id`, `device` and `change`.
        running: device → {config: device_config, digest, platform?, observe?}.
        catalogue: where the change's template is.
        guard: what may never be blocked.
        now: time of rendering (UTC), now by default.

    Returns:
        A value of schema candidate.

    Raises:
        TemplateError: with one sentence, when the change is refused or cannot be rendered.
    """
    change = job["change"]
    template = catalogue[change["template"]]
    if change["kind"] != template.kind:
        raise TemplateError(
            f"change {job['change_id']}: template {template.name} is of kind {template.kind}, not {change['kind']}; correct the kind"
        )
    scope = Scope(template, job["device"], template.parameters(change["parameters"]), running)
    scope.check_interfaces()
    for name in template.meta.get("blocks", []):
        if scope.variables["state"] == "present" and name in scope.variables:
            guard.allow(scope.variables[name], running, f"template {template.name}, parameter {name}")
    candidate = {
        "schema": "forestage/candidate/1",
        "change_id": job["change_id"],
        "change": dict(change),
        "rendered_at": to_text(now or datetime.now(UTC)),
        "devices": {device: scope.render(device) for device in scope.affected},
        "inverse": scope.inverse(catalogue),
    }
    check("candidate", candidate, f"candidate of change {job['change_id']}")
    return candidate


class Scope:
    """One change on its devices: the variables that its template's expressions and files see."""

    def __init__(self, template: Template, device: str, parameters: Mapping[str, Any], running: Mapping[str, Mapping[str, Any]]) -> None:
        """Work out the affected devices; `TemplateError` when the running configuration of one is missing."""
        self.template = template
        self.running = running
        self.configs = {name: entry["config"] for name, entry in running.items()}
        if template.meta.get("new_device"):
            self.configs.setdefault(device, EMPTY)
        self.variables: dict[str, Any] = {**parameters, "device": device, "config": self.configs}
        self.affected: list[str] = list(dict.fromkeys(self._evaluate(template.meta["affects"])))
        missing = [name for name in self.affected if name not in self.configs]
        if missing:
            raise TemplateError(
                f"template {template.name} changes {missing[0]} too, but its running configuration was not read; "
                f"add {missing[0]} to the inventory"
            )

    def _evaluate(self, expression: str) -> Any:
        return evaluate(expression, self.variables, self.configs, f"template {self.template.name}/meta.yml")

    def check_interfaces(self) -> None:
        """Refuse an interface that its device does not have."""
        for parameter, expression in self.template.meta.get("interfaces", {}).items():
            if parameter not in self.variables:
                continue
            device, interface = self._evaluate(expression), self.variables[parameter]
            known = known_interfaces(self.running[device])
            if interface not in known:
                names = ", ".join(sorted(known)) or "none"
                raise TemplateError(
                    f"template {self.template.name}, parameter {parameter}: {device} has no interface {interface!r}; it has {names}"
                )

    def render(self, target: str) -> dict[str, Any]:
        """The entry of one device in a candidate."""
        platform = str(self.running.get(target, {}).get("platform", PLATFORM))
        source = self.template.source(platform)
        text = render_file(source, {**self.variables, "target": target}, self.configs)
        before = self.configs[target]
        after = apply_patch(before, read_patch(text, source), target)
        base = self.running[target]["digest"] if target in self.running else digest(EMPTY)
        return {"platform": platform, "config": after, "base_digest": base, "diff": difference(before, after)}

    def inverse(self, catalogue: Catalogue) -> dict[str, Any]:
        """The change that takes this one back, its parameters read from what runs now."""
        stated = self.template.meta["inverse"]
        back = catalogue[stated.get("template", self.template.name)]
        kept = {name: value for name, value in self.variables.items() if name in back.meta["parameters"]["properties"]}
        own = {name: self._evaluate(expression) for name, expression in stated["parameters"].items()}
        parameters = {name: value for name, value in {**kept, **own}.items() if value is not None}
        back.parameters(parameters)
        return {"template": back.name, "kind": back.kind, "parameters": parameters}

    def allowed(self) -> dict[str, list[str]]:
        """Patterns of what the change may touch, by part (frr, nft, qos)."""
        source = f"template {self.template.name}/meta.yml"
        stanzas = self.template.meta["stanzas"]
        parts = ("frr", "nft", "qos")
        return {part: [fill(text, self.variables, self.configs, source) for text in stanzas.get(part, [])] for part in parts}


def known_interfaces(entry: Mapping[str, Any]) -> set[str]:
    """Names of the interfaces that a device's running configuration or its observation shows."""
    config = entry["config"]
    configured = {line.split()[1] for line in lines_in(str(config["frr"])) if line.startswith("interface ")}
    observed = set((entry.get("observe") or {}).get("interfaces") or {})
    return configured | set(config["qos"]) | observed
