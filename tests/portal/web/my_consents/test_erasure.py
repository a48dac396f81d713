"""Asking to be erased: a case on the desk of each firm, due in thirty days, and once only."""

from datetime import timedelta

import pytest

from portal.core import clock
from portal.core.models import Brand, Complaint, ComplaintKind
from tests.portal.web.my_consents.conftest import UNKNOWN
from tests.portal.web.my_consents.test_overview import another_provider, granted  # noqa: F401 - a fixture among them

pytestmark = [pytest.mark.slow, pytest.mark.alike]

PAGE = "/izinlerim/silme"


def test_one_firm_is_asked(app, granted, rows):  # noqa: F811
    other = another_provider(app)
    firm = rows.one(Brand, Brand.id == other)

    asked = granted.posts(PAGE, provider=str(firm.provider_id))

    assert asked.status_code == 303
    case = rows.one(Complaint)
    assert (case.kind, case.provider_id, case.closed_at) == (ComplaintKind.ERASURE, firm.provider_id, None)
    assert clock.day(case.due_at) == clock.day(clock.now()) + timedelta(days=30)
    page = granted.opens(PAGE)
    assert "Başka Marka A.Ş. firmasından verilerinizi silmesini istediniz" in page.text
    assert 'href="/s/' in page.text


def test_all_of_them_are_asked_and_once_each(app, granted, rows):  # noqa: F811
    another_provider(app)
    another_provider(app, 3, "Yabancı Marka", UNKNOWN)

    answers = [granted.posts(PAGE, provider="all").status_code for _ in range(2)]

    assert answers == [303, 303]
    assert rows.count(Complaint) == 2
    assert "Silinmesini iste</button>" not in granted.opens(PAGE).text


def test_somebody_elses_firm_and_none_are_not_asked(app, granted, rows):  # noqa: F811
    other = another_provider(app, 3, "Yabancı Marka", UNKNOWN)

    for named in (str(other), "", "1", "x"):
        answer = granted.posts(PAGE, provider=named)
        assert answer.status_code == 422
        assert "Kimden isteyeceğinizi seçin." in answer.text
    assert rows.count(Complaint) == 0


def test_the_case_can_be_followed_at_its_own_page(app, granted, browser):  # noqa: F811
    granted.posts(PAGE, provider="all")

    link = granted.opens(PAGE).text.partition('href="/s/')[2].partition('"')[0]

    assert browser.get(f"/s/{link}").status_code == 200
