"""A day from İYS's file to our agreement."""

import hashlib
from dataclasses import replace
from datetime import timedelta

import pytest
import requests
from sqlalchemy import select
from sqlalchemy.orm import undefer

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.iys_protocol import RecipientType, Status
from portal.core.iys_protocol.enums import LINE_CLOSED
from portal.core.models import (
    AuditEntry,
    Brand,
    ClosedLine,
    Consent,
    DayState,
    Decision,
    Difference,
    DifferenceKind,
    Event,
    Outcome,
    ReceivedVia,
    ReconciledDay,
    Settlement,
    Submission,
)
from portal.domain.consents import difference_resolution
from portal.services.exports import consents, decisions
from portal.services.exports.filters import ExportFilter, ExportKind
from portal.services.iys import reconciliation
from portal.services.iys.reconciliation import day_file
from portal.services.iys.reconciliation.day_reports import DayReport
from tests import make
from tests.portal.domain.consents.import_entries import bring, entry
from tests.portal.domain.consents.iys_movements import AN_HOUR, MovementReceiver, row
from tests.portal.services.iys.reconciliation.story import AYSEGUL, DAY, NOON, connect_on, the_day

pytestmark = pytest.mark.slow


def at_iys(story, path: str):
    """What İYS itself says of the day."""
    token = requests.post(
        f"{story.sandbox.url}/oauth2/token",
        json={"username": make.USERNAME, "password": make.PASSWORD, "grant_type": "password"},
        timeout=5,
    ).json()["access_token"]
    where = f"{story.sandbox.url}/sps/{make.IYS_CODE}/brands/{make.BRAND_CODE}/{path}"
    return requests.get(where, headers={"Authorization": f"Bearer {token}"}, timeout=5)


def test_a_day_that_agrees_is_confirmed_archived_and_stamped(story, rows):
    story.decides_at_noon(MESAJ="ONAY", ARAMA="RET")
    story.night_falls()
    story.steps()

    day = the_day(rows)
    file = at_iys(story, f"changes/{DAY}/file").content
    assert (day.state, day.rows, day.code, day.due_at) == (DayState.AGREED, 1, None, None)
    assert day.file_hash == day.iys_hash == hashlib.sha384(file).hexdigest()
    assert at_iys(story, f"agreements/{DAY}").json()["agreementStatus"] is True
    assert day.timestamp and day.archived_at and day.agreed_at
    assert rows(Difference) == []
    assert rows.one(AuditEntry, AuditEntry.act == "day.agreed").facts == {"hash": day.iys_hash}


def test_the_archived_file_is_what_came(app, story, rows):
    story.decides_at_noon(MESAJ="ONAY")
    story.night_falls()
    story.steps()

    with app.app_context():
        day = db.session.get(ReconciledDay, the_day(rows).id, options=[undefer(ReconciledDay.file)])
        sealed, opened = day.file, day_file.open_file(vault(), day)
        db.session.rollback()
    assert opened == at_iys(story, f"changes/{DAY}/file").content
    assert make.PHONE.encode() in opened and make.PHONE.encode() not in sealed


def test_a_merchant_without_source_and_date_stays_so_at_iys_and_everywhere(app, story, rows):
    bare = {"source": None, "is_dated": False, "consent_date": clock.now().replace(microsecond=0)}
    merchant = replace(entry(make.PHONE, recipient_type=RecipientType.MERCHANT), **bare)
    with app.app_context():
        make.brand()
        brand = db.session.scalar(select(Brand))
        assert bring(brand, merchant) == ["grant"]
        assert bring(brand, merchant) == ["known"]
    story.forwards()
    story.hours_pass(1)
    story.forwards()

    (held,) = story.sandbox.movements()
    assert not held.get("source") and not held.get("consentDate") and held["status"] == "ONAY"
    decision = rows.one(Decision)
    assert (decision.source, decision.consent_date) == (None, None)
    story.night_falls()
    story.pulls()
    story.steps()
    assert (the_day(rows).state, rows.count(Difference), rows.count(Decision)) == (DayState.AGREED, 0, 1)
    assert rows.one(Submission).outcome == Outcome.VERIFIED
    with app.app_context():
        wanted = ExportFilter(ExportKind.DECISIONS, decision.provider_id, since=DAY, until=DAY)
        (exported,) = decisions.rows(db.session, vault(), wanted, clock.now())
        (current,) = consents.rows(db.session, vault(), replace(wanted, kind=ExportKind.CONSENTS), clock.now())
    assert (exported.source, exported.consent_date, current.source, current.consent_date) == (None,) * 4


def test_what_the_file_lists_of_ours_is_verified(story, rows):
    story.decides_at_noon(MESAJ="ONAY")
    assert rows.one(Submission).outcome == Outcome.ACCEPTED
    story.night_falls()
    story.steps()

    assert rows.one(Submission).outcome == Outcome.VERIFIED


def test_no_day_is_reconciled_before_three_in_the_night(story, rows):
    story.decides_at_noon(MESAJ="ONAY")
    story.traveller.shift(timedelta(hours=14, minutes=59))
    assert story.steps() == 0

    story.traveller.shift(timedelta(minutes=2))
    story.steps()
    assert the_day(rows).state == DayState.AGREED


def test_a_day_without_movements_is_empty(app, story, rows):
    connect_on(app, clock.now())
    story.night_falls()
    story.steps()

    day = the_day(rows)
    assert (day.state, day.rows, day.due_at, day.agreed_at) == (DayState.EMPTY, 0, None, None)


def test_missed_nights_are_caught_up_as_far_as_the_window_reaches(story, rows):
    story.decides_at_noon(MESAJ="ONAY")
    story.night_falls(nights=9)  # Away for eight nights.
    story.steps()

    assert len(rows(ReconciledDay)) == 7
    assert {day.state for day in rows(ReconciledDay)} == {DayState.EMPTY}
    assert min(day.day for day in rows(ReconciledDay)) == DAY + timedelta(days=2)


def test_a_day_whose_window_closed_is_missed(story, rows):
    story.decides_at_noon(MESAJ="ONAY")
    story.sandbox.fault("file", "500")
    story.night_falls()
    story.steps()
    assert the_day(rows).state == DayState.WAITING

    story.night_falls(nights=8)
    story.steps()
    day = the_day(rows)
    assert (day.state, day.due_at, day.code) == (DayState.MISSED, None, "H502")


@pytest.mark.alike
@pytest.mark.parametrize("question", ["file", "agreement", "agree", "timestamp", "summary"])
def test_a_failure_anywhere_is_made_good_later(story, rows, question):
    story.decides_at_noon(MESAJ="ONAY", ARAMA="ONAY")
    story.sandbox.fault(question, "500")
    story.night_falls()
    story.steps()
    story.sandbox.mend()
    for _ in range(4):
        story.hours_pass(1)
        story.steps()

    day = the_day(rows)
    assert (day.state, day.code) == (DayState.AGREED, None)
    assert day.timestamp and day.archived_at
    assert len(rows(AuditEntry, AuditEntry.act == "day.agreed")) == 1


@pytest.mark.alike
@pytest.mark.parametrize(
    ("question", "kinds"),
    [
        ("file", ["html", "empty", "cut", "reset", "500-after-apply"]),
        ("agreement", ["html", "empty", "cut", "reset", "500-after-apply"]),
        ("agree", ["html", "empty", "cut"]),
        ("agree", ["reset"]),  # By some of them İYS has agreed, and says so next.
        ("agree", ["500-after-apply"]),
    ],
)
def test_an_answer_that_is_no_answer_confirms_nothing(story, rows, question, kinds):
    story.decides_at_noon(MESAJ="ONAY", ARAMA="ONAY")
    story.night_falls()
    for kind in kinds:
        story.sandbox.mend()
        story.sandbox.fault(question, kind)
        assert story.steps(), kind
        assert the_day(rows).state == DayState.WAITING, kind
        assert rows(Difference) == [], kind
        story.traveller.move_to(the_day(rows).due_at)

    story.sandbox.mend()
    story.hours_pass(1)
    story.steps()
    assert the_day(rows).state == DayState.AGREED


def test_altered_missing_and_extra_rows_are_found(story, rows):
    a_day_with_three_differences(story)
    story.steps()

    day = the_day(rows)
    found = {each.kind: each for each in rows(Difference)}
    assert day.state == DayState.DIFFERENT and day.agreed_at is None
    assert set(found) == {DifferenceKind.ALTERED, DifferenceKind.ONLY_HERE, DifferenceKind.ONLY_AT_IYS}
    assert found[DifferenceKind.ALTERED].facts["consentDate"] == ["2026-11-23 12:00:00", "2026-11-20 12:00:00"]
    assert found[DifferenceKind.ONLY_HERE].facts["status"] == ["ONAY", None]
    assert found[DifferenceKind.ONLY_AT_IYS].facts["source"] == [None, "HS_ATM"]
    assert at_iys(story, f"agreements/{DAY}").json()["agreementStatus"] is False
    assert day.timestamp and day.archived_at  # İYS's proof is given for seven days only.
    assert make.PHONE not in str([each.facts for each in rows(Difference)])


def test_a_refusal_in_the_file_that_is_spelled_otherwise_stops_what_is_sent(story, rows):
    story.decides_at_noon(MESAJ="ONAY")
    odd = {"recipient": make.PHONE, "type": "mesaj", "recipientType": "bireysel", "status": "ret", "source": "IYS_WEB"}
    added = odd | {"creationDate": f"{DAY}T18:40:38"}
    story.sandbox.tamper(brandCode=make.BRAND_CODE, day=DAY.isoformat(), add=added)
    story.night_falls()
    story.steps()

    assert rows.one(Consent).iys_status == Status.REFUSED
    assert rows.one(Difference).consent_id == rows.one(Consent).id
    assert rows(Event)[-1].facts == {"outcome": "refused_at_iys", "code": None}


def test_a_refusal_in_the_file_on_a_channel_that_nobody_knows_stops_what_is_sent_on_all(story, rows):
    story.decides_at_noon(MESAJ="ONAY", ARAMA="ONAY")
    said = {"recipient": make.PHONE, "type": "GUVERCIN", "recipientType": "BIREYSEL", "status": "RET"}
    added = said | {"source": "IYS_WEB", "creationDate": f"{DAY} 18:40:38", "transactionId": "f1" * 32}
    story.sandbox.tamper(brandCode=make.BRAND_CODE, day=DAY.isoformat(), add=added)
    story.night_falls()
    story.steps()

    assert [each.iys_status for each in rows(Consent)] == [Status.REFUSED] * 2
    assert rows.one(Difference).facts["type"] == [None, "GUVERCIN"]

    with story.app.app_context():
        difference = db.session.scalars(select(Difference)).one()
        taken = {"user_id": 1, "at": clock.now()}
        difference_resolution.settle(db.session, vault(), difference, Settlement.TAKE_THEIRS, **taken)
        db.session.commit()

    assert [each.status for each in rows(Consent)] == [Status.REFUSED] * 2


def test_a_refusal_in_the_file_ends_the_grants_of_every_type(story, rows):
    """As one that is pulled: at İYS it is another key, of which nobody here knows."""
    story.decides_at_noon(MESAJ="ONAY")
    said = {"recipient": make.PHONE, "type": "MESAJ", "recipientType": "TACIR", "status": "RET", "source": "IYS_WEB"}
    added = said | {"creationDate": f"{DAY} 18:40:38", "consentDate": f"{DAY} 18:40:38", "transactionId": "f1" * 32}
    story.sandbox.tamper(brandCode=make.BRAND_CODE, day=DAY.isoformat(), add=added)
    story.night_falls()
    story.steps()

    individual = rows.one(Consent, Consent.recipient_type == RecipientType.INDIVIDUAL)
    told = rows.one(Submission, Submission.decision_id == individual.decision_id)
    assert {each.status for each in rows(Consent)} == {Status.REFUSED} and rows.count(Consent) == 2
    assert (told.status, told.outcome) == (Status.REFUSED, Outcome.WAITING)
    assert rows.one(Difference).kind == DifferenceKind.ONLY_AT_IYS

    compare_again(story, rows)
    assert rows.one(Difference).settlement == "gone"


def test_a_refusal_in_the_file_of_somebody_unknown_is_kept_before_a_grant_comes(app, story, rows):
    story.decides_at_noon(MESAJ="ONAY")
    told = row("RET", recipient=AYSEGUL, at=NOON + 2 * AN_HOUR, transactionId="f1" * 32)
    story.sandbox.tamper(brandCode=make.BRAND_CODE, day=DAY.isoformat(), add=told)
    story.night_falls()
    story.steps()
    assert sorted(each.status for each in rows(Consent)) == [Status.GRANTED, Status.REFUSED]
    assert rows.one(Difference).kind == DifferenceKind.ONLY_AT_IYS

    with app.app_context():
        assert bring(make.brand(), entry(AYSEGUL, date=clock.now() - AN_HOUR)) == ["over_refusal"]


@pytest.mark.parametrize("is_pushed", [False, True])
def test_a_closed_line_in_the_file_is_closed_at_all_firms(story, rows, is_pushed):
    """Also one that agrees with a push, which counts at its own firm only."""
    story.decides_at_noon(MESAJ="ONAY", ARAMA="ONAY")
    told = row("RET", source=LINE_CLOSED, at=NOON + 2 * AN_HOUR, transactionId="f1" * 32)
    story.night_falls()
    if is_pushed:
        MovementReceiver(story.app).receives(told, by=ReceivedVia.PUSH)
    assert rows.count(ClosedLine) == 0
    story.sandbox.tamper(brandCode=make.BRAND_CODE, day=DAY.isoformat(), add=told)
    story.steps()

    assert {each.status for each in rows(Consent)} == {Status.REFUSED}
    assert rows.count(ClosedLine) == 1 and rows.count(Difference) == (not is_pushed)


def test_a_difference_that_is_no_longer_there_is_gone_and_the_day_agrees(story, rows):
    a_day_with_three_differences(story)
    story.steps()
    story.sandbox.untamper()
    compare_again(story, rows)

    assert {each.settlement for each in rows(Difference)} == {"gone"}
    assert the_day(rows).state == DayState.AGREED


def test_comparing_again_finds_no_difference_twice(story, rows):
    a_day_with_three_differences(story)
    story.steps()
    compare_again(story, rows)

    assert len(rows(Difference)) == 3


def a_day_with_three_differences(story) -> None:
    """One row has another date, one is left out, one nobody here knows."""
    story.decides_at_noon(MESAJ="ONAY")
    story.decides_at_noon(AYSEGUL, MESAJ="ONAY")
    story.decides_at_noon(make.EMAIL, EPOSTA="ONAY")
    box = story.sandbox
    box.tamper(transactionId=story.transaction_of("ONAY"), alter={"consentDate": "2026-11-20 12:00:00"})
    box.tamper(transactionId=story.transaction_of("ONAY", AYSEGUL), drop=True)
    box.tamper(brandCode=make.BRAND_CODE, day=DAY.isoformat(), add={"recipient": "+905441112233", "source": "HS_ATM"})
    story.night_falls()


def compare_again(story, rows) -> None:
    with story.app.app_context():
        assert reconciliation.reconcile_day(story.iys, the_day(rows).id)


@pytest.mark.alike
def test_an_unfinished_hash_is_asked_for_again(story, rows):
    story.decides_at_noon(MESAJ="ONAY")
    story.night_falls()
    for state in ("queued", "inprogress", "error"):
        story.sandbox.mend()
        story.sandbox.fault("agreement", state)
        assert story.steps(), state
        assert (the_day(rows).state, the_day(rows).agreed_at) == (DayState.WAITING, None), state
        story.traveller.move_to(the_day(rows).due_at)

    story.sandbox.mend()
    story.hours_pass(1)
    story.steps()
    assert the_day(rows).state == DayState.AGREED


def test_a_file_that_comes_cut_each_time_is_never_confirmed(story, rows):
    story.decides_at_noon(MESAJ="ONAY")
    story.decides_at_noon(AYSEGUL, MESAJ="ONAY")
    story.sandbox.fault("file", "cut")
    story.night_falls()
    for _ in range(6):
        story.steps()
        story.hours_pass(1)
    assert (the_day(rows).agreed_at, the_day(rows).timestamp) == (None, None)
    assert the_day(rows).due_at is not None

    story.sandbox.mend()
    story.hours_pass(1)
    story.steps()
    assert the_day(rows).state == DayState.AGREED
    assert {each.settlement for each in rows(Difference)} <= {"gone"}


@pytest.mark.parametrize("digest", [hashlib.sha384, hashlib.sha256])
def test_the_hash_is_known_by_its_length_since_iyss_own_example_is_a_shorter_one(digest):
    report = DayReport({}, b"a day", digest(b"a day").hexdigest(), False)

    assert report.hash_agrees
    assert not DayReport({}, b"another", report.iys_hash, False).hash_agrees


def test_counts_that_are_not_as_documented_count_nothing():
    odd = {
        "BIREYSEL": {"changeStats": [None, {"consents": {}}, {"consents": [{"total": "5"}, {"total": 2}]}]},
        "TACIR": {},
    }

    assert DayReport(odd, None, None, False).counted == 2
