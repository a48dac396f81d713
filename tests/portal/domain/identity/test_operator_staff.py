"""The operator's own people: roles, assignments, and the admin who always stays."""

import pytest

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.models import Assignment, OperatorRole, Provider, User
from portal.domain.identity import operator_staff
from tests import make

pytestmark = pytest.mark.alike

ADMIN, SUPPORT = OperatorRole.ADMIN, OperatorRole.SUPPORT


@pytest.fixture
def house(app):
    with app.app_context():
        yield db.session
        db.session.rollback()


def test_a_role_is_changed(house):
    derya, deniz = make.staff("derya@operator.example", ADMIN), make.staff("deniz@operator.example", SUPPORT)

    operator_staff.change_role(house, deniz, ADMIN, by=derya.id)

    assert [each.operator_role for each in operator_staff.list_staff(house)] == [ADMIN, ADMIN]


def test_nobody_changes_or_removes_themselves(house):
    derya = make.staff("derya@operator.example", ADMIN)
    make.staff("deniz@operator.example", ADMIN)

    with pytest.raises(operator_staff.OwnRole):
        operator_staff.change_role(house, derya, SUPPORT, by=derya.id)
    with pytest.raises(operator_staff.OwnRole):
        operator_staff.remove(house, vault(), derya, by=derya.id, at=clock.now())


def test_an_admin_always_stays(house):
    derya, deniz = make.staff("derya@operator.example", ADMIN), make.staff("deniz@operator.example", SUPPORT)

    with pytest.raises(operator_staff.LastAdmin):
        operator_staff.change_role(house, derya, SUPPORT, by=deniz.id)
    with pytest.raises(operator_staff.LastAdmin):
        operator_staff.remove(house, vault(), derya, by=deniz.id, at=clock.now())


def test_an_admin_whose_account_is_closed_does_not_count(house):
    derya, deniz = make.staff("derya@operator.example", ADMIN), make.staff("deniz@operator.example", ADMIN)
    deniz.closed_at = clock.now()
    house.flush()

    with pytest.raises(operator_staff.LastAdmin):
        operator_staff.remove(house, vault(), derya, by=deniz.id, at=clock.now())


def test_support_is_assigned_once_and_an_admin_never(house):
    ayses = make.provider()
    derya, deniz = make.staff("derya@operator.example", ADMIN), make.staff("deniz@operator.example", SUPPORT)

    for _ in range(2):
        operator_staff.assign(house, deniz, ayses, clock.now())
    with pytest.raises(operator_staff.NotSupport):
        operator_staff.assign(house, derya, ayses, clock.now())

    assert house.query(Assignment).count() == 1
    assert operator_staff.list_assignments(house) == {deniz.id: [house.get_one(Provider, ayses.id)]}
    assert operator_staff.unassign(house, deniz.id, ayses.id)
    assert not operator_staff.unassign(house, deniz.id, ayses.id)


def test_who_leaves_or_rises_leaves_no_assignment_behind(house):
    ayses = make.provider()
    derya = make.staff("derya@operator.example", ADMIN)
    risen, gone = (make.staff(f"{name}@operator.example", SUPPORT) for name in ("risen", "gone"))
    for each in (risen, gone):
        operator_staff.assign(house, each, ayses, clock.now())

    operator_staff.change_role(house, risen, ADMIN, by=derya.id)
    operator_staff.remove(house, vault(), gone, by=derya.id, at=clock.now())

    assert house.query(Assignment).count() == 0
    assert house.get_one(User, gone.id).operator_role is None
