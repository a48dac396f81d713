"""What pages tell of an address: its consents as they stand, and each decision with what İYS made of it."""

from datetime import timedelta

import pytest

from portal.core import addresses, clock
from portal.core.extensions import db, vault
from portal.core.ids import new_id
from portal.core.iys_protocol import Channel, Status
from portal.core.models import Annulment, Brand, Consent, Decision, DecisionOrigin, Outcome, Submission
from portal.domain.consents import history, recipients
from portal.domain.consents.urgency import Urgency
from tests import grants, make

HOUR = timedelta(hours=1)


@pytest.fixture
def told(app):
    """Ayşe's provider was told three things by one phone, an hour apart; then this transaction is undone."""
    with app.app_context():
        brand, at = make.brand(), clock.now().replace(microsecond=0)
        for ago, channel in ((3, Channel.SMS), (1, Channel.CALL), (2, Channel.CALL)):
            status = Status.REFUSED if ago == 1 else Status.GRANTED
            grants.insert_decisions(brand, [make.PHONE], at - ago * HOUR, status=status, channel=channel, lane=None)
            if ago == 1:
                db.session.query(Consent).filter_by(channel=Channel.CALL).update({"recipient_type": "TACIR"})
                db.session.commit()
        yield at
        db.session.rollback()


def recipient_id() -> int:
    (found,) = recipients.gather(
        db.session, vault(), make.brand().provider_id, [addresses.parse(make.PHONE)], clock.now()
    ).values()
    return found


def records(at):
    return history.list_decisions(db.session, recipient_id(), at)


def change(decision_date, **values):
    """Change the submission of the decision of this date."""
    its = db.session.query(Decision.id).filter_by(consent_date=decision_date).scalar()
    db.session.query(Submission).filter_by(decision_id=its).update(values)
    return its


def test_decisions_come_newest_first_with_what_was_said(told):
    said = [(each.decided_at, each.channel, each.status, each.source, each.origin) for each in records(told)]

    assert [date for date, *_ in said] == [told - HOUR, told - 2 * HOUR, told - 3 * HOUR]
    assert said[0][1:] == (Channel.CALL, Status.REFUSED, "HS_ISLAK_IMZA", DecisionOrigin.IMPORT)
    assert {(each.brand_name, each.is_sandbox) for each in records(told)} == {(make.brand().name, False)}


def test_decisions_of_one_moment_come_newest_first_too(app):
    with app.app_context():
        at = clock.now().replace(microsecond=0)
        for channel in (Channel.SMS, Channel.CALL):
            grants.insert_decisions(make.brand(), [make.PHONE], at, channel=channel)
        newest = [each.channel for each in records(at)]
        db.session.rollback()

    assert newest == [Channel.CALL, Channel.SMS]


def test_what_waits_has_a_deadline_and_grows_urgent(told):
    change(told - 3 * HOUR, created_at=told - timedelta(hours=24))
    change(told - 2 * HOUR, created_at=told - timedelta(hours=48))

    fresh, red, amber = records(told)

    assert (fresh.outcome, fresh.urgency, fresh.is_closed) == (Outcome.WAITING, Urgency.OK, False)
    assert (amber.urgency, red.urgency) == (Urgency.AMBER, Urgency.RED)
    deadlines = {each.consent_date: each.safe_deadline for each in db.session.query(Submission)}
    assert all(each.deadline == deadlines[each.decided_at] for each in (fresh, red, amber))


def test_what_iys_took_has_its_number_and_date(told):
    change(told - HOUR, outcome=Outcome.ACCEPTED, due_at=None, transaction_id="t-1", accepted_at=told)

    accepted = records(told)[0]

    assert (accepted.outcome, accepted.transaction_id, accepted.accepted_at) == (Outcome.ACCEPTED, "t-1", told)
    assert (accepted.deadline, accepted.urgency, accepted.code, accepted.sentence, accepted.cure) == (
        None, Urgency.OK, None, None, None,
    )  # fmt: skip


def test_what_failed_says_why_and_whether_a_person_closed_it(told):
    change(told - HOUR, outcome=Outcome.PARKED, due_at=None, code="H121", closed_at=told)

    parked = records(told)[0]

    assert (parked.outcome, parked.code, parked.is_closed) == (Outcome.PARKED, "H121", True)
    assert parked.sentence == "Telefon numarası geçerli değil."
    assert parked.cure == "Adresi düzeltin ya da listeden çıkarın."


def test_what_was_annulled_says_so_whatever_iys_made_of_it(told):
    its = change(told - HOUR, outcome=Outcome.NOT_NEEDED, due_at=None)
    db.session.add(Annulment(decision_id=its, provider_id=make.brand().provider_id, at=told))

    assert [each.outcome for each in records(told)] == [Outcome.ANNULLED, Outcome.WAITING, Outcome.WAITING]


def test_what_iys_need_not_be_told_has_nothing_of_iys(told):
    db.session.query(Submission).delete()

    newest = records(told)[0]

    assert (newest.outcome, newest.code, newest.deadline, newest.is_closed) == (None, None, None, False)
    assert (newest.transaction_id, newest.accepted_at) == (None, None)


def test_consents_stand_by_brand_and_channel_and_only_where_something_was_decided(told):
    ours = make.brand()
    first = Brand(provider_id=ours.provider_id, brand_code=ours.brand_code + 1, name="A", created_at=told)
    db.session.add(first)
    db.session.flush()
    for brand, channel, status in ((first, Channel.SMS, Status.REFUSED), (first, Channel.CALL, None)):
        db.session.add(
            Consent(
                id=new_id(), provider_id=ours.provider_id, brand_id=brand.id, recipient_id=recipient_id(),
                channel=channel, recipient_type="BIREYSEL", status=status,
            )
        )  # fmt: skip
    db.session.flush()

    found = history.current_consents(db.session, recipient_id(), told)

    assert [(brand.name, consent.channel) for consent, brand, *_ in found] == [
        ("A", Channel.SMS), (ours.name, Channel.CALL), (ours.name, Channel.CALL), (ours.name, Channel.SMS),
    ]  # fmt: skip
