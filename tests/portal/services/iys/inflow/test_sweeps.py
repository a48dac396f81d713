"""The weekly sweep of all consents, against the sandbox."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import delete, update

from portal.core import clock, iys_protocol
from portal.core.extensions import db
from portal.core.iys_protocol import Status
from portal.core.models import (
    CallTally,
    Consent,
    Difference,
    DifferenceKind,
    Event,
    EventType,
    IysRate,
    Outcome,
    Settlement,
    Submission,
    Sweep,
)
from portal.services.iys.inflow import sweeps
from tests import make
from tests.grants import insert_decisions
from tests.portal.domain.consents.iys_movements import MovementReceiver, row
from tests.portal.services.iys.forwarding.scripted import iys_that_says

pytestmark = pytest.mark.slow

WEEK = timedelta(days=7, minutes=1)


@pytest.fixture
def swept(app, inflow):
    """Orders a sweep and runs it to its end."""

    def sweep():
        with app.app_context():
            brand = make.brand()
            sweeps.order_sweep(db.session, brand.provider_id, brand.id, clock.now())
            db.session.commit()
        inflow.sweeps()

    return sweep


@pytest.fixture
def held(app, fatma, iys, sandbox, rows):
    """Fatma's grant, accepted by İYS."""
    fatma.decides(MESAJ="ONAY")
    make.forward_all(app, iys)
    return fatma


def forget_at_iys(sandbox) -> None:
    """İYS's record turns into a refusal that no feed brings."""
    with sandbox.app.extensions["sandbox"].store.transaction() as store:
        store.execute("UPDATE record SET status = 'RET'")


def later(**span):
    return time_machine.travel(clock.now() + timedelta(**(span or {"minutes": 5})))


def test_what_agrees_is_no_drift(held, swept, rows):
    with later():
        swept()

    sweep = rows.one(Sweep)
    assert (sweep.asked, sweep.drifted, sweep.due_at) == (1, 0, None)
    assert sweep.ended_at is not None
    assert rows.count(Difference) == 0


def test_a_grant_that_iys_no_longer_holds_is_found_and_may_not_be_sent_to(held, swept, sandbox, rows, may_send):
    forget_at_iys(sandbox)

    with later():
        swept()

    drift, consent = rows.one(Difference), rows.one(Consent)
    assert (drift.kind, drift.facts, drift.consent_id) == (DifferenceKind.DRIFT, {"status": ["ONAY", None]}, consent.id)
    assert (consent.status, consent.iys_status, may_send(consent)) == (Status.GRANTED, "RET", False)


def test_programs_are_told_once_of_a_grant_that_a_sweep_ended(held, swept, sandbox, rows):
    forget_at_iys(sandbox)

    for minutes in (5, 10):
        with later(minutes=minutes):
            swept()

    accepted, ended = rows(Event, Event.type == EventType.IYS_OUTCOME)
    assert accepted.facts["outcome"] == Outcome.ACCEPTED
    assert (ended.subject_id, ended.brand_id) == (rows.one(Consent).decision_id, rows.one(Consent).brand_id)
    assert ended.facts == {"outcome": "refused_at_iys", "code": None}


def test_a_refusal_that_iys_holds_a_grant_for_is_found(app, inflow, swept, sandbox, rows):
    sandbox.acts(make.PHONE, "MESAJ", "ONAY")
    with later():
        MovementReceiver(app).receives(row("RET", ago=timedelta(0)))
    with later(minutes=10):
        swept()

    assert rows.one(Difference).facts == {"status": ["RET", "ONAY"]}
    assert (rows.one(Consent).status, rows.one(Consent).iys_status) == (Status.REFUSED, "ONAY")


def test_what_iys_dates_before_a_sweep_is_news_where_our_clock_is_ahead(app, held, swept, rows, may_send):
    """By three minutes: the refusal was said a minute after the sweep, and İYS dates it before the grant."""
    granted_at, ahead = rows.one(Consent).effective_at, timedelta(minutes=3)
    with app.app_context():
        db.session.execute(update(Consent).values(iys_as_of=granted_at - ahead + timedelta(seconds=20)))
        db.session.execute(delete(IysRate).where(IysRate.name == IysRate.CLOCK))
        db.session.add(IysRate(name=IysRate.CLOCK, next_at=granted_at, ahead_ms=180_000))
        db.session.commit()
    with later(minutes=1):
        swept()
    with later(minutes=3):
        MovementReceiver(app).receives(row("RET", at=granted_at + timedelta(minutes=2) - ahead))

    consent = rows.one(Consent)
    assert (consent.iys_status, may_send(consent)) == ("RET", False)


def test_a_refusal_that_iys_turns_out_to_need_is_told_by_the_sweep(app, fatma, rows):
    """Another sender's grant of before came late, or "holds no grant" was wrong; no movement says so."""
    accepted_at = iys_protocol.format_wire_date(clock.now() + timedelta(days=2))
    accepts = (200, {"transactionId": "t1", "creationDate": accepted_at})
    fatma.decides(MESAJ="RET")
    with iys_that_says(MESAJ=(200, {"list": []})) as iys:
        make.forward_all(app, iys)
    assert rows.one(Submission).outcome == Outcome.NOT_NEEDED

    with iys_that_says(MESAJ=(200, {"list": [make.PHONE]}), consents=accepts, changes=(204, {})) as iys, later(days=1):
        with app.app_context():
            brand = make.brand()
            sweeps.order_sweep(db.session, brand.provider_id, brand.id, clock.now())
            db.session.commit()
            sweeps.sweep_next_chunk(iys)
        make.forward_all(app, iys)

    assert rows.one(Submission).outcome == Outcome.ACCEPTED
    assert (rows.one(Consent).iys_status, rows.count(Difference)) == ("RET", 0)


def test_a_drift_is_listed_once_and_ends_when_it_is_gone(held, swept, sandbox, rows, may_send):
    forget_at_iys(sandbox)
    for minutes in (5, 10):
        with later(minutes=minutes):
            swept()
    assert rows.count(Difference) == 1

    with sandbox.app.extensions["sandbox"].store.transaction() as store:
        store.execute("UPDATE record SET status = 'ONAY'")
    with later(minutes=15):
        swept()

    assert rows.one(Difference).settlement == Settlement.GONE
    assert may_send(rows.one(Consent))


def test_a_drift_that_a_pull_explains_is_gone(app, held, swept, inflow, sandbox, rows):
    with later():
        sandbox.acts(make.PHONE, "MESAJ", "RET")
    with later(minutes=10):
        swept()
    assert rows.one(Difference).settled_at is None

    with later(minutes=90):
        inflow.pulls()

    assert rows.one(Consent).status == Status.REFUSED
    assert rows.one(Difference).settlement == Settlement.GONE


def test_what_is_still_on_its_way_is_no_drift(fatma, swept, rows):
    fatma.decides(MESAJ="ONAY")

    with later():
        swept()

    assert rows.one(Sweep).asked == 1
    assert rows.count(Difference) == 0


def test_all_channels_and_types_of_many_are_asked_for_in_lists(app, inflow, swept, sandbox, rows, monkeypatch):
    MovementReceiver(app).receives(
        *(row("RET", recipient=f"+90532{each:07}", type=kind) for each in range(40) for kind in ("MESAJ", "ARAMA")),
        row("RET", recipient="fatma@example.com", type="EPOSTA"),
        row("RET", recipientType="TACIR"),
    )
    monkeypatch.setattr(sweeps, "CHUNK", 30)
    swept()

    assert rows.one(Sweep).asked == 82
    assert rows.one(Sweep).ended_at is not None
    assert sandbox.ledger()["failures"] == 0


@pytest.mark.parametrize("fault", ["500", "empty", "reset", "H520", "html"])
def test_a_sweep_goes_on_where_it_stood(held, swept, inflow, sandbox, rows, fault):
    sandbox.fault("multi_status", fault)
    swept()
    assert rows.one(Sweep).ended_at is None

    sandbox.mend()
    with later(minutes=11):
        inflow.sweeps()

    assert (rows.one(Sweep).asked, rows.one(Sweep).code) == (1, None)
    assert rows.one(Sweep).ended_at is not None


@pytest.mark.parametrize(
    ("listed", "beside", "drifts"),
    [
        ([make.PHONE[1:]], {}, 0), ([{"recipient": make.PHONE}], {"requestId": "x"}, 0), ([], {}, 1),
        ([], {"after": None, "errors": [], "error": {}, "message": "", "hasMore": False}, 1),
    ],
)  # fmt: skip
def test_a_sweep_reads_what_iys_lists_however_it_is_spelled_and_whatever_empty_stands_beside(
    app, held, rows, listed, beside, drifts
):  # fmt: skip
    sweep_with(app, None, answers=(200, {"list": listed} | beside))

    assert (rows.one(Sweep).ended_at is not None, rows.count(Difference)) == (True, drifts)


@pytest.mark.parametrize("error", [{}, {"location": ["recipient"]}])
@pytest.mark.parametrize("code", ["H121", "H464"])
def test_a_sweep_asks_about_sms_of_landlines_apart_and_ends_where_iys_takes_none(app, rows, code, error):
    kept = ["+902124445566", "+908501234567", make.PHONE]
    MovementReceiver(app).receives(*(row("RET", recipient=each, transactionId=each) for each in kept))
    not_taken, taken = (422, {"errors": [{"code": code} | error]}), (200, {"list": [make.PHONE]})

    sweep_with(app, None, answers=[not_taken, taken])

    assert (rows.one(Sweep).ended_at is not None, rows.one(Sweep).code) == (True, None)
    assert rows.one(Difference).consent_id == rows.one(Consent, Consent.iys_status == "ONAY").id


@pytest.mark.parametrize("code", ["H121", "H464"])
def test_a_sweep_asks_again_about_the_landlines_beside_one_that_iys_does_not_take(app, rows, code):
    with app.app_context():
        for number in ("+902124445566", "+902124445567"):
            insert_decisions(make.brand(), [number], clock.now(), lane=None, held="ONAY")
    names_the_first = (422, {"errors": [{"code": code, "location": ["recipients", 0]}]})

    sweep_with(app, None, answers=[names_the_first, (200, {"list": []})])

    assert [each.iys_status for each in rows(Consent)] == ["ONAY", "RET"]
    assert (rows.one(Sweep).ended_at is not None, rows.one(Sweep).asked) == (True, 2)


@pytest.mark.parametrize("element", ["?", None, "+905559999999", {"recipient": make.PHONE, "status": "RET"}])
def test_a_sweep_concludes_nothing_from_a_list_that_is_not_understood(app, held, rows, element, may_send):
    sweep_with(app, [element])

    sweep, consent = rows.one(Sweep), rows.one(Consent)
    assert (sweep.ended_at, sweep.attempts, sweep.asked, rows.count(Difference)) == (None, 1, 0, 0)
    assert (consent.iys_status, may_send(consent)) == ("ONAY", True)
    assert rows.one(CallTally, CallTally.name == CallTally.UNREADABLE_ROW).calls == 1


def sweep_with(app, listed, *, answers=None) -> None:
    """One chunk, of which İYS lists this, or to whose questions it gives these answers."""
    with later(), app.app_context(), iys_that_says(MESAJ=answers or (200, {"list": listed})) as iys:
        brand = make.brand()
        sweeps.order_sweep(db.session, brand.provider_id, brand.id, clock.now())
        db.session.commit()
        sweeps.sweep_next_chunk(iys)


def test_a_brand_is_swept_once_a_week(held, inflow, rows):
    inflow.sweeps()
    assert rows.count(Sweep) == 0

    for days in (2, 3, 10):
        with later(days=days):
            inflow.sweeps()

    assert rows.count(Sweep) == 2
    assert all(sweep.ended_at for sweep in rows(Sweep))


def test_two_orders_are_one_sweep(app, inflow, rows):
    with app.app_context():
        brand = make.brand()
        ids = {sweeps.order_sweep(db.session, brand.provider_id, brand.id, clock.now()) for _ in range(2)}
        db.session.commit()

    assert ids == {rows.one(Sweep).id}
