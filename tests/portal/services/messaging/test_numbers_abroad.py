"""Digits without a 0 or a plus that are a Turkish landline and a mobile abroad."""

import json
from datetime import datetime

import pytest

from portal.core import clock
from portal.core.addresses import parse
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Status
from portal.core.models import Consent, EventKind, GatewayEvent, MessageGateway, Recipient, may_have_refused
from portal.domain.consents import recipients
from portal.services.messaging import event_contents
from portal.services.messaging.gateways import unread_rows, vendor_rows
from portal.services.messaging.gateways.protocol import BlockedAddress, Feedback
from portal.services.messaging.news_keeping import keep_news
from tests import make
from tests.portal.domain.consents.import_entries import bring, entry
from tests.portal.services.messaging.vendor_pushes import work

pytestmark = pytest.mark.slow
LANDLINE, ABROAD, DIGITS = "+904521234567", "+4521234567", "4521234567"
BLOCKS = [{"words": ["no"], "state": "failed", "reason": "blocked_by_vendor"}]


def held(app) -> set[str]:
    with app.app_context():
        found = db.session.query(Recipient).filter(may_have_refused(Recipient.id))
        return {recipients.address_of(vault(), each) for each in found}


def refused(app) -> set[str]:
    with app.app_context():
        theirs = Consent.recipient_id == Recipient.id, Consent.status == Status.REFUSED
        found = db.session.query(Recipient).join(Consent, theirs[0]).filter(theirs[1])
        return {recipients.address_of(vault(), each) for each in found}


def add(app, has: set[str]) -> None:
    with app.app_context():
        make.brand()
        if ABROAD in has:
            bring(make.brand(), entry(ABROAD, Status.GRANTED))
        if LANDLINE in has:
            recipients.gather(db.session, vault(), make.brand().provider_id, [parse(LANDLINE)], clock.now())
            db.session.commit()


@pytest.mark.parametrize("has", [{ABROAD}, {ABROAD, LANDLINE}])
def test_a_reply_of_digits_that_are_two_numbers_holds_whichever_the_firm_has(app, vendor, rows, quiet_logs, has):
    add(app, has)

    vendor.brings("artık yazmayın lütfen", ABROAD)
    work(app)

    assert held(app) == has
    assert len(rows(Recipient)) == len(has)
    assert len(rows(GatewayEvent, GatewayEvent.kind == EventKind.REPLY, GatewayEvent.body.is_not(None))) == 1


@pytest.mark.parametrize("text", ["artık yazmayın lütfen", "RET"])
def test_a_reply_of_digits_of_which_the_firm_has_the_landline_alone_waits_for_both(app, vendor, quiet_logs, text):
    """Whoever wrote may be abroad, and come with a file later."""
    add(app, {LANDLINE})

    vendor.brings(text, ABROAD)
    work(app)

    assert (refused(app), held(app)) == (set(), {ABROAD, LANDLINE})


def replies(app, vendor) -> None:
    vendor.brings("RET", ABROAD)


def is_listed(app, vendor) -> None:
    row = {"phone": DIGITS, "source": "MO", "created_at": f"{clock.now():%Y-%m-%dT%H:%M:%SZ}"}
    blocked = tuple(BlockedAddress(each, clock.now()) for each in unread_rows.names_of(row))
    keep(app, vendor, Feedback(blocked=blocked))


def is_reported(app, vendor) -> None:
    mapping = {"ref": "/ref", "to": "/to", "state": "/state", "states": BLOCKS}
    keep(app, vendor, Feedback((vendor_rows.read_report(mapping, {"ref": "x", "to": DIGITS, "state": "no"}),)))


def is_left(app, vendor, at: datetime | None = None) -> None:
    keep(app, vendor, Feedback(blocked=(BlockedAddress(DIGITS, at, "MO"),)))


def is_left_dated(app, vendor) -> None:
    is_left(app, vendor, clock.now())


def keep(app, vendor, news: Feedback) -> None:
    with app.app_context():
        keep_news(db.session.get_one(MessageGateway, vendor.gateway_id), news, clock.now())
        db.session.commit()


@pytest.mark.parametrize("tells", [replies, is_reported])
@pytest.mark.parametrize(
    ("has", "refuses", "waits"), [({ABROAD}, {ABROAD}, set()), ({ABROAD, LANDLINE}, set(), {ABROAD, LANDLINE})]
)
def test_digits_refuse_at_once_where_the_firm_has_one_of_both_numbers(
    app, vendor, quiet_logs, tells, has, refuses, waits
):
    add(app, has)

    tells(app, vendor)
    work(app)

    assert (refused(app), held(app)) == (refuses, waits)


@pytest.mark.parametrize("has", [{ABROAD}, {ABROAD, LANDLINE}])
def test_a_row_of_a_list_with_such_digits_holds_whichever_the_firm_has(app, vendor, quiet_logs, has):
    """What looks like a number abroad there may be an id: somebody reads it."""
    add(app, has)

    is_listed(app, vendor)
    work(app)

    assert (refused(app), held(app)) == (set(), has)


@pytest.mark.parametrize("tells", [replies, is_listed, is_left, is_left_dated, is_reported])
def test_digits_of_which_the_firm_has_the_landline_alone_refuse_nothing_and_hold_both(app, vendor, quiet_logs, tells):
    """A landline sends no SMS and is on no list of refusals of them: most likely somebody abroad is, whom a file brings
    later."""
    add(app, {LANDLINE})

    tells(app, vendor)
    work(app)
    add(app, {ABROAD})

    assert (refused(app), held(app)) == (set(), {ABROAD, LANDLINE})


@pytest.mark.parametrize("number", ["+4542345678", "+4560123456", "+3546123456", "+4741234567"])
def test_a_person_abroad_whose_digits_are_a_landlines_refuses(app, vendor, quiet_logs, number):
    with app.app_context():
        bring(make.brand(), entry(number, Status.GRANTED))

    vendor.brings("RET", number)
    work(app)

    assert refused(app) == {number}


@pytest.mark.parametrize("has", [{ABROAD}, {LANDLINE}])
@pytest.mark.parametrize("is_json", [False, True])
def test_what_nobody_can_read_holds_the_number_abroad_and_a_landline_that_the_firm_has(
    app, vendor, browser, quiet_logs, has, is_json
):
    add(app, has)

    if is_json:
        vendor.pushes({"type": "optout", "msisdn": DIGITS, "what": "RET"})
    else:
        cut = f'{{"type":"inbound","source_addr":"{DIGITS}","content":"RET"'
        browser.post(f"/callbacks/messages/{vendor.secret}", data=cut, content_type="application/json")
    work(app)

    assert (refused(app), held(app)) == (set(), has | {ABROAD})


def test_digits_of_nobodys_hold_a_grant_that_a_file_brings_later(app, vendor, quiet_logs):
    vendor.brings("RET", ABROAD)
    work(app)
    add(app, {ABROAD})

    assert ABROAD in held(app)


@pytest.mark.parametrize("has", [set(), {ABROAD}])
def test_digits_in_a_push_that_nobody_can_read_name_only_whom_the_firm_has(app, vendor, browser, rows, quiet_logs, has):
    """They may be ids; one row tells of all others, who are not known here yet."""
    add(app, has)
    ids = [str(4521234501 + each) for each in range(5)]
    cut = json.dumps([{"order_id": each, "note": "RET"} for each in [*ids, DIGITS]])[:-1]

    browser.post(f"/callbacks/messages/{vendor.secret}", data=cut, content_type="application/json")
    work(app)

    assert held(app) == has
    assert rows.count(Recipient) == len(has)
    with app.app_context():
        kept = db.session.query(GatewayEvent).filter(GatewayEvent.kind == EventKind.REPLY)
        told = {reply.sender: reply.text for reply in map(event_contents.read_reply, kept)}
    assert told.keys() == {"", *has} and all(each in told[""] for each in ids)


def test_an_id_in_a_row_of_a_list_makes_nobody_a_recipient(app, vendor, rows, quiet_logs):
    add(app, set())

    keep(app, vendor, Feedback(blocked=(BlockedAddress(json.dumps({"order_id": DIGITS}), clock.now()),)))
    work(app)

    assert rows.count(Recipient) == 0
    assert len(rows(GatewayEvent, GatewayEvent.kind == EventKind.REPLY)) == 1
