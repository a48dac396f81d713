"""A refusal ends what was granted before it on its channel as whatever recipient type, whenever either is heard of."""

from datetime import timedelta

import pytest

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.iys_protocol import RecipientType, Status
from portal.core.models import (
    Consent,
    Decision,
    DecisionOrigin,
    Difference,
    DifferenceKind,
    Outcome,
    Settlement,
    Submission,
)
from portal.domain.consents import annulments, difference_resolution
from tests import make
from tests.portal.domain.consents.import_entries import bring, entry
from tests.portal.domain.consents.iys_movements import MovementReceiver, row
from tests.portal.domain.consents.test_lock_order import meanwhile, touch

RET, MERCHANT = Status.REFUSED, RecipientType.MERCHANT
AS_MERCHANT = {"recipientType": "TACIR", "source": "HS_WEB"}


@pytest.fixture
def ago():
    """How long before one and the same moment of a test something was said."""
    now = clock.now()
    return lambda hours: now - timedelta(hours=hours)


def status_of(rows, recipient_type: RecipientType) -> Status | None:
    db.session.expire_all()
    return rows.one(Consent, Consent.recipient_type == recipient_type).status


def take_back(decision: Decision) -> None:
    assert annulments.annul_decisions(db.session, vault(), [decision.id], 1, clock.now()) == [decision.id]
    db.session.commit()


def test_a_grant_that_stands_again_is_ended_by_a_refusal_as_another_type(app, brand, browser, rows, ago):
    """That refusal was older than the grant that stood when it was heard of, and was undone, as a journal says."""
    app.config["UNDO_SECONDS"] = 300
    MovementReceiver(app).receives(row("ONAY", at=ago(9)))
    make.Person(browser, make.codes(app, make.PHONE)[make.PHONE]).decides(MESAJ="ONAY")
    grant = rows(Decision)[-1]
    bring(brand, entry(make.PHONE, RET, ago(7), recipient_type=MERCHANT))
    refusal = rows(Decision)[-1]
    assert status_of(rows, RecipientType.INDIVIDUAL) == Status.GRANTED

    now = clock.now()
    annulments.restore_annulments(db.session, vault(), {grant.id: {"at": now, "user_id": None}}, now)
    db.session.commit()

    assert status_of(rows, RecipientType.INDIVIDUAL) == RET
    renewal = rows.one(Decision, Decision.origin == DecisionOrigin.RENEWAL)
    told = rows.one(Submission, Submission.decision_id == renewal.id)
    assert (renewal.renews_id, told.outcome, told.status) == (refusal.id, Outcome.WAITING, RET)


@pytest.mark.parametrize("is_heard", [True, False])
def test_an_older_grant_is_ended_by_a_refusal_that_stands_no_more(app, brand, rows, ago, is_heard):
    """Whether İYS tells of it or a file; and also once the grant after the refusal was undone."""
    bring(brand, entry(make.PHONE, RET, ago(7)))
    bring(brand, entry(make.PHONE, date=ago(5)))
    undone = rows(Decision)[-1]
    assert undone.status == Status.GRANTED

    if is_heard:
        MovementReceiver(app).receives(row("ONAY", at=ago(9), **AS_MERCHANT))
        assert status_of(rows, MERCHANT) == RET
    else:
        assert bring(brand, entry(make.PHONE, date=ago(9), recipient_type=MERCHANT)) == ["older"]
    take_back(undone)

    assert {each.status for each in rows(Consent)} <= {RET, None}


def test_a_grant_after_a_refusal_is_not_ended_by_its_renewal(app, brand, rows, ago):
    """A renewal is dated now, but nobody decided then."""
    receiver = MovementReceiver(app)
    bring(brand, entry(make.PHONE, RET, ago(7)))
    receiver.receives(row("ONAY", at=ago(9), **AS_MERCHANT))
    assert status_of(rows, MERCHANT) == RET

    receiver.receives(row("ONAY", at=ago(3)))
    assert status_of(rows, RecipientType.INDIVIDUAL) == Status.GRANTED


def test_taking_iyss_word_ends_the_grants_of_every_type(app, brand, rows, ago):
    for each in ({}, AS_MERCHANT):
        MovementReceiver(app).receives(row("ONAY", at=ago(5), **each))
    individual, merchant = (rows.one(Consent, Consent.recipient_type == each) for each in RecipientType)
    drift = Difference(
        provider_id=brand.provider_id, brand_id=brand.id, consent_id=merchant.id, kind=DifferenceKind.DRIFT, facts={},
        found_at=clock.now(),
    )  # fmt: skip
    db.session.add(drift)
    db.session.flush()

    difference_resolution.settle(db.session, vault(), drift, Settlement.TAKE_THEIRS, user_id=1, at=clock.now())
    db.session.commit()

    assert status_of(rows, MERCHANT) == status_of(rows, RecipientType.INDIVIDUAL) == RET
    assert [told.consent_id for told in rows(Submission)] == [individual.id], "İYS holds no grant of the merchant"


def test_a_refusal_of_which_only_iys_knows_holds_a_files_grant_of_every_type(brand, rows, ago):
    bring(brand, *(entry(make.PHONE, date=ago(9), recipient_type=each) for each in RecipientType))
    known = {"iys_status": RET.value, "iys_as_of": ago(5)}
    db.session.query(Consent).filter_by(recipient_type=MERCHANT).update(known)
    db.session.query(Submission).update({"outcome": Outcome.PARKED, "due_at": None})
    db.session.commit()

    both = (entry(make.PHONE, date=ago(1), recipient_type=each) for each in RecipientType)
    assert bring(brand, *both) == ["over_refusal", "over_refusal"]


@pytest.mark.slow
def test_an_undo_ends_what_an_earlier_version_left_granted_and_locks_it_in_order(app, brand, rows, ago):
    """Up to version 0.2 a refusal that stood no more ended nothing that was heard of later."""
    MovementReceiver(app).receives(row("ONAY", at=ago(9), **AS_MERCHANT))
    bring(brand, entry(make.PHONE, RET, ago(7)))
    bring(brand, entry(make.PHONE, date=ago(5)))
    heard, undone = rows(Decision)[0], rows(Decision)[-1]
    left = db.session.query(Consent).filter_by(recipient_type=MERCHANT)
    left.update({"status": "ONAY", "decision_id": heard.id, "effective_at": heard.effective_at})
    db.session.commit()

    meanwhile(
        app,
        holds=touch(Consent, heard.consent_id),
        act=lambda: take_back(undone),
        then=touch(Consent, undone.consent_id),
    )

    assert heard.consent_id < undone.consent_id and {each.status for each in rows(Consent)} == {RET}
