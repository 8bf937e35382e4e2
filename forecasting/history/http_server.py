# SPDX-License-Identifier: GPL-3.0-or-later
"""A server that answers over HTTP: certificates checked, logins from the environment, never sent on, every refusal a sentence."""

from __future__ import annotations

import base64
import os
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPException, HTTPMessage
from pathlib import Path
from typing import IO, Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import HTTPRedirectHandler, HTTPSHandler, OpenerDirector, Request, build_opener

from ..contracts.durations import seconds
from ..errors import InputError
from .fetching import QueryRefused, Series

TIMEOUT = "20s"
MOST_BYTES = 512 * 2**20
PAUSES_S = (0.3, 1.0)
BUSY = (429, 502, 503, 504)


class TooMuch(Exception):
    """The answer is larger than the server, or this side, will carry: ask for a shorter time."""


class _NoRedirect(HTTPRedirectHandler):
    """A redirect would carry the password to another host; the user names the right one instead."""

    def redirect_request(self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str) -> None:
        """Never."""


@dataclass(frozen=True)
class Server:
    """One server. `name` is the source's; headers hold the login, which no error repeats."""

    name: str
    url: str
    timeout_s: float
    opener: OpenerDirector
    headers: Mapping[str, str]

    def post(self, path: str, form: Mapping[str, Any]) -> tuple[int, bytes]:
        """Status and body of the answer.

        Raises:
            InputError: the server cannot be reached, refuses the login, or sends elsewhere.
            TooMuch: the answer is too large for this side.
        """
        data = urlencode(form).encode()
        status, body = self._send(Request(f"{self.url}{path}", data, dict(self.headers)))  # noqa: S310 - the schema admits http and https
        if status in (401, 403):
            raise InputError(f"{self} refuses the login ({status}); check the variables that bearer_env, user_env and password_env name")
        if 300 <= status < 400:
            raise InputError(f"{self} sends elsewhere ({status}); give that address as the url")
        return status, body

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


def _for_good(error: Exception) -> bool:
    return isinstance(getattr(error, "reason", error), ssl.SSLCertVerificationError)


def _whole(answer: Any) -> bytes:
    body: bytes = answer.read(MOST_BYTES + 1)
    if len(body) > MOST_BYTES:
        raise TooMuch(f"more than {MOST_BYTES >> 20} MiB")
    return body


def in_halves(ask: Callable[[int, int], list[Series]], begin: int, end: int, step_s: int, title: str) -> Iterator[Series]:
    """What `ask` gives from `begin` to `end` (Unix s, both included); in halves where that is `TooMuch`."""
    try:
        found = ask(begin, end)
    except TooMuch as error:
        if end - begin < step_s:
            raise QueryRefused(f"{title} is too large even for a single point ({error}); narrow it") from None
        middle = begin + (end - begin) // (2 * step_s) * step_s
        yield from in_halves(ask, begin, middle, step_s, title)
        yield from in_halves(ask, middle + step_s, end, step_s, title)
    else:
        yield from found


def connect(settings: Mapping[str, Any], folder: Path) -> Server:
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
    timeout_s = seconds(settings.get("timeout", TIMEOUT))
    return Server(name, settings["url"].rstrip("/"), timeout_s, opener, _login(name, settings))


def _login(name: str, settings: Mapping[str, Any]) -> dict[str, str]:
    headers = {"Accept": "application/json", "User-Agent": "forestage"}
    if "bearer_env" in settings:
        headers["Authorization"] = f"Bearer {secret(name, settings['bearer_env'])}"
    elif "user_env" in settings:
        pair = f"{secret(name, settings['user_env'])}:{secret(name, settings['password_env'])}"
        headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
    return headers


def secret(name: str, variable: str) -> str:
    """What an environment variable holds; `name` is the source's. Raises `InputError` without repeating it."""
    value = os.environ.get(variable, "").strip()
    if not value:
        raise InputError(f"source {name}: the environment variable {variable} is not set; set it to the login of the server")
    if not value.isprintable():
        raise InputError(f"source {name}: the environment variable {variable} holds a control character; set it anew")
    return value
