"""A webhook goes to the public internet alone, whatever a name resolves to and wherever a receiver points."""

import contextlib
import socket
import threading
from urllib.parse import urlsplit

import pytest

from portal.core import guarded_requests as transport
from portal.core.guarded_requests import DeliveryFailure, Transport
from portal.core.ssrf_guard import dns_resolver
from tests import name_server
from tests.webhook_receiver import receiving

NAME, OUTSIDE, INSIDE = "hook.example", "127.0.0.2", "127.0.0.1"  # The first address stands for the internet.


@pytest.fixture
def names():
    with name_server.running_name_server() as server:
        yield server


@pytest.fixture
def public(tmp_path):
    with receiving(tmp_path, OUTSIDE, NAME) as running:
        yield running


@pytest.fixture
def internal(public):
    """A listener inside, at the port of the endpoint: a list of who connected."""
    connected = []
    with socket.create_server((INSIDE, urlsplit(public.url).port)) as listener:
        listener.setblocking(False)
        yield connected
        with contextlib.suppress(BlockingIOError):
            connected.append(listener.accept()[1])
    assert connected == []


def guarded(names, public) -> Transport:
    return Transport(dns_resolver(names.address, lambda text: text == OUTSIDE), ca_file=public.ca_file, seconds=5.0)


def test_a_name_that_turns_private_is_connected_to_at_its_first_address_and_not_again(
    webhooks, names, public, internal
):  # fmt: skip
    names.addresses[NAME] = [OUTSIDE, INSIDE]
    endpoint_id = webhooks.add(public.url)
    webhooks.happen(2)

    webhooks.deliver(guarded(names, public))

    assert [each.number for each in public.requests] == [1]
    assert names.asked == [NAME, NAME]  # Once for each connection.
    assert [(each.status, each.error) for each in webhooks.log(endpoint_id)] == [(200, None), (None, "not_public")]


def test_a_redirect_leads_nowhere(webhooks, names, public, internal):
    names.addresses[NAME] = [OUTSIDE]
    public.answers = [(307, {"Location": public.url.replace(NAME, INSIDE)})]
    endpoint_id = webhooks.add(public.url)
    webhooks.happen()

    webhooks.deliver(guarded(names, public))

    assert len(public.requests) == 1
    assert webhooks.log(endpoint_id)[0].status == 307


@pytest.mark.parametrize("host", [INSIDE, "[::1]", "169.254.169.254", "[::ffff:10.0.0.1]", NAME])
def test_no_connection_is_made_to_a_private_address(names, public, internal, host):
    names.addresses[NAME] = [INSIDE]
    transport = Transport(dns_resolver(names.address), ca_file=public.ca_file)

    answer = transport.post(public.url.replace(NAME, host), b"{}", {})

    assert (answer.failure, public.requests) == (DeliveryFailure.NOT_PUBLIC, [])


def test_what_cannot_be_called_is_told_apart(names, public):
    names.addresses |= {NAME: [OUTSIDE], "other.example": [OUTSIDE]}
    ours, usual = guarded(names, public), Transport(dns_resolver(names.address, lambda _: True))
    port = urlsplit(public.url).port

    assert ours.post(f"http://{NAME}:{port}/", b"", {}).failure == DeliveryFailure.NOT_PUBLIC  # Not by https.
    assert ours.post("https://nobody.example/", b"", {}).failure == DeliveryFailure.NO_ADDRESS
    assert ours.post(f"https://other.example:{port}/", b"", {}).failure == DeliveryFailure.BAD_CERTIFICATE
    assert usual.post(public.url, b"", {}).failure == DeliveryFailure.BAD_CERTIFICATE
    assert public.requests == []


@contextlib.contextmanager
def answering(*requests: int):
    """A receiver whose connections answer so many requests each and close at the next one; its URL."""

    def answer() -> None:
        for most in requests:
            with listener.accept()[0] as connection:
                for _ in range(most):
                    if connection.recv(10_000):  # All of it, as it has no body.
                        connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
                connection.recv(10_000)

    with socket.create_server((INSIDE, 0)) as listener:
        listener.settimeout(10)  # A test that fails leaves nobody waiting.
        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield f"http://{INSIDE}:{listener.getsockname()[1]}/"
        thread.join(10)
        assert not thread.is_alive()


def posts(ours: Transport, url: str, monkeypatch, *, idle: int = 300, seconds: float = 60) -> None:
    monkeypatch.setattr(transport, "MOST_IDLE", idle)
    monkeypatch.setattr(transport, "LONGEST_KEPT", seconds)
    assert ours.post(url, b"", {}).status == 204


def test_a_connection_is_kept_for_a_minute_and_the_newest_ones_are(monkeypatch):
    ours = Transport(None, seconds=5.0)
    with answering(2, 1) as url, answering(2) as other:
        for seconds in (60, 60, 0):
            posts(ours, url, monkeypatch, seconds=seconds)
        posts(ours, other, monkeypatch, idle=1)
        posts(ours, other, monkeypatch, idle=0)


def test_a_kept_connection_that_closes_in_that_moment_is_replaced(monkeypatch):
    ours = Transport(None, seconds=5.0)
    with answering(1, 1) as url:
        posts(ours, url, monkeypatch)
        posts(ours, url, monkeypatch, idle=0)


def test_the_usual_port_is_not_named(public, monkeypatch):
    port, connect = urlsplit(public.url).port, socket.create_connection
    monkeypatch.setattr(socket, "create_connection", lambda address, *more: connect((OUTSIDE, port), *more))

    assert Transport(None, ca_file=public.ca_file).post(f"https://{NAME}/", b"{}", {}).is_success
    assert public.requests[0].headers["host"] == NAME
