# SPDX-License-Identifier: GPL-3.0-or-later
"""The page stands alone, shows all there is, and lets nothing from outside become markup."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from forecasting.__main__ import main
from forecasting.contracts import errors_of
from forecasting.report.inputs import Inputs
from forecasting.report.page import build

VOID = {"meta", "br", "link", "img", "input", "hr"}


class Page(HTMLParser):
    """Collects tags and text, and insists that every element is closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))


def test_the_page_shows_forecast_queue_verdicts_deployments_and_outcomes(lab: Any, queue: Any, ledger: Any) -> None:
    forecast, jobs = queue
    assert [error for job in jobs for error in errors_of("job", job)] == []
    page = Page(build(Inputs(forecast, lab.history(), ledger, jobs)))
    assert "Five changes are forecast to be needed in the next 14 days" in page.text
    for item in forecast["recommendations"]:
        assert item["evidence"]["why"][:40] in page.text
    for words in ("deployed and verified", "rolled back by the device", "stopped in rehearsal", "waits for approval", "the link went down"):
        assert words in page.text
    assert "32 prefixes" in page.text
    assert "5 needed, 4 not needed, 0 unknown" in page.text
    pictures = [attributes for tag, attributes in page.tags if tag == "svg"]
    assert len(pictures) == len(forecast["recommendations"]) + 1
    assert all(attributes.get("role") == "img" for attributes in pictures)


def test_the_page_loads_nothing(lab: Any, queue: Any, ledger: Any) -> None:
    text = build(Inputs(queue[0], lab.history(), ledger, queue[1]))
    page = Page(text)
    assert {tag for tag, _unused in page.tags} & {"script", "link", "img", "iframe", "object", "base", "form"} == set()
    loading = ("href", "src")
    links = [value for _tag, given in page.tags for name, value in given.items() if name in loading or name.startswith("on")]
    assert all(str(link).startswith("#r") for link in links)
    assert "url(" not in text
    assert "@import" not in text


def test_what_comes_from_outside_never_becomes_markup(lab: Any, queue: Any) -> None:
    forecast, jobs = queue
    evil = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'{{ 7*7 }}"
    item = forecast["recommendations"][0]
    item["evidence"] |= {"why": evil, "outlook": evil, "model": evil, "unit": '"><b>', "series": [evil[:50]]}
    item["evidence"]["drivers"] = [{"name": evil, "effect": 1.0}]
    item["change"]["parameters"] = {evil: [evil, {evil: evil}]}
    item["priority_reason"] = evil
    forecast |= {"left_out": [{"unique_id": evil, "reason": evil}], "warnings": [evil]}
    lab.events[0]["name"] = evil
    for job in jobs:
        job |= {"requester": evil, "reason": evil, "origin": "request"}
    page = Page(build(Inputs(forecast, lab.history(), (), jobs)))
    assert {tag for tag, _unused in page.tags} & {"script", "img"} == set()
    assert not any(name.startswith("on") for _unused, attributes in page.tags for name in attributes)
    assert evil in page.text


def test_a_bare_foreign_forecast_is_enough(lab: Any) -> None:
    forecast = lab.run().forecast
    for item in forecast["recommendations"]:
        item["evidence"] = {"why": "A reason.", "outlook": "An outlook."}
        item.pop("engine")
    forecast = {name: forecast[name] for name in ("schema", "as_of", "engine", "recommendations")}
    assert errors_of("provisioning_forecast", forecast) == []
    page = Page(build(Inputs(forecast)))
    assert page.text.count("An outlook.") == 5
    assert "svg" not in {tag for tag, _unused in page.tags}


def test_an_empty_forecast_says_so(lab: Any) -> None:
    forecast = lab.run().forecast | {"recommendations": []}
    assert "Nothing is forecast to be needed" in Page(build(Inputs(forecast))).text


@pytest.fixture
def files(tmp_path: Path, queue: Any, ledger: Any) -> dict[str, Path]:
    found = {name: tmp_path / name for name in ("provisioning", "jobs", "ledger", "out")}
    found["provisioning"].write_text(json.dumps(queue[0]), encoding="utf-8")
    found["jobs"].write_text(json.dumps(queue[1]), encoding="utf-8")
    found["ledger"].write_text("".join(json.dumps(entry) + "\n" for entry in ledger), encoding="utf-8")
    return found


def run(files: dict[str, Path]) -> int:
    return main(["report", "--json", *(word for name, file in files.items() for word in (f"--{name}", str(file)))])


def test_the_command_writes_the_page(files: dict[str, Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(files) == 0
    assert "What the network will need" in files["out"].read_text(encoding="utf-8")
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["result"]["recommendations"] == 5


BROKEN = {
    "provisioning": ("{", "is not JSON"),
    "jobs": ('{"a": 1}', "no list of jobs"),
    "ledger": ("[]\n", "line 1"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_named_and_nothing_is_written(name: str, files: dict[str, Path], capsys: pytest.CaptureFixture[str]) -> None:
    content, mend = BROKEN[name]
    files[name].write_text(content, encoding="utf-8")
    assert run(files) == 2
    error = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert error["event"] == "error"
    assert str(files[name]) in error["message"]
    assert mend in error["message"]
    assert not files["out"].exists()
    assert sorted(path.name for path in files["out"].parent.glob(".*")) == []
