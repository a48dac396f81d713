import contextlib
import logging
import socket
import threading

import pytest

from portal.services.messaging.gateways import http_call
from portal.services.messaging.gateways.protocol import ErrorClass, GatewayError

SECRET = "password-of-the-account"


@contextlib.contextmanager
def raw_server(answer):
    """Reads a request, sends these bytes (None: nothing, ever) and closes."""
    listener = socket.create_server(("127.0.0.1", 0))
    held = []

    def serve():
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                connection.recv(65536)
                if answer is None:
                    held.append(connection)
                else:
                    connection.sendall(answer)
                    connection.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()
        for each in held:
            each.close()


def error_of(url, **more):
    with pytest.raises(GatewayError) as failure:
        http_call.call("GET", url, query={"password": SECRET}, **more)
    assert SECRET not in str(failure.value) + repr(failure.value.error) + repr(failure.value.__context__.__class__)
    return failure.value.error


@pytest.mark.parametrize(
    "url",
    [
        "http://sms.example.com/send",
        "https://127.0.0.1/send",
        "https://localhost/send",
        "https://10.0.0.1/send",
        "https://169.254.169.254/latest",
        "https://[::1]/send",
        "https://[::ffff:127.0.0.1]/send",
        "ftp://example.com/",
        "example.com",
    ],
)
def test_a_providers_url_leads_by_https_to_the_public_internet_only(url):
    assert error_of(url) == http_call.NOT_ALLOWED


def test_where_no_connection_is_made_the_vendor_has_nothing():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    assert error_of(f"http://127.0.0.1:{port}/", is_trusted=True) == http_call.NO_CONNECTION
    assert error_of("https://nobody.invalid/").error_class is ErrorClass.TEMPORARY


@pytest.mark.parametrize(
    "answer",
    [None, b"", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n123"],
    ids=["never answers", "hangs up", "hangs up midway"],
)
def test_after_the_request_is_out_only_the_vendor_knows(answer):
    with raw_server(answer) as url:
        assert error_of(url, is_trusted=True, seconds=0.3) == http_call.NO_ANSWER


def test_an_endless_answer_is_not_read(vendor):
    vendor.answers = [(200, "1" * (http_call.LONGEST_ANSWER + 1))]

    assert error_of(vendor.url, is_trusted=True) == http_call.ANSWER_TOO_LONG


def test_a_redirect_is_not_followed_and_nothing_is_logged(vendor, caplog):
    caplog.set_level(logging.INFO)
    vendor.answers = [(302, "", ("Location", f"{vendor.url}/elsewhere")), (200, "")]

    answer = http_call.call("GET", vendor.url, query={"password": SECRET}, is_trusted=True)

    assert answer.status == 302
    assert len(vendor.requests) == 1
    assert SECRET not in repr(answer)
    assert not [each for each in caplog.records if each.name != "werkzeug"]  # The stub's own.


def test_a_vendor_says_when_to_come_again(vendor):
    vendor.answers = [(429, "", ("Retry-After", "17"))]

    assert http_call.call("GET", vendor.url, is_trusted=True).retry_after.total_seconds() == 17


def test_what_http_cannot_carry_is_a_fault_of_the_settings():
    assert error_of("http://a b/", is_trusted=True) == http_call.BAD_REQUEST
    assert error_of("http://127.0.0.1:1/", headers={"X-Key": "a\r\nb"}, is_trusted=True) == http_call.BAD_REQUEST
