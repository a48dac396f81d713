"""A grant from before an address changed hands ends, whoever tells of it afterwards, also at a brand added since."""

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import current_app
from sqlalchemy import text, update

from portal.core import addresses, clock
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Channel, RecipientType
from portal.core.iys_protocol.enums import LINE_CLOSED
from portal.core.models import Brand, Consent, Decision, Outcome, ReceivedVia, Recipient, Submission
from portal.domain.consents import (
    earlier_grants,
    may_send,
    movement_rows,
    movements,
    reassigned_addresses,
    recipients,
    refusals,
)
from tests import databases, make
from tests.portal.domain.consents.import_entries import bring, entry
from tests.portal.domain.consents.iys_movements import MovementReceiver, row

pytestmark = pytest.mark.slow

PHONE, SECOND, DAY = addresses.parse(make.PHONE), timedelta(seconds=1), timedelta(days=1)


@pytest.fixture
def brand(app):
    """The firm's first brand, which has the telephone."""
    with app.app_context():
        first = make.brand()
        recipients.gather(db.session, vault(), first.provider_id, [PHONE], clock.now() - 30 * DAY)
        db.session.commit()
        yield first


def add_brand(brand: Brand) -> Brand:
    """A brand that the firm adds now."""
    added = Brand(provider_id=brand.provider_id, brand_code=700009, name="Örnek Ev", created_at=clock.now())
    db.session.add(added)
    db.session.commit()
    return added


def says_not_me(brand: Brand, at, said=PHONE) -> None:
    recipient = recipients.find(db.session, vault(), brand.provider_id, said)
    refusals.refuse_not_mine(db.session, vault(), recipient, said, language="tr", request_metadata="{}", at=at)
    db.session.commit()


def leave_as_before_the_upgrade(later_brand: Brand, at) -> None:
    """The brand took an earlier holder's grant after somebody said "this is not me"."""
    receive(later_brand, row("ONAY", ago=3 * DAY))
    db.session.execute(update(Recipient).values(reassigned_at=at))
    db.session.commit()


def work() -> None:
    """The worker's round."""
    db.session.rollback()
    (step,) = [loop.step for loop in current_app.extensions["worker"] if loop.name == "reassignments"]
    while step():
        pass
    db.session.rollback()


def receive(brand: Brand, *told: dict) -> None:
    read, _unread = movement_rows.read_rows(told, clock.now())
    movements.apply_movements(db.session, vault(), brand, read, by=ReceivedVia.PULL, feed=None, at=clock.now())
    db.session.commit()
    db.session.expire_all()


@pytest.mark.parametrize("source", ["IYS_WEB", "HS_WEB"])
def test_a_grant_from_before_not_me_ends_at_a_later_brand(brand, rows, source):
    at = clock.now() - DAY
    says_not_me(brand, at)
    later_brand = add_brand(brand)

    receive(later_brand, row("ONAY", ago=3 * DAY, source=source))

    consent = rows.one(Consent, Consent.brand_id == later_brand.id)
    assert (consent.status, consent.effective_at) == ("RET", at - SECOND)  # Of the earlier holder: it is not shown.
    told = rows.one(Submission, Submission.consent_id == consent.id)
    assert (told.status, told.outcome) == ("RET", Outcome.WAITING)
    answers = may_send.answers(
        db.session, later_brand, [consent.recipient_id], Channel.SMS, RecipientType.INDIVIDUAL, clock.now()
    )
    assert answers[consent.recipient_id].verdict == may_send.Verdict.MAY_NOT


def test_a_damaged_address_stops_no_pull(brand, rows):
    """İYS names it beside its grant."""
    says_not_me(brand, clock.now() - DAY)
    later_brand = add_brand(brand)
    db.session.execute(update(Recipient).values(address=b"damaged"))
    db.session.commit()

    receive(later_brand, row("ONAY", ago=3 * DAY))

    consent = rows.one(Consent, Consent.brand_id == later_brand.id)
    assert rows.one(Submission, Submission.consent_id == consent.id).status == "RET"


def test_a_merchants_grant_from_before_is_refused_within_the_earlier_holders_time(brand, rows):
    at = clock.now() - DAY
    says_not_me(brand, at)

    receive(brand, row("ONAY", ago=3 * DAY, source="HS_WEB", recipientType="TACIR"))

    merchants = rows.one(Consent, Consent.recipient_type == RecipientType.MERCHANT)
    assert (merchants.status, merchants.effective_at) == ("RET", at - SECOND)


def test_a_grant_that_is_repeated_is_refused_once(brand, rows):
    says_not_me(brand, clock.now() - DAY)
    later_brand = add_brand(brand)
    granted = row("ONAY", ago=3 * DAY)
    receive(later_brand, granted)
    count = rows.count(Submission)

    receive(later_brand, granted)

    assert rows.count(Submission) == count


def test_what_the_present_holder_granted_since_stands(brand, rows):
    says_not_me(brand, clock.now() - 2 * DAY)
    later_brand = add_brand(brand)
    receive(later_brand, row("ONAY", ago=DAY, type="ARAMA"))

    receive(later_brand, row("ONAY", ago=3 * DAY))

    theirs = rows(Consent, Consent.brand_id == later_brand.id)
    assert {each.channel: each.status for each in theirs} == {"MESAJ": "RET", "ARAMA": "ONAY"}


def test_a_closed_line_ends_the_grant_by_iyss_word(app, brand, rows):
    MovementReceiver(app).receives(row("RET", ago=DAY, source=LINE_CLOSED))
    later_brand = add_brand(brand)

    receive(later_brand, row("ONAY", ago=3 * DAY))

    ended = rows.one(Consent, Consent.brand_id == later_brand.id)
    assert ended.status == "RET" and not rows(Submission, Submission.consent_id == ended.id)
    assert db.session.get_one(Decision, ended.decision_id).source == LINE_CLOSED


def test_the_worker_ends_once_what_a_release_before_took_and_tells_iys(brand, rows):
    at = clock.now() - DAY
    later_brand = add_brand(brand)
    leave_as_before_the_upgrade(later_brand, at)

    work()
    work()

    consent = rows.one(Consent)
    assert (consent.status, consent.effective_at) == ("RET", at - SECOND)
    assert rows.one(Submission).outcome == Outcome.WAITING
    answers = may_send.answers(
        db.session, later_brand, [consent.recipient_id], Channel.SMS, RecipientType.INDIVIDUAL, clock.now()
    )
    assert answers[consent.recipient_id].verdict == may_send.Verdict.MAY_NOT


def test_the_worker_leaves_what_the_present_holder_granted_since(brand, rows):
    later_brand = add_brand(brand)
    leave_as_before_the_upgrade(later_brand, clock.now() - 2 * DAY)
    receive(later_brand, row("ONAY", ago=DAY))

    work()

    assert rows.one(Consent).status == "ONAY"


def test_of_one_firm_each_brand_ends_its_grants(brand, rows):
    for each in (brand, add_brand(brand)):
        leave_as_before_the_upgrade(each, None)
    db.session.execute(update(Recipient).values(reassigned_at=clock.now() - DAY))
    db.session.commit()

    work()

    assert [each.status for each in rows(Consent)] == ["RET", "RET"]


@pytest.mark.skipif(bool(databases.SERVER), reason="PostgreSQL plans by statistics")
def test_such_grants_are_looked_for_by_who_said_so(brand):
    compiled = reassigned_addresses.select_said().compile(db.engine, compile_kwargs={"literal_binds": True})
    plan = str(db.session.execute(text(f"EXPLAIN QUERY PLAN {compiled}")).all())

    assert plan.count("SCAN recipient USING INDEX ix_recipient_disowned") == plan.count("SCAN recipient") == 4
    assert plan.count("SEARCH recipient_1 USING COVERING INDEX") == 4


def test_a_firm_with_many_spellings_of_one_mailbox_is_read_once_for_each(brand):
    """Of all of which their holder said so: not once for each pair of them."""
    many = [addresses.parse(f"ayse+{each}@gmail.com") for each in range(40)]
    recipients.gather(db.session, vault(), brand.provider_id, many, clock.now())
    db.session.execute(update(Recipient).values(reassigned_at=clock.now()))

    assert len(db.session.execute(reassigned_addresses.select_said()).all()) == len(many) + 1  # And the telephone.


@pytest.mark.parametrize("said_by", ["ayse@gmail.com", "a.yse+izin@gmail.com"])
@pytest.mark.parametrize("is_known", [False, True])
def test_a_files_grant_from_before_stands_at_no_spelling_nor_brand_that_comes_later(brand, said_by, is_known):
    """Of a mailbox whose holder said to this firm that they are not the person meant; of them it does."""
    said, other, stranger = (addresses.parse(each) for each in (said_by, "ayse+yeni@gmail.com", "ayse@example.com"))
    firms = [said, other] if is_known else [said]
    recipients.gather(db.session, vault(), brand.provider_id, firms, clock.now() - 30 * DAY)
    says_not_me(brand, clock.now() - 2 * DAY, said)
    later_brand = add_brand(brand)

    def brings(to_brand: Brand, ago: timedelta, *, is_dated: bool = True) -> list[str]:
        told = (entry(each.text, date=clock.now() - ago, channel=Channel.EMAIL) for each in (said, other, stranger))
        return bring(to_brand, *(replace(each, is_dated=is_dated) for each in told))

    assert brings(later_brand, 3 * DAY) == ["earlier_holder", "earlier_holder", "grant"]
    assert brings(later_brand, 3 * DAY, is_dated=False)[:2] == ["earlier_holder", "earlier_holder"]
    assert brings(later_brand, DAY)[:2] == ["grant", "grant"]
    assert brings(brand, 3 * DAY) == ["earlier_holder", "earlier_holder", "grant"]
    assert brings(brand, DAY)[:2] == ["over_refusal", "over_refusal"]


SPELLINGS = [("ayse@gmail.com", "ayse+yeni@gmail.com"), ("a.yse+izin@gmail.com", "ayse@gmail.com")]


@pytest.fixture(params=SPELLINGS, ids=" ".join)
def spellings(request, brand):
    """By which the holder of a mailbox says "this is not me", and another one that the firm has."""
    both = [addresses.parse(each) for each in request.param]
    recipients.gather(db.session, vault(), brand.provider_id, both, clock.now() - 30 * DAY)
    db.session.commit()
    return both


def granted_to(address, ago: timedelta, source: str = "IYS_WEB") -> dict:
    return row("ONAY", ago=ago, recipient=address.text, type="EPOSTA", source=source)


@pytest.mark.parametrize("source", ["IYS_WEB", "HS_WEB"])
def test_iyss_grant_from_before_ends_at_a_later_brand_by_every_spelling(brand, spellings, rows, source):
    said, other = spellings
    at = clock.now() - 2 * DAY
    says_not_me(brand, at, said)
    later_brand = add_brand(brand)

    receive(later_brand, granted_to(other, 3 * DAY, source))
    ended = rows.one(Consent, Consent.brand_id == later_brand.id)
    assert (ended.status, ended.effective_at) == ("RET", at - SECOND)
    assert rows.one(Submission, Submission.consent_id == ended.id).status == "RET"

    receive(later_brand, granted_to(other, DAY, source))
    assert rows.one(Consent, Consent.brand_id == later_brand.id).status == "ONAY"  # Of who has it now.


def test_what_stood_by_another_spelling_stands_also_once_iys_tells_it_again(brand, spellings, rows):
    said, other = spellings
    granted = granted_to(other, 3 * DAY)
    receive(brand, granted)
    says_not_me(brand, clock.now(), said)

    receive(brand, granted)
    work()

    assert rows.one(Consent, Consent.status == "ONAY")


@pytest.mark.parametrize("is_told_since", [True, False])
def test_the_worker_ends_what_a_release_before_took_by_another_spelling_since(brand, spellings, rows, is_told_since):
    said, other = spellings
    receive(brand, granted_to(other, 3 * DAY))
    said_at = clock.now() - (DAY if is_told_since else timedelta(0))
    whose = recipients.find(db.session, vault(), brand.provider_id, said)
    db.session.execute(update(Recipient).where(Recipient.id == whose.id).values(reassigned_at=said_at))
    db.session.commit()

    work()
    work()

    consent = rows.one(Consent)
    assert consent.status == ("RET" if is_told_since else "ONAY")
    assert rows.count(Submission) == is_told_since


def test_what_a_release_before_took_between_two_spellings_that_said_so_ends_as_of_the_first(brand, spellings, rows):
    said_first, other = spellings
    said_last = addresses.parse("ayse+iki@gmail.com")
    at = clock.now() - DAY
    recipients.gather(db.session, vault(), brand.provider_id, [said_last], at - 30 * DAY)
    receive(brand, granted_to(other, 3 * DAY))
    for said, said_at in ((said_first, at), (said_last, clock.now())):
        whose = recipients.find(db.session, vault(), brand.provider_id, said)
        db.session.execute(update(Recipient).where(Recipient.id == whose.id).values(reassigned_at=said_at))
    db.session.commit()

    work()

    consent = rows.one(Consent)
    assert (consent.status, consent.effective_at) == ("RET", at - SECOND)
    assert not earlier_grants.list_earlier_grants(db.session)
