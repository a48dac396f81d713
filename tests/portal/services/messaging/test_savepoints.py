"""One piece of news that fails waits for a person, and holds up no other; a fault of the database holds up all
until it is over."""

import pytest
import time_machine
from sqlalchemy.exc import OperationalError

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.journal import Journal
from portal.core.models import Decision, EventKind, EventOutcome, GatewayEvent, Message, MessageGateway, Recipient
from portal.core.vault import CannotOpen
from portal.domain.consents import recipients
from portal.services.messaging import (
    delivery_reports,
    event_contents,
    feedback,
    gateway_sweeps,
    mail_answers,
    message_outcomes,
    replies,
)
from portal.services.messaging.gateways import bounces, verimor
from portal.services.messaging.gateways.mail_tokens import TokenPurpose
from portal.services.messaging.gateways.protocol import Report, ReportState
from tests import imap_server
from tests.imap_server import PASSWORD, USERNAME, ImapServer
from tests.portal.core.test_journal import records
from tests.portal.services.messaging import test_gateway_delivery as delivery
from tests.portal.services.messaging.test_feedback import PEOPLE, MailAccount, refusals
from tests.portal.services.messaging.vendor_pushes import accepted, work

pytestmark = pytest.mark.slow

ODD, PLAIN = "+905321000100", "+905321000101"


def failing_for(act, fits, error):
    """The same function, which raises an error for what fits."""

    def do(*given, **named):
        if any(fits(each) for each in given):
            raise error
        return act(*given, **named)

    return do


def held(app, rows) -> list[tuple[str, str]]:
    """Whom something unread holds, and what it says."""
    waiting = rows(GatewayEvent, GatewayEvent.outcome == EventOutcome.LIKELY_REFUSAL, GatewayEvent.settled_at.is_(None))
    with app.app_context():
        return [
            (
                recipients.address_of(vault(), db.session.get_one(Recipient, each.recipient_id)),
                event_contents.read_reply(each).said,
            )
            for each in waiting
        ]


def is_odd_reply(given) -> bool:
    return getattr(given, "sender", "") == ODD and getattr(given, "is_whole", False)


@pytest.mark.parametrize(
    ("module", "name", "error"),
    [
        (mail_answers, "with_whose_word", KeyError("kargom")), (replies, "take_reply", KeyError("kargom")),
        (replies, "take_reply", CannotOpen("a value of the recipient's")),
    ],
    ids=["kept", "taken", "sealed"],
)  # fmt: skip
def test_a_reply_that_fails_waits_unread_and_the_others_count(app, vendor, rows, monkeypatch, module, name, error):
    monkeypatch.setattr(module, name, failing_for(getattr(module, name), is_odd_reply, error))
    for text, sender in (("RET", ODD), ("RET", PLAIN)):
        vendor.brings(text, sender)
    for _ in range(2):
        work(app)

    assert len(rows(Decision)) == 1
    ((address, said),) = held(app, rows)
    assert address == ODD and said.startswith(f"{type(error).__name__} ") and '"RET"' in said
    assert not rows(GatewayEvent, GatewayEvent.due_at.is_not(None), GatewayEvent.kind != EventKind.SWEEP)


def test_a_reply_that_fails_also_where_it_is_put_to_the_desk_holds_its_sender(app, vendor, rows, monkeypatch):
    of_odd = failing_for(replies.take_reply, lambda each: getattr(each, "sender", "") == ODD, KeyError())
    monkeypatch.setattr(replies, "take_reply", of_odd)
    vendor.brings("RET", ODD)
    for _ in range(3):
        work(app)

    ((address, _),) = held(app, rows)
    assert address == ODD and not rows(Decision)


def test_a_refusal_of_a_list_that_fails_waits_unread(app, browser, rows, monkeypatch):
    account = MailAccount(app, browser, feedback="post")
    ayse, burcu, *_ = PEOPLE
    odd = account.messages[ayse]
    monkeypatch.setattr(
        feedback, "take_blocked",
        failing_for(feedback.take_blocked, lambda each: getattr(each, "message_id", 0) == odd, ValueError("x")),
    )  # fmt: skip
    for each in (ayse, burcu):
        account.pushes("From: x@example.com\n\n.\n", to=account.token(each, TokenPurpose.UNSUBSCRIBE))
    work(app)

    assert refusals(app, rows) == [burcu]
    assert [address for address, _ in held(app, rows)] == [ayse]


def test_a_report_that_fails_moves_no_message_and_the_others_do(app, vendor, rows, monkeypatch):
    accepted(app, vendor, 2)
    first, second = rows(Message)
    monkeypatch.setattr(
        message_outcomes, "end",
        failing_for(message_outcomes.end, lambda each: getattr(each, "id", 0) == first.id, OverflowError()),
    )  # fmt: skip
    vendor.pushes(*({"type": "outbound", "message_custom_id": str(each.id), "campaign_id": "7", "status": "DELIVERED"}
                    for each in (first, second)))  # fmt: skip
    work(app)

    assert [each.state.value for each in rows(Message)] == ["accepted", "delivered"]
    assert len(held(app, rows)) == 1


def test_an_address_in_a_report_that_no_database_takes_holds_up_nothing(app, vendor):
    with app.app_context():
        gateway = db.session.query(MessageGateway).one()
        odd = Report(ReportState.FAILED, "a-1", to="\ud800")

        applied = delivery_reports.apply_reports(gateway, [odd], clock.now())

    assert (applied.matched, applied.unknown, applied.failed) == ({}, [odd], [])


def test_nothing_moves_while_the_database_fails(app, vendor, rows, monkeypatch):
    """No piece is taken for a bad one; each is read once the database is back."""
    lost = OperationalError("INSERT", {}, Exception("connection lost"))
    monkeypatch.setattr(mail_answers, "with_whose_word", failing_for(mail_answers.with_whose_word, is_odd_reply, lost))
    vendor.pushes(*({"type": "inbound", "source_addr": each, "content": "RET"} for each in (PLAIN, ODD)))
    with pytest.raises(OperationalError):
        work(app)
    (kept,) = rows(GatewayEvent)
    assert (kept.kind, kept.outcome, kept.body is None) == (EventKind.PUSH, None, False)

    monkeypatch.undo()
    with time_machine.travel(clock.now() + 2 * gateway_sweeps.MINUTE):
        work(app)
    assert len(rows(Decision)) == 2


def test_the_journal_has_no_news_that_was_rolled_back_beside_what_fails(app, vendor, rows, monkeypatch, tmp_path):
    app.extensions["journal"] = journal = Journal(tmp_path, app.extensions["vault"], 30)
    odd = failing_for(mail_answers.with_whose_word, is_odd_reply, KeyError())
    monkeypatch.setattr(mail_answers, "with_whose_word", odd)
    vendor.pushes(*({"type": "inbound", "source_addr": each, "content": "RET"} for each in (PLAIN, ODD)))
    work(app)

    noted = {row["id"] for record in records(journal) for row in record.get("gateway_event", ())}
    assert noted == {each.id for each in rows(GatewayEvent, GatewayEvent.kind == EventKind.REPLY)}


def test_a_mail_that_fails_waits_and_the_mailbox_is_read_on(app, browser, rows, tmp_path, monkeypatch):
    monkeypatch.setitem(app.config, "DEVELOPMENT", True)
    monkeypatch.setattr(
        bounces, "is_marked",
        failing_for(bounces.is_marked, lambda mail: "tuhaf" in str(mail["Subject"]), RecursionError()),
    )  # fmt: skip
    with imap_server.listening(ImapServer(), tmp_path) as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "both.pem"))
        login = {"imap_host": f"127.0.0.1:{server.port}", "imap_username": USERNAME, "imap_password": PASSWORD}
        account = MailAccount(app, browser, feedback="imap", **login)
        _, burcu, canan, _ = PEOPLE
        server.receive(f"From: {burcu}\nTo: {account.token(burcu)}\nSubject: tuhaf\n\nret\n".encode())
        refusing = account.token(canan, TokenPurpose.UNSUBSCRIBE)
        server.receive(f"From: {canan}\nTo: {refusing}\nSubject: ret\n\n.\n".encode())
        work(app, EventKind.SWEEP)
        work(app)

    assert refusals(app, rows) == [canan] and rows.one(MessageGateway).mailbox_position == "7:2"
    (unread,) = rows(GatewayEvent, GatewayEvent.outcome == EventOutcome.LIKELY_REFUSAL)
    with app.app_context():
        assert "Subject: tuhaf" in event_contents.read_reply(unread).text


def test_an_answer_at_which_an_adapter_fails_leaves_the_others_heard(app, vendors, rows, monkeypatch):
    with app.app_context():
        gateway_id = delivery.add("verimor")
    monkeypatch.setattr(verimor.Verimor, "inbound", lambda *_: {}["x"])
    vendors.control("blocked", vendor="verimor", number=PLAIN.removeprefix("+"), source="ret_web")
    work(app, *EventKind)

    assert len(rows(Decision)) == 1
    with app.app_context():
        assert db.session.get_one(MessageGateway, gateway_id).swept_at is None
