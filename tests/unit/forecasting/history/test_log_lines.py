# SPDX-License-Identifier: GPL-3.0-or-later
"""Log lines are hostile text: what is a record is read to the second, everything else is refused, and nothing breaks."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecasting.history.attacks import BY_CATEGORY
from forecasting.history.log_lines import BadLine, Clock, Record, eve, syslog

LATEST = datetime(2026, 3, 10, 12, tzinfo=UTC)
CLOCK = Clock(UTC, LATEST)
MOMENTS = st.datetimes(datetime(2001, 1, 1), datetime(2060, 1, 1)).map(lambda at: at.replace(microsecond=0, tzinfo=UTC))
RECENT = st.integers(0, 360 * 86400).map(lambda age: LATEST - timedelta(seconds=age))
HOSTS = st.from_regex(r"[a-z][a-z0-9.-]{0,20}", fullmatch=True)
RULES = [{"contains": "ransom", "class": "ransomware", "counts": "malware"}]


@given(MOMENTS, HOSTS, st.sampled_from(sorted(BY_CATEGORY)), st.integers(-12, 12))
def test_an_eve_alert_is_read_as_it_was_written(at, host, category, offset):
    local = at.astimezone(UTC) + timedelta(hours=offset)
    stamp = local.strftime("%Y-%m-%dT%H:%M:%S.000000") + f"{offset:+03d}00"
    line = json.dumps({"timestamp": stamp, "host": host, "event_type": "alert", "alert": {"category": category, "signature": "x"}})
    assert eve(line, CLOCK, []) == Record(at.timestamp(), host, BY_CATEGORY[category])


@given(MOMENTS, HOSTS, st.sampled_from(["<13>1 {iso}Z {host} sshd 7 - - {text}", "{iso}+00:00 {host} sshd[7]: {text}"]))
def test_syslog_with_a_whole_time_is_read_as_it_was_written(at, host, shape):
    line = shape.format(iso=at.strftime("%Y-%m-%dT%H:%M:%S"), host=host, text="Failed password for root from 192.0.2.1 port 2 ssh2")
    assert syslog(line, CLOCK, []) == Record(at.timestamp(), host, ("intrusion", "ssh-login"))


@given(RECENT, HOSTS, st.sampled_from(["", "<34>"]))
def test_syslog_without_a_year_means_the_latest_such_day(at, host, priority):
    line = f"{priority}{at:%b} {at.day:2d} {at:%H:%M:%S} {host} su: hello"
    assert syslog(line, CLOCK, []) == Record(at.timestamp(), host, None)


LINES = st.one_of(st.text(), st.text("<>0123456789TZ:+- \n").map("2026-01-01T{}".format), st.text().map("<1>1 {}".format))
PLAIN = st.none() | st.booleans() | st.floats() | st.text()
VALUES = st.recursive(PLAIN, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))


@given(LINES)
def test_any_text_is_a_record_or_refused(line):
    for reader in (eve, syslog):
        with suppress(BadLine):
            assert isinstance(reader(line, CLOCK, RULES), Record)


@given(VALUES)
def test_any_json_under_the_names_of_an_alert_is_a_record_or_refused(value):
    whole = {"timestamp": "2026-01-01T00:00:00Z", "host": value, "event_type": "alert", "alert": value}
    for record in (value, {"timestamp": value}, whole):
        with suppress(BadLine):
            assert isinstance(eve(json.dumps(record), CLOCK, RULES), Record)


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("suricata: [1:2:3] ET SCAN x [Classification: Attempted Information Leak] [Priority: 2]", ("intrusion", "attempted-recon")),
        ("suricata: [1:2:3] ET TROJAN x [Classification: A Network Trojan was detected] [Priority: 1]", ("malware", "trojan-activity")),
        ("suricata: [1:2:3] SURICATA x [Classification: Generic Protocol Command Decode] [Priority: 3]", None),
        ("clamd[1]: /srv/a.exe: Eicar-Test-Signature FOUND", ("malware", "clamav")),
        ("edr: ransom note seen", ("malware", "ransomware")),
        ("cron[1]: session opened", None),
    ],
)
def test_what_a_message_counts_as(text, finding):
    assert syslog(f"Mar  9 00:00:00 fw1 {text}", CLOCK, RULES).finding == finding


def test_a_time_without_a_zone_is_on_the_clock_of_the_source():
    berlin = Clock(ZoneInfo("Europe/Berlin"), LATEST)
    assert syslog("Mar  9 01:00:00 fw1 x", berlin, []).at == datetime(2026, 3, 9, tzinfo=UTC).timestamp()
    assert eve('{"timestamp": "2026-07-01T02:00:00"}', berlin, []).at == datetime(2026, 7, 1, tzinfo=UTC).timestamp()


def test_the_29th_of_february_is_found_in_the_last_leap_year():
    assert syslog("Feb 29 00:00:00 fw1 x", CLOCK, []).at == datetime(2024, 2, 29, tzinfo=UTC).timestamp()


NO_TIMES = ["Feb 30 00:00:00 fw1 x", "Foo 10 00:00:00 fw1 x", "Mar  9 25:00:00 fw1 x", "<13>1 - fw1 a b c d"]


@pytest.mark.parametrize("line", ["", *NO_TIMES, "[" * 100_000])
def test_what_is_no_record_is_refused(line):
    for reader in (eve, syslog):
        with pytest.raises(BadLine):
            reader(line, CLOCK, [])
