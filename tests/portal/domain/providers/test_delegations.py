"""A provider's leave: it stands from the moment it is given to the end of its last day, or until it is taken back."""

from datetime import timedelta

import pytest

from portal.core import clock
from portal.core.extensions import db
from portal.core.models import Delegation
from portal.domain.providers import delegations
from tests import make

pytestmark = pytest.mark.alike

DAY = timedelta(days=1)


@pytest.fixture
def providers(app):
    """The ids of Ayşe's and of Cem's."""
    with app.app_context():
        yield make.provider().id, make.provider(700002, 700002, "cem@example.com").id


def give(provider_id: int, days: int = 30, user_id: int = 1):
    at = clock.now()
    return delegations.delegate(db.session, provider_id, user_id, clock.day(at) + days * DAY, at)


def stands(provider_id: int, later: timedelta = timedelta()) -> bool:
    return delegations.find_current(db.session, provider_id, clock.now() + later) is not None


def test_a_leave_stands_to_the_end_of_its_last_day_and_for_its_own_provider(providers):
    ayses, cems = providers
    assert not stands(ayses)

    give(ayses, days=1)

    ends = clock.start_of_day(clock.day(clock.now()) + 2 * DAY)
    assert stands(ayses) and not stands(cems)
    assert delegations.find_current(db.session, ayses, ends - timedelta(seconds=1))
    assert delegations.find_current(db.session, ayses, ends) is None


def test_what_is_taken_back_stands_no_more_and_is_remembered(providers):
    ayses, cems = providers
    give(ayses)
    give(cems)

    taken = delegations.withdraw(db.session, ayses, 7, clock.now())

    assert taken.withdrawn_by == 7 and taken.withdrawn_at
    assert not stands(ayses) and stands(cems)
    assert delegations.withdraw(db.session, ayses, 7, clock.now()) is None
    assert delegations.list_delegations(db.session, ayses) == [taken]


def test_given_anew_the_newest_stands_alone(providers):
    ayses, _ = providers
    former = give(ayses, days=300)

    newest = give(ayses, days=3, user_id=2)

    assert delegations.find_current(db.session, ayses, clock.now()) is newest
    assert former.withdrawn_by == 2 and delegations.list_delegations(db.session, ayses) == [newest, former]
    delegations.withdraw(db.session, ayses, 2, clock.now())
    assert not stands(ayses)


@pytest.mark.parametrize("days", [-1, 367])
def test_no_leave_is_for_the_past_or_for_ever(providers, days):
    with pytest.raises(delegations.InvalidEndDay):
        give(providers[0], days=days)

    assert db.session.query(Delegation).count() == 0
