"""HTTP and nothing else: every answer in one shape, whole within its deadline, or none."""

import contextlib
import re
import socket
import threading

import pytest

from portal.core.iys_protocol import Action
from portal.services.iys.client import Client, IysAnswer

pytestmark = [pytest.mark.slow, pytest.mark.alike]

WITHIN = 0.3  # Seconds; the servers here would go on for ever.
OK = b"HTTP/1.1 200 OK\r\n"


class Server:
    """Says `head`, then `drop` again and again until it is stopped; counts its connections."""

    def __init__(self, head: bytes, drop: bytes = b""):
        self._head, self._drop = head, drop
        self._stop = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.connections = 0
        self.received = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                self._threads.append(threading.Thread(target=self._answer, args=(connection,), daemon=True))
                self._threads[-1].start()

    def _answer(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            while received := _whole_request(connection):
                self.received.append(received)
                connection.sendall(self._head)
                while self._drop and not self._stop.wait(0.02):
                    connection.sendall(self._drop)

    def stop(self) -> None:
        self._stop.set()
        with contextlib.suppress(OSError):  # It may be stopped already.
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


def _whole_request(connection: socket.socket) -> bytes:
    received = b""
    while more := connection.recv(65536):
        received += more
        head, _, body = received.partition(b"\r\n\r\n")
        length = re.search(rb"Content-Length: (\d+)", head)
        if b"\r\n\r\n" in received and len(body) >= int(length[1] if length else 0):
            return received
    return b""


@pytest.fixture
def serve():
    servers = []

    def start(head: bytes, drop: bytes = b"") -> Server:
        servers.append(Server(head, drop))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


@pytest.fixture
def client_of():
    clients = []

    def make(server: Server) -> Client:
        clients.append(Client(server.url))
        return clients[-1]

    yield make
    for client in clients:
        client.session().close()


@pytest.mark.parametrize(
    ("head", "drop"),
    [
        pytest.param(b"", b"", id="nothing is said"),
        pytest.param(OK + b"X: ", b"a", id="the head drips"),
        pytest.param(OK + b"Content-Length: 100000\r\n\r\n", b"a", id="the body drips"),
        pytest.param(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n", id="pieces drip"),
        pytest.param(OK + b"Content-Length: 9\r\n\r\n{", b"", id="the rest never comes"),
    ],
)
def test_an_answer_that_does_not_end_in_time_is_no_answer(serve, client_of, head, drop):
    client = client_of(serve(head, drop))

    answer = client.ask("GET", "/", deadline=WITHIN)

    assert (answer.status, answer.body, answer.reached) == (0, b"", True)


def test_where_nobody_listens_iys_cannot_have_heard_and_the_log_says_why(serve, client_of, quiet_logs, app):
    server = serve(OK)
    server.stop()

    answer = client_of(server).ask("GET", "/")

    assert (answer.status, answer.reached) == (0, False)
    assert [line for line in quiet_logs if "iys.no_answer" in line and '"cause": "refused"' in line]


def test_calls_of_a_thread_share_a_connection(serve, client_of):
    server = serve(OK + b"Content-Length: 2\r\n\r\n{}")
    client = client_of(server)

    answers = [client.ask("GET", "/", deadline=WITHIN) for _ in range(3)]

    assert [answer.status for answer in answers] == [200, 200, 200]
    assert server.connections == 1


def test_a_body_is_sent_byte_for_byte(serve, client_of):
    server = serve(OK + b"Content-Length: 2\r\n\r\n{}")
    body = '{"recipient":"fatma@örnek.example"}'.encode()

    client_of(server).ask("POST", "/v2/x", body=body, bearer="abc")

    (received,) = server.received
    assert received.endswith(b"\r\n\r\n" + body)
    assert b"Authorization: Bearer abc\r\n" in received and b"Content-Type: application/json\r\n" in received


def test_a_redirect_is_not_followed(serve, client_of):
    server = serve(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")

    assert client_of(server).ask("GET", "/").status == 302


@pytest.mark.parametrize(("said", "read"), [("3", 3), ("soon", None), ("-1", None), ("99999999", None)])
def test_retry_after_is_read_in_seconds(serve, client_of, said, read):
    server = serve(f"HTTP/1.1 429 Too Many\r\nRetry-After: {said}\r\nContent-Length: 0\r\n\r\n".encode())

    assert client_of(server).ask("GET", "/").retry_after == read


def test_a_list_and_an_object_are_told_apart():
    assert IysAnswer(200, b'[{"index":0}]').listed == [{"index": 0}] and IysAnswer(200, b"[]").content == {}
    assert IysAnswer(200, b'{"a":1}').content == {"a": 1} and IysAnswer(200, b'{"a":1}').listed is None


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"transactionId":"4', b"null", b"[" * 100_000])
def test_a_success_that_says_nothing_usable_is_asked_again(body):
    answer = IysAnswer(200, body)

    assert (answer.content, answer.action()) == ({}, Action.RETRY)


def test_a_proxys_page_is_seen():
    assert IysAnswer(502, b"\n <!doctype html>").is_a_page and IysAnswer(400, b"Bad Request").is_a_page
    assert not IysAnswer(400, b'{"message":"?"}').is_a_page and not IysAnswer(401, b"Unauthorized").is_a_page
    assert not IysAnswer(200, b"creationDate,transactionId\n").is_a_page and not IysAnswer(204, b"").is_a_page


def test_an_answer_shows_no_address_in_a_log():
    assert "905321234567" not in repr(IysAnswer(422, b'{"errors":[{"value":"+905321234567"}]}'))
