"""The same done twice at the same moment, in real threads: it counts once, and nobody meets an error."""

import pytest

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.models import Closing, Complaint, ComplaintStep, Message, MessageKind, Receipt, Recipient
from portal.domain import complaints
from tests.portal.domain.complaints.cast import a_case, opened, receipt_of, told
from tests.portal.domain.identity.test_concurrency import MANY, at_once

pytestmark = pytest.mark.slow


def each_in_an_app(app, act) -> list:
    """What came of the act in MANY threads; what it refused by its class's name."""

    def alone():
        with app.app_context():
            try:
                return act()
            except Exception as refused:
                db.session.rollback()
                return type(refused).__name__

    return at_once(*[alone] * MANY)


def test_a_form_sent_twice_at_once_opens_one_case(app, rows):
    receipt, _ = receipt_of(app, rows)
    what = told()

    came = each_in_an_app(app, lambda: opened(db.session.get_one(Receipt, receipt.id), what).id)

    assert len(set(came)) == 1
    assert rows.count(Complaint) == rows.count(ComplaintStep) == 1


def test_nobody_opens_more_than_the_limit_by_being_quick(app, rows):
    receipt, _ = receipt_of(app, rows)
    names = iter(range(100))

    came = each_in_an_app(
        app, lambda: opened(db.session.get_one(Receipt, receipt.id), told(header=f"X{next(names)}")).id
    )

    assert sorted(map(str, came))[-3:] == ["TooManyOpen"] * 3
    assert rows.count(Complaint) == 3


def test_asking_for_erasure_twice_at_once_is_one_case(app, rows):
    receipt, _ = receipt_of(app, rows)

    def ask() -> int:
        recipient = db.session.get_one(Recipient, receipt.recipient_id)
        case = complaints.request_erasure(db.session, recipient, language="tr", at=clock.now())
        db.session.commit()
        return case.id

    assert len(set(each_in_an_app(app, ask))) == 1
    assert rows.count(Complaint) == 1


def test_two_colleagues_settle_a_case_and_the_person_is_told_once(app, rows):
    case, _ = a_case(app, rows)

    def close() -> bool:
        found = db.session.get_one(Complaint, case.id)
        complaints.close_case(
            db.session, vault(), found, Closing.STOPPED, "", link="x", sender="x", user_id=7, at=clock.now()
        )
        db.session.commit()
        return True

    came = each_in_an_app(app, close)

    assert sorted(map(str, came)) == ["AlreadyClosed"] * (MANY - 1) + ["True"]
    assert len(rows(Message, Message.kind == MessageKind.COMPLAINT_SETTLED)) == 1
