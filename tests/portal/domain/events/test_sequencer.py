"""Database triggers record the events of decisions, and the sequencer numbers what is committed."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, func, select, text
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.extensions import db
from portal.core.models import Decision, Event, EventType, Submission
from portal.domain.events import sequencer
from tests import databases, make
from tests.make import Person

on_postgresql = pytest.mark.skipif(not databases.SERVER, reason="SQLite has one writer, so ids are in commit order")


@pytest.fixture
def session(app):
    with app.app_context():
        yield db.session


def record(session: Session, subject_id: int) -> None:
    Event.record(session, EventType.PACKAGE_LOW, subject_id, provider_id=1, at=clock.now())


def sequence(session: Session, most: int = sequencer.BATCH_SIZE) -> int:
    count = sequencer.sequence_events(session, most)
    session.commit()
    return count


def sequenced(session: Session) -> list[int]:
    """The subjects of the events that readers see, in their order."""
    return list(session.scalars(select(Event.subject_id).where(Event.sequence.is_not(None)).order_by(Event.sequence)))


def test_a_decision_its_annulment_and_an_outcome_are_recorded_in_this_order(app, browser, rows):
    app.config["UNDO_SECONDS"] = 300
    location = Person(browser, make.codes(app)[make.PHONE]).decides(MESAJ="ONAY").location
    decision = rows.one(Decision)
    theirs = db.update(Submission).where(Submission.decision_id == decision.id)
    with app.app_context():
        db.session.execute(theirs.values(outcome="blocked", code="H063"))  # Still open: not settled.
        db.session.execute(theirs.values(outcome="waiting"))
        db.session.commit()
        browser.post(f"{location}/geri-al")
        db.session.execute(theirs.values(outcome="accepted", code=None))
        db.session.execute(theirs.values(outcome="verified"))  # İYS still has it.
        db.session.commit()

    recorded = rows(Event, Event.subject_id == decision.id)
    assert [each.type for each in recorded] == ["decision.made", "decision.annulled", "iys.outcome"]
    assert recorded[2].facts == {"outcome": "accepted", "code": None}
    assert {(each.provider_id, each.brand_id, each.subject_id, each.sequence) for each in recorded} == {
        (decision.provider_id, decision.brand_id, decision.id, None)
    }
    assert recorded[0].at == decision.recorded_at


def test_a_decision_that_is_rolled_back_leaves_no_event(app, browser, rows):
    Person(browser, make.codes(app)[make.PHONE]).decides(MESAJ="RET")
    with app.app_context():
        db.session.execute(db.update(Submission).values(outcome="accepted"))
        db.session.rollback()

    assert [each.type for each in rows(Event)] == ["decision.made"]


def test_events_are_numbered_once_without_gaps_and_in_their_order(session):
    for subject_id in range(5):
        record(session, subject_id)
    session.commit()
    assert sequence(session, most=3) == 3
    record(session, 5)
    session.commit()

    assert (sequence(session), sequence(session)) == (3, 0)
    assert sequenced(session) == [0, 1, 2, 3, 4, 5]
    first, last = session.execute(select(func.min(Event.sequence), func.max(Event.sequence))).one()
    assert last - first == 5


def test_numbers_that_were_not_committed_are_given_again(session):
    """As when the sequencer is killed before its commit."""
    record(session, 1)
    session.commit()
    sequencer.sequence_events(session)
    lost = session.scalars(select(Event.sequence)).one()
    session.rollback()

    assert session.scalars(select(Event.sequence)).one() is None
    assert sequence(session) == 1
    assert session.scalars(select(Event.sequence)).one() == lost


def test_numbers_go_on_when_old_events_are_gone(session):
    for subject_id in (1, 2):
        record(session, subject_id)
        session.commit()
        sequence(session)
        last = session.scalars(select(Event.sequence)).one()
        session.execute(delete(Event))
        session.commit()
    record(session, 3)
    session.commit()
    sequence(session)

    assert session.scalars(select(Event.sequence)).one() == last + 1


def test_after_a_restore_ids_and_numbers_are_past_all_that_the_lost_database_gave(session):
    record(session, 0)
    session.commit()
    sequence(session)
    told = session.execute(select(Event.id, Event.sequence)).one()
    at = datetime.fromtimestamp(max(told) // 1000, UTC) + timedelta(days=1)
    for when in (at, at, at - timedelta(hours=1)):  # Each run of it does so; a clock that was set back takes none back.
        sequencer.skip_used_numbers(session, when)
        record(session, 1)
        session.commit()
        sequence(session)

    found = session.execute(select(Event.id, Event.sequence).order_by(Event.id).offset(1)).all()
    first = int(at.timestamp() * 1000) + 1
    assert [tuple(each) for each in found] == [(number, number) for number in (first, first + 1, first + 2)]


@on_postgresql
def test_what_is_committed_late_gets_a_later_number(session):
    with Session(db.engine) as slow:
        record(slow, 1)  # The lower id,
        record(session, 2)
        session.commit()
        sequence(session)
        assert sequenced(session) == [2]
        slow.commit()  # and the later commit.
    sequence(session)

    assert sequenced(session) == [2, 1]


@on_postgresql
def test_two_sequencers_take_turns(session):
    for subject_id in range(4):
        record(session, subject_id)
    session.commit()
    sequencer.sequence_events(session, 2)
    with Session(db.engine) as other:
        other.execute(text("SET LOCAL lock_timeout = '100ms'"))
        with pytest.raises(Exception, match="lock timeout"):
            sequencer.sequence_events(other, 2)
        other.rollback()
        session.commit()
        sequence(other)

    assert sequenced(session) == [0, 1, 2, 3]
