"""How a provider stands: what it holds, what İYS would price, the forecast, and the grace before lists are refused."""

from datetime import date, datetime, timedelta

import pytest
import time_machine

from portal.core import clock
from portal.core.extensions import db
from portal.core.iys_protocol import Channel, RecipientType, Status
from portal.core.models import Brand, Consent, Package, ProviderKind, Recipient
from portal.domain import packages
from portal.domain.packages import Cause, Level
from tests import make
from tests.portal.domain.packages.cast import bought, holds, size

pytestmark = pytest.mark.slow

START = datetime.fromisoformat("2027-03-01T09:00:00+00:00")


@pytest.fixture(autouse=True)
def on_the_first_of_march():
    with time_machine.travel(START, tick=False):
        yield


def stands(provider) -> packages.PackageUsage:
    return packages.measure_usage(db.session, provider, clock.now())


def after(days: int):
    return time_machine.travel(START + timedelta(days=days), tick=False)


def takes(provider, new: int = 1) -> bool:
    """Whether new addresses are taken."""
    try:
        packages.require_capacity(db.session, provider, new, clock.now())
    except packages.PackageFull:
        return False
    return True


def granted(provider, brand: Brand, channel: Channel, count: int, status: Status = Status.GRANTED) -> None:
    held = db.session.query(Recipient).filter_by(provider_id=provider.id).limit(count)
    for recipient in held:
        db.session.add(
            Consent(
                provider_id=provider.id, brand_id=brand.id, recipient_id=recipient.id, channel=channel,
                recipient_type=RecipientType.INDIVIDUAL, status=status,
            )
        )  # fmt: skip
    db.session.flush()


def test_records_are_the_addresses_held(provider):
    bought(provider, 5000)
    holds(provider, 7)

    now = stands(provider)
    assert (now.used, now.records, now.package.records) == (7, 5000, 5000)
    assert now.ratio == 7 / 5000
    assert (now.level, now.cause, now.ends_on) == (Level.FINE, None, date(2028, 2, 29))


def test_iys_prices_the_largest_channel_of_each_brand(provider):
    first = make.brand()
    second = Brand(provider_id=provider.id, brand_code=700002, name="İkinci", created_at=clock.now())
    db.session.add(second)
    holds(provider, 6)
    granted(provider, first, Channel.SMS, 5)
    granted(provider, first, Channel.CALL, 3)
    granted(provider, second, Channel.CALL, 2)
    granted(provider, second, Channel.SMS, 6, status=Status.REFUSED)

    assert stands(provider).iys_count == 5 + 2


def test_a_brand_that_practised_is_not_counted_at_iys(provider):
    make.brand().is_sandbox = True
    holds(provider, 2)
    granted(provider, make.brand(), Channel.SMS, 2)

    assert stands(provider).iys_count == 0

    provider.admitted_at = None
    assert stands(provider).iys_count == 2


def test_iys_counts_nobody_of_who_is_exempt(provider):
    provider.kind = ProviderKind.EXEMPT

    assert stands(provider).iys_count is None


def test_another_providers_addresses_are_not_counted(provider):
    holds(make.provider(700009, 700009, "cem@example.com"), 3)

    assert stands(provider).used == 0


def test_it_is_said_aloud_when_a_fifth_is_left(provider):
    bought(provider, 10)
    holds(provider, 7)
    assert stands(provider).level == Level.FINE

    holds(provider, 1, first=7)
    assert (stands(provider).level, stands(provider).cause) == (Level.NEAR, Cause.RECORDS)


def test_a_full_package_is_not_over(provider):
    bought(provider, 5)
    holds(provider, 5)

    assert stands(provider).level == Level.NEAR


def test_over_the_package_lists_are_taken_for_thirty_days(provider):
    bought(provider, 5)
    holds(provider, 6)

    now = stands(provider)
    assert (now.level, now.cause, now.grace_until) == (Level.GRACE, Cause.RECORDS, START + packages.GRACE)
    with after(29):
        assert takes(provider)
    with after(30):
        assert stands(provider).level == Level.SHUT
        assert not takes(provider)


def test_grace_begins_with_the_first_address_too_many(provider):
    bought(provider, 5)
    holds(provider, 5)
    with after(10):
        holds(provider, 1, first=5)
    with after(20):
        holds(provider, 1, first=6)

        assert stands(provider).grace_until == START + timedelta(days=10) + packages.GRACE


def test_a_smaller_year_that_begins_gives_its_own_grace(provider):
    bought(provider, 10)
    bought(provider, 5, starts_on=date(2028, 3, 1))
    holds(provider, 6)
    with time_machine.travel("2028-03-02T09:00:00+00:00"):
        assert stands(provider).grace_until == clock.start_of_day(date(2028, 3, 1)) + packages.GRACE


def test_an_upgrade_lets_lists_in_again(provider):
    bought(provider, 5)
    holds(provider, 6)
    with after(40):
        assert not takes(provider)

        bought(provider, 10)

        assert takes(provider)
        assert stands(provider).level == Level.FINE


def test_after_its_last_day_a_package_has_thirty_days_of_grace(provider):
    ends_on = bought(provider, 5000).ends_on
    with time_machine.travel(clock.start_of_day(ends_on + timedelta(days=1)) - timedelta(seconds=1)):
        assert (stands(provider).level, stands(provider).cause) == (Level.NEAR, Cause.END)
    with time_machine.travel(clock.start_of_day(ends_on + timedelta(days=1))):
        assert (stands(provider).level, stands(provider).cause) == (Level.GRACE, Cause.END)
        assert stands(provider).package is None
    with time_machine.travel(clock.start_of_day(ends_on + timedelta(days=31))):
        assert not takes(provider)


def test_a_year_that_follows_is_counted_on(provider):
    first = bought(provider, 5000)
    with time_machine.travel("2028-02-15T09:00:00+00:00"):
        assert stands(provider).level == Level.NEAR

        bought(provider, 5000, starts_on=first.ends_on + timedelta(days=1))

        assert stands(provider).level == Level.FINE
        assert stands(provider).ends_on == date(2029, 2, 28)


def test_a_year_after_a_gap_is_not_counted_on(provider):
    first = bought(provider, 5000)
    with time_machine.travel("2028-02-15T09:00:00+00:00"):
        bought(provider, 5000, starts_on=first.ends_on + timedelta(days=2))

        assert stands(provider).ends_on == first.ends_on


def test_an_order_counts_only_once_it_is_confirmed(provider):
    packages.place_order(db.session, provider, size(5000), by=2, at=clock.now())

    assert stands(provider).package is None


def test_who_never_bought_has_thirty_days_from_being_admitted(provider):
    now = stands(provider)

    assert (now.level, now.cause, now.records, now.ratio) == (Level.GRACE, Cause.NONE, None, None)
    with after(31):
        assert not takes(provider)


def test_who_was_there_before_packages_were_sold_has_thirty_days_from_then(provider):
    provider.admitted_at = START - timedelta(days=400)
    db.session.query(Package).update({"created_at": START - timedelta(days=10)})

    assert stands(provider).grace_until == START + timedelta(days=20)


def test_where_nothing_is_sold_nobody_needs_a_package(provider):
    db.session.query(Package).delete()
    with after(400):
        assert stands(provider).level == Level.FINE
        assert takes(provider)


def test_practice_is_free_up_to_a_thousand_addresses(provider):
    provider.admitted_at = None
    holds(provider, 3)

    now = stands(provider)
    assert (now.level, now.cause, now.records, now.grace_until) == (Level.FINE, Cause.SANDBOX, packages.FREE, None)
    assert takes(provider, packages.FREE - 3)
    assert not takes(provider, packages.FREE - 2)
    with after(400):
        assert takes(provider)


def test_a_list_of_known_addresses_is_taken_in_practice_whatever_is_held(provider):
    provider.admitted_at = None
    holds(provider, packages.FREE)

    assert stands(provider).level == Level.SHUT
    assert takes(provider, 0)


@pytest.mark.parametrize(
    ("held_before", "grown", "runs_out_on"),
    [(0, 0, None), (40, 10, date(2027, 7, 29)), (98, 1, date(2027, 3, 31)), (0, 100, None)],
)
def test_the_forecast_goes_on_as_the_last_thirty_days_went(provider, held_before, grown, runs_out_on):
    provider.created_at = START - timedelta(days=90)
    bought(provider, 100)
    holds(provider, held_before, at=START - timedelta(days=60))
    holds(provider, grown, first=held_before, at=START - timedelta(days=1))

    assert stands(provider).runs_out_on == runs_out_on


def test_the_forecast_of_a_young_provider_takes_a_week_for_the_least(provider):
    bought(provider, 100)
    holds(provider, 50)

    assert stands(provider).runs_out_on == date(2027, 3, 1) + timedelta(days=7)


def test_a_page_that_does_not_show_it_need_not_count_at_iys(provider):
    assert packages.measure_usage(db.session, provider, clock.now(), with_iys=False).iys_count is None
