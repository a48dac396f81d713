"""The operator's own people: roles, assignments, and the admin who always stays."""

import pytest

from portal import clock, staffing
from portal.extensions import db
from portal.models import Assignment, OperatorRole, Provider, User
from tests import make

ADMIN, SUPPORT = OperatorRole.ADMIN, OperatorRole.SUPPORT


@pytest.fixture
def house(app):
    with app.app_context():
        yield db.session
        db.session.rollback()


def test_a_role_is_changed(house):
    derya, deniz = make.staff("derya@operator.example", ADMIN), make.staff("deniz@operator.example", SUPPORT)

    staffing.change_role(house, deniz, ADMIN, by=derya.id)

    assert [each.operator_role for each in staffing.members(house)] == [ADMIN, ADMIN]


def test_nobody_changes_or_removes_themselves(house):
    derya = make.staff("derya@operator.example", ADMIN)
    make.staff("deniz@operator.example", ADMIN)

    with pytest.raises(staffing.Oneself):
        staffing.change_role(house, derya, SUPPORT, by=derya.id)
    with pytest.raises(staffing.Oneself):
        staffing.remove(house, derya, by=derya.id)


def test_an_admin_always_stays(house):
    derya, deniz = make.staff("derya@operator.example", ADMIN), make.staff("deniz@operator.example", SUPPORT)

    with pytest.raises(staffing.LastAdmin):
        staffing.change_role(house, derya, SUPPORT, by=deniz.id)
    with pytest.raises(staffing.LastAdmin):
        staffing.remove(house, derya, by=deniz.id)


def test_an_admin_whose_account_is_closed_does_not_count(house):
    derya, deniz = make.staff("derya@operator.example", ADMIN), make.staff("deniz@operator.example", ADMIN)
    deniz.closed_at = clock.now()
    house.flush()

    with pytest.raises(staffing.LastAdmin):
        staffing.remove(house, derya, by=deniz.id)


def test_support_is_assigned_once_and_an_admin_never(house):
    ayses = make.provider()
    derya, deniz = make.staff("derya@operator.example", ADMIN), make.staff("deniz@operator.example", SUPPORT)

    for _ in range(2):
        staffing.assign(house, deniz, ayses, clock.now())
    with pytest.raises(staffing.NotSupport):
        staffing.assign(house, derya, ayses, clock.now())

    assert house.query(Assignment).count() == 1
    assert staffing.assigned(house) == {deniz.id: [house.get_one(Provider, ayses.id)]}
    assert staffing.unassign(house, deniz.id, ayses.id)
    assert not staffing.unassign(house, deniz.id, ayses.id)


def test_who_leaves_or_rises_leaves_no_assignment_behind(house):
    ayses = make.provider()
    derya = make.staff("derya@operator.example", ADMIN)
    risen, gone = (make.staff(f"{name}@operator.example", SUPPORT) for name in ("risen", "gone"))
    for each in (risen, gone):
        staffing.assign(house, each, ayses, clock.now())

    staffing.change_role(house, risen, ADMIN, by=derya.id)
    staffing.remove(house, gone, by=derya.id)

    assert house.query(Assignment).count() == 0
    assert house.get_one(User, gone.id).operator_role is None
