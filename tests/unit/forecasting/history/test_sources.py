# SPDX-License-Identifier: GPL-3.0-or-later
"""Sources become one history; a wrong file is refused with its line, a dead source is named and left out."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from forecasting.errors import InputError
from forecasting.history import load_history

START = datetime(2026, 3, 1, tzinfo=UTC)
AS_OF = START + timedelta(hours=6)
MAPPING = """\
A: {device: r1, object: eth1, metric: if_out_bps}
B: {device: r1, object: eth2, metric: if_out_octets, unit: B, kind: counter}
"""


def listed(folder: Path, *sources: str) -> Path:
    path = folder / "sources.yml"
    path.write_text("version: 1\nsources:\n" + "".join(f"  - {source}\n" for source in sources), encoding="utf-8")
    return path


def table(folder: Path, name: str, first: int, last: int, value: float = 5.0) -> str:
    times = [START + timedelta(hours=hour) for hour in range(first, last)]
    frames = [pd.DataFrame({"unique_id": key, "ds": times, "y": [value + 3600.0 * step for step in range(first, last)]}) for key in "AB"]
    pd.concat(frames).to_parquet(folder / f"{name}.parquet")
    (folder / "mapping.yml").write_text(MAPPING, encoding="utf-8")
    return f"{{name: {name}, type: table, path: {name}.parquet, mapping: mapping.yml}}"


def alert(minute: int, category: str = "", host: str = "fw1") -> str:
    stamp = (START + timedelta(minutes=minute)).isoformat()
    if not category:
        return json.dumps({"timestamp": stamp, "host": host, "event_type": "stats"})
    return json.dumps({"timestamp": stamp, "host": host, "event_type": "alert", "alert": {"category": category}})


def log(folder: Path, *lines: str, name: str = "eve.json", **settings: str) -> str:
    opened = gzip.open if name.endswith(".gz") else open
    with opened(folder / name, "wt", encoding="utf-8") as out:
        out.write("\n".join(lines) + "\n")
    more = "".join(f", {key}: {value}" for key, value in settings.items())
    return f"{{name: ids, type: security_log, format: suricata_eve, paths: ['eve*']{more}}}"


def test_two_tables_of_one_series_become_one_and_the_first_counts_where_both_speak(tmp_path):
    path = listed(tmp_path, table(tmp_path, "new", 2, 6, value=9.0), table(tmp_path, "old", 0, 4))
    found = load_history(path, as_of=AS_OF)
    assert found.values("r1|eth1|if_out_bps").tolist() == [5.0, 3605.0, 7209.0, 10809.0, 14409.0, 18009.0]
    assert len(found.values("r1|eth2|if_out_bps")) == 5, "the counter's rate runs over the seam"
    assert found.warnings == ()


def test_a_dead_source_is_named_and_the_others_go_on(tmp_path):
    path = listed(tmp_path, "{name: gone, type: table, path: gone.parquet, mapping: m.yml}", table(tmp_path, "here", 0, 6))
    found = load_history(path, as_of=AS_OF)
    assert len(found.values("r1|eth1|if_out_bps")) == 6
    assert [item["unique_id"] for item in found.left_out] == ["source gone"]
    assert len(found.warnings) == 1 and "gone.parquet" in found.warnings[0] and "goes on without it" in found.warnings[0]


def test_when_every_source_is_dead_there_is_no_history(tmp_path):
    path = listed(tmp_path, "{name: a, type: table, path: a.csv}", "{name: b, type: events, path: b.ics}")
    with pytest.raises(InputError, match=r"no source brings a series: source a: .*source b: ") as caught:
        load_history(path, as_of=AS_OF)
    assert "goes on" not in str(caught.value), "nothing goes on"


def test_one_series_in_two_kinds_is_left_out_of_the_later_source(tmp_path):
    first = table(tmp_path, "one", 0, 6)
    (tmp_path / "other.yml").write_text(MAPPING.replace("metric: if_out_bps", "metric: if_out_bps, kind: event_count"), encoding="utf-8")
    path = listed(tmp_path, first, "{name: two, type: table, path: one.parquet, mapping: other.yml}")
    found = load_history(path, as_of=AS_OF)
    assert found.row("r1|eth1|if_out_bps")["kind"] == "gauge"
    assert [item["unique_id"] for item in found.left_out] == ["r1|eth1|if_out_bps"] and "source two" in found.left_out[0]["reason"]


def test_events_come_from_a_file_of_their_own_and_count_once(tmp_path):
    (tmp_path / "calendar.yml").write_text("- {name: Sale, start: 2026-03-01, end: 2026-03-02}\n", encoding="utf-8")
    event = "{name: %s, type: events, path: calendar.yml}"
    found = load_history(listed(tmp_path, event % "one", event % "two", table(tmp_path, "t", 0, 6)), as_of=AS_OF)
    assert found.events["name"].tolist() == ["Sale"]


def test_findings_are_counted_by_device_and_class_with_zeros_only_where_the_log_was_alive(tmp_path):
    lines = [alert(1), alert(5, "Detection of a Network Scan"), alert(6, "Detection of a Network Scan"), alert(70), alert(200)]
    lines += [alert(250, "A Network Trojan was detected"), alert(365, "Detection of a Network Scan")]
    found = load_history(listed(tmp_path, log(tmp_path, *lines)), as_of=AS_OF)
    scans = found.values("fw1|network-scan|sec_intrusion_attempts")
    assert {stamp.hour: count for stamp, count in scans.items()} == {0: 2.0, 1: 0.0, 3: 0.0, 4: 0.0}
    assert found.values("fw1|device|sec_intrusion_attempts").tolist() == scans.tolist()
    assert found.values("fw1|device|sec_malware_detections").tolist() == [0.0, 0.0, 0.0, 1.0]
    assert found.row("fw1|trojan-activity|sec_malware_detections")["kind"] == "event_count"


def test_a_quiet_log_may_be_declared_alive_and_rotated_files_count(tmp_path):
    source = log(tmp_path, alert(200), quiet="4h", interval="30m", device="edge-a1")
    log(tmp_path, alert(1, "Web Application Attack", host="x"), name="eve.json.1.gz")
    found = load_history(listed(tmp_path, source), as_of=AS_OF)
    assert found.values("edge-a1|device|sec_intrusion_attempts").tolist() == [1.0, 0, 0, 0, 0, 0, 0]


def test_hostile_hosts_and_broken_lines_are_left_out_by_name(tmp_path):
    found = load_history(listed(tmp_path, log(tmp_path, alert(1), "{oops", alert(2, host="fw1; reboot"), alert(3, host=""))), as_of=AS_OF)
    assert found.series["device"].unique().tolist() == ["fw1"]
    assert any("fw1; reboot" in item["unique_id"] for item in found.left_out)
    assert any("line 2 cannot be read" in warning for warning in found.warnings)
    assert any("1 records name no host" in warning for warning in found.warnings)


def test_a_log_of_another_format_is_refused(tmp_path):
    source = log(tmp_path, "Mar  1 00:00:00 fw1 sshd: hello")
    with pytest.raises(InputError, match="no line is suricata_eve"):
        load_history(listed(tmp_path, source), as_of=AS_OF)


PROMETHEUS = "{name: p, type: prometheus, url: 'http://127.0.0.1:1', step: 1h, lookback: 1d, queries: [%s]}"
QUERY = "{query: up, metric: up, unit: '1', kind: gauge, device_label: instance, object: device}"


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("{name: a, type: graphite}", "sources.yml:3: 'type' cannot be 'graphite'"),
        ("{type: table, path: x}", "sources.yml:3: this entry lacks 'name'"),
        ("{name: a, type: table, path: x, maping: y}", "sources.yml:3: unknown key 'maping'; did you mean 'mapping'"),
        (PROMETHEUS % QUERY.replace("device_label: instance, ", ""), "needs either device or device_label"),
        (PROMETHEUS.replace("1h", "often") % QUERY, "'step' cannot be 'often'; write a whole number and one of s, m, h, d, w"),
        (PROMETHEUS.replace("127.0.0.1:1", "me:secret@host") % QUERY, "without user, password or query"),
        (PROMETHEUS.replace("http", "file") % QUERY, "'url' cannot be"),
        (
            PROMETHEUS % QUERY.replace("unit: '1'", "unit: µs"),
            "'unit' cannot be 'µs'; write a unit of letters, digits, spaces",
        ),
        (PROMETHEUS % QUERY.replace("metric: up", "metric: ifUp"), "'metric' cannot be 'ifUp'; write a metric of small letters"),
        (PROMETHEUS % QUERY.replace("instance", "'host name'"), "'device_label' cannot be 'host name'; write the name of a label"),
        (PROMETHEUS.replace("type:", "bearer_env: 'a b', type:") % QUERY, "the name of an environment variable, never the secret itself"),
    ],
)
def test_a_wrong_file_is_refused_with_its_line(tmp_path, source, sentence):
    with pytest.raises(InputError) as caught:
        load_history(listed(tmp_path, source))
    assert sentence in str(caught.value) and "sources.yml:" in str(caught.value)


ENTRY = """\
  - name: logs
    type: security_log
    format: syslog
    paths: [auth.log]
    tz: {log}
  - name: core
    type: prometheus
    url: http://127.0.0.1:1
    step: 1h
    lookback: 1d
    queries:
      - {{query: up, metric: up, unit: "1", kind: gauge, device_label: instance, object: device, tz: Asia/Tokyo}}
      - query: down
        metric: down
        unit: "1"
        kind: gauge
        device_label: instance
        object: device
        tz: {query}
"""


@pytest.mark.parametrize(
    ("log", "query", "line", "wrong"),
    [
        ("Europe/Berln", "UTC", 7, "'Europe/Berln'"),
        ("UTC", "Mars/Base", 21, "'Mars/Base'"),
        ("UTC", "Europe", 21, "'Europe'"),
        ("UTC", "../passwd", 21, "'../passwd'"),
        ("UTC", "''", 21, "''"),
    ],
)
def test_a_wrong_zone_is_refused_with_its_line_before_anything_is_asked(tmp_path, log, query, line, wrong):
    path = tmp_path / "sources.yml"
    path.write_text("version: 1\nsources:\n" + ENTRY.format(log=log, query=query), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_history(path)
    assert str(caught.value) == f"{path}:{line}: tz: {wrong} is no known time zone; use a name like Europe/Berlin or UTC"


def test_two_sources_of_one_name_and_a_mapping_beside_a_list_are_refused(tmp_path):
    source = table(tmp_path, "t", 0, 6)
    with pytest.raises(InputError, match=r"sources\.yml:4: a second source has the name 't'"):
        load_history(listed(tmp_path, source, source))
    with pytest.raises(InputError, match="leave out"):
        load_history(listed(tmp_path, source), tmp_path / "mapping.yml")
    with pytest.raises(InputError, match="is missing or empty"):
        load_history(tmp_path / "none.yml")
