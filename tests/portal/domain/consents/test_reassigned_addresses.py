"""What somebody says by "this is not me" to one firm counts at all for what is shown, and voids nothing elsewhere."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select, text, update
from structlog.testing import capture_logs

from portal.core import addresses, clock
from portal.core.extensions import db, read_session, vault
from portal.core.iys_protocol import Status
from portal.core.models import Brand, Consent, Provider, ReassignedAddress, Recipient
from portal.domain.consents import may_send, reassigned_addresses, recipients, refusals
from portal.jobs import reassignments
from portal.jobs.reassignments import ReassignmentTurns
from tests import make
from tests.portal.domain.consents.import_entries import bring, entry
from tests.portal.domain.consents.test_lock_order import meanwhile, touch

pytestmark = pytest.mark.slow

PHONE, EMAIL = addresses.parse(make.PHONE), addresses.parse(make.EMAIL)
A_MINUTE, AN_HOUR, A_DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def firms(app):
    """The brands of three firms: the first two hold the telephone, the third one gets it later. All are admitted."""
    with app.app_context():
        codes = [(make.IYS_CODE + n, make.BRAND_CODE + n, f"firma{n}@firma.example") for n in range(3)]
        providers = [make.provider(*each) for each in codes]
        for each in providers:
            each.admitted_at = clock.now() - A_DAY
        for each in providers[:2]:
            recipients.gather(db.session, vault(), each.id, [PHONE], clock.now() - A_DAY)
        db.session.commit()
        yield [db.session.scalars(select(Brand).where(Brand.provider_id == each.id)).one() for each in providers]


def of(firm: Brand, address: addresses.Address = PHONE) -> Recipient:
    return recipients.find(db.session, vault(), firm.provider_id, address)


def disown(firm: Brand, at=None) -> None:
    """Somebody says by a link of the firm that they are not the person meant."""
    refusals.refuse_not_mine(
        db.session, vault(), of(firm), PHONE, language="tr", request_metadata="{}", at=at or clock.now()
    )  # fmt: skip
    db.session.commit()


def work(later: timedelta = 2 * A_MINUTE) -> int:
    """The worker's step, after a while; how many it spread."""
    db.session.rollback()
    with time_machine.travel(clock.now() + later):
        waiting = len(read_session().scalars(reassigned_addresses.unspread_recipients(clock.now())).all())
        read_session().rollback()
        turns = ReassignmentTurns()
        while turns.work():
            pass
    return waiting


def test_every_firm_knows_at_once_and_keeps_its_own_grants(firms, rows):
    first, second, third = firms
    bring(second, entry(make.PHONE, date=clock.now() - A_DAY))
    at = clock.now()
    disown(first, at)

    assert of(second).held_since == at and of(second).own_held_since is None
    assert rows.one(Consent, Consent.brand_id == second.id).status == Status.GRANTED
    may = select(Consent.id).join(Brand, Brand.id == Consent.brand_id).where(Brand.id == second.id)
    its = {"iys_status": Status.GRANTED.value, "iys_as_of": clock.now()}
    db.session.execute(update(Consent).where(Consent.brand_id == second.id).values(its))
    assert db.session.scalar(may.where(may_send.may_send(clock.now()))) is not None
    assert bring(second, entry(make.PHONE, date=clock.now() - 2 * A_DAY, channel="ARAMA")) == ["grant"]
    assert bring(third, entry(make.PHONE, date=clock.now() - 2 * A_DAY)) == ["grant"]
    assert of(third).held_since == at and of(third).own_held_since is None


def test_who_gets_the_address_later_knows_whatever_kind_it_is_of(firms):
    recipients.gather(db.session, vault(), firms[0].provider_id, [EMAIL], clock.now())
    at = clock.now()
    refusals.refuse_not_mine(
        db.session, vault(), of(firms[0], EMAIL), EMAIL, language="tr", request_metadata="{}", at=at
    )  # fmt: skip
    recipients.gather(db.session, vault(), firms[2].provider_id, [EMAIL, PHONE], clock.now())
    db.session.commit()

    assert [of(firms[2], each).held_since for each in (EMAIL, PHONE)] == [at, None]


def test_what_a_firm_heard_in_sandbox_mode_counts_nowhere_else_also_once_it_is_admitted(firms, rows):
    first, second, third = firms
    db.session.get_one(Provider, first.provider_id).admitted_at = None
    at = clock.now()
    disown(first, at)
    bring(third, entry(make.PHONE))
    db.session.get_one(Provider, first.provider_id).admitted_at = at + A_MINUTE
    db.session.commit()

    assert work() == 0 and rows.count(ReassignedAddress) == 0
    assert of(first).held_since == at and {of(each).held_since for each in (second, third)} == {None}


def test_what_was_said_before_the_upgrade_or_restored_since_is_spread_once(firms, rows):
    first, second, _ = firms
    at = clock.now() - AN_HOUR
    of(first).reassigned_at = at
    of(second).reassigned_at = at - AN_HOUR
    db.session.commit()

    assert work() == 2
    assert {of(each).held_since for each in firms[:2]} == {at}
    assert [of(each).own_held_since for each in firms[:2]] == [at, at - AN_HOUR]
    kept = [each.reassigned_at for each in rows(ReassignedAddress)]
    assert max(kept) == at and work() == 0 and rows.count(ReassignedAddress) == len(kept)


def test_a_firm_that_got_the_address_in_that_very_moment_is_told_by_the_worker(firms):
    """On PostgreSQL neither transaction sees what the other one writes."""
    first, _, third = firms
    at = clock.now()
    disown(first, at)
    recipients.gather(db.session, vault(), third.provider_id, [PHONE], at)
    of(third).reassigned_anywhere_at = None
    db.session.commit()

    assert work(timedelta()) == 0  # It may not be committed yet.
    assert work() == 1
    assert of(third).held_since == at


def test_an_address_that_cannot_be_opened_holds_up_no_other(firms):
    first, second, _ = firms
    for each in firms[:2]:
        of(each).reassigned_at = clock.now() - A_DAY
    of(first).address = of(second).address
    db.session.commit()

    assert (work(), work()) == (2, 0)


def test_one_round_spreads_all_and_what_fails_holds_up_none(firms, rows, monkeypatch):
    told = [addresses.parse(f"ayse{n}@aile.example") for n in range(3)]
    recipients.gather(db.session, vault(), firms[0].provider_id, told, clock.now() - A_DAY)
    for each in told:
        of(firms[0], each).reassigned_at = clock.now() - AN_HOUR
    failing = of(firms[0], told[0]).id
    db.session.commit()
    spread_again = reassigned_addresses.spread_again

    def fail_for_one(session, vault_, recipient_id: int) -> None:
        if recipient_id == failing:
            raise RuntimeError
        spread_again(session, vault_, recipient_id)

    monkeypatch.setattr(reassignments, "AT_ONCE", 1)
    monkeypatch.setattr(reassigned_addresses, "spread_again", fail_for_one)

    assert work() == 3
    spread = {each.id for each in rows(Recipient, Recipient.reassigned_anywhere_at.is_not(None))}
    assert spread == {of(firms[0], each).id for each in told[1:]}


def test_a_round_that_found_something_says_when_it_is_done_and_the_first_one_in_any_case(firms):
    turns = ReassignmentTurns()
    with capture_logs() as said:
        turns.work()
        turns.work()
        of(firms[0]).reassigned_at = clock.now() - AN_HOUR
        db.session.commit()
        turns.work()

    assert [each["event"] for each in said] == ["reassignments.done"] * 2


def test_one_that_is_not_the_last_word_is_not_taken_for_it(firms):
    first, second, _ = firms
    at = clock.now()
    disown(first, at)
    disown(second, at - A_MINUTE)

    assert {of(each).held_since for each in firms[:2]} == {at}


def test_what_waits_is_found_by_its_index(firms):
    statement = reassigned_addresses.unspread_recipients(clock.now())
    compiled = statement.compile(db.engine, compile_kwargs={"literal_binds": True})
    is_sqlite = db.engine.dialect.name == "sqlite"
    if not is_sqlite:
        db.session.execute(text("SET LOCAL enable_seqscan = off"))
    plan = db.session.execute(text(f"EXPLAIN {'QUERY PLAN' if is_sqlite else ''} {compiled}")).all()

    assert "ix_recipient_unspread" in str(plan)


def test_two_who_say_so_to_two_firms_at_once_do_not_wait_for_each_other_in_a_circle(app, firms, rows):
    start, ids = clock.now(), [each.id for each in firms[:2]]
    db.session.rollback()

    def say(firm_id: int) -> None:
        with app.app_context():
            disown(db.session.get_one(Brand, firm_id))

    for round_ in range(3):
        with time_machine.travel(start + round_ * 2 * A_MINUTE), ThreadPoolExecutor(2) as pool:  # Else it is a repeat.
            list(pool.map(say, ids))

    last = {max(each.reassigned_at for each in rows(Recipient))}
    assert {each.held_since for each in rows(Recipient)} == last and min(last) > start + 3 * A_MINUTE


def test_it_locks_another_firms_people_before_what_it_writes(app, firms, rows):
    first, second, _ = firms
    holder, theirs = of(first).id, of(second).id
    last, firm_id = max(holder, theirs), (first if holder < theirs else second).id
    db.session.rollback()

    meanwhile(
        app,
        holds=touch(Recipient, last),
        act=lambda: disown(db.session.get_one(Brand, firm_id)),
        then=touch(Recipient, last),
    )

    assert None not in {each.held_since for each in rows(Recipient)}
