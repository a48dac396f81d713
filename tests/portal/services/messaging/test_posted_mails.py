"""Mails that a firm's own server posts are read from their beginning, whatever their size; vendors' events are not."""

import base64
import io

import pytest

from portal.core.models import EventKind, GatewayEvent
from portal.services.messaging import event_contents
from portal.services.messaging.gateways.bounces import MAX_BYTES
from portal.services.messaging.gateways.mail_tokens import TokenPurpose
from portal.services.messaging.gateways.vendor_push import MAX_PUSH_BYTES
from tests.portal.services.messaging.test_feedback import PEOPLE, MailAccount, refusals
from tests.portal.services.messaging.vendor_pushes import work

pytestmark = pytest.mark.slow

PICTURE = 50 * 1024 * 1024  # Bytes.


class Sent(io.RawIOBase):
    """A body of so many bytes, as it comes in; it notes how much of it is asked for at once."""

    def __init__(self, begins: bytes, size: int):
        self.begins, self.left, self.most = begins, size, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        self.most = max(self.most, len(buffer))
        count = min(len(buffer), self.left)
        piece = self.begins[:count].ljust(count, b"A")
        self.begins, self.left = self.begins[count:], self.left - count
        buffer[:count] = piece
        return count


def mail_to(address: str) -> bytes:
    return (
        f"From: {PEOPLE[0]}\nTo: {address}\nSubject: Re: Kampanya\nMIME-Version: 1.0\n"
        "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nBana artik yazmayin.\n"
        "--b\nContent-Type: image/png\nContent-Transfer-Encoding: base64\n\n"
    ).encode()


@pytest.mark.parametrize("is_chunked", [False, True], ids=["of a length", "in chunks"])
def test_a_refusal_that_carries_a_large_picture_is_heard(app, browser, rows, is_chunked):
    account = MailAccount(app, browser, feedback="post")
    to = account.token(PEOPLE[0], TokenPurpose.UNSUBSCRIBE)
    sent = Sent(mail_to(to), PICTURE)
    told = {"wsgi.input_terminated": True} if is_chunked else {"CONTENT_LENGTH": str(PICTURE)}
    answer = browser.post(
        f"/callbacks/messages/{account.secret}", query_string={"to": to}, environ_overrides={"wsgi.input": sent, **told}
    )
    (kept,) = rows(GatewayEvent, GatewayEvent.kind == EventKind.PUSH)
    with app.app_context():
        content = event_contents.read_content(kept)
    work(app)

    assert answer.status_code == 200 and refusals(app, rows) == [PEOPLE[0]]
    assert sent.left == 0 and sent.most <= MAX_BYTES  # A server that is cut off while it speaks hears no answer.
    assert len(content["body"]) <= MAX_BYTES * 4 / 3 + 4  # In base64.


@pytest.mark.parametrize("feedback", ["post", "brevo"])
def test_an_answer_that_carries_a_large_picture_waits_at_the_desk(app, browser, rows, feedback):
    """Also where the firm's own server still posts what it posted before the account had another way."""
    account = MailAccount(app, browser, feedback=feedback)
    to = account.token(PEOPLE[0])
    answer = account.pushes(mail_to(to) + b"A" * 2 * MAX_PUSH_BYTES, to=to)
    work(app)

    (waits,) = rows(GatewayEvent, GatewayEvent.kind == EventKind.REPLY, GatewayEvent.settled_at.is_(None))
    assert answer.status_code == 200 and waits.recipient_id is not None


@pytest.mark.parametrize("feedback", ["post", "brevo"])
@pytest.mark.parametrize("is_chunked", [False, True], ids=["of a length", "in chunks"])
def test_an_event_of_a_vendors_is_not_cut_off(app, browser, rows, feedback, is_chunked):
    """It is kept whole, or not at all: nobody could read its beginning."""
    account = MailAccount(app, browser, feedback=feedback)
    answers = []
    for size in (MAX_PUSH_BYTES, MAX_PUSH_BYTES + 1):
        sent = Sent(b"[", size)
        told = {"wsgi.input_terminated": True} if is_chunked else {"CONTENT_LENGTH": str(size)}
        path = f"/callbacks/messages/{account.secret}"
        answers.append(browser.post(path, environ_overrides={"wsgi.input": sent, **told}).status_code)
    (kept,) = rows(GatewayEvent, GatewayEvent.kind == EventKind.PUSH)
    with app.app_context():
        assert len(base64.b64decode(event_contents.read_content(kept)["body"])) == MAX_PUSH_BYTES

    assert answers == [200, 413]


def test_a_mail_for_a_wrong_secret_is_not_even_read(app, browser):
    account, sent = MailAccount(app, browser, feedback="post"), Sent(b"", PICTURE)
    told = {"wsgi.input": sent, "CONTENT_LENGTH": str(PICTURE)}
    answer = browser.post(f"/callbacks/messages/{account.secret[:-1]}", environ_overrides=told)

    assert (answer.status_code, sent.left) == (404, PICTURE)
