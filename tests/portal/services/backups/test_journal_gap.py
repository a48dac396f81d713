"""What a journal could not take, or lost by a kill between commit and append, is appended again from the database."""

import errno
import os

import pytest
import time_machine
from sqlalchemy import delete, update

from portal.core import clock
from portal.core.extensions import db
from portal.core.gap_files import list_gaps
from portal.core.journal import Journal
from portal.core.models import Decision, JournalGap, Outcome, Receipt, Submission
from portal.jobs import worker
from portal.services import backups, readiness
from tests.portal.services.backups.test_replay import fatma as fatma
from tests.portal.services.backups.test_replay import kept as kept
from tests.portal.services.backups.test_replay import lose_decisions, restore
from tests.stories.refusal_world import HOUR


def faults(app) -> list[str]:
    with app.app_context():
        return [each.check for each in readiness.find_faults(["journal"])]


def close_gap(app) -> None:
    with app.app_context():
        backups.close_gap()
        backups.close_gap()  # The first one noted that its process begins.


@pytest.fixture
def full(monkeypatch):
    """The disk is full until this is undone."""

    def write(*_arguments):
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "write", write)
    return monkeypatch


def test_what_a_full_disk_left_out_is_red_in_all_processes_and_appended_later(app, fatma, kept, rows, full):
    receipt = fatma.decides(EPOSTA="RET")
    assert receipt.status_code == 303
    other = app.extensions["journal"] = Journal(kept.folder, kept.vault, 30)  # Of the worker, which failed nothing.
    assert faults(app) == ["journal"]
    close_gap(app)
    assert faults(app) == ["journal"]

    full.undo()
    close_gap(app)

    assert faults(app) == [] and not other.has_failed and rows.count(JournalGap) == 0
    lose_decisions(app)
    assert restore(app, kept).exit_code == 0
    assert rows.count(Decision) == rows.count(Receipt) == 1 and fatma.browser.get(receipt.location).status_code == 200


def test_a_gap_is_searched_from_the_clock_that_is_furthest_behind(app, kept, rows):
    with app.app_context():
        kept.add(db.engine, {})
        with time_machine.travel(clock.now() - HOUR):
            Journal(kept.folder, kept.vault, 30).add(db.engine, {})

    gap = rows.one(JournalGap)
    assert gap.starts == 2 and gap.since < clock.now() - HOUR


def test_a_full_disk_whose_database_is_lost_too_is_told_by_when_it_was_full(app, fatma, kept, rows, full):
    assert fatma.decides(EPOSTA="RET").status_code == 303
    full.undo()
    lose_decisions(app)
    with app.app_context():
        db.session.execute(delete(JournalGap))
        db.session.commit()
    (gap,) = list_gaps([kept.folder])

    for words in ([], ["--dry-run"]):
        told = restore(app, kept, *words)
        assert told.exit_code == 1 and f"From {gap.since} to {gap.until}" in told.stderr
    assert "INCOMPLETE: 0 of" in restore(app, kept).stdout and rows.count(Decision) == 0
    with app.app_context():
        assert backups.replay([kept.folder], begun_at=clock.now()).gaps == []  # That backup has it all.

    app.extensions["journal"] = Journal(kept.folder, kept.vault, 30)
    with time_machine.travel(clock.now() + HOUR):  # The restored database knows nothing of the time before.
        fatma.decides(EPOSTA="RET")
        close_gap(app)
        assert rows.count(JournalGap) == 0
        assert restore(app, kept).exit_code == 1


def test_what_iys_took_meanwhile_is_asked_for_again_after_a_restore(app, fatma, kept, rows, full):
    fatma.decides(EPOSTA="RET")
    with app.app_context():
        db.session.execute(update(Submission).values(outcome=Outcome.ACCEPTED, due_at=None, transaction_id="t"))
        db.session.commit()
    full.undo()
    close_gap(app)
    lose_decisions(app)

    assert restore(app, kept).exit_code == 0
    submission = rows.one(Submission)
    assert (submission.outcome, submission.transaction_id) == (Outcome.SENT, None) and submission.due_at


def test_a_decision_between_whose_commit_and_append_its_process_was_killed_is_appended(
    app, fatma, kept, rows, monkeypatch
):
    class Killed(BaseException):
        pass

    def kill(*_arguments):
        raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(Journal, "append", kill)
        fatma.decides(EPOSTA="RET")
    app.extensions["journal"] = Journal(kept.folder, kept.vault, 30)  # Of the next process.
    fatma.decides(EPOSTA="RET")
    with app.app_context():
        worker.do_minutely()
        worker.do_minutely()
    made = {each.id for each in rows(Decision)}
    lose_decisions(app)

    assert faults(app) == [] and restore(app, kept).exit_code == 0
    assert {each.id for each in rows(Decision)} == made and len(made) == 2 and rows.count(JournalGap) == 0
