"""The firm's leave that the operator brings files for it, as owners and managers give it and take it back."""

from datetime import timedelta

import pytest

from portal.core import clock
from portal.core.extensions import db
from portal.core.models import AuditEntry, BatchState, Brand, Delegation, ImportBatch, Provider, Role
from tests import make
from tests.portal.web.dashboard.staff import signed_in

pytestmark = [pytest.mark.slow, pytest.mark.alike]

PATH = "/dashboard/leave"


def in_days(days: int) -> str:
    return (clock.day(clock.now()) + timedelta(days=days)).isoformat()


def test_an_owner_gives_leave_until_a_day_and_takes_it_back(ayse, rows):
    assert "Şu anda kimse sizin adınıza" in ayse.opens(PATH).text

    assert ayse.posts(PATH, {"ends_on": in_days(30)}).status_code == 303

    given = rows.one(Delegation)
    assert given.ends_on.isoformat() == in_days(30) and given.withdrawn_at is None
    assert "sizin adınıza dosya aktarabilir" in ayse.opens(PATH).text
    assert rows.one(AuditEntry, AuditEntry.act == "leave.given").facts == {"until": in_days(30)}

    ayse.posts(f"{PATH}/withdraw")
    ayse.posts(f"{PATH}/withdraw")  # A second time changes nothing.

    taken = rows.one(Delegation)
    assert taken.withdrawn_at and taken.withdrawn_by == taken.given_by
    assert len(rows(AuditEntry, AuditEntry.act == "leave.withdrawn")) == 1
    assert "Şu anda kimse sizin adınıza" in ayse.opens(PATH).text


@pytest.mark.parametrize("day", ["", "yarın", in_days(-1), in_days(400), "0001-01-01"])
def test_a_day_that_cannot_be_comes_back_with_the_reason(ayse, rows, day):
    answer = ayse.posts(PATH, {"ends_on": day})

    assert answer.status_code == 422 and 'role="alert"' in answer.text
    assert rows.count(Delegation) == 0


def test_the_page_lists_what_was_brought_under_it_and_nothing_else(app, ayse):
    with app.app_context():
        brand = db.session.query(Brand).one()
        whose = {"provider_id": brand.provider_id, "brand_id": brand.id, "name": b"sealed", "digest": b"d" * 32}
        at = {"size": 1, "state_changed_at": clock.now(), "created_at": clock.now()}
        theirs = ImportBatch(**whose, **at, on_behalf=True, state=BatchState.DRY_RUN, lines=4711, asked=["date"])
        db.session.add_all([theirs, ImportBatch(**whose, **at, state=BatchState.DONE, lines=815)])
        db.session.commit()
        batch_id = theirs.id

    page = ayse.opens(PATH).text

    assert "4.711" in page and "815" not in page
    assert f"/dashboard/imports/{batch_id}/answer" in page


def test_whoever_may_not_speak_for_the_firm_gives_no_leave(app, ayse, rows):
    with app.app_context():
        make.person(db.session.query(Provider).one(), "burak@example.com", Role.AGENT)
    burak = signed_in(app, "burak@example.com")

    assert burak.opens(PATH).status_code == 403
    assert burak.posts(PATH, {"ends_on": in_days(3)}).status_code == 403
    assert rows.count(Delegation) == 0
