"""A file's grant does not overturn a person's own refusal by itself: its author vouches for it first."""

from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import update

from portal.core import addresses, clock
from portal.core.extensions import db, read_session, vault
from portal.core.iys_protocol import Channel, RecipientType, Source, Status
from portal.core.models import Consent, Decision, DecisionOrigin, Recipient, Submission
from portal.domain.consents import annulments, bulk_import, recipients, refusals
from portal.domain.providers import sandbox_mode
from tests import make
from tests.portal.domain.consents.import_entries import bring, entry, import_run
from tests.portal.domain.consents.iys_movements import MovementReceiver, row

RET = Status.REFUSED
TWO_HOURS, THREE_HOURS = timedelta(hours=2), timedelta(hours=3)


def refuse_by_link(app, browser) -> None:
    make.Person(browser, make.codes(app, make.PHONE)[make.PHONE]).decides(MESAJ="RET")


def refuse_by_staff(app, browser) -> None:
    address, told = addresses.parse(make.PHONE), {"source": Source.CALL_CENTRE, "user_id": 3, "at": clock.now()}
    with app.app_context():
        brand = make.brand()
        (recipient_id,) = recipients.gather(db.session, vault(), brand.provider_id, [address], clock.now()).values()
        person = db.session.get_one(Recipient, recipient_id)
        refusals.refuse(db.session, vault(), person, [brand], [Channel.SMS], address=address, **told)
        db.session.commit()


def refuse_at_iys(app, browser) -> None:
    MovementReceiver(app).receives(row("RET", at=clock.now()))


def refuse_by_program(app, browser) -> None:
    with app.app_context():
        bring(make.brand(), entry(make.PHONE, RET, clock.now()), batch_id=5, origin=DecisionOrigin.API)


WAYS = [refuse_by_link, refuse_by_staff, refuse_at_iys, refuse_by_program]


@pytest.mark.parametrize("refuse", WAYS)
def test_a_newer_grant_is_held_until_its_author_vouches_for_it(app, brand, browser, rows, refuse):
    with time_machine.travel(clock.now() - TWO_HOURS):
        refuse(app, browser)
    newer, merchant = entry(make.PHONE), entry(make.PHONE, recipient_type=RecipientType.MERCHANT)

    assert bring(brand, newer, merchant, entry("+905321000001")) == ["over_refusal", "over_refusal", "grant"]
    assert len(rows(Decision, Decision.status == Status.GRANTED)) == 1
    assert {each.status for each in rows(Consent, Consent.channel == Channel.SMS)} == {RET, Status.GRANTED}

    vouched = replace(newer, is_vouched=True)
    assert bring(brand, vouched) == ["grant"]
    assert bring(brand, vouched, newer) == ["known", "known"]
    grant = rows(Submission, Submission.status == Status.GRANTED)[-1]
    assert rows.one(Consent, Consent.id == grant.consent_id).status == Status.GRANTED

    annulments.annul_decisions(db.session, vault(), [grant.decision_id], None, clock.now())
    db.session.commit()
    assert rows.one(Consent, Consent.id == grant.consent_id).status == RET
    assert bring(brand, newer) == ["over_refusal"]


def test_a_refusal_that_another_file_or_sender_stated_gives_way_to_a_newer_grant(app, brand, rows):
    bring(brand, entry(make.PHONE, RET, clock.now() - TWO_HOURS))
    assert bring(brand, entry(make.PHONE)) == ["grant"]

    MovementReceiver(app).receives(row("RET", ago=timedelta(minutes=30), source="HS_CAGRI_MERKEZI"))
    assert rows.one(Decision, Decision.origin == DecisionOrigin.OTHER_SENDER).status == RET
    assert bring(brand, entry(make.PHONE, date=clock.now() - timedelta(minutes=10))) == ["grant"]


def test_a_refusal_that_a_program_told_holds_no_later_row_of_a_program(app, brand, browser):
    with time_machine.travel(clock.now() - TWO_HOURS):
        refuse_by_program(app, browser)

    run = import_run(batch_id=6, origin=DecisionOrigin.API)
    assert bulk_import.apply_import(db.session, vault(), brand, [entry(make.PHONE)], run).effects == ["grant"]


def test_a_files_refusal_after_the_persons_own_does_not_open_the_way(app, brand, browser, rows):
    now = clock.now()
    with time_machine.travel(now - timedelta(hours=5)):
        refuse_by_link(app, browser)
    bring(brand, entry(make.PHONE, RET, now - timedelta(hours=4)))

    held = entry(make.PHONE, date=now - THREE_HOURS)
    assert bring(brand, held) == ["over_refusal"]

    bring(brand, replace(held, is_vouched=True), entry(make.PHONE, RET, now - TWO_HOURS))
    assert bring(brand, entry(make.PHONE)) == ["over_refusal"], "the vouched grant may still be taken back"

    db.session.execute(update(Submission).values(attempts=1))
    db.session.commit()
    assert bring(brand, entry(make.PHONE)) == ["grant"], "it came after the person's own refusal"


def test_a_grant_that_may_be_taken_back_opens_the_way_for_no_other_type(app, brand, browser):
    with time_machine.travel(clock.now() - timedelta(hours=5)):
        refuse_by_link(app, browser)

    assert bring(brand, replace(entry(make.PHONE), is_vouched=True)) == ["grant"]
    assert bring(brand, entry(make.PHONE, recipient_type=RecipientType.MERCHANT)) == ["over_refusal"]


@pytest.mark.parametrize("code", [make.IYS_CODE, sandbox_mode.EXEMPT_CODES.start])
@pytest.mark.parametrize("way", ["a file", "a page"])
def test_a_grant_that_may_be_taken_back_opens_the_way_for_no_other_spelling(app, browser, way, code):
    """Also where İYS is told of none."""
    app.config["UNDO_SECONDS"] = 300
    said, other, now = "ada@gmail.com", "a.da@gmail.com", clock.now()
    anew, newer, older = (
        entry(text, channel=Channel.EMAIL, date=now - timedelta(hours=hours))
        for text, hours in ((said, 2), (other, 2), (other, 6))
    )
    with app.app_context():
        make.provider(code, code)
    with time_machine.travel(now - timedelta(hours=4)):
        person = make.Person(browser, make.codes(app, said)[said])
        person.decides(EPOSTA="RET")
    if way == "a page":
        with time_machine.travel(now):
            person.decides(EPOSTA="ONAY")
    with app.app_context(), time_machine.travel(now + timedelta(minutes=1)) as travelled:
        brand = make.brand()
        if way == "a file":
            assert bring(brand, replace(anew, is_vouched=True), grants_due_at=now + timedelta(hours=1)) == ["grant"]
        assert bring(brand, older, newer) == ["older", "over_refusal"]

        travelled.shift(timedelta(minutes=5))
        is_over = way == "a page" and code != make.IYS_CODE
        assert bring(brand, newer) == ["grant" if is_over else "over_refusal"]


def test_nor_for_another_type_over_what_another_spelling_refused(app, browser):
    said, other, now = "ada@gmail.com", "a.da@gmail.com", clock.now()
    with time_machine.travel(now - timedelta(hours=4)):
        make.Person(browser, make.codes(app, said)[said]).decides(EPOSTA="RET")
    newer, older = (entry(other, channel=Channel.EMAIL, date=now - timedelta(hours=hours)) for hours in (2, 6))
    vouched = replace(newer, is_vouched=True, recipient_type=RecipientType.MERCHANT)
    with app.app_context():
        brand = make.brand()
        assert bring(brand, vouched, grants_due_at=now + timedelta(hours=1)) == ["grant"]
        assert bring(brand, older, newer) == ["older", "over_refusal"]

        db.session.execute(update(Submission).where(Submission.status == Status.GRANTED).values(attempts=1))
        db.session.commit()
        assert bring(brand, newer) == ["grant"]


def test_a_refusal_heard_between_plan_and_write_holds_the_grant(app, brand, rows):
    entries, run = [entry(make.PHONE)], import_run()
    ready = bulk_import.prepare_import(read_session(), vault(), brand, entries, run)
    assert ready.plan.effects == ["grant"]
    db.session.commit()
    MovementReceiver(app).receives(row("RET", ago=TWO_HOURS))

    written = bulk_import.apply_import(db.session, vault(), make.brand(), entries, run, ready)
    assert written.effects == ["over_refusal"]
    db.session.commit()
    assert rows.one(Decision).status == RET and rows.count(Submission) == 0


def test_a_refusal_of_which_only_iys_knows_holds_a_newer_grant(brand, rows):
    """A day's file named it, and no movement says whose it is."""
    now = clock.now()
    bring(brand, entry(make.PHONE, date=now - THREE_HOURS))
    db.session.query(Submission).update({"outcome": "parked", "due_at": None})
    known = {"iys_status": RET.value, "iys_as_of": now - TWO_HOURS}
    db.session.query(Consent).update(known)
    db.session.commit()

    assert bring(brand, entry(make.PHONE)) == ["over_refusal"]
