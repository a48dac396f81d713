"""Replies that a person reads at the desk: each is a refusal, or it is not."""

import re
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import delete, update

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Channel
from portal.core.models import (
    AudienceEntry,
    AuditEntry,
    Campaign,
    Decision,
    EventKind,
    EventOutcome,
    ExclusionReason,
    GatewayEvent,
    Message,
    MessageGateway,
    MessageKind,
    MessageState,
    Recipient,
)
from portal.domain.notifications import gateways
from portal.services import launches
from portal.services.messaging import alike_replies, event_contents, outbox
from portal.services.messaging.gateways.protocol import DOUBTFUL_ANSWER, BlockedAddress
from tests import databases, grants, make
from tests.portal.domain.consents.test_lock_order import meanwhile, touch
from tests.portal.services.messaging import test_gateway_delivery as delivery
from tests.portal.services.messaging.vendor_pushes import Vendor, accepted, work
from tests.portal.web.dashboard.staff import StaffBrowser, signed_in

pytestmark = pytest.mark.slow
WORDS = "artık bana yazmayın <b>sıkıldım</b>"
SMS = {"channels": "MESAJ"}


@pytest.fixture
def vendor(app, browser) -> Vendor:
    with app.app_context():
        gateway_id = delivery.add("verimor")
    return Vendor(app, browser, gateway_id)


@pytest.fixture
def staff(app, vendor) -> StaffBrowser:
    return signed_in(app)


def the_reply(rows) -> GatewayEvent:
    return rows.one(GatewayEvent, GatewayEvent.kind == EventKind.REPLY)


def the_link(rows) -> Message:
    return rows.one(Message, Message.kind == MessageKind.INVITATION)


def test_a_reply_is_read_and_refuses_once(app, vendor, staff, rows):
    vendor.brings("kargom nerede", grants.phones(1)[0])
    vendor.brings(WORDS)
    work(app)

    page = staff.opens("/desk/replies").text
    assert page.index("yazmayın &lt;b&gt;") < page.index("kargom nerede")  # What may refuse is on top.
    assert make.PHONE not in page
    assert '<span class="count">2</span>' in staff.opens("/desk/").text

    path = f"/desk/replies/{rows.one(GatewayEvent, GatewayEvent.outcome == EventOutcome.LIKELY_REFUSAL).id}/refusal"
    for _ in range(2):
        assert staff.posts(path, SMS).status_code == 303

    assert [(each.status, each.source, each.origin) for each in rows(Decision)] == [("RET", "HS_MESAJ", "reply")]
    assert len(rows(AuditEntry, AuditEntry.act == "reply.refused")) == 1
    assert "sıkıldım" not in staff.opens("/desk/replies").text


@pytest.mark.parametrize("act", ["reading", "refusal"])
def test_what_the_operator_reads_is_neither_listed_nor_settled_here(app, vendor, staff, rows, act):
    vendor.brings(WORDS)
    work(app)
    with app.app_context():
        db.session.execute(update(GatewayEvent).where(GatewayEvent.kind == EventKind.REPLY).values(body=None))
        db.session.commit()

    assert "Okunacak yanıt yok." in staff.opens("/desk/replies").text
    staff.posts(f"/desk/replies/{the_reply(rows).id}/{act}", SMS)
    assert the_reply(rows).settled_at is None and rows.count(Decision) == 0


def test_what_a_vendor_pushed_unreadably_is_read_without_numbers(app, vendor, staff, rows):
    """But for the last digits of whose row it is."""
    broken = f'[{{"source_addr": "{make.PHONE}", "content": "artık "yeter" yazmayın", "+4917012345678": "kargo"'
    vendor.browser.post(f"/callbacks/messages/{vendor.secret}", data=broken.encode())
    work(app)

    page = staff.opens("/desk/replies").text
    assert "Okunamayan bildirim: " in page and "yazmayın" in page and make.PHONE.removeprefix("+") not in page
    assert "&#34;+90 5•• ••• •• 67&#34;, &#34;content" in page and "+•••&#34;: &#34;kargo" in page
    staff.posts(f"/desk/replies/{the_reply(rows).id}/refusal", SMS)
    assert [each.status for each in rows(Decision)] == ["RET"]


@pytest.mark.parametrize(("act", "state"), [("reading", "waiting"), ("refusal", "not_needed")])
def test_links_wait_until_a_reply_is_read_and_go_unless_it_refused(app, vendor, staff, rows, act, state):
    delivery.launch(app, 1)
    vendor.brings(WORDS, grants.phones(1, 1_000_100)[0])
    work(app)
    with app.app_context():
        outbox.send_due()
    held = the_link(rows)

    staff.posts(f"/desk/replies/{the_reply(rows).id}/{act}", SMS)
    is_due = the_link(rows).due_at is not None
    if act == "refusal":
        with app.app_context():
            db.session.execute(delete(Message).where(Message.kind == MessageKind.REFUSAL))  # It would go first.
            db.session.commit()
            outbox.send_due()

    assert (held.state, held.due_at, is_due) == (MessageState.WAITING, None, True)
    assert the_link(rows).state == state
    assert len(rows(Decision)) == (act == "refusal") and the_reply(rows).settled_at


@pytest.mark.parametrize(("act", "left_out"), [("reading", None), ("refusal", ExclusionReason.REFUSED)])
def test_a_launch_looks_again_at_whom_a_reply_kept_out(app, vendor, staff, rows, act, left_out):
    vendor.brings(WORDS, grants.phones(1, 1_000_100)[0])
    work(app)
    delivery.launch(app, 2)
    before = rows.one(AudienceEntry, AudienceEntry.left_out.is_not(None))

    staff.posts(f"/desk/replies/{the_reply(rows).id}/{act}", SMS)
    with app.app_context():
        (campaign_id,) = launches.unfinished()
        launches.run(campaign_id, app.config["LINK_SALT"])

    after = rows.one(AudienceEntry, AudienceEntry.id == before.id)
    assert (before.left_out, before.link_id) == (ExclusionReason.UNREAD_REPLY, None)
    assert after.left_out == left_out and (after.link_id is not None) == (left_out is None)
    assert len(rows(Message, Message.kind == MessageKind.INVITATION)) == (2 if left_out is None else 1)
    assert rows.one(Campaign).linked_at


def test_a_reply_of_an_earlier_day_is_late_and_names_the_brands_that_it_would_refuse(app, vendor, staff):
    vendor.brings(WORDS)
    work(app)
    today = staff.opens("/desk/replies").text
    with time_machine.travel(clock.now() + timedelta(days=1)):
        tomorrow = signed_in(app).opens("/desk/replies").text

    assert "Gecikti" not in today and "Gecikti" in tomorrow
    assert "Örnek Mağaza" in today


@pytest.mark.parametrize(("act", "refused"), [("refusal", 3), ("reading", 0)])
def test_what_a_vendor_said_of_many_is_settled_at_once(app, vendor, staff, rows, act, refused):
    """Of the same account and word as far as the page counted them; without a word each by itself."""
    accepted(app, vendor, 7)
    theirs = [each.id for each in rows(Message)]
    tell(app, vendor, dict(zip(theirs, ["A", "A", "A", "B", "", ""], strict=False)))
    vendor.brings(WORDS)
    work(app)

    page = staff.opens("/desk/replies").text
    assert page.count("3 kişi için aynı sözü") == page.count("kişi için aynı sözü") == 3
    assert page.count("Bildirdiği: B") == 1
    first, other = ([each for each in waiting(app, rows) if each[1] == word] for word in "AB")
    button = re.search(rf'"(/desk/replies/{first[0][0]}/{act}\?alike=[^"]+)"', page)[1]
    tell(app, vendor, {theirs[6]: "A"})  # Since the page was shown.
    work(app)
    for _ in range(2):
        assert staff.posts(button, SMS).status_code == 303

    left = waiting(app, rows)
    assert len(left) == 5 and other[0] in left and len(rows(Decision, Decision.channel == Channel.SMS)) == refused
    assert [word for _, word in left].count("A") == 1
    staff.posts(button.replace(str(first[0][0]), str(other[0][0]), 1), SMS)
    assert len(waiting(app, rows)) == 4


def tell(app, vendor, words: dict[int, str]) -> None:
    """What the vendor says of messages, of which nobody knows whether they refuse."""
    with app.app_context():
        gateway = db.session.get_one(MessageGateway, vendor.gateway_id)
        secret = gateways.read_secret(vault(), gateway)
        for message_id, word in words.items():
            blocked = BlockedAddress("", None, DOUBTFUL_ANSWER, message_id, word)
            event_contents.keep_blocked(gateway, secret, blocked, clock.now(), "")
        db.session.commit()


def waiting(app, rows) -> list[tuple[int, str]]:
    """Replies that wait, with the vendor's word."""
    open_ones = rows(GatewayEvent, GatewayEvent.kind == EventKind.REPLY, GatewayEvent.settled_at.is_(None))
    with app.app_context():
        return [(each.id, alike_replies.word_of(event_contents.read_reply(each))) for each in open_ones]


@pytest.mark.skipif(not databases.SERVER, reason="SQLite has one writer at a time")
def test_refusals_of_many_lock_their_recipients_in_one_order(app, vendor, staff, rows):
    """Of two who came in the other order than their ids; else they and an import would wait for each other."""
    accepted(app, vendor, 2)
    for message in sorted(rows(Message), key=lambda each: -each.recipient_id):
        tell(app, vendor, {message.id: "A"})
    work(app)
    ids = sorted(each.recipient_id for each in rows(Message, Message.kind == MessageKind.INVITATION))
    first, last = (waiting(app, rows)[place][0] for place in (0, -1))
    answers = []

    meanwhile(
        app,
        holds=touch(Recipient, ids[0]),
        act=lambda: answers.append(staff.posts(f"/desk/replies/{first}/refusal?alike={last}", SMS)),
        then=touch(Recipient, ids[1]),
    )

    assert [each.status_code for each in answers] == [303]
    assert sorted(each.recipient_id for each in rows(Decision)) == ids


def test_another_firms_replies_are_unknown(app, vendor, staff, rows):
    vendor.brings(WORDS)
    work(app)
    with app.app_context():
        make.provider(800001, 800001, "cem@example.com")
    stranger = signed_in(app, "cem@example.com")

    for act in ("refusal", "reading"):
        assert stranger.posts(f"/desk/replies/{the_reply(rows).id}/{act}", SMS).status_code == 404
    assert "sıkıldım" not in stranger.opens("/desk/replies").text
    assert the_reply(rows).settled_at is None
