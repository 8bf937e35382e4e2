# SPDX-License-Identifier: GPL-3.0-or-later
"""From a sample's arrival in Prometheus to a changed forecast: a real server on loopback that scrapes 1,000 links.

Usage: python tests/benchmarks/freshness.py [--series 1000] [--days 14]

The past is back-filled at five minutes. Then an exporter is scraped every five seconds; every other link rises by 12 % just before a
five-minute step ends, and as soon as it has ended the forecast is made as an operator's timer would make it. What counts is the time from
the moment when the server can answer with the risen values to the moment when the forecast is written; the links that did not rise
show what the forecast would have been. (A rise that stands out as an anomaly is not believed on its first sample.)
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlencode

import pandas as pd

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.support.prometheus import DIRECT, Sample, server, serving  # noqa: E402

STEP_S, LEAD_S, DAY_S = 300, 25, 86_400
RISE, TOLD = 1.12, 1.06
DRIFT_S, NOISE = 7_200, 0.12
SOURCES = """\
version: 1
sources:
  - name: links
    type: prometheus
    url: {url}
    step: 5m
    lookback: {days}d
    queries:
      - {{query: link_bps, metric: if_out_bps, unit: bit/s, kind: gauge, tz: UTC, device_label: instance, object_label: ifName}}
"""


def demand(number: int, moment: float) -> float:
    """A link's traffic, bit/s: its own size, a day, and noise that drifts over hours, so that the newest sample tells of the next."""
    span, share = divmod(moment, DRIFT_S)
    before, after = (NOISE * _scattered(number, int(span) + one) for one in (0, 1))
    noise = before + (after - before) * share / DRIFT_S
    return 1e6 * (1 + number % 50) * (1.5 + math.sin(2 * math.pi * (moment / DAY_S + number / 7))) * (1.0 + noise)


def _scattered(number: int, span: int) -> float:
    """A number between -1 and 1, the same for the same arguments; `random` would take a minute for all."""
    return 2.0 * (math.sin(12.9898 * number + 78.233 * (span % 10_007)) * 43_758.5453 % 1.0) - 1.0


class Links(ThreadingHTTPServer):
    """An exporter; `factor` is what the traffic of every other link is multiplied by."""

    def __init__(self, count: int) -> None:
        super().__init__(("127.0.0.1", 0), _Page)
        self.count, self.factor = count, 1.0


class _Page(BaseHTTPRequestHandler):
    server: Links

    def do_GET(self) -> None:
        now = time.time()
        sizes = (self.server.factor, 1.0)
        lines = [f'link_bps{{instance="r{one:04d}",ifName="eth1"}} {sizes[one % 2] * demand(one, now)}' for one in range(self.server.count)]
        content = ("\n".join(lines) + "\n").encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Silent."""


def past(count: int, days: int, end: float) -> Iterator[Sample]:
    """The back-filled samples, series by series."""
    for number in range(count):
        for step in range(days * DAY_S // STEP_S, 0, -1):
            moment = end - step * STEP_S
            yield f'link_bps{{instance="r{number:04d}",ifName="eth1",job="links"}}', moment, demand(number, moment)


def forecast(folder: Path, as_of: float, name: str) -> tuple[pd.Series, float]:
    """Make a forecast as an operator would; the mean of the first quarter of an hour of each series, and the seconds it took."""
    moment = datetime.fromtimestamp(as_of, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    command = [sys.executable, "-m", "forecasting", "forecast", "--history", str(folder / "sources.yml"), "--as-of", moment]
    command += ["--horizon", "24h", "--models", str(folder / "learnt"), "--out", str(folder / name)]
    began = time.monotonic()
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    took = time.monotonic() - began
    frame = pd.read_parquet(folder / name / "forecast.parquet", columns=["unique_id", "ds", "mean"])
    first = frame[frame["ds"] < frame["ds"].min() + pd.Timedelta("15min")]
    return first.groupby("unique_id")["mean"].mean(), took


def seen_since(url: str, count: int) -> float:
    """Wait until the server answers with risen values for `count` series; the moment when it did."""
    deadline = time.time() + LEAD_S
    while time.time() < deadline:
        query = urlencode({"query": f"count(link_bps > {TOLD} * link_bps offset 1m)"})
        with DIRECT.open(f"{url}/api/v1/query?{query}", timeout=10) as answer:
            found = json.load(answer)["data"]["result"]
        if found and int(found[0]["value"][1]) == count:
            return time.time()
        time.sleep(0.5)
    raise SystemExit("the server has not scraped the risen values in time; run this on a quiet machine")


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--series", type=int, default=1_000)
    parser.add_argument("--days", type=int, default=14)
    options = parser.parse_args()
    begin = math.floor(time.time() / STEP_S) * STEP_S
    links = Links(options.series)
    with (
        tempfile.TemporaryDirectory(prefix="forestage-freshness-") as name,
        serving(links) as page,
        server(past(options.series, options.days, begin), 50_000_000, scrape=page.removeprefix("http://")) as url,
    ):
        folder = Path(name)
        (folder / "sources.yml").write_text(SOURCES.format(url=url, days=options.days), encoding="utf-8")
        before, took = forecast(folder, begin, "before")
        print(f"{options.series} series, {options.days} days at 5 min; first forecast, all fetched and learnt: {took:.1f} s", flush=True)
        end = math.ceil((time.time() + LEAD_S + 90) / STEP_S) * STEP_S
        time.sleep(max(0.0, end - LEAD_S - time.time()))
        links.factor = RISE
        arrived = seen_since(url, (options.series + 1) // 2)
        time.sleep(max(0.0, end + 1 - time.time()))
        after, took = forecast(folder, end + 1, "after")
        fresh = time.time() - arrived
    ratio = after / before.reindex(after.index)
    risen = ratio.index.str.slice(1, 5).astype(int) % 2 == 0
    print(f"forecast after the rise: {took:.1f} s; written {fresh:.1f} s after the samples had arrived")
    print(f"the next 15 min against the forecast before: {ratio[risen].median():.3f} where it rose, {ratio[~risen].median():.3f} elsewhere")
    return 0


if __name__ == "__main__":
    sys.exit(main())
