"""A desk hears of a case when it is new, when its due date is near and when that is over: once each, by one mail."""

from datetime import datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.models import Closing, Complaint, ComplaintStep, Mail, MailKind, Membership, Recipient, Role, StepAct
from portal.domain import complaints
from portal.domain.notifications import mails
from portal.jobs import desk_notifications
from tests import make
from tests.portal.domain.complaints.cast import a_case, opened, receipt_of, told
from tests.portal.domain.identity.test_concurrency import MANY, at_once

pytestmark = pytest.mark.slow

# A case of Monday, the 7th, is due on Tuesday, the 22nd: near from Friday, the 18th, on.
MORNING, MONDAY = "2026-12-07T07:50:00Z", "2026-12-07T08:00:00Z"
FRIDAY, AFTER = "2026-12-17T21:00:01Z", "2026-12-22T21:00:01Z"
BURAK, CANAN = "burak@example.com", "canan@example.com"
NEW, NEAR, OVERDUE = ({"opened": 1, "near": 0, "overdue": 0}, {"opened": 0, "near": 1, "overdue": 0},
                      {"opened": 0, "near": 0, "overdue": 1})  # fmt: skip


@pytest.fixture
def case(app, rows) -> Complaint:
    with time_machine.travel(MORNING):
        return a_case(app, rows)[0]


def tell(app, moment: str | datetime) -> None:
    with time_machine.travel(moment), app.app_context():
        desk_notifications.notify_desks()


def mailed(app, rows) -> list[dict]:
    """What the desk was told, the oldest first."""
    with app.app_context():
        found = [mails.read_facts(vault(), each) for each in rows(Mail, Mail.kind == MailKind.CASES_WAIT)]
    return [{name: each[name] for name in ("opened", "near", "overdue")} for each in found]


def whom(app, rows) -> list[str]:
    with app.app_context():
        return sorted(mails.read_address(vault(), each) for each in rows(Mail, Mail.kind == MailKind.CASES_WAIT))


def acts(rows) -> list[StepAct]:
    return [step.act for step in rows(ComplaintStep)]


def change(app, act, at: str) -> None:
    """Somebody's act on the case, at a moment."""
    with time_machine.travel(at), app.app_context():
        act(db.session.scalars(select(Complaint)).one())
        db.session.commit()


def close(case: Complaint) -> None:
    complaints.close_case(
        db.session, vault(), case, Closing.NOT_OURS, "", link="x", sender="x", user_id=7, at=clock.now()
    )  # fmt: skip


def test_each_is_told_once_however_often_the_job_runs(app, case, rows):
    for moment in (MONDAY, "2026-12-17T20:59:00Z", FRIDAY, "2026-12-21T08:00:00Z", "2026-12-22T20:59:00Z", AFTER,
                   "2027-03-01T08:00:00Z"):  # fmt: skip
        for _ in range(2):
            tell(app, moment)

    assert mailed(app, rows) == [NEW, NEAR, OVERDUE]
    assert acts(rows) == ["opened", *["reminded"] * 3]


def test_a_job_that_was_down_tells_what_presses_most(app, case, rows):
    tell(app, AFTER)

    assert mailed(app, rows) == [OVERDUE]


def test_the_mail_leads_to_the_desk_and_says_nothing_of_the_person(app, case, rows):
    tell(app, MONDAY)

    with app.app_context():
        facts = mails.read_facts(vault(), rows.one(Mail))
    assert facts.keys() == {"place", "opened", "near", "overdue", "link"}
    assert facts["link"].endswith("/desk/") and "5321234567" not in str(facts) and "•" not in str(facts)


def test_one_mail_tells_of_all_that_waits(app, rows):
    with time_machine.travel(MORNING):
        receipt, _ = receipt_of(app, rows)
        with app.app_context():
            for header in ("BIR", "IKI", "UC"):
                opened(receipt, told(header=header))
            first, second = db.session.scalars(select(Complaint).order_by(Complaint.id)).all()[:2]
            first.due_at, second.due_at = clock.now() - timedelta(days=1), clock.now() + timedelta(days=1)
            db.session.commit()

    tell(app, MONDAY)

    assert mailed(app, rows) == [{"opened": 1, "near": 1, "overdue": 1}]


def test_whoever_may_answer_hears_of_it_and_nobody_else(app, case, rows):
    with app.app_context():
        provider_id = rows.one(Complaint).provider_id
        firm = db.session.get_one(make.Provider, provider_id)
        make.person(firm, BURAK, Role.AGENT, "Burak")
        make.person(firm, CANAN, Role.AUDITOR, "Canan")
        gone = make.person(firm, "gone@example.com", Role.MANAGER, "Gül")
        db.session.scalars(select(Membership).where(Membership.user_id == gone.id)).one().suspended_at = clock.now()
        make.provider(700002, 700002, "cem@example.com")

    tell(app, MONDAY)

    assert whom(app, rows) == [make.AYSE, BURAK]


def test_what_is_settled_is_told_no_more(app, case, rows):
    tell(app, MONDAY)
    change(app, close, "2026-12-08T08:00:00Z")

    tell(app, AFTER)

    assert mailed(app, rows) == [NEW]


def test_another_due_date_is_told_anew_when_it_comes(app, case, rows):
    tell(app, AFTER)
    day = clock.day(datetime.fromisoformat("2027-01-15T08:00:00Z"))
    change(app, lambda of: complaints.postpone(db.session, vault(), of, day, "x", user_id=7, at=clock.now()), AFTER)

    for moment in ("2026-12-24T08:00:00Z", "2027-01-13T08:00:00Z", "2027-01-15T21:00:01Z"):
        tell(app, moment)

    assert mailed(app, rows) == [OVERDUE, NEAR, OVERDUE]


def test_a_case_that_is_opened_again_is_new_again(app, case, rows):
    tell(app, MONDAY)
    change(app, close, "2026-12-08T08:00:00Z")
    again = "2026-12-10T08:00:00Z"
    change(app, lambda of: complaints.reopen_case(db.session, vault(), of, "Yine", user_id=None, at=clock.now()), again)

    for _ in range(2):
        tell(app, "2026-12-10T08:10:00Z")

    assert mailed(app, rows) == [NEW, NEW]


def add_word(case: Complaint) -> None:
    complaints.add_message(db.session, vault(), case, "Kargom ne zaman gelir?", clock.now())
    complaints.hold_sending(db.session, case, clock.now())


def read_words(case: Complaint) -> None:
    complaints.record_reading(db.session, case, 3, case.unread_since)


def test_words_that_hold_sending_are_told_once_until_they_are_read(app, case, rows):
    tell(app, MONDAY)
    for moment, act in (("09:10", add_word), ("09:20", add_word), ("09:30", read_words), ("10:40", add_word)):
        change(app, act, f"2026-12-07T{moment}:00Z")
        for second in (1, 2):
            tell(app, f"2026-12-07T{moment}:0{second}Z")

    assert mailed(app, rows) == [NEW] * 3


def test_words_in_a_case_that_an_earlier_release_closed_are_told(app, case, rows):
    tell(app, MONDAY)
    change(app, close, "2026-12-08T08:00:00Z")
    with app.app_context():
        db.session.get_one(Complaint, case.id).unread_since = datetime.fromisoformat("2026-12-08T07:59:59Z")
        db.session.commit()

    for _ in range(2):
        tell(app, "2026-12-08T08:10:00Z")

    assert mailed(app, rows) == [NEW, NEW]


def test_a_request_for_erasure_is_told_too(app, case, rows):
    tell(app, MONDAY)
    with time_machine.travel(MONDAY), app.app_context():
        recipient = db.session.get_one(Recipient, case.recipient_id)
        complaints.request_erasure(db.session, recipient, language="tr", at=clock.now())
        db.session.commit()

    tell(app, "2026-12-07T08:10:00Z")

    assert mailed(app, rows) == [NEW, NEW]


def test_two_workers_at_once_tell_it_once(app, case, rows):
    def alone():
        with app.app_context():
            desk_notifications.notify_desks()

    with time_machine.travel(MONDAY):
        at_once(*[alone] * MANY)

    assert mailed(app, rows) == [NEW]
    assert acts(rows) == ["opened", "reminded"]


def test_a_desk_that_fails_holds_up_no_other(app, case, rows, quiet_logs):
    with time_machine.travel(MORNING), app.app_context():
        db.session.scalars(select(make.User)).one().email = b"damaged"
        firm = make.provider(700002, 700002, "cem@example.com")
        facts = {column.name: getattr(case, column.name) for column in Complaint.__table__.c}
        other = Complaint(**facts | {"id": case.id + 1, "provider_id": firm.id})
        db.session.add(other)
        db.session.flush()
        db.session.add(ComplaintStep(provider_id=firm.id, complaint_id=other.id, at=clock.now(), act=StepAct.OPENED))
        db.session.commit()

    tell(app, MONDAY)

    assert whom(app, rows) == ["cem@example.com"]
    assert any("desk.untold" in line for line in quiet_logs)


def test_a_colleagues_damaged_address_keeps_it_from_nobody_else(app, case, rows, quiet_logs):
    with app.app_context():
        make.person(db.session.get_one(make.Provider, case.provider_id), BURAK, Role.AGENT, "Burak")
        db.session.scalars(select(make.User).order_by(make.User.id)).first().email = b"damaged"  # Ayşe's.
        db.session.commit()

    tell(app, MONDAY)

    assert whom(app, rows) == [BURAK]
    assert acts(rows) == ["opened", "reminded"]
    assert any("person.unreached" in line for line in quiet_logs)


def test_a_desk_that_nobody_can_be_told_of_is_not_called_told(app, case, rows):
    with app.app_context():
        db.session.scalars(select(Membership)).one().suspended_at = clock.now()
        db.session.commit()

    tell(app, MONDAY)

    assert acts(rows) == ["opened"]


def test_neither_the_person_nor_their_page_hears_of_it(app, rows):
    with time_machine.travel(MORNING):
        _, code = a_case(app, rows)
    tell(app, MONDAY)

    with app.app_context():
        (step, reminder) = complaints.list_steps(db.session, vault(), [rows.one(Complaint).id], staff_at=clock.now())
    assert (step.is_persons, reminder.is_persons, reminder.by) == (True, False, None)
    assert "haber verildi" not in app.test_client().get(f"/s/{code}").text
