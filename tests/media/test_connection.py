"""Encrypted connections, directly and through a proxy."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread

import pytest

from glmv_cli.errors import InputNotFoundError
from glmv_cli.media.address import fetch
from glmv_cli.media.limits import FetchLimits

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="nobody here makes certificates")

LIMITS = FetchLimits(stall_s=20.0, total_s=20.0)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of 127.0.0.1, with its key."""
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    made = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=test -addext"
    command = [*made.split(), "subjectAltName=IP:127.0.0.1", "-keyout", str(path), "-out", str(path) + ".crt"]
    subprocess.run(command, check=True, capture_output=True)
    path.write_text(path.read_text() + Path(str(path) + ".crt").read_text())
    return path


@contextmanager
def serving(certificate: Path, *, proxied: bool) -> Iterator[int]:
    """One answer; ``proxied``: as if a proxy had passed it on. Yields the port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def serve() -> None:
        plain, _ = server.accept()
        if proxied:
            assert plain.recv(4096).startswith(b"CONNECT 127.0.0.1:")
            plain.sendall(b"HTTP/1.0 200 Connection established\r\n\r\n")
        with suppress(OSError), context.wrap_socket(plain, server_side=True) as connection:
            connection.recv(4096)
            connection.sendall(b"HTTP/1.0 200 OK\r\n\r\nabc")
        plain.close()

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        thread.join()


@pytest.mark.parametrize("proxied", [False, True])
def test_what_is_encrypted_is_fetched(certificate: Path, proxied: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with serving(certificate, proxied=proxied) as port:
        monkeypatch.setenv("no_proxy", "" if proxied else "*")
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{port}")
        assert fetch(f"https://127.0.0.1:{1 if proxied else port}/a.png", LIMITS).data == b"abc"


def test_whom_nobody_vouches_for_is_not_asked(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")
    with serving(certificate, proxied=False) as port, pytest.raises(InputNotFoundError, match="certificate"):
        fetch(f"https://127.0.0.1:{port}/a.png", LIMITS)
