# SPDX-License-Identifier: GPL-3.0-or-later
"""Real RRD files become a history: rates as they are, gaps, the right archive, only what is new, broken files by name."""

from __future__ import annotations

import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from forecasting.errors import InputError
from forecasting.history import load_history, rrdtool
from tests.integration.sources.conftest import AS_OF, STEP_S, demand, listed
from tests.support import rrd

END = int(AS_OF.timestamp())
DAYS = 20
GAP = (END - 7200, END - 3600)
RATE = "edge-a1|eth3|if_out_bps"
PORT = r"(?P<device>[^/]+)/port-id(?P<object>[0-9]+)\.rrd$"
TRAFFIC = {
    "INOCTETS": {"metric": "if_in_bps", "unit": "bit/s", "scale": 8},
    "OUTOCTETS": {"metric": "if_out_bps", "unit": "bit/s", "scale": 8},
}


def octets(at: int) -> list[object]:
    """Counters since the beginning; nothing is known inside the gap."""
    if GAP[0] < at <= GAP[1]:
        return [None, None]
    total = sum(demand(moment) * STEP_S for moment in range(END - 86400, at, STEP_S)) if at > END - 86400 else 1000.0 * (at - END + 86400)
    return [1_000_000_000_000 + round(total / 2), 1_000_000_000_000 + round(total)]


@pytest.fixture(scope="session")
def made(tmp_path_factory) -> Path:
    """Files of two LibreNMS ports, of which one ends early: a line of 1000 octet/s, then a day of real demand."""
    folder = tmp_path_factory.mktemp("rrd")
    for device, until in (("edge-a1", END), ("edge-b1", END - 43200)):
        path = rrd.make(folder / device / "port-id12.rrd", ["INOCTETS:DERIVE", "OUTOCTETS:COUNTER"], END - DAYS * 86400)
        rrd.update(path, range(END - DAYS * 86400, until + 1, STEP_S), octets)
    return folder


@pytest.fixture
def files(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made, tmp_path / "rrd")
    return tmp_path


def source(**settings: object) -> dict[str, object]:
    base = {"name": "librenms", "type": "rrd", "files": ["rrd/*/port-id*.rrd"], "path": PORT, "lookback": "2d", "data_sources": TRAFFIC}
    return base | {"objects": {"12": "eth3"}, "tz": "Europe/Berlin", "role": "edge"} | settings


def load(folder: Path, as_of: datetime = AS_OF, **settings: object):
    return load_history(listed(folder, source(**settings)), as_of=as_of)


def counted(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Every command that is run from now on; they run all the same."""
    commands: list[list[str]] = []
    real = subprocess.run

    def remembered(command, **options):
        commands.append(command)
        return real(command, **options)  # pylint: disable=subprocess-run-check

    monkeypatch.setattr(rrdtool.subprocess, "run", remembered)
    return commands


def test_stored_rates_are_dated_by_their_beginning_and_what_is_unknown_is_a_gap(files):
    found = load(files)
    rate = found.values(RATE)
    last_day = rate[rate.index >= AS_OF - timedelta(days=1)]
    assert last_day.to_numpy() == pytest.approx([8 * demand(stamp.timestamp()) for stamp in last_day.index], rel=1e-4)
    missing = pd.date_range(AS_OF - timedelta(days=1), AS_OF - timedelta(minutes=5), freq="5min").difference(rate.index)
    assert len(missing) == 13 and missing[0].timestamp() == GAP[0], "an hour, and the step that leads out of it"
    assert found.values("edge-a1|eth3|if_in_bps").iloc[-1] == pytest.approx(rate.iloc[-1] / 2, rel=1e-3)
    assert found.row(RATE)["tz"] == "Europe/Berlin" and found.row(RATE)["interval_s"] == STEP_S and found.row(RATE)["role"] == "edge"
    assert found.warnings == ()


@pytest.mark.parametrize(("lookback", "step_s"), [("7d", 300), ("8d", 1800), ("40d", 7200), ("9000d", 86400)])
def test_the_finest_archive_that_reaches_back_is_taken(files, lookback, step_s):
    assert load(files, lookback=lookback).row(RATE)["interval_s"] == step_s


def test_a_step_and_a_consolidation_can_be_named(files):
    assert load(files, lookback="40d", step="5m").row(RATE)["interval_s"] == 300
    peaks, means = (load(files, name=kind.lower(), step="30m", consolidation=kind).values(RATE) for kind in ("MAX", "AVERAGE"))
    assert (peaks.reindex(means.index).dropna() >= means.reindex(peaks.index).dropna() * 0.9999).all()
    with pytest.raises(InputError, match=r"has no archive of MIN, but AVERAGE of 1800 s, .*name one of them"):
        load(files, consolidation="MIN")


def test_a_second_run_fetches_what_is_new_only_and_finer_than_the_file_still_has_it(files, monkeypatch):
    path = files / "rrd" / "edge-a1" / "port-id12.rrd"
    first = load(files, step="5m", lookback="30d").values(RATE)
    commands = counted(monkeypatch)
    load(files, step="5m", lookback="30d")
    assert [command[1] for command in commands] == ["info", "info"], "nothing is new"
    rrd.update(path, range(END + STEP_S, END + 3 * 86400 + 1, STEP_S), octets)
    commands.clear()
    later = load(files, AS_OF + timedelta(days=3), step="5m", lookback="30d").values(RATE)
    fetches = [command for command in commands if command[1] == "fetch"]
    assert [int(command[command.index("-s") + 1]) for command in fetches] == [END - STEP_S - 900]
    assert later.index[0] == first.index[0], "the file has seven days only"
    assert later[: first.index[-2]].equals(first.iloc[:-1])
    assert later.index[-1] == pd.Timestamp(AS_OF + timedelta(days=3) - timedelta(seconds=STEP_S))


def test_a_cut_off_in_the_past_sees_nothing_later(files):
    early = load(files, AS_OF - timedelta(hours=6)).values(RATE)
    assert early.index[-1] == pd.Timestamp(AS_OF - timedelta(hours=6, minutes=5))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(lambda whole: whole[:-1000], "is too small"), (lambda whole: b"", "cannot read"), (lambda whole: b"junk" * 9999, "not an RRD file")],
)
def test_a_broken_file_is_named_and_the_others_count(files, content, sentence):
    broken = files / "rrd" / "edge-b1" / "port-id12.rrd"
    broken.write_bytes(content(broken.read_bytes()))
    found = load(files)
    assert set(found.series["device"]) == {"edge-a1"}
    assert len(found.warnings) == 1
    assert all(piece in found.warnings[0] for piece in ("source librenms", "edge-b1/port-id12.rrd", sentence, "restore or remove"))


def test_of_a_file_that_broke_what_was_kept_stands_in(files):
    path = files / "rrd" / "edge-b1" / "port-id12.rrd"
    load(files)
    path.write_bytes(path.read_bytes()[:-3000])
    found = load(files, AS_OF + timedelta(hours=1))
    assert set(found.series["device"]) == {"edge-a1", "edge-b1"}
    assert len(found.warnings) == 1 and "stands in for it" in found.warnings[0]


def test_hostile_paths_are_left_out_by_name(files):
    original = files / "rrd" / "edge-a1" / "port-id12.rrd"
    for name in ("evil; reboot", "-x", "new\nline", "a`id`"):
        (files / "rrd" / name).mkdir()
        shutil.copy(original, files / "rrd" / name / "port-id12.rrd")
    shutil.copy(original, original.with_name("port-idX.rrd"))
    found = load(files)
    assert set(found.series["device"]) == {"edge-a1", "edge-b1"}
    names = " ".join(item["unique_id"] for item in found.left_out)
    assert all(part in names for part in ("evil; reboot", "-x", "new\\nline", "a`id`", "port-idX"))


def test_two_files_of_one_name_are_not_mixed(files):
    shutil.copytree(files / "rrd" / "edge-a1", files / "rrd" / "old" / "edge-a1")
    found = load(files, files=["rrd/**/port-id*.rrd"])
    assert sum("has this name" in item["reason"] for item in found.left_out) == 2


def test_values_that_are_not_there_are_named(files):
    rrd.make(files / "rrd" / "edge-c1" / "port-id12.rrd", ["INOCTETS:DERIVE", "OUTOCTETS:DERIVE"], END - 86400)
    rrd.make(files / "rrd" / "edge-d1" / "port-id12.rrd", ["traffic_in:COUNTER"], END - 86400)
    found = load(files)
    assert any("edge-c1" in item["unique_id"] and "no value in the lookback" in item["reason"] for item in found.left_out)
    assert any("edge-d1" in warning and "has no data source 'INOCTETS', but traffic_in" in warning for warning in found.warnings)


def test_wrong_settings_are_told_with_their_mend(files, monkeypatch):
    for settings, sentence in (
        ({"files": ["none/*.rrd"]}, "there is no file"),
        ({"path": "(?P<device>"}, "is no regular expression"),
        ({"path": "(?P<device>[^/]+)/port"}, r"names no group (?P<object>…); add it, or give object"),
        ({"tz": "Mars/Base"}, "is no known time zone"),
    ):
        with pytest.raises(InputError) as caught:
            load(files, **settings)
        assert sentence in str(caught.value)
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(InputError, match="the program rrdtool is not installed; install the package rrdtool"):
        load(files)


def test_a_cacti_file_is_named_as_a_whole(files):
    path = rrd.make(files / "core_traffic_in_7.rrd", ["traffic_in:COUNTER", "traffic_out:COUNTER"], END - 86400)
    rrd.update(path, range(END - 86400, END + 1, STEP_S), lambda at: [at * 10, at * 20])
    named = r"(?P<device>[a-z0-9-]+)_traffic_in_(?P<object>\d+)\.rrd$"
    settings = {"files": ["*_traffic_in_*.rrd"], "path": named, "objects": {"7": "eth0"}}
    found = load(files, **settings, data_sources={"traffic_out": TRAFFIC["OUTOCTETS"]})
    assert found.values("core|eth0|if_out_bps").to_numpy() == pytest.approx(160.0)
    assert datetime.fromtimestamp(END, UTC) > found.values("core|eth0|if_out_bps").index[-1]
