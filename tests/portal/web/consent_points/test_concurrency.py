"""Two at once, or twenty: no more codes than the budget, one alarm, one link and one decision."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from portal.core.models import AddressProof, AudienceEntry, Decision, Mail, MailKind, Receipt, Recipient
from tests import make
from tests.portal.web.consent_points.visitor import Visitor, opened

pytestmark = pytest.mark.slow


def at_once(act, many: int) -> list:
    with ThreadPoolExecutor(many) as pool:
        return list(pool.map(act, range(many)))


def test_many_who_ask_at_once_get_no_more_codes_than_the_budget(app, admitted, rows):
    opened(app, daily_budget=5)
    visitors = [Visitor(app, network=f"198.51.{number}.7") for number in range(12)]
    for visitor in visitors:
        visitor.chooses(MESAJ="RET")

    told = at_once(lambda number: visitors[number].writes(f"0532 1{number:02d} {number:02d} 67").status_code, 12)

    assert sorted(told) == [200] * 5 + [429] * 7
    assert rows.count(AddressProof) == 5
    assert len(rows(Mail, Mail.kind == MailKind.POINT_BUDGET)) == 2  # Nearly, and altogether.


def test_one_code_that_is_posted_by_two_at_once_decides_once(app, point, rows):
    fatma = Visitor(app)
    fatma.chooses(MESAJ="ONAY")
    fatma.writes(make.PHONE)
    page, code = fatma.here, fatma.code_for(make.PHONE)
    pair = [Visitor(app), Visitor(app)]

    at_once(lambda number: pair[number].posts(page, digits=code), 2)

    assert pair[0].page == pair[1].page and "Kararınız kaydedildi" in pair[0].page
    assert rows.count(Decision) == rows.count(Receipt) == 1


def test_one_person_at_two_points_of_a_firm_has_a_link_of_each(app, point, rows):
    opened(app, "ornek-magaza-vitrin")
    Visitor(app).decides(ARAMA="RET")
    Visitor(app, "ornek-magaza-vitrin").decides(MESAJ="RET")

    assert rows.count(Recipient) == 1 and rows.count(AudienceEntry) == 2
