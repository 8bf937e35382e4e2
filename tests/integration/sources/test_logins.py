# SPDX-License-Identifier: GPL-3.0-or-later
"""Logins come from the environment and go to the named server only; every refusal is one sentence without the secret."""

from __future__ import annotations

import base64
import socket
import ssl
from datetime import UTC, datetime, timedelta
from http.server import ThreadingHTTPServer
from ipaddress import IPv4Address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from forecasting.errors import InputError
from forecasting.history import load_history
from tests.integration.sources.conftest import AS_OF, COUNTER, listed, source
from tests.support.prometheus import Canned, Watched, serving


@pytest.fixture(scope="module")
def canned():
    with serving(ThreadingHTTPServer(("127.0.0.1", 0), Canned)) as url:
        yield url


def refusal(folder, *arguments, **settings) -> str:
    with pytest.raises(InputError) as caught:
        load_history(listed(folder, source(*arguments, COUNTER, **settings)), as_of=AS_OF)
    return str(caught.value)


def test_a_token_and_a_password_reach_the_server(watched: Watched, tmp_path, monkeypatch):
    monkeypatch.setenv("TOKEN", "s3cret")
    monkeypatch.setenv("WHO", "reader")
    load_history(listed(tmp_path, source(watched.url, COUNTER, bearer_env="TOKEN")), as_of=AS_OF)
    load_history(listed(tmp_path, source(watched.url, COUNTER, user_env="WHO", password_env="TOKEN", name="basic")), as_of=AS_OF)
    assert [request["login"] for request in watched.asked] == ["Bearer s3cret", "Basic " + base64.b64encode(b"reader:s3cret").decode()]
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and b"s3cret" in path.read_bytes()]


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("401", "refuses the login (401); check the variables"),
        ("403", "refuses the login (403)"),
        ("302", "sends elsewhere (302)"),
        ("200", "not Prometheus' JSON; check the url"),
        ("400", "refuses the query"),
    ],
)
def test_a_refusal_is_told_without_the_secret(canned, tmp_path, monkeypatch, path, sentence):
    monkeypatch.setenv("TOKEN", "s3cret")
    told = refusal(tmp_path, f"{canned}/{path}", bearer_env="TOKEN")
    assert sentence in told and "s3cret" not in told


def test_a_variable_that_is_not_set_is_named(canned, tmp_path, monkeypatch):
    monkeypatch.delenv("TOKEN", raising=False)
    assert "the environment variable TOKEN is not set" in refusal(tmp_path, canned, bearer_env="TOKEN")


def test_a_header_cannot_be_smuggled_in(canned, tmp_path, monkeypatch):
    monkeypatch.setenv("TOKEN", "x\r\nX-Evil: 1")
    assert "holds a control character" in refusal(tmp_path, canned, bearer_env="TOKEN")


def test_a_ca_file_that_is_none_is_named(tmp_path):
    (tmp_path / "ca.pem").write_text("no certificate", encoding="utf-8")
    assert "the CA file ca.pem cannot be read" in refusal(tmp_path, "https://127.0.0.1:9", ca="ca.pem")
    assert "the CA file none.pem cannot be read" in refusal(tmp_path, "https://127.0.0.1:9", ca="none.pem")


def test_a_server_that_says_nothing_is_left_after_its_timeout(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        told = refusal(tmp_path, f"http://127.0.0.1:{silent.getsockname()[1]}", timeout="1s")
    assert "did not answer within 1 s" in told


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A self-signed certificate for 127.0.0.1 and its key, PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "forestage test")])
    now = datetime.now(UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))])
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now - timedelta(1), now + timedelta(1))
    signed = made.add_extension(address, False).add_extension(x509.BasicConstraints(True, None), True).sign(key, hashes.SHA256())
    folder = tmp_path_factory.mktemp("tls")
    (folder / "ca.pem").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "key.pem").write_bytes(secret)
    return folder


def test_a_certificate_is_checked_and_an_authority_of_ones_own_can_be_named(certificate, tmp_path):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Canned)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "ca.pem", certificate / "key.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    with serving(server) as url:
        secure = url.replace("http:", "https:") + "/401"
        assert "shows a certificate that cannot be trusted" in refusal(tmp_path, secure)
        assert "refuses the login (401)" in refusal(tmp_path, secure, ca=str(certificate / "ca.pem"))
