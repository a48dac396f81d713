"""The queue: what is due first on top, what is late marked, and nothing of anybody else's."""

import re
from datetime import timedelta

import pytest
import time_machine

from portal.core import clock
from portal.core.extensions import db
from portal.core.models import Complaint, Receipt, Recipient
from portal.domain import complaints
from tests import make
from tests.portal.domain.complaints.cast import a_case, opened, told
from tests.portal.web.dashboard.staff import signed_in

pytestmark = pytest.mark.slow

AN_ID = re.compile(r"/desk/(\d{10,})")


def listed(staff, **query) -> list[int]:
    text = staff.browser.get("/desk/", query_string=query).text
    return [int(each) for each in AN_ID.findall(text)]


@pytest.fixture
def three(app, case, rows) -> list[int]:
    """The late one, the one that asks for erasure, and one that is settled; their ids."""
    with app.app_context():
        late = db.session.get_one(Complaint, case.id)
        late.due_at = clock.now() - timedelta(days=1)
        recipient = db.session.get_one(Recipient, case.recipient_id)
        erasure = complaints.request_erasure(db.session, recipient, language="tr", at=clock.now())
        receipt = db.session.get_one(Receipt, case.receipt_id)
        settled = opened(receipt, told(header="BASKA"))
        settled.closed_at, settled.closing = clock.now(), "not_ours"
        db.session.commit()
        return [late.id, erasure.id, settled.id]


def test_open_cases_stand_by_their_due_date(three, ayse):
    assert listed(ayse) == three[:2]


def test_words_that_hold_sending_stand_first_also_in_a_case_that_is_closed(app, three, ayse):
    """As an earlier release closed it, which asked of no words."""
    with app.app_context():
        for case_id in three[1:]:
            db.session.get_one(Complaint, case_id).unread_since = clock.now()
        db.session.commit()

    assert listed(ayse) == [three[1], three[2], three[0]] and listed(ayse, show="all") == listed(ayse)
    assert "Yanıtınızı bekleyen 3 başvuru var." in ayse.opens("/dashboard/").text
    assert ayse.opens("/desk/").text.count("Gönderim bekliyor") == 2


@pytest.mark.parametrize(
    ("query", "which"),
    [
        ({"show": "overdue"}, [0]),
        ({"show": "closed"}, [2]),
        ({"show": "all"}, [0, 1, 2]),
        ({"kind": "erasure"}, [1]),
        ({"show": "overdue", "kind": "erasure"}, []),
        ({"show": "x", "kind": "y", "page": "-1"}, [0, 1]),
    ],
)
def test_they_are_chosen_by_state_and_kind(three, ayse, query, which):
    assert listed(ayse, **query) == [three[each] for each in which]


def test_what_is_late_is_marked_and_addresses_are_masked(three, ayse):
    page = ayse.opens("/desk/").text

    assert "Son günü geçti" in page and "Üç iş günü içinde gelmiş" in page and "+90 5•• ••• •• 67" in page
    assert "1234567" not in page


@pytest.mark.parametrize(
    ("now", "said"),
    [
        ("2026-12-17T20:59:00Z", None),
        ("2026-12-17T21:00:00Z", "Az kaldı"),
        ("2026-12-22T20:59:00Z", "Az kaldı"),
        ("2026-12-22T21:00:00Z", "Son günü geçti"),
    ],
)
def test_a_due_date_is_near_two_business_days_before_and_until_its_day_ends(app, rows, now, said):
    with time_machine.travel("2026-12-07T08:00:00Z"):  # Due on Tuesday, the 22nd.
        a_case(app, rows)

    with time_machine.travel(now):
        page = signed_in(app).opens("/desk/").text

    assert [words for words in ("Az kaldı", "Son günü geçti") if f">{words}</span>" in page] == ([said] if said else [])


def test_the_queue_says_in_which_order_it_stands(three, ayse):
    assert "son günü en yakın olan üstte" in ayse.opens("/desk/?show=all").text
    assert "en son sonuçlanan üstte" in ayse.opens("/desk/?show=closed").text


def test_a_persons_cases_are_marked_too(three, ayse, case):
    page = ayse.opens(f"/desk/people/{case.recipient_id}").text

    assert page.count("Son günü geçti") == 1


def test_an_empty_desk_says_what_would_stand_there(app):
    with app.app_context():
        make.provider()

    assert "Bekleyen başvuru yok" in signed_in(app).opens("/desk/").text


def test_a_long_queue_has_pages(app, case, ayse, rows):
    with app.app_context():
        facts = {column.name: getattr(case, column.name) for column in Complaint.__table__.c if column.name != "id"}
        db.session.add_all([Complaint(**facts, id=case.id + number) for number in range(1, 30)])
        db.session.commit()

    assert len(listed(ayse)) == 25
    assert len(listed(ayse, page=2)) == 5


def test_the_overview_says_what_waits_and_what_is_late(three, ayse):
    page = ayse.opens("/dashboard/").text

    assert "Yanıtınızı bekleyen 2 başvuru var." in page and "1 başvurunun son günü geçti." in page
    assert 'href="/desk/"' in page


def test_a_stranger_sees_none_of_it(app, three):
    with app.app_context():
        make.provider(700002, 700002, "cem@example.com")
    cem = signed_in(app, "cem@example.com")

    assert listed(cem, show="all") == []
    assert "Yanıtınızı bekleyen" not in cem.opens("/dashboard/").text
