"""Brands' own hosts that lead to an application over https, at port 443 of the address that a name server says."""

import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from requests import certs

from tests import mail_server, servers


@contextlib.contextmanager
def leading_here(app, folder: Path, monkeypatch: pytest.MonkeyPatch, *hosts: str) -> Iterator[None]:
    """Serve hosts with a certificate that callers trust."""
    with servers.serving(app, tls=mail_server.certificate(folder, *hosts)) as url:
        port, connect = urlsplit(url).port, socket.create_connection
        monkeypatch.setattr(certs, "where", lambda: str(folder / "both.pem"))
        monkeypatch.setattr(
            socket, "create_connection",
            lambda place, *more: connect((place[0], port) if place[1] == 443 else place, *more),
        )  # fmt: skip
        yield
