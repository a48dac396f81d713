"""What the piles say of a file that was stopped or taken back: each entry is in the pile where it is."""

from datetime import timedelta

import pytest

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.models import BatchState
from portal.services.imports import batches, queries, worker
from portal.services.imports.queries import RowGroup
from tests.portal.services.imports.test_worker import batch_after_dry_run, begin, brand, finish, imported_batch, line  # noqa: F401

pytestmark = [pytest.mark.slow, pytest.mark.alike]
LATE = timedelta(days=60)


def test_what_was_kept_as_evidence_and_taken_back_is_kept_no_more(brand):  # noqa: F811
    batch = imported_batch(brand, [line(1), line(2, ago=LATE), line(3, "RET", ago=LATE)])
    batches.undo(db.session, batch, 3, clock.now())
    db.session.commit()
    finish(batch)

    piles = queries.count_groups(db.session, batch)
    listed = queries.group_rows(db.session, vault(), batch, RowGroup.ANNULLED)

    assert batch.state == BatchState.UNDONE and batch.annulled == 9
    assert (piles.kept, piles.annulled, piles.total) == (0, 9, 9)
    assert sorted({each.entry.line for each in listed}) == [2, 3, 4] and len(listed) == 9


def test_a_stopped_run_tells_what_it_has_kept_up_to_there(brand):  # noqa: F811
    batch = batch_after_dry_run(brand, [line(number, ago=LATE) for number in range(1500)])
    begin(batch)
    worker.work(batch.id, seconds=0)
    batches.stop(db.session, batch, 3, clock.now())
    db.session.commit()

    told, piles = queries.tally_so_far(db.session, batch), queries.count_groups(db.session, batch)

    assert told["late_grant"] == piles.kept > 0
    assert piles.unwritten > 0 and piles.kept + piles.unwritten == piles.total == 4500
