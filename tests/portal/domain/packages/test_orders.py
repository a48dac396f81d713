"""Orders: asked for once at the price of the day, settled once by the operator, and years that follow each other."""

from datetime import date, timedelta

import pytest
import time_machine

from portal.core import clock
from portal.core.extensions import db
from portal.core.models import OrderKind
from portal.domain import packages
from tests.portal.domain.packages.cast import OPERATOR, bought, holds, size

AT = "2027-03-01T09:00:00+00:00"
TODAY = date(2027, 3, 1)

pytestmark = [pytest.mark.usefixtures("on_the_first_of_march"), pytest.mark.alike]


@pytest.fixture
def on_the_first_of_march():
    with time_machine.travel(AT, tick=False):
        yield


def ordered(provider, records: int = 5000):
    return packages.place_order(db.session, provider, size(records), by=2, at=clock.now())


def test_the_price_list_is_that_of_the_brochure(provider):
    listed = [(each.name, each.records, each.price) for each in packages.list_offered(db.session)]

    assert [(records, price) for _, records, price in listed] == [
        (5_000, 290), (25_000, 490), (75_000, 790), (150_000, 1290), (250_000, 1990)
    ]  # fmt: skip


def test_an_order_keeps_the_price_of_its_day(provider):
    asked = ordered(provider)

    size(5000).price = 350
    packages.confirm(db.session, asked, OPERATOR, TODAY, clock.now())

    assert (asked.records, asked.price, asked.kind) == (5000, 290, OrderKind.FIRST)


def test_a_year_ends_the_day_before_it_comes_round(provider):
    assert bought(provider, 5000).ends_on == date(2028, 2, 29)


def test_a_year_from_a_leap_day_ends_in_february(provider):
    with time_machine.travel("2028-02-29T09:00:00+00:00"):
        assert bought(provider, 5000).ends_on == date(2029, 2, 28)


def test_a_withdrawn_package_is_not_sold(provider):
    size(5000).withdrawn_at = clock.now()
    db.session.flush()

    with pytest.raises(packages.NotOnOffer):
        ordered(provider)
    assert 5000 not in [each.records for each in packages.list_offered(db.session)]


def test_a_second_order_waits_for_the_first_to_be_settled(provider):
    ordered(provider)

    with pytest.raises(packages.AlreadyOrdered):
        ordered(provider, 25_000)


def test_a_package_too_small_for_what_is_held_is_not_sold(provider):
    holds(provider, 3)

    with pytest.raises(packages.TooSmall):
        ordered(provider, 2)
    assert ordered(provider, 3).records == 3


def test_a_declined_order_makes_way_for_another(provider):
    packages.decline(db.session, ordered(provider), OPERATOR, "Önce yetki belgesi gerekli.", clock.now())

    assert ordered(provider, 25_000).kind == OrderKind.FIRST


def test_an_order_taken_back_makes_way_for_another(provider):
    packages.cancel(db.session, ordered(provider), 2, clock.now())

    assert packages.list_waiting_orders(db.session) == []
    assert ordered(provider, 25_000) in packages.list_waiting_orders(db.session)


@pytest.mark.parametrize("first", ["confirm", "decline", "take_back"])
def test_an_order_is_settled_once(provider, first):
    asked = ordered(provider)
    acts = {
        "confirm": lambda: packages.confirm(db.session, asked, OPERATOR, TODAY, clock.now()),
        "decline": lambda: packages.decline(db.session, asked, OPERATOR, "Hayır.", clock.now()),
        "take_back": lambda: packages.cancel(db.session, asked, 2, clock.now()),
    }
    acts[first]()

    for again in acts.values():
        with pytest.raises(packages.AlreadyClosed):
            again()


@pytest.mark.parametrize("starts_on", [TODAY - timedelta(days=32), TODAY + timedelta(days=367)])
def test_a_year_begins_near_the_day_it_is_confirmed(provider, starts_on):
    with pytest.raises(packages.WrongStart):
        packages.confirm(db.session, ordered(provider), OPERATOR, starts_on, clock.now())


def test_more_records_than_run_are_an_upgrade_that_begins_today(provider):
    bought(provider, 5000)

    asked = ordered(provider, 25_000)

    assert asked.kind == OrderKind.UPGRADE
    assert packages.suggest_start(db.session, asked, clock.now()) == TODAY


@pytest.mark.parametrize("records", [5000, 25_000])
def test_as_many_or_fewer_are_a_renewal_that_follows(provider, records):
    running = bought(provider, 25_000)

    asked = ordered(provider, records)

    assert asked.kind == OrderKind.RENEWAL
    assert packages.suggest_start(db.session, asked, clock.now()) == running.ends_on + timedelta(days=1)


def test_a_renewal_after_a_gap_begins_today(provider):
    bought(provider, 5000)

    with time_machine.travel("2029-01-01T09:00:00+00:00"):
        asked = ordered(provider)
        assert asked.kind == OrderKind.RENEWAL
        assert packages.suggest_start(db.session, asked, clock.now()) == date(2029, 1, 1)


def test_a_provider_sees_its_own_orders_newest_first(provider):
    first = bought(provider, 5000)
    with time_machine.travel("2027-03-02T09:00:00+00:00"):
        second = ordered(provider, 25_000)

    assert [asked for asked, _ in packages.list_orders(db.session, provider.id)] == [second, first]
    assert packages.list_orders(db.session, provider.id + 1) == []
