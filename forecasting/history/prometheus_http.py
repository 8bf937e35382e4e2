# SPDX-License-Identifier: GPL-3.0-or-later
"""Prometheus' HTTP API, as far as a history needs it: ``/api/v1/query_range``, paged.

Source: the Prometheus manual, "HTTP API", section "Range queries"; a server answers at most 11,000 points a series.
"""

from __future__ import annotations

import base64
import json
import os
import ssl
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPException, HTTPMessage
from pathlib import Path
from typing import IO, Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import HTTPRedirectHandler, HTTPSHandler, OpenerDirector, Request, build_opener

import numpy as np

from ..errors import InputError

MOST_POINTS = 11_000
MOST_BYTES = 512 * 2**20
PAUSES_S = (0.3, 1.0)
BUSY = (429, 502, 503, 504)
TOO_MUCH = ("too many samples", "exceeded maximum resolution", "exceeds the limit")

Series = tuple[dict[str, str], np.ndarray, np.ndarray]


class QueryRefused(InputError):
    """The server is well, but this query is not."""


class _TooMuch(Exception):
    """The answer is larger than the server, or this side, will carry: ask for a shorter time."""


class _NoRedirect(HTTPRedirectHandler):
    """A redirect would carry the password to another host; the user names the right one instead."""

    def redirect_request(self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str) -> None:
        """Never."""


@dataclass(frozen=True)
class Server:
    """One Prometheus. `name` is the source's; headers hold the login, which no error repeats."""

    name: str
    url: str
    timeout_s: float
    opener: OpenerDirector
    headers: Mapping[str, str]

    def query_range(self, query: str, begin: int, end: int, step_s: int) -> Iterator[Series]:
        """All series of `query` at begin, begin + step_s, … up to `end` (Unix times, s, both included), page by page.

        Yields (labels, times in s, shape (n,), values, shape (n,)); a series comes once a page. Where the server has no
        sample there is no point.

        Raises:
            QueryRefused: the query is wrong, or too large.
            InputError: the server cannot be reached, refuses the login, or is no Prometheus.
        """
        page = (MOST_POINTS - 1) * step_s
        for first in range(begin, end + 1, page + step_s):
            yield from self._page(query, first, min(first + page, end), step_s)

    def _page(self, query: str, begin: int, end: int, step_s: int) -> Iterator[Series]:
        try:
            found = self._ask(query, begin, end, step_s)
        except _TooMuch as error:
            if end - begin < step_s:
                raise QueryRefused(f"{self}: the query {query!r} is too large even for a single point ({error}); narrow it") from None
            middle = begin + (end - begin) // (2 * step_s) * step_s
            yield from self._page(query, begin, middle, step_s)
            yield from self._page(query, middle + step_s, end, step_s)
        else:
            yield from found

    def _ask(self, query: str, begin: int, end: int, step_s: int) -> list[Series]:
        form = {"query": query, "start": begin, "end": end, "step": step_s, "timeout": f"{self.timeout_s:g}s"}
        url = f"{self.url}/api/v1/query_range"
        status, body = self._send(Request(url, urlencode(form).encode(), dict(self.headers)))  # noqa: S310 - the schema admits http and https
        if status in (401, 403):
            raise InputError(f"{self} refuses the login ({status}); check the variables that bearer_env, user_env and password_env name")
        if 300 <= status < 400:
            raise InputError(f"{self} sends elsewhere ({status}); give that address as the url")
        try:
            answer = json.loads(body)
            if answer["status"] == "success" and answer["data"]["resultType"] == "matrix":
                return [_series(item) for item in answer["data"]["result"]]
            message = str(answer["error"])
        except (ValueError, KeyError, TypeError, RecursionError):
            raise InputError(f"{self} answered {status} with something that is not Prometheus' JSON; check the url") from None
        if any(sign in message for sign in TOO_MUCH):
            raise _TooMuch(message[:200])
        raise QueryRefused(f"{self} refuses the query {query!r}: {message[:300]}; correct the query")

    def _send(self, request: Request) -> tuple[int, bytes]:
        """Status and body of the answer; a server that is busy or away is asked again twice."""
        for pause in (*PAUSES_S, None):
            try:
                status, body = self._attempt(request)
                if status not in BUSY or pause is None:
                    return status, body
            except (URLError, HTTPException, OSError) as error:
                if pause is None or _for_good(error):
                    raise InputError(f"{self} {self._trouble(error)}") from None
            time.sleep(pause)
        raise AssertionError("the last attempt returns or raises")

    def _attempt(self, request: Request) -> tuple[int, bytes]:
        try:
            with self.opener.open(request, timeout=self.timeout_s) as answer:
                return answer.status, _whole(answer)
        except HTTPError as error:
            with error:
                return error.code, _whole(error)

    def _trouble(self, error: Exception) -> str:
        reason = getattr(error, "reason", error)
        if isinstance(reason, TimeoutError):
            return f"did not answer within {self.timeout_s:g} s; check the server, or give it a longer timeout"
        if isinstance(reason, ssl.SSLCertVerificationError):
            return f"shows a certificate that cannot be trusted ({reason.verify_message}); name its authority with ca"
        return f"cannot be reached ({getattr(reason, 'strerror', None) or reason}); check the url and that it runs"

    def __str__(self) -> str:
        return f"source {self.name} ({self.url})"


def _series(item: Mapping[str, Any]) -> Series:
    points = item.get("values", [])
    times = np.array([point[0] for point in points], dtype=float)
    return dict(item["metric"]), times, np.array([float(point[1]) for point in points])


def _for_good(error: Exception) -> bool:
    return isinstance(getattr(error, "reason", error), ssl.SSLCertVerificationError)


def _whole(answer: Any) -> bytes:
    body: bytes = answer.read(MOST_BYTES + 1)
    if len(body) > MOST_BYTES:
        raise _TooMuch(f"more than {MOST_BYTES >> 20} MiB")
    return body


def connect(settings: Mapping[str, Any], folder: Path, timeout_s: float) -> Server:
    """A server as a sources file describes it. Its certificate is checked; the login comes from the environment.

    Raises:
        InputError: a variable that is named is not set, or the CA file cannot be read.
    """
    name = settings["name"]
    try:
        trust = ssl.create_default_context(cafile=str(folder / settings["ca"]) if "ca" in settings else None)
    except (OSError, ssl.SSLError) as error:
        why = error.strerror or error.args[-1]
        raise InputError(f"source {name}: the CA file {settings.get('ca')} cannot be read ({why}); correct ca") from None
    opener = build_opener(HTTPSHandler(context=trust), _NoRedirect())
    return Server(name, settings["url"].rstrip("/"), timeout_s, opener, _login(name, settings))


def _login(name: str, settings: Mapping[str, Any]) -> dict[str, str]:
    headers = {"Accept": "application/json", "User-Agent": "forestage"}
    if "bearer_env" in settings:
        headers["Authorization"] = f"Bearer {_secret(name, settings['bearer_env'])}"
    elif "user_env" in settings:
        pair = f"{_secret(name, settings['user_env'])}:{_secret(name, settings['password_env'])}"
        headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
    return headers


def _secret(name: str, variable: str) -> str:
    value = os.environ.get(variable, "").strip()
    if not value:
        raise InputError(f"source {name}: the environment variable {variable} is not set; set it to the login of the server")
    if not value.isprintable():
        raise InputError(f"source {name}: the environment variable {variable} holds a control character; set it anew")
    return value
