"""What a consent falls back to where a file is taken back is told to İYS."""

import json
from datetime import timedelta

import pytest

from portal.core import clock, iys_protocol
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Source, Status
from portal.core.models import Consent, Decision, Outcome, Submission
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


def test_what_iys_told_is_not_told_back_where_it_stands_again(app, brand, rows, ago):
    MovementReceiver(app).receives(row("ONAY", at=ago(9)), row("RET", at=ago(5)))
    db.session.expire_all()
    bring(brand, entry(make.PHONE, RET, ago(1)))
    take_back(rows(Decision)[-1])

    assert rows.one(Consent).status == RET
    assert [each.outcome for each in rows(Submission)] == [Outcome.ANNULLED]
