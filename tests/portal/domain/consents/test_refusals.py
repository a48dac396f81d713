"""Staff refuse for a person who asked: all that a refusal by link does, without a receipt; and they never grant."""

import inspect
from datetime import timedelta

import pytest
import time_machine

from portal.core import addresses, clock
from portal.core.extensions import db, vault
from portal.core.ids import new_id
from portal.core.iys_protocol import Channel, RecipientType, Source, Status
from portal.core.models import Brand, Consent, Decision, DecisionOrigin, Lane, Leaf, Outcome, Receipt, Submission
from portal.domain.consents import recipients, refusals
from tests import make

AYSES_ID = 7


def refuse(app, *channels: Channel, text: str = make.PHONE, source: Source = Source.CALL_CENTRE, at=None, brands=None):
    with app.app_context():
        address = addresses.parse(text)
        provider_id = make.brand().provider_id
        recipient = recipients.find(db.session, vault(), provider_id, address)
        theirs = brands or db.session.query(Brand).filter_by(provider_id=provider_id).all()
        made = refusals.refuse(
            db.session, vault(), recipient, theirs, channels, address=address, source=source, user_id=AYSES_ID,
            at=at or clock.now(),
        )  # fmt: skip
        db.session.commit()
        return made.refused


def test_it_is_obeyed_at_once_and_told_to_iys(app, fatma, rows):
    fatma.decides(MESAJ="ONAY")

    made = refuse(app, Channel.SMS)

    head = rows.one(Consent)
    granted, refused = rows(Decision)
    assert made == 1
    assert head.status == Status.REFUSED and head.decision_id == refused.id
    assert (refused.origin, refused.source, refused.user_id) == (DecisionOrigin.STAFF, "HS_CAGRI_MERKEZI", AYSES_ID)
    assert refused.consent_date > granted.consent_date
    told = rows(Submission, Submission.decision_id == refused.id)[0]
    assert (told.lane, told.outcome, told.status) == (Lane.REFUSALS, Outcome.WAITING, Status.REFUSED)
    assert rows.count(Leaf) == 2
    assert [each.origin for each in rows(Receipt)] == [DecisionOrigin.LINK, DecisionOrigin.STAFF]


@pytest.mark.parametrize(
    ("after", "first", "made"),
    [(59, Source.CALL_CENTRE, 0), (61, Source.CALL_CENTRE, 2), (59, Source.PROVIDER_DECISION, 2)],
)
def test_a_second_one_is_a_decision_unless_it_repeats_the_first_within_a_minute(app, fatma, rows, after, first, made):
    """What the provider decided itself is nobody's word."""
    at = clock.now()
    refuse(app, Channel.SMS, Channel.CALL, at=at, source=first)

    assert refuse(app, Channel.SMS, Channel.CALL, at=at + timedelta(seconds=after)) == made
    assert rows.count(Decision) == rows.count(Submission) == 2 + made


def test_every_recipient_type_that_is_held_is_refused(app, fatma, rows):
    fatma.decides(MESAJ="ONAY")
    with app.app_context():
        head = db.session.query(Consent).one()
        db.session.add(
            Consent(
                id=new_id(), provider_id=head.provider_id, brand_id=head.brand_id, recipient_id=head.recipient_id,
                channel=Channel.SMS, recipient_type=RecipientType.MERCHANT,
            )
        )  # fmt: skip
        db.session.commit()

    refuse(app, Channel.SMS)

    assert {(head.recipient_type, head.status) for head in rows(Consent)} == {
        (RecipientType.INDIVIDUAL, Status.REFUSED), (RecipientType.MERCHANT, Status.REFUSED)
    }  # fmt: skip


def test_it_stops_every_brand_that_was_named(app, fatma, rows):
    with app.app_context():
        first = make.brand()
        db.session.add(Brand(provider_id=first.provider_id, brand_code=700002, name="İkinci", created_at=clock.now()))
        db.session.commit()

    refuse(app, Channel.CALL, source=Source.PROVIDER_DECISION)

    assert len({head.brand_id for head in rows(Consent)}) == 2
    assert {decision.source for decision in rows(Decision)} == {"HS_KARAR"}


def test_a_channel_that_the_address_cannot_have_is_no_refusal(app, fatma, rows):
    with pytest.raises(refusals.NothingToRefuse):
        refuse(app, Channel.EMAIL)
    assert rows.count(Decision) == 0


def test_two_decisions_within_a_second_bear_two_dates(app, fatma, rows):
    with time_machine.travel(clock.now().replace(microsecond=0), tick=False):
        fatma.decides(MESAJ="ONAY")
        refuse(app, Channel.SMS)

    granted, refused = rows(Decision)
    assert (refused.consent_date - granted.consent_date).total_seconds() == 1


def test_a_person_who_decided_twice_just_now_is_refused_all_the_same(app, fatma, rows):
    with time_machine.travel(clock.now().replace(microsecond=0), tick=False):
        fatma.decides(MESAJ="RET")
        with app.app_context():
            head = db.session.query(Consent).one()
            head.status, head.consent_date = (
                Status.GRANTED,
                clock.now().replace(microsecond=0) + refusals.locking.SECOND,
            )
            db.session.commit()
        refuse(app, Channel.SMS)

    assert rows.one(Consent).status == Status.REFUSED
    assert all(told.due_at >= told.consent_date for told in rows(Submission))


def test_there_is_no_way_to_grant():
    assert "status" not in inspect.signature(refusals.refuse).parameters
    assert Source.BEFORE_2015 not in refusals.SOURCES
