"""What a consent falls back to where a file is taken back is told to İYS, and is the present holder's."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import update

from portal.core import clock, iys_protocol
from portal.core.extensions import db, vault
from portal.core.iys_protocol import RecipientType, Source, Status
from portal.core.iys_protocol.enums import LINE_CLOSED
from portal.core.models import Consent, Decision, Outcome, Recipient, Submission
from portal.domain.consents import annulments
from tests import make
from tests.portal.domain.consents.import_entries import bring, entry
from tests.portal.domain.consents.iys_movements import MovementReceiver, row

RET = Status.REFUSED


@pytest.fixture
def ago():
    """How long before one and the same moment of a test something was said."""
    now = clock.now().replace(microsecond=0)
    return lambda hours: now - timedelta(hours=hours)


def take_back(decision: Decision) -> None:
    assert annulments.annul_decisions(db.session, vault(), [decision.id], 1, clock.now()) == [decision.id]
    db.session.commit()


@pytest.mark.parametrize("is_known", [True, False])
def test_a_refusal_that_stands_once_a_newer_grant_is_taken_back_is_told_as_it_was_said(app, brand, rows, ago, is_known):
    """Whether İYS is known to hold another sender's grant or is only asked: it came as older than the file's grant."""
    bring(brand, entry(make.PHONE, date=ago(1)), grants_due_at=clock.now() + timedelta(minutes=30))
    grant = rows(Decision)[-1]
    assert bring(brand, entry(make.PHONE, RET, ago(3), source=Source.CALL_CENTRE), batch_id=8) == ["older"]
    refusal = rows(Decision)[-1]
    if is_known:
        MovementReceiver(app).receives(row("ONAY", at=ago(5), source="HS_WEB"))
        db.session.expire_all()
    take_back(grant)

    told = rows.one(Submission, Submission.decision_id == refusal.id)
    payload = json.loads(vault().open(told.payload, Submission.PLACE, told.provider_id, told.id))
    assert (told.outcome, told.status, told.lane, told.batch_id) == (Outcome.WAITING, RET, "refusals", None)
    assert told.due_at == told.created_at > refusal.recorded_at
    assert (payload["source"], payload["consentDate"]) == ("HS_CAGRI_MERKEZI", iys_protocol.format_wire_date(ago(3)))
    assert rows.one(Consent).status == RET

    take_back(refusal)  # While nobody has claimed it.
    db.session.expire_all()
    assert {each.outcome for each in rows(Submission)} == {Outcome.ANNULLED}


@pytest.mark.parametrize("recipient_type", RecipientType)
def test_an_old_refusal_that_is_told_later_has_the_deadlines_of_one_of_a_file(brand, rows, ago, recipient_type):
    """A merchant's is taken at any age; an individual's is renewed when its turn comes."""
    usual = {"recipient_type": recipient_type}
    bring(brand, entry(make.PHONE, date=ago(1), **usual), grants_due_at=clock.now() + timedelta(minutes=30))
    grant = rows(Decision)[-1]
    old = [entry(number, RET, ago(24 * 20), **usual) for number in (make.PHONE, "+905329999999")]
    assert bring(brand, *old, batch_id=8)[0] == "older"

    take_back(grant)

    files, later = rows(Submission, Submission.status == RET)
    assert (later.safe_deadline, later.lenient_deadline) == (files.safe_deadline, files.lenient_deadline)


def test_a_refusal_whose_renewal_had_its_turn_under_a_grant_is_due_again_once_that_is_taken_back(brand, rows, ago):
    bring(brand, entry(make.PHONE, RET, ago(3)))
    bring(brand, entry(make.PHONE, date=ago(1)), batch_id=8, grants_due_at=clock.now() + timedelta(minutes=30))
    refusal, grant = rows(Decision)
    its = Submission.decision_id == refusal.id
    had_its_turn = {"outcome": Outcome.EXPIRED, "due_at": None, "ended_at": ago(0), "closed_at": ago(0)}
    db.session.execute(update(Submission).where(its).values(had_its_turn))
    db.session.commit()

    take_back(grant)

    expired = rows.one(Submission, its)
    assert (expired.outcome, expired.due_at is None, expired.closed_at) == (Outcome.EXPIRED, False, None)


def test_what_iys_told_is_not_told_back_where_it_stands_again(app, brand, rows, ago):
    MovementReceiver(app).receives(row("ONAY", at=ago(9)), row("RET", at=ago(5)))
    db.session.expire_all()
    bring(brand, entry(make.PHONE, RET, ago(1)))
    take_back(rows(Decision)[-1])

    assert rows.one(Consent).status == RET
    assert [each.outcome for each in rows(Submission)] == [Outcome.ANNULLED]


@pytest.mark.parametrize("is_closed", [True, False])
def test_no_grant_of_an_earlier_holder_stands_again(app, brand, rows, ago, is_closed):
    """İYS told of the closure on one channel only, where SMS was refused already by what is taken back then."""
    iys = MovementReceiver(app)
    iys.receives(*(row("ONAY", at=ago(9), source="HS_WEB", type=channel) for channel in ("MESAJ", "ARAMA")))
    bring(brand, entry(make.PHONE, RET, ago(4)), refusals_due_at=clock.now() + timedelta(minutes=30))
    refusal = rows(Decision)[-1]
    if is_closed:
        iys.receives(row("RET", at=ago(2), source=LINE_CLOSED, type="ARAMA"))
    else:
        db.session.execute(update(Recipient).values(reassigned_at=ago(2)))
    db.session.commit()

    take_back(refusal)

    ended = db.session.get_one(Decision, rows.one(Consent, Consent.channel == "MESAJ").decision_id)
    assert (ended.id != refusal.id, ended.status) == (True, RET)
    assert ended.source == (LINE_CLOSED if is_closed else Source.PROVIDER_DECISION)
    assert ended.effective_at == (ago(2) if is_closed else ago(2) - timedelta(seconds=1))
    told = [each.outcome for each in rows(Submission, Submission.decision_id == ended.id)]
    assert told == ([] if is_closed else [Outcome.WAITING])
