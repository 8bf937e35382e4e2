# SPDX-License-Identifier: GPL-3.0-or-later
"""A policy file is either understood or refused with file, line and mend."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecasting.contracts.durations import seconds
from forecasting.policies import PolicyError, Templates, load, read_templates
from forecasting.policies.model import AutoWhen

ROOT = Path(__file__).resolve().parents[4]
GOOD = """\
version: 1
policies:
  - name: uplink-capacity
    severity: major
    when:
      metric: if_out_bps
      limit: {series: capacity_bps, share: 0.8}
      duration: 1h
    what:
      template: capacity
      parameters:
        interface: "{{ object }}"
        rate_mbit: "{{ (peak / 1e6) | ceil_to(5) }}"
"""


@pytest.fixture(scope="module")
def templates() -> Templates:
    return read_templates()


def write(folder: Path, text: str) -> Path:
    file = folder / "policies.yml"
    file.write_text(text, encoding="utf-8")
    return file


@pytest.mark.parametrize("name", ["lab", "example"])
def test_the_shipped_catalogues_load(name: str, templates: Templates) -> None:
    assert len(load(ROOT / "inventories" / name / "policies.yml", templates).policies) >= 4


def test_a_policy_gets_the_defaults(tmp_path: Path, templates: Templates) -> None:
    policy = load(write(tmp_path, GOOD), templates).policies[0]
    assert policy.mode == "shadow"
    assert policy.when.horizon_s == 14 * 86400
    assert policy.where.endswith("policies.yml:3")


def test_the_version_follows_the_meaning_and_not_the_prose(tmp_path: Path, templates: Templates) -> None:
    first = load(write(tmp_path, GOOD), templates).policies[0].version
    prose = load(write(tmp_path, "# why\n" + GOOD.replace("severity: major", "severity: major\n    description: words")), templates)
    other = load(write(tmp_path, GOOD.replace("0.8", "0.7")), templates)
    assert prose.policies[0].version == first
    assert other.policies[0].version != first


def test_what_auto_asks_for_is_merged_from_the_defaults_and_belongs_to_the_version(tmp_path: Path, templates: Templates) -> None:
    plain = load(write(tmp_path, GOOD), templates).policies[0]
    assert plain.auto_when == AutoWhen(effective_n=20, calibration_error=0.1, success=0.8)
    own = GOOD.replace("severity: major", "severity: major\n    auto_when: {success: 0.9}")
    shared = own.replace("version: 1", "version: 1\ndefaults: {mode: auto, auto_when: {effective_n: 0, success: 0.5}}")
    asked = load(write(tmp_path, shared), templates).policies[0]
    assert asked.mode == "auto"
    assert asked.auto_when == AutoWhen(effective_n=0, calibration_error=0.1, success=0.9)
    assert asked.auto_when.at_once
    assert load(write(tmp_path, own), templates).policies[0].version != plain.version


def _asks(what: str) -> tuple[str, str]:
    return "severity: major", f"severity: major\n    auto_when:\n      {what}"


WRONG = {
    "a key with a typo": (("duration: 1h", "duratoin: 1h"), 8, "did you mean 'duration'?"),
    "a policy's key with a typo": (("severity: major", "severity: major\n    hysteresys: 0.1"), 5, "did you mean 'hysteresis'?"),
    "a missing key": (("      metric: if_out_bps\n", ""), 5, "lacks 'metric'"),
    "a wrong choice": (("major", "majro"), 4, "did you mean 'major'?"),
    "a wrong length of time": (("1h", "1 hour"), 8, "such as 30m"),
    "two limits": (("share: 0.8", "value: 3"), 7, "exactly one of"),
    "an unknown template": (("template: capacity", "template: capasity"), 10, "did you mean 'capacity'?"),
    "an unknown parameter": (("rate_mbit:", "rate_mbits:"), 13, "did you mean 'rate_mbit'?"),
    "a missing parameter": (('        interface: "{{ object }}"\n', ""), 11, "needs the parameter 'interface'"),
    "an unknown fact": (("(peak / 1e6)", "(paek / 1e6)"), 13, "did you mean 'peak'?"),
    "broken Jinja": (('"{{ object }}"', '"{{ object "'), 12, "not valid Jinja"),
    "an unknown filter": (("ceil_to(5)", "ceilto(5)"), 13, "ceilto"),
    "a duration beyond the horizon": (("duration: 1h", "duration: 15d"), 8, "longer than the horizon"),
    "a key twice": (("duration: 1h", "duration: 1h\n      duration: 2h"), 9, "stands twice"),
    "broken YAML": (("policies:", "policies: ["), 3, "not YAML"),
    "a number for a name": (("name: uplink-capacity", "name: 7"), 3, "must be text"),
    "a list for a name": (("metric: if_out_bps", "metric: [if_out_bps]"), 6, "must be text"),
    "a key of auto_when with a typo": (_asks("efective_n: 30"), 6, "did you mean 'effective_n'?"),
    "too few outcomes for auto": (_asks("effective_n: 3"), 6, "needs 0 (auto is granted at once) or a number from 5 to 1000"),
    "words for outcomes": (_asks("effective_n: many"), 6, "must be a number"),
    "a share of changes above one": (_asks("success: 80"), 6, "'success': 80 is greater than the maximum of 1"),
    "an end without an event": (("template: capacity", "template: capacity\n      until: event_end"), 11, "needs `event`"),
}


@pytest.mark.parametrize("case", WRONG, ids=lambda case: case.replace(" ", "-"))
def test_an_error_names_file_line_and_mend(case: str, tmp_path: Path, templates: Templates) -> None:
    (old, new), line, mend = WRONG[case]
    file = write(tmp_path, GOOD.replace(old, new, 1))
    with pytest.raises(PolicyError) as caught:
        load(file, templates)
    assert str(caught.value).startswith(f"{file}:{line}: ")
    assert mend in str(caught.value)


@pytest.mark.parametrize(
    ("content", "mend"), [("", "empty"), ("- a", "mapping"), ("version: 1", "policies"), ("version: 2\npolicies: []", "1")]
)
def test_a_file_that_is_no_catalogue_is_refused(content: str, mend: str, tmp_path: Path, templates: Templates) -> None:
    with pytest.raises(PolicyError, match=mend):
        load(write(tmp_path, content), templates)


def test_a_missing_or_binary_file_is_refused(tmp_path: Path, templates: Templates) -> None:
    with pytest.raises(PolicyError, match="no such file"):
        load(tmp_path / "none.yml", templates)
    (tmp_path / "binary.yml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(PolicyError, match="UTF-8"):
        load(tmp_path / "binary.yml", templates)


FILTER = GOOD.replace(
    'template: capacity\n      parameters:\n        interface: "{{ object }}"\n        rate_mbit: "{{ (peak / 1e6) | ceil_to(5) }}"',
    'template: filter\n      parameters: {name: scan, source: "{{ labels.source }}"}',
)


def test_a_security_change_needs_an_end_within_the_guard(tmp_path: Path, templates: Templates) -> None:
    with pytest.raises(PolicyError, match="add ttl"):
        load(write(tmp_path, FILTER), templates)
    with pytest.raises(PolicyError, match="longest_ttl"):
        load(write(tmp_path, FILTER.replace("template: filter", "template: filter\n      ttl: 8d")), templates)
    assert (
        load(write(tmp_path, FILTER.replace("template: filter", "template: filter\n      ttl: 1d")), templates).policies[0].what.ttl_s
        == 86400
    )


def test_a_policy_name_stands_once(tmp_path: Path, templates: Templates) -> None:
    second = GOOD[GOOD.index("  - name") :]
    with pytest.raises(PolicyError, match=r":14: .*twice \(first on line 3\)"):
        load(write(tmp_path, GOOD + second), templates)


def test_a_never_block_entry_must_be_a_network(tmp_path: Path, templates: Templates) -> None:
    with pytest.raises(PolicyError, match=r":3: .*192\.0\.2\.0/24"):
        load(write(tmp_path, GOOD.replace("policies:", "guards:\n  never_block: [10.0.0.1/8]\npolicies:", 1)), templates)


@pytest.mark.parametrize("text", ["a: &x [*x]", "a: 2001-99-99", "a: !!python/object:os.system {}", "[" * 3000, "a: &x {<<: *x}"])
def test_treacherous_yaml_is_refused(text: str, tmp_path: Path, templates: Templates) -> None:
    with pytest.raises(PolicyError):
        load(write(tmp_path, text), templates)


@given(st.integers(1, 10**6), st.sampled_from("smhdw"))
def test_lengths_of_time(count: int, unit: str) -> None:
    assert seconds(f"{count}{unit}") == count * {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}[unit]


@given(st.text(max_size=200))
def test_any_text_is_loaded_or_refused_in_one_line(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "policies.yml"
        file.write_bytes(text.encode("utf-8", "surrogatepass"))
        with pytest.raises(PolicyError) as caught:
            load(file, {})
        assert "\n" not in str(caught.value)
