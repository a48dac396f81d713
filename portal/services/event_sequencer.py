"""The loop that numbers committed events, and the deletion of old ones. Any number of processes may run it."""

from datetime import datetime

from portal.core.extensions import db, read_session
from portal.core.loops import Loop
from portal.domain.events import feed, sequencer

A_CHUNK = 10_000  # Deleted in one transaction.


def sequence_next_events() -> bool:
    """Number the events that wait; False if no more than one transaction's worth waited. Those that come right after it
    wait for the loop's pause, so that on SQLite a busy forwarder does not take the write lock for each."""
    if not sequencer.is_any_unsequenced(read_session()):
        return False
    count = sequencer.sequence_events(db.session)
    db.session.commit()
    return count == sequencer.BATCH_SIZE


LOOP = Loop("events", sequence_next_events)


def delete_old_events(at: datetime) -> None:
    """Delete the events that readers can no longer ask for, from the first one on, by ranges: a search for the next
    chunk from the beginning would pass all that is deleted. The first one kept stays, and is looked for once: that
    reads all old ones. After a restore sequences go on far behind the last one, so each range begins with one."""
    oldest = feed.find_oldest_kept(db.session, at) or 0
    start = feed.find_first(db.session)
    while start < oldest:
        end = min(start + A_CHUNK, oldest)
        feed.delete_range(db.session, start, end)
        db.session.commit()
        start = feed.find_first(db.session, end)
