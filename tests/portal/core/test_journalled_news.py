"""What vendors tell of people, as it is noted for the journal."""

from sqlalchemy.orm import Session

from portal.core import journal, journalled_news
from portal.core.models import EventKind, GatewayEvent


class CountedRow(dict):
    reads = 0

    def __getitem__(self, name):
        CountedRow.reads += 1
        return super().__getitem__(name)


def test_each_piece_of_a_long_list_is_looked_at_a_few_times_however_many_are_noted():
    session = Session()

    for number in range(200):
        journalled_news.note(session, CountedRow(id=number, kind=EventKind.BLOCKED))

    assert len(journal.take_noted(session)["gateway_event"]) == 200
    assert CountedRow.reads <= 4 * 200


def test_of_one_piece_that_changes_again_within_a_commit_the_last_state_is_appended():
    session = Session()
    journalled_news.note(session, {"id": 1, "kind": EventKind.REPLY})

    for user_id in (1, 2):
        journalled_news.note_step(session, GatewayEvent(id=1, kind=EventKind.REPLY, user_id=user_id))

    (row,) = journal.take_noted(session)["gateway_event"]
    assert row["user_id"] == 2
