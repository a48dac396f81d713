"""A webhook goes to the public internet alone, whatever a name resolves to and wherever a receiver points."""

import contextlib
import socket
from urllib.parse import urlsplit

import pytest

from portal.core.public_addresses import dns_resolver
from portal.services.webhooks.transport import Failure, Transport
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

    assert (answer.failure, public.requests) == (Failure.NOT_PUBLIC, [])


def test_what_cannot_be_called_is_told_apart(names, public):
    names.addresses |= {NAME: [OUTSIDE], "other.example": [OUTSIDE]}
    ours, usual = guarded(names, public), Transport(dns_resolver(names.address, lambda _: True))
    port = urlsplit(public.url).port

    assert ours.post(f"http://{NAME}:{port}/", b"", {}).failure == Failure.NOT_PUBLIC  # Not by https.
    assert ours.post("https://nobody.example/", b"", {}).failure == Failure.NO_ADDRESS
    assert ours.post(f"https://other.example:{port}/", b"", {}).failure == Failure.BAD_CERTIFICATE
    assert usual.post(public.url, b"", {}).failure == Failure.BAD_CERTIFICATE
    assert public.requests == []
