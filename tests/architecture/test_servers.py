"""The servers that tests start."""

import socket
import struct
from urllib.parse import urlsplit

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
