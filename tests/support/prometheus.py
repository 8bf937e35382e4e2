# SPDX-License-Identifier: GPL-3.0-or-later
"""A real Prometheus of the tests' own: a temporary folder, a back-filled past, loopback on a free port."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import parse_qs
from urllib.request import ProxyHandler, Request, build_opener

PATIENCE_S = 30
DIRECT = build_opener(ProxyHandler({}))
Sample = tuple[str, float, float]
"""(series as OpenMetrics writes it, Unix time in s, value)."""


def programs() -> bool:
    """Whether the server and its tool are installed."""
    return bool(shutil.which("prometheus") and shutil.which("promtool"))


@contextmanager
def server(past: Iterable[Sample], most_samples: int, scrape: str | None = None) -> Iterator[str]:
    """Run a server that knows `past`, sorted by series, and loads at most `most_samples` for a query; yields its address.

    `scrape`: address of an exporter that it asks every five seconds. It is stopped by its process id, also when the tests die.
    """
    folder = Path(tempfile.mkdtemp(prefix="forestage-prometheus-", dir="/tmp"))
    try:
        _fill(folder, past)
        (folder / "prometheus.yml").write_text(_settings(scrape), encoding="utf-8")
        address = f"127.0.0.1:{free_port()}"
        command = ["setpriv", "--pdeathsig", "TERM", "prometheus", f"--config.file={folder / 'prometheus.yml'}"]
        command += [f"--storage.tsdb.path={folder / 'data'}", "--storage.tsdb.retention.time=10y", f"--web.listen-address={address}"]
        command += [f"--query.max-samples={most_samples}"]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
        try:
            wait_for(process, f"http://{address}/-/ready", folder / "log")
            yield f"http://{address}"
        finally:
            end(process)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _settings(scrape: str | None) -> str:
    targets = [{"job_name": "links", "scrape_interval": "5s", "static_configs": [{"targets": [scrape]}]}] if scrape else []
    return json.dumps({"global": {"scrape_interval": "1m"}, "scrape_configs": targets})


def end(process: subprocess.Popen[bytes]) -> None:
    """Stop a server by its process id."""
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(PATIENCE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _fill(folder: Path, past: Iterable[Sample]) -> None:
    names: dict[str, list[str]] = {}
    for series, at, value in past:
        names.setdefault(series.partition("{")[0], []).append(f"{series} {value} {at}")
    text = "".join(f"# TYPE {name} unknown\n" + "\n".join(lines) + "\n" for name, lines in names.items())
    (folder / "past.txt").write_text(text + "# EOF\n", encoding="utf-8")
    command = ["promtool", "tsdb", "create-blocks-from", "openmetrics", "--max-block-duration=672h", str(folder / "past.txt")]
    subprocess.run([*command, str(folder / "data")], check=True, capture_output=True)


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    """Wait until the server answers at `url`."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            with DIRECT.open(url, timeout=5):
                return
        except (URLError, OSError):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the server did not start: {log.read_text(errors='replace')[-800:]}") from None
        time.sleep(0.05)


class Watched(ThreadingHTTPServer):
    """A relay to a server that remembers what was asked: the query, its start and its end, and the login."""

    daemon_threads = True

    def __init__(self, upstream: str) -> None:
        super().__init__(("127.0.0.1", 0), _Relay)
        self.upstream = upstream
        self.asked: list[dict[str, str]] = []
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


def _answer(request: Request) -> Any:
    try:
        return DIRECT.open(request, timeout=PATIENCE_S)
    except HTTPError as error:
        return error


class _Relay(BaseHTTPRequestHandler):
    server: Watched

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        fields = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        self.server.asked.append({**fields, "login": self.headers.get("Authorization", "")})
        with _answer(Request(self.server.upstream + self.path, body, self._login())) as answer:
            content, status = answer.read(), answer.status
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _login(self) -> dict[str, str]:
        given = self.headers.get("Authorization")
        return {"Authorization": given} if given else {}

    def log_message(self, format: str, *args: object) -> None:
        """The tests look at `asked` instead."""


class Canned(BaseHTTPRequestHandler):
    """Answers as the path's first part says: a status, with Prometheus' error object or a web page."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        status = int(self.path.split("/")[1])
        content = json.dumps({"status": "error", "error": "no"}).encode() if status != 200 else b"<html>log in</html>"
        self.send_response(status)
        if 300 <= status < 400:
            self.send_header("Location", "http://192.0.2.1/")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Silent."""


@contextmanager
def serving(made: ThreadingHTTPServer) -> Iterator[str]:
    """Run a web server in a thread; yields its address."""
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{made.server_address[1]}"
    finally:
        made.shutdown()
        made.server_close()
        thread.join(PATIENCE_S)
