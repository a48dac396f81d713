"""A refusal voids the person's grants of its key that still wait to be taken back, whichever way it comes."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import event

from portal.core import addresses, clock
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Channel, RecipientType, Source, Status
from portal.core.models import (
    Annulment,
    Brand,
    Consent,
    Decision,
    DecisionOrigin,
    Difference,
    DifferenceKind,
    Lane,
    Outcome,
    Recipient,
    Settlement,
    Submission,
)
from portal.domain.consents import bulk_import, difference_resolution, recipients, refusals
from tests import grants, make
from tests.portal.domain.consents.import_entries import entry, import_run
from tests.portal.domain.consents.iys_movements import MovementReceiver, row

pytestmark = pytest.mark.slow

SMS, RET = Channel.SMS, Status.REFUSED


@pytest.fixture
def app(app):
    app.config["UNDO_SECONDS"] = 300
    return app


def later(**by):
    return time_machine.travel(clock.now() + timedelta(**by))


def of_fatma() -> tuple[Recipient, addresses.Address, Brand]:
    address, brand = addresses.parse(make.PHONE), make.brand()
    return recipients.find(db.session, vault(), brand.provider_id, address), address, brand


def brings(app, *entries):
    with app.app_context():
        bulk_import.apply_import(db.session, vault(), make.brand(), entries, import_run())
        db.session.commit()


def by_file(app):
    brings(app, entry(make.PHONE, RET, clock.now()))


def by_a_file_about_merchants(app):
    brings(app, entry(make.PHONE, RET, clock.now(), recipient_type=RecipientType.MERCHANT))


def by_hand(app):
    with app.app_context():
        recipient, address, brand = of_fatma()
        told = {"address": address, "source": Source.CALL_CENTRE, "user_id": 1, "at": clock.now()}
        refusals.refuse(db.session, vault(), recipient, [brand], [SMS], **told)
        db.session.commit()


def by_withdrawal(app, origin: DecisionOrigin = DecisionOrigin.MINE):
    with app.app_context():
        recipient, address, brand = of_fatma()
        part = refusals.RefusalScope(recipient, address, [brand], [SMS])
        refusals.withdraw(
            db.session, vault(), [part], origin=origin, language="tr", request_metadata="", at=clock.now()
        )
        db.session.commit()


def by_disowning(app):
    with app.app_context():
        recipient, address, _ = of_fatma()
        refusals.refuse_not_mine(
            db.session, vault(), recipient, address, language="tr", request_metadata="", at=clock.now()
        )
        db.session.commit()


def at_iys(app):
    MovementReceiver(app).receives(row("RET", at=clock.now()))


def by_another_sender(app):
    MovementReceiver(app).receives(row("RET", at=clock.now(), source="HS_WEB"))


def by_a_closed_line(app):
    """İYS lists the number's calls only; no channel of it keeps a grant."""
    MovementReceiver(app).receives(row("RET", at=clock.now(), type="ARAMA", source="IYS_AHS_HAT_KAPATMA"))


def by_taking_iyss_word(app):
    with app.app_context():
        head = db.session.query(Consent).filter_by(channel=SMS).one()
        drift = Difference(
            provider_id=head.provider_id, brand_id=head.brand_id, consent_id=head.id, kind=DifferenceKind.DRIFT,
            facts={}, found_at=clock.now(),
        )  # fmt: skip
        db.session.add(drift)
        db.session.flush()
        difference_resolution.settle(db.session, vault(), drift, Settlement.TAKE_THEIRS, user_id=1, at=clock.now())
        db.session.commit()


WAYS = [
    by_file, by_a_file_about_merchants, by_hand, by_withdrawal, by_disowning, at_iys, by_another_sender,
    by_a_closed_line, by_taking_iyss_word,
]  # fmt: skip


@pytest.mark.parametrize("refused", WAYS)
def test_a_refusal_voids_the_grant_that_waits(app, fatma, rows, refused):
    if refused is by_a_file_about_merchants:
        brings(app, entry(make.PHONE, date=clock.now() - timedelta(days=1), recipient_type=RecipientType.MERCHANT))
    fatma.decides(MESAJ="ONAY")
    granted = rows(Decision, Decision.origin == DecisionOrigin.LINK)[-1]
    with later(seconds=5):
        refused(app)

    assert [each.decision_id for each in rows(Annulment)] == [granted.id]
    told = rows.one(Submission, Submission.decision_id == granted.id)
    assert (told.outcome, told.due_at, told.attempts) == (Outcome.ANNULLED, None, 0)
    heads = rows(Consent, Consent.channel == SMS)
    assert {head.status for head in heads} == {RET} and granted.id not in {head.decision_id for head in heads}


@pytest.mark.parametrize("refused", WAYS)
def test_what_is_in_a_forwarders_hand_is_void_by_no_refusal(app, fatma, rows, refused):
    if refused is by_a_file_about_merchants:
        brings(app, entry(make.PHONE, date=clock.now() - timedelta(days=1), recipient_type=RecipientType.MERCHANT))
    fatma.decides(MESAJ="ONAY")
    with app.app_context():
        in_hand = {"attempts": 1, "lease_until": clock.now() + timedelta(seconds=15)}
        db.session.query(Submission).filter_by(lane=Lane.PEOPLE).update(in_hand)
        db.session.commit()
    with later(seconds=5):
        refused(app)

    assert rows.count(Annulment) == 0
    assert Outcome.ANNULLED not in {each.outcome for each in rows(Submission)}


@pytest.mark.parametrize("refused", [
    lambda app: brings(app, entry(make.PHONE, RET, clock.now() - timedelta(hours=1))),
    lambda app: MovementReceiver(app).receives(row("RET", ago=timedelta(hours=1))),
])  # fmt: skip
def test_a_refusal_that_is_older_than_the_grant_voids_nothing(app, fatma, rows, refused):
    fatma.decides(MESAJ="ONAY")
    with later(seconds=5):
        refused(app)

    assert rows.count(Annulment) == 0
    assert rows.one(Consent).status == Status.GRANTED
    assert rows.one(Submission).outcome == Outcome.WAITING


def test_a_file_that_grants_anew_after_its_refusal_voids_what_waits_all_the_same(app, fatma, rows):
    fatma.decides(MESAJ="ONAY")
    waiting, at = rows.one(Decision), clock.now()
    with later(seconds=5):
        anew = entry(make.PHONE, date=at + timedelta(seconds=4), line=2)
        brings(app, anew, entry(make.PHONE, RET, at + timedelta(seconds=2)))

    assert [each.decision_id for each in rows(Annulment)] == [waiting.id]
    assert {told.status: told.outcome for told in rows(Submission, Submission.decision_id != waiting.id)} == {
        RET: Outcome.WAITING, Status.GRANTED: Outcome.WAITING,
    }  # fmt: skip
    assert rows.one(Consent).decision_id == rows.one(Decision, Decision.line == 2).id


def test_a_grant_that_is_heard_or_brought_voids_nothing(app, fatma, rows):
    fatma.decides(MESAJ="ONAY", ARAMA="ONAY")
    with later(seconds=5):
        MovementReceiver(app).receives(row("ONAY", at=clock.now()))
        brings(app, entry(make.PHONE, date=clock.now(), channel=Channel.CALL))

    assert rows.count(Annulment) == 0


@pytest.mark.parametrize("waiting", [0, 40])
def test_a_file_asks_for_all_that_waits_at_once(app, rows, waiting):
    """One statement ends them however many there are, and one writes that they are void."""
    phones = grants.phones(40)
    with app.app_context():
        brand, at = make.brand(), clock.now()
        grants.insert_decisions(brand, phones, at, lane=Lane.PEOPLE)
        theirs = [told.id for told in db.session.query(Submission).limit(waiting)]
        on = db.session.query(Submission).filter(Submission.id.in_(theirs))
        on.update({"due_at": at + timedelta(minutes=5)}, synchronize_session=False)
        db.session.commit()
        asked = []

        def asks(_connection, _cursor, statement, *_):
            asked.append(statement)

        engine = db.session.get_bind(Submission)
        event.listen(engine, "before_cursor_execute", asks)
        entries = [entry(each, RET, at + timedelta(seconds=5)) for each in phones]
        bulk_import.apply_import(
            db.session, vault(), db.session.merge(brand), entries, import_run(at=at + timedelta(seconds=5))
        )
        event.remove(engine, "before_cursor_execute", asks)
        db.session.commit()

    assert rows.count(Annulment) == waiting
    assert sum("UPDATE submission" in each for each in asked) == 1
    assert len(asked) < 30
