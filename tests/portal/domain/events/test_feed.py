"""Readers go from page to page by the last sequence they saw, and are told when they were away for too long."""

from datetime import UTC, datetime, timedelta

import pytest

from portal.core import clock
from portal.core.extensions import db
from portal.core.models import Event, EventType
from portal.domain.events import feed, sequencer
from portal.services import event_sequencer

PROVIDER, OTHER, BRAND, SECOND, ENDED = 1, 2, 11, 12, 13


@pytest.fixture
def session(app):
    with app.app_context():
        yield db.session


def record(subject_id: int, *, of: int = PROVIDER, brand=BRAND, type_=EventType.PACKAGE_LOW, ago=timedelta(0)) -> None:
    at = clock.now() - ago
    Event.record(db.session, type_, subject_id, provider_id=of, brand_id=brand, at=at)
    db.session.commit()


def read(after=None, limited_to=None, limit=100, types=()) -> tuple[list[int], int, bool]:
    brand_ids, is_limited = limited_to or (BRAND, SECOND), limited_to is not None
    page = feed.read_page(
        db.session, PROVIDER, brand_ids, is_limited=is_limited, after=after, limit=limit, types=types
    )  # fmt: skip
    return [each.subject_id for each in page.events], page.position, page.has_more


def test_pages_follow_each_other_and_show_what_is_numbered_only(session):
    start = feed.find_last_sequence(session)
    for subject_id in range(3):
        record(subject_id)
    assert read(start) == ([], start, False)

    event_sequencer.sequence_next_events()
    record(3)

    assert read(start, limit=2) == ([0, 1], start + 2, True)
    assert read(start + 2, limit=2) == ([2], start + 3, False)
    assert read(start + 3) == ([], start + 3, False)


def test_a_reader_sees_the_events_of_its_provider_brands_and_types_and_moves_past_the_others(session):
    start = feed.find_last_sequence(session)
    record(1)
    record(2, of=OTHER)
    record(3, brand=SECOND)
    record(4, brand=None)
    record(5, type_=EventType.COMPLAINT_OPENED)
    record(6, brand=ENDED)
    event_sequencer.sequence_next_events()

    assert read(start) == ([1, 3, 4, 5], start + 6, False)
    assert read(start, limited_to=[BRAND]) == ([1, 5], start + 6, False)
    assert read(start, types=[EventType.COMPLAINT_OPENED]) == ([5], start + 6, False)


def test_who_was_away_for_too_long_is_told_so(session, monkeypatch):
    monkeypatch.setattr(event_sequencer, "A_CHUNK", 1)
    start = feed.find_last_sequence(session)
    for subject_id, ago in ((1, feed.KEPT * 2), (2, feed.KEPT * 2), (3, timedelta(0)), (4, feed.KEPT * 2)):
        record(subject_id, ago=ago)
    event_sequencer.sequence_next_events()
    assert read(start)[0] == [1, 2, 3, 4]

    looked, look = [], feed.find_oldest_kept
    monkeypatch.setattr(feed, "find_oldest_kept", lambda *given: looked.append(given) or look(*given))
    event_sequencer.delete_old_events(clock.now())

    assert len(looked) == 1  # It reads everything old.
    assert read()[0] == read(start + 2)[0] == [3, 4]
    for lost in (start, start + 1, start + 5):  # The last one was never given: the database is an older copy.
        with pytest.raises(feed.PositionLost):
            read(lost)


def test_who_would_miss_an_event_is_told_so_though_older_ones_are_left(session):
    start = feed.find_last_sequence(session)
    for subject_id in (1, 2, 3):
        record(subject_id)
    event_sequencer.sequence_next_events()

    feed.delete_range(session, start + 2, start + 3)

    assert read(start + 2) == ([3], start + 3, False)
    with pytest.raises(feed.PositionLost):
        read(start + 1)


def test_after_a_restore_a_position_of_the_lost_database_stays_lost_and_old_events_go(session):
    record(1, ago=feed.KEPT * 2)
    event_sequencer.sequence_next_events()
    last = feed.find_last_sequence(session)
    sequencer.skip_used_numbers(session, datetime.fromtimestamp(last // 1000, UTC) + timedelta(days=1))
    for subject_id, ago in ((2, feed.KEPT * 2), (3, timedelta(0)), (4, timedelta(0)), (5, timedelta(0))):
        record(subject_id, ago=ago)
    event_sequencer.sequence_next_events()

    assert read()[0] == read(last - 1)[0] == [1, 2, 3, 4, 5]
    for lost in (last + 1, last + 2):
        with pytest.raises(feed.PositionLost):
            read(lost)

    event_sequencer.delete_old_events(clock.now())  # It does not go through all numbers between.
    assert read()[0] == [3, 4, 5]
