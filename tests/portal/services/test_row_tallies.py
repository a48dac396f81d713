"""Counts that triggers keep are those of the rows, whoever writes, takes back or deletes them."""

import random
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import delete, insert, select, text, update

from portal.core import clock
from portal.core.extensions import db
from portal.core.ids import new_id
from portal.core.iys_protocol import Channel, RecipientType, Status
from portal.core.models import (
    Annulment,
    Consent,
    Decision,
    Outcome,
    Recipient,
    RetentionRun,
    RowTally,
    RowTallyChange,
    Submission,
    Tallied,
    count_rows,
)  # fmt: skip
from portal.services import row_tallies
from tests import databases, make
from tests.grants import insert_decisions, phones

pytestmark = pytest.mark.slow


@pytest.fixture
def brand(app):
    with app.app_context():
        make.provider()
        yield make.brand()


def counted(brand) -> dict:
    return {subject: +count_rows(db.session, subject, brand.provider_id) for subject in Tallied}


def by_brand(brand) -> dict:
    found = select(Consent.status, Consent.id).where(Consent.brand_id == brand.id)
    return {status: sum(each == status for each, _ in db.session.execute(found)) for status in Status}


def some(model, count: int) -> list:
    ids = db.session.scalars(select(next(iter(model.__table__.primary_key))).order_by(text("1"))).all()
    return random.sample(ids, min(count, len(ids)))


def annul() -> None:
    for decision_id in set(some(Decision, 3)) - set(db.session.scalars(select(Annulment.decision_id))):
        provider_id = db.session.get_one(Decision, decision_id).provider_id
        db.session.add(Annulment(decision_id=decision_id, provider_id=provider_id, at=clock.now()))


def delete_decisions() -> None:
    """As a retention run would: what nothing refers to any more."""
    run = RetentionRun(id=new_id(), reason="old", started_at=clock.now())
    db.session.add(run)
    db.session.flush()
    gone = some(Decision, 2)
    for model, column in (
        (Submission, Submission.decision_id),
        (Annulment, Annulment.decision_id),
        (Decision, Decision.id),
    ):
        db.session.execute(delete(model).where(column.in_(gone)))
    run.ended_at = clock.now()


def delete_recipients() -> None:
    bare = select(Recipient.id).where(Recipient.id.not_in(select(Consent.recipient_id)))
    db.session.execute(delete(Recipient).where(Recipient.id.in_(db.session.scalars(bare.limit(2)).all())))


def add_recipient() -> None:
    row = {
        name: getattr(db.session.scalars(select(Recipient)).first(), name)
        for name in ("provider_id", "kind", "address")
    }
    days = timedelta(days=random.randrange(3))
    db.session.execute(insert(Recipient).values(id=new_id(), created_at=clock.now() - days, **row))


def change(model, count: int, **values) -> None:
    primary = next(iter(model.__table__.primary_key))
    db.session.execute(update(model).where(primary.in_(some(model, count))).values(values))


WRITES = (
    annul,
    delete_decisions,
    delete_recipients,
    add_recipient,
    lambda: change(Consent, 3, status=random.choice([*Status, None])),
    lambda: change(Consent, 1, recipient_type=RecipientType.MERCHANT, channel=Channel.EMAIL),
    lambda: change(Submission, 4, outcome=random.choice(list(Outcome))),
    lambda: change(Submission, 3, closed_at=random.choice([None, clock.now()])),
    lambda: change(Submission, 2, endpoint="/sps/990000001/brands/990000001/consents"),
    lambda: change(Submission, 5, due_at=clock.now()),
    lambda: change(Recipient, 1, created_at=clock.now() - timedelta(days=5)),
)


def test_counts_are_those_of_the_rows_after_whatever_is_written_or_rolled_back(brand):
    random.seed(7)
    insert_decisions(brand, phones(150), clock.now() - timedelta(days=1))  # By COPY where there is one.
    insert_decisions(brand, phones(4, 200), clock.now(), status=Status.REFUSED)
    for _ in range(60):
        for write in random.sample(WRITES, 3):
            write()
        (db.session.commit if random.random() < 0.7 else db.session.rollback)()
        if random.random() < 0.3:
            row_tallies.fold_changes()

        assert row_tallies.find_differences(db.session) == []

    row_tallies.fold_changes()
    assert row_tallies.find_differences(db.session) == []
    assert db.session.scalars(select(RowTallyChange.id)).all() == []
    found = counted(brand)
    assert all(min(each.values()) > 0 for each in found.values())
    assert {
        status: sum(n for words, n in found["consent"].items() if words[-1] == status) for status in Status
    } == by_brand(brand)
    assert found["recipient"].total() == len(db.session.scalars(select(Recipient.id)).all())


def test_wrong_counts_are_found_and_set_right(brand):
    insert_decisions(brand, phones(3), clock.now())
    right = counted(brand)
    db.session.execute(delete(RowTally))
    db.session.execute(delete(RowTallyChange))
    db.session.add(RowTally(subject=Tallied.RECIPIENTS, provider_id=brand.provider_id, bucket="2026-01-01", total=5))
    db.session.commit()

    assert sorted({(each.subject, int(each[-1])) for each in row_tallies.find_differences(db.session)}) == [
        ("consent", 3), ("decision", 3), ("recipient", -5), ("recipient", 3),
    ]  # fmt: skip
    assert row_tallies.correct_counts() == 4
    assert counted(brand) == right
    assert row_tallies.correct_counts() == 0


@pytest.mark.skipif(not databases.SERVER, reason="SQLite has one writer at a time")
def test_two_who_set_counts_right_at_once_set_them_right_once(app, brand):
    """Both wait for one count, when each has compared, or for the other."""
    insert_decisions(brand, phones(3), clock.now())
    row_tallies.fold_changes()
    db.session.execute(update(RowTally).values(total=7))
    db.session.commit()

    def correct() -> int:
        with app.app_context():
            return row_tallies.correct_counts()

    with ThreadPoolExecutor(2) as pool:
        db.session.execute(select(RowTally).with_for_update())
        both = [pool.submit(correct) for _ in range(2)]
        try:
            while databases.count_waiting() < 2 and not any(each.done() for each in both):
                time.sleep(0.01)
        finally:
            db.session.rollback()  # Or both would wait for ever.

        assert sorted(each.result() for each in both) == [0, 3]
    assert row_tallies.find_differences(db.session) == []
