"""What a person does about a drift that a sweep found; the differences of days are settled in the dashboard's tests."""

import json
from datetime import timedelta

import pytest
import time_machine

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.ids import new_id
from portal.core.models import Consent, Decision, DecisionOrigin, Difference, DifferenceKind, Settlement, Submission
from portal.domain.consents import difference_resolution
from portal.domain.consents.difference_resolution import CannotSettle, WhyNot
from portal.services.iys.inflow import sweeps
from tests import make
from tests.portal.domain.consents.iys_movements import MovementReceiver, row


@pytest.fixture
def drift(app, iys, sandbox, rows):
    """Makes a drift: here stands `ours`, İYS holds `theirs` (or nothing)."""

    def made(ours: str, theirs: str | None = None) -> int:
        MovementReceiver(app).receives(row(ours))
        if theirs:
            sandbox.acts(make.PHONE, "MESAJ", theirs, source="HS_WEB", at=clock.now() - timedelta(minutes=1))
        with app.app_context():
            sweeps.order_sweep(db.session, make.brand().provider_id, make.brand().id, clock.now())
            db.session.commit()
            for _ in range(10):
                sweeps.sweep_next_chunk(iys)
        return rows.one(Difference, Difference.kind == DifferenceKind.DRIFT).id

    return made


def settle(app, settlement: Settlement, difference_id: int) -> None:
    with app.app_context():
        found = db.session.get_one(Difference, difference_id)
        difference_resolution.settle(db.session, vault(), found, settlement, user_id=1, at=clock.now())
        db.session.commit()


def test_a_grant_that_iys_does_not_hold_is_withdrawn_where_its_word_is_taken(app, drift, rows, may_send):
    settle(app, Settlement.TAKE_THEIRS, drift("ONAY"))

    head, decision = rows.one(Consent), rows(Decision)[-1]
    assert (head.status, head.decision_id, may_send(head)) == ("RET", decision.id, False)
    assert (decision.origin, decision.source, decision.user_id) == (DecisionOrigin.AT_IYS, "IYS", 1)
    assert rows(Submission) == []


def test_a_grant_of_somebody_elses_is_not_ours_to_send_again(app, drift, rows):
    with pytest.raises(CannotSettle) as cannot:
        settle(app, Settlement.SEND_AGAIN, drift("ONAY"))

    assert cannot.value.why == WhyNot.NOT_OURS


def test_a_refusal_that_iys_does_not_hold_is_told_and_not_taken_back(app, drift, iys, sandbox, rows):
    difference_id = drift("RET", theirs="ONAY")
    with pytest.raises(CannotSettle) as cannot:
        settle(app, Settlement.TAKE_THEIRS, difference_id)
    assert cannot.value.why == WhyNot.REFUSED_HERE
    with pytest.raises(CannotSettle) as cannot:
        settle(app, Settlement.EXPLAINED, difference_id)
    assert cannot.value.why == WhyNot.REFUSED_HERE

    settle(app, Settlement.SEND_AGAIN, difference_id)
    make.forward_all(app, iys)
    assert rows.one(Decision, Decision.origin == DecisionOrigin.RENEWAL).source == "HS_KARAR"
    assert sandbox.movements()[-1]["status"] == "RET"
    assert rows.one(Difference).settlement == "send_again"


@pytest.mark.parametrize(
    ("field", "theirs", "ours"),
    [({"type": ["MESAJ", "ARAMA"]}, {"type": "ARAMA"}, None), ({"source": ["HS_WEB", "HS_ATM"]}, {}, "ONAY")],
)
def test_where_iyss_row_is_of_another_key_iys_no_longer_counts_as_holding_ours(app, rows, field, theirs, ours):
    with time_machine.travel(clock.now(), tick=False):
        line = row("ONAY", source="HS_ATM", transactionId="t-1", **theirs)
        MovementReceiver(app).receives(
            row("ONAY", source="HS_WEB"), row("ONAY", source="HS_WEB", recipient="+905327654321")
        )
    mine, bystander = rows(Consent)
    with app.app_context():
        its_id, at = new_id(), clock.now()
        sealed = vault().seal(json.dumps(line), Difference.LINE, mine.provider_id, its_id)
        db.session.add(
            Difference(
                id=its_id, provider_id=mine.provider_id, brand_id=mine.brand_id, kind=DifferenceKind.ALTERED,
                consent_id=mine.id, line=sealed, facts=field, found_at=at,
            )
        )  # fmt: skip
        db.session.commit()

    with time_machine.travel(at, tick=False):
        settle(app, Settlement.TAKE_THEIRS, its_id)

    held = {each.id: (each.iys_status, each.iys_as_of) for each in rows(Consent)}
    assert held[mine.id] == (ours, mine.iys_as_of if ours else at)
    assert held[bystander.id] == ("ONAY", bystander.iys_as_of)
    assert rows.one(Difference).settled_at == at
