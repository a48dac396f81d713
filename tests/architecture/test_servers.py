"""The servers that tests start, and how the one of production reads requests."""

import re
import socket
import struct
from urllib.parse import urlsplit

import pytest
from gunicorn.config import Config
from gunicorn.http.errors import ParseException
from gunicorn.http.parser import RequestParser

from tests.architecture.product import ROOT
from tests.servers import serving

ASKERS = 20
LEAVES_AT_ONCE = struct.pack("ii", 1, 0)  # SO_LINGER: the connection is reset, not ended.


def test_an_answer_is_closed_though_its_asker_left():
    closed = []

    class Answer(list):
        def close(self):
            closed.append(self)

    def app(environ, start_response):
        start_response("200 OK", [("Content-Type", "text/css")])
        return Answer([b"x" * 65536])

    with serving(app) as url:
        for _ in range(ASKERS):
            with socket.create_connection((urlsplit(url).hostname, urlsplit(url).port)) as asker:
                asker.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LEAVES_AT_ONCE)
                asker.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                asker.recv(20)

    assert len(closed) == ASKERS


@pytest.mark.parametrize(
    "lengths",
    [
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        b"Content-Length: 5\r\nContent-Length: 6\r\n",
        b"Content-Length: +5\r\n",
        b"Transfer-Encoding: xchunked\r\n",
        b"Transfer-Encoding : chunked\r\n",
    ],
)
def test_a_request_of_two_lengths_is_refused(lengths):
    """Otherwise a proxy before us could take the rest of a body for a request of its own."""
    message = b"POST /api/v1/me HTTP/1.1\r\nHost: x\r\n" + lengths + b"\r\n0\r\n\r\n"

    with pytest.raises(ParseException):
        next(RequestParser(Config(), [message], ("127.0.0.1", 1)))


@pytest.mark.parametrize("file", ["deploy/systemd/izinlink-web.service", "deploy/Containerfile"])
def test_whoever_carries_many_cookies_opens_a_link(file):
    """A brand's own host gets all of its shop's domain; and mail programs' wrappers make addresses long."""
    options = dict(re.findall(r"--(limit-request-\w+)[\s\",]+(\d+)", (ROOT / file).read_text(encoding="utf-8")))
    config = Config()
    for name, value in options.items():
        config.set(name.replace("-", "_"), value)
    cookies, line = "; ".join(f"_shop{each}={'x' * 60}" for each in range(300)), f"/k/abcdefg?utm_source={'x' * 6000}"
    message = f"GET {line} HTTP/1.1\r\nHost: x\r\nCookie: {cookies}\r\n\r\n".encode()

    assert dict(next(RequestParser(config, [message], ("127.0.0.1", 1))).headers)["COOKIE"] == cookies
