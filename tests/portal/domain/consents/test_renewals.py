"""A refusal that İYS could not take in time is recorded anew as the provider's own decision."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Status
from portal.core.models import Actor, AuditEntry, Consent, Decision, DecisionOrigin, Submission
from portal.domain.consents import refusal_forwarding
from tests import grants, make

DAY = timedelta(days=1)
CODES = (make.IYS_CODE, make.BRAND_CODE)


@pytest.fixture
def two_refused(app):
    """Two refusals of a week ago, in a transaction of their own."""
    with app.app_context():
        at = clock.now().replace(microsecond=0) - 7 * DAY
        grants.insert_decisions(make.brand(), grants.phones(2), at, status="RET", lane=None)
        yield db.session.query(Decision).order_by(Decision.id).all()
        db.session.rollback()


@pytest.mark.parametrize("change", [{"status": Status.GRANTED}, {"decision_id": 1}])
def test_only_a_refusal_that_still_stands_may_be_renewed(two_refused, change):
    first, second = two_refused
    db.session.query(Consent).filter_by(id=first.consent_id).update(change)

    assert refusal_forwarding.renew(db.session, vault(), first.id, CODES, clock.now()) is None
    assert db.session.query(Decision).count() == 2
    assert refusal_forwarding.renew(db.session, vault(), second.id, CODES, clock.now())


@pytest.mark.parametrize(("change", "is_due"), [({}, True), ({"decision_id": 1}, False)])
def test_only_a_refusal_that_still_stands_is_due_once_it_expired(two_refused, change, is_due):
    first, at = two_refused[0], clock.now()
    if change:
        db.session.query(Consent).filter_by(id=first.consent_id).update(change)

    expired = update(Submission).values(due_at=refusal_forwarding.renewal_due_at(at))
    db.session.execute(expired.where(Submission.decision_id == first.id))

    assert db.session.scalar(select(Submission.due_at).where(Submission.decision_id == first.id)) == (
        at if is_due else None
    )


def test_the_provider_refuses_now_what_the_person_refused_then(two_refused):
    first, at = two_refused[0], clock.now().replace(microsecond=0)

    new_id = refusal_forwarding.renew(db.session, vault(), first.id, CODES, at)

    db.session.expire_all()
    new = db.session.get_one(Decision, new_id)
    assert (new.source, new.origin, new.renews_id) == ("HS_KARAR", DecisionOrigin.RENEWAL, first.id)
    assert (new.status, new.consent_date, new.consent_id) == (Status.REFUSED, at, first.consent_id)
    consent = db.session.get_one(Consent, first.consent_id)
    assert (consent.decision_id, consent.status, consent.consent_date) == (new_id, Status.REFUSED, at)
    sent = db.session.query(Submission).filter_by(decision_id=new_id).one()
    payload = vault().open(sent.payload, Submission.PLACE, sent.provider_id, sent.id)
    assert (sent.due_at, sent.endpoint) == (at, f"/v2/sps/{CODES[0]}/brands/{CODES[1]}/consents")
    assert grants.phones(1)[0].encode() in payload and b"HS_KARAR" in payload


def test_a_renewal_of_a_renewal_names_who_refused_first(two_refused):
    first, at = two_refused[0], clock.now()

    again = refusal_forwarding.renew(db.session, vault(), first.id, CODES, at)
    once_more = refusal_forwarding.renew(db.session, vault(), again, CODES, at + DAY)

    assert db.session.get_one(Decision, once_more).renews_id == first.id


def test_a_renewal_is_told_to_the_providers_audit_log(two_refused):
    at = clock.now()

    new_id = refusal_forwarding.renew(db.session, vault(), two_refused[0].id, CODES, at)

    entry = db.session.query(AuditEntry).filter_by(act="decision.renewed").one()
    assert (entry.subject, entry.subject_id, entry.facts) == ("decision", two_refused[0].id, {"by": new_id})
    assert (entry.provider_id, entry.actor, entry.actor_id, entry.at) == (
        two_refused[0].provider_id, Actor.SYSTEM, None, at,
    )  # fmt: skip
