"""What SNS pushes while the certificate that signs it cannot be fetched: what may refuse holds, and refuses later."""

import json
import socket
from datetime import timedelta

import pytest
import time_machine

from portal.core import clock
from portal.core.models import EventKind, EventOutcome, GatewayEvent
from portal.services.messaging.gateway_events import PROVABLE_WITHIN
from portal.services.messaging.gateways import mail_webhooks
from tests.portal.services.messaging.gateways import test_mail_webhooks as webhooks
from tests.portal.services.messaging.test_feedback import PEOPLE, MailAccount, held, refusals
from tests.portal.services.messaging.vendor_pushes import work

pytestmark = pytest.mark.slow

AYSE, BURCU, CANAN, DERYA = PEOPLE
A_MINUTE = timedelta(minutes=1)
SPAM = {
    "complaintFeedbackType": "abuse", "timestamp": webhooks.STAMP, "complainedRecipients": [{"emailAddress": CANAN}],
}  # fmt: skip
GONE = {"bounceType": "Permanent", "timestamp": webhooks.STAMP}


@pytest.fixture
def at():
    with time_machine.travel(clock.now(), tick=False) as traveller:
        yield traveller


@pytest.fixture
def account(app, browser, at, monkeypatch) -> MailAccount:
    """Of SES, while no host is found."""

    def find_nothing(*_, **__):
        raise socket.gaierror

    monkeypatch.setattr(mail_webhooks, "KNOWN_KEYS", {})
    made = MailAccount(app, browser, feedback="ses", topic=webhooks.TOPIC)
    monkeypatch.setattr(socket, "getaddrinfo", find_nothing)
    return made


def push_all(account: MailAccount, key=webhooks.AMAZONS, changed=()) -> None:
    """What became of a mail to each: delivered, gone, complained about, and what nobody knows."""
    told = {
        AYSE: {"notificationType": "Delivery", "delivery": {"timestamp": webhooks.STAMP, "recipients": [AYSE]}},
        BURCU: {"notificationType": "Bounce", "bounce": GONE | {"bouncedRecipients": [{"emailAddress": BURCU}]}},
        CANAN: {"notificationType": "Complaint", "complaint": SPAM},
        DERYA: {"eventType": "Objection", "objection": {"who": DERYA}},
    }  # fmt: skip
    for address, note in told.items():
        mail = {"messageId": "x", "source": account.token(address), "destination": [address]}
        account.pushes(webhooks.signed(Message=json.dumps(note | {"mail": mail}), key=key, changed=changed).body)


def fetch_certificate() -> None:
    mail_webhooks.KNOWN_KEYS[webhooks.CERTIFICATE] = webhooks.AMAZONS.public_key()


def outcomes(rows) -> set[EventOutcome | None]:
    return {each.outcome for each in rows(GatewayEvent, GatewayEvent.kind == EventKind.PUSH)}


def test_what_may_refuse_holds_from_the_first_moment_and_refuses_once_it_is_proved(app, account, rows, at):
    push_all(account)
    work(app)
    assert (held(app), refusals(app, rows)) == ([CANAN, DERYA], [])
    waiting = rows.count(GatewayEvent)

    for _ in range(3):
        at.shift(A_MINUTE)
        work(app)
    assert rows.count(GatewayEvent) == waiting and set(account.states(rows).values()) == {"accepted"}

    fetch_certificate()
    at.shift(A_MINUTE)
    work(app)
    assert refusals(app, rows) == [CANAN] and outcomes(rows) == {EventOutcome.READ}
    assert account.states(rows) == {"ayse": "delivered", "burcu": "failed", "canan": "accepted", "derya": "accepted"}
    assert held(app) == [CANAN, DERYA]  # Until somebody has read it.


@pytest.mark.parametrize("why", ["no certificate", "another key", "version 1"])
def test_what_stays_unproved_or_is_forged_refuses_nothing(app, account, rows, at, why):
    by_version_1 = why == "version 1"
    if by_version_1:
        fetch_certificate()
    push_all(
        account,
        webhooks.AMAZONS if by_version_1 else webhooks.STRANGERS,
        {"SignatureVersion": "1"} if by_version_1 else (),
    )
    work(app)
    at.shift(PROVABLE_WITHIN if why == "no certificate" else A_MINUTE)
    fetch_certificate()
    work(app)

    assert refusals(app, rows) == [] and outcomes(rows) == {EventOutcome.UNREADABLE}
    assert set(account.states(rows).values()) == {"accepted"}
    assert held(app) == [CANAN, DERYA]  # And neither whose mail arrived, nor our own addresses.
    assert all(each.due_at is None for each in rows(GatewayEvent, GatewayEvent.kind == EventKind.PUSH))


def test_what_is_no_note_of_ses_holds_whom_it_names(app, account):
    account.pushes(webhooks.signed(Message=f"no JSON, of {BURCU}").body)
    work(app)

    assert held(app) == [BURCU]


def test_what_only_tells_what_became_of_a_mail_is_read_last_though_nobody_can_verify_it_yet(account, rows):
    push_all(account)

    pushes = sorted(rows(GatewayEvent, GatewayEvent.kind == EventKind.PUSH), key=lambda each: each.id)
    assert [each.only_reports for each in pushes] == [True, True, False, False]
