"""A closed line is a fact about the number: at no firm does a grant from before count, whenever it gets the number."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest
import time_machine
from sqlalchemy import event, select, update

from portal.core import addresses, clock, ids
from portal.core.extensions import db, reader, vault
from portal.core.iys_protocol import Channel, RecipientType, Status
from portal.core.models import Annulment, AuditEntry, Brand, ClosedLine, Consent, ReceivedVia, Recipient, Submission
from portal.core.vault import Vault
from portal.domain.consents import (
    bulk_import,
    import_plan,
    locking,
    may_send,
    movement_rows,
    movements,
    reassigned_addresses,
    recipients,
    references,
)
from portal.jobs.reassignments import ReassignmentTurns
from portal.web.my_consents.holdings import find_holdings
from tests import make
from tests.portal.domain.consents.import_entries import bring, entry, import_run
from tests.portal.domain.consents.iys_movements import AN_HOUR, MovementReceiver, row
from tests.portal.domain.consents.test_lock_order import meanwhile, touch

pytestmark = pytest.mark.slow

PHONE = addresses.parse(make.PHONE)


@pytest.fixture
def received(app):
    """İYS's movements of the first firm, which holds a grant."""
    receiver = MovementReceiver(app)
    receiver.receives(row("ONAY", ago=5 * AN_HOUR))
    return receiver


@pytest.fixture
def other(app, received):
    """The brand of a second firm, which does not have the number."""
    with app.app_context():
        firm = make.provider(iys_code=make.IYS_CODE + 1, brand_code=make.BRAND_CODE + 1, email="oteki@firma.example")
        yield db.session.scalars(select(Brand).where(Brand.provider_id == firm.id)).one()


def close(
    received: MovementReceiver, by: ReceivedVia = ReceivedVia.PULL, *, times: int = 1, at: datetime | None = None
) -> None:
    """İYS tells of one closure, so many times."""
    told = row("RET", source=movements.LINE_CLOSED, ago=2 * AN_HOUR, at=at, transactionId="closed")
    for _ in range(times):
        db.session.commit()
        received.receives(told, by=by)


def allowed(of: Brand) -> set[Channel]:
    """Channels on which messages may be sent where İYS holds every grant; İzinlerim says the same to the holder."""
    held = {"iys_status": Status.GRANTED.value, "iys_as_of": clock.now()}
    db.session.execute(update(Consent).where(Consent.status == Status.GRANTED).values(held))
    db.session.commit()
    sent = select(Consent.channel).join(Brand, Brand.id == Consent.brand_id).where(Brand.id == of.id)
    held = find_holdings(db.session, vault(), PHONE, clock.now(), clock.now()).of(of.id)
    shown = {each.channel for each in held.consents if each.answer.verdict == may_send.Verdict.MAY} if held else set()
    assert shown == set(db.session.scalars(sent.where(may_send.may_send(clock.now()))))
    return shown


def test_a_closure_ends_the_grants_of_all_firms(other, received, rows):
    bring(other, entry(make.PHONE, date=clock.now() - 4 * AN_HOUR))
    bring(other, entry(make.PHONE, date=clock.now() - AN_HOUR, channel=Channel.CALL))
    assert allowed(other) == {Channel.SMS, Channel.CALL}

    close(received)

    assert allowed(other) == {Channel.CALL} and allowed(make.brand()) == set()
    waiting = {each.consent_date: each.outcome for each in rows(Submission)}
    assert [waiting[each] for each in sorted(waiting)] == ["overtaken", "waiting"]
    heard = {
        each.provider_id: each.facts["decisions"] for each in rows(AuditEntry, AuditEntry.act == "movements.heard")
    }
    assert heard == {make.brand().provider_id: 1, other.provider_id: 1}  # Nobody reads how many others hold it.


def test_a_closure_voids_another_firms_waiting_grant_as_that_firms(app, fatma, other, rows):
    app.config["UNDO_SECONDS"] = 300
    fatma.decides(MESAJ="ONAY")
    told, _unread = movement_rows.read_rows([row("RET", source=movements.LINE_CLOSED, at=clock.now())], clock.now())
    movements.apply_movements(db.session, vault(), other, told, by=ReceivedVia.PULL, feed=None, at=clock.now())
    db.session.commit()

    assert rows.one(Annulment).provider_id == make.brand().provider_id != other.provider_id


def test_a_closure_ends_what_programs_call_the_earlier_holder_and_no_later_name(other, received, rows):
    recipients.gather(db.session, vault(), other.provider_id, [PHONE], clock.now())
    brands = make.brand(), other
    closed_at = clock.now() - 2 * AN_HOUR

    def name_them(reference: str) -> None:
        for brand in brands:
            references.save_references(db.session, vault(), brand, {make.PHONE: reference})
        db.session.commit()

    name_them("C-1042")
    close(received, at=closed_at)
    assert [each.reference for each in rows(Recipient)] == [None, None]

    name_them("C-7")
    close(received, at=closed_at)
    assert None not in [each.reference for each in rows(Recipient)]


def test_a_firm_that_got_the_number_in_that_very_moment_hears_of_the_closure_soon(other, received, monkeypatch):
    """Its list was read before the closure was committed, and committed after that had found all holders."""
    monkeypatch.setattr(ids, "_last", 0)  # It may stand where another test travelled to.
    close(received)
    with monkeypatch.context() as patched:
        for module in (bulk_import, import_plan):
            patched.setattr(module, "find_changes_for", lambda *_: {})
        bring(other, entry(make.PHONE, date=clock.now() - 4 * AN_HOUR), entry(make.PHONE, channel=Channel.CALL))
    assert allowed(other) == {Channel.SMS, Channel.CALL}

    turns = ReassignmentTurns()
    turns.work()
    db.session.rollback()
    with time_machine.travel(clock.now() + timedelta(minutes=3)):
        with database_away("FROM closed_line"), pytest.raises(ConnectionError):  # The next round makes up for it.
            turns.work()
        db.session.rollback()
        turns.work()

    assert allowed(other) == {Channel.CALL}


@contextmanager
def database_away(reading: str) -> Iterator[None]:
    """For statements that read this."""

    def fail(_connection, _cursor, statement, *_):
        if reading in statement:
            raise ConnectionError

    event.listen(reader(), "before_cursor_execute", fail)
    yield
    event.remove(reader(), "before_cursor_execute", fail)


@pytest.mark.parametrize("had_it_before", [False, True])
def test_a_firm_that_gets_the_number_later_takes_the_closure_over(other, received, had_it_before):
    if had_it_before:
        recipients.gather(db.session, vault(), other.provider_id, [PHONE], clock.now())
        db.session.commit()
    close(received)
    before = [
        entry(make.PHONE, date=clock.now() - 4 * AN_HOUR),
        entry(
            make.PHONE, date=clock.now() - timedelta(days=400), channel=Channel.CALL,
            recipient_type=RecipientType.MERCHANT,
        ),
    ]  # fmt: skip

    assert bring(other, *before) == ["earlier_holder"] * 2
    assert allowed(other) == set()
    assert bring(other, entry(make.PHONE)) == ["grant"]
    assert allowed(other) == {Channel.SMS}


def test_a_closure_between_the_plan_and_the_import_counts(other, received):
    entries, run = [entry(make.PHONE, date=clock.now() - 4 * AN_HOUR)], import_run()
    planned = bulk_import.prepare_import(db.session, vault(), other, entries, run)
    db.session.rollback()
    close(received)

    assert bulk_import.apply_import(db.session, vault(), other, entries, run, planned).effects == ["earlier_holder"]


def test_what_iys_lists_late_from_before_the_closure_is_refused(other, received):
    close(received)
    db.session.commit()
    received.receives(row("ONAY", ago=3 * AN_HOUR, type="ARAMA"), row("ONAY", ago=3 * AN_HOUR, recipientType="TACIR"))
    assert allowed(make.brand()) == set()

    db.session.commit()
    received.receives(row("ONAY", ago=AN_HOUR))
    assert allowed(make.brand()) == {Channel.SMS}


def test_a_push_closes_the_line_at_its_own_firm_until_the_pull_says_so(other, received, rows):
    bring(other, entry(make.PHONE, date=clock.now() - 4 * AN_HOUR))
    close(received, ReceivedVia.PUSH)
    assert rows.count(ClosedLine) == 0
    close(received, times=2)

    assert allowed(other) == set() and rows.count(ClosedLine) == 1


def test_a_closure_locks_another_firms_people_before_what_it_sends(app, other, received, rows):
    bring(other, entry(make.PHONE, date=clock.now() - 4 * AN_HOUR))
    sent, whose = rows.one(Submission), rows.one(Recipient, Recipient.provider_id == other.provider_id)
    db.session.commit()

    meanwhile(
        app,
        holds=lambda: locking.lock_recipients(db.session, [whose.id]),
        act=lambda: close(received),
        then=touch(Submission, sent.id),
    )

    assert allowed(other) == set()


@pytest.mark.parametrize("generations", [(1, 2), (2, 3)])
def test_a_closure_is_found_while_keys_rotate(other, received, generations):
    keys = {1: vault().keys[1]} | {each: bytes([each]) * 32 for each in (2, 3)}
    older = Vault({generations[0]: keys[generations[0]]})
    reassigned_addresses.close_lines(db.session, older, {PHONE.text: clock.now()})

    both = Vault({each: keys[each] for each in generations})
    recipients.gather(db.session, both, other.provider_id, [PHONE], clock.now())

    assert db.session.scalars(select(Recipient).where(Recipient.provider_id == other.provider_id)).one().closed_at
