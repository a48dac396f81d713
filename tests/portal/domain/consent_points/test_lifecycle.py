"""Opening a point: its address, its budget, and what closing it means."""

from datetime import timedelta

import pytest
from sqlalchemy import event, update

from portal.core import clock
from portal.core.extensions import db
from portal.core.iys_protocol import Channel
from portal.core.models import Campaign, CampaignKind, ConsentPoint, ContactKind, Delivery, Provider, approvals
from portal.domain import campaigns, consent_points
from portal.domain.campaigns import default_texts
from portal.domain.consent_points import BudgetTooHigh, PointState
from portal.services import approvals as services_approvals
from tests import make

pytestmark = pytest.mark.alike


@pytest.fixture
def brand(app):
    """Of an admitted provider."""
    with app.app_context():
        made = make.provider()
        made.admitted_at = clock.now()
        db.session.commit()
        yield make.brand()
        db.session.rollback()


def opened(brand, daily_budget=100) -> ConsentPoint:
    at = clock.now()
    return consent_points.open_point(
        db.session, brand, name="Kasa", channels=list(Channel), daily_budget=daily_budget, at=at,
        wording=default_texts.default_wording(brand.name, CampaignKind.ASK, make.NOTICE), today=clock.day(at),
    )  # fmt: skip


def test_a_point_asks_whoever_comes_and_its_links_have_no_end(brand):
    campaign = db.session.get_one(Campaign, opened(brand).campaign_id)

    assert (campaign.kind, campaign.delivery, campaign.contact_kind) == ("ask", Delivery.POINT, ContactKind.REQUEST)
    assert campaign.expires_at is None and campaign.launched_at is None


@pytest.mark.parametrize(
    ("name", "slugs"),
    [
        ("Örnek Mağaza", ["ornek-magaza", "ornek-magaza-2", "ornek-magaza-3"]),
        ("  İSTANBUL & Çarşı!", ["istanbul-carsi", "istanbul-carsi-2", "istanbul-carsi-3"]),
        ("日本", [str(make.BRAND_CODE), f"{make.BRAND_CODE}-2", f"{make.BRAND_CODE}-3"]),
        ("Mağaza 12345", ["magaza-12345", "magaza-12345-2", "magaza-12345-3"]),
        ("Davet Düğün " + "a" * 60, ["davet-dugun", "davet-dugun-2", "davet-dugun-3"]),
        ("a" * 90, [str(make.BRAND_CODE), f"{make.BRAND_CODE}-2", f"{make.BRAND_CODE}-3"]),
    ],
)
def test_an_address_is_the_brands_name_and_a_number(brand, name, slugs):
    """Our messages carry it to strangers: a firm chooses no word of it."""
    brand.name = name

    assert [opened(brand).slug for _ in range(3)] == slugs
    assert all(consent_points.is_drawn(each, brand.name, brand.brand_code) for each in slugs)


@pytest.mark.parametrize(
    ("slug", "is_drawn"),
    [
        ("ornek-magaza", True), ("ornek-magaza-12", True), ("ornek-magaza-kasa", False), ("ornek-magazam", False),
        ("ornek-magaza-0850-999-99-99", False), ("ornek-magaza-08509999999", False), ("ptt-2", False),
        (str(make.BRAND_CODE), False),
    ],
)  # fmt: skip
def test_an_older_address_may_have_words_of_a_firm(slug, is_drawn):
    assert consent_points.is_drawn(slug, "Örnek Mağaza", make.BRAND_CODE) == is_drawn


@pytest.mark.parametrize("codes", [0, -1, consent_points.MOST_CODES + 1])
def test_no_point_sends_endless_codes(brand, codes):
    with pytest.raises(BudgetTooHigh):
        opened(brand, daily_budget=codes)


def test_who_practises_sends_few_codes_and_takes_no_name_for_an_address(app):
    with app.app_context():
        brand = make.brand()
        db.session.get_one(Provider, brand.provider_id).admitted_at = None
        with pytest.raises(BudgetTooHigh):
            opened(brand, daily_budget=consent_points.SANDBOX_CODES + 1)

        assert opened(brand, consent_points.SANDBOX_CODES).slug == f"deneme-{brand.brand_code}"
        db.session.rollback()


def test_who_practises_gets_no_more_codes_by_opening_many_points(app):
    with app.app_context():
        brand = make.brand()
        db.session.get_one(Provider, brand.provider_id).admitted_at = None
        made = [opened(brand, consent_points.SANDBOX_CODES) for _ in range(3)]
        consent_points.close_point(db.session, made[0], clock.now())

        with pytest.raises(BudgetTooHigh) as too_many:
            opened(brand, 1)
        assert too_many.value.most == 0
        consent_points.change_budget(db.session, made[1], 15)
        opened(brand, 5)
        db.session.rollback()


def test_publishing_and_closing_again_change_nothing(brand):
    point, at = opened(brand), clock.now()
    campaign = db.session.get_one(Campaign, point.campaign_id)

    assert [consent_points.publish_point(db.session, point, at) for _ in range(2)] == [True, False]
    assert (campaign.launched_at, campaign.linked_at) == (at, at)  # The worker finds nothing to do.
    later = at + timedelta(days=1)
    assert [consent_points.close_point(db.session, point, later) for _ in range(2)] == [True, False]
    assert point.closed_at == campaign.closed_at == later
    assert consent_points.publish_point(db.session, point, later)
    assert point.closed_at is campaign.closed_at is None
    assert campaign.launched_at == at


@pytest.mark.parametrize("why", ["closed_at", "suspended_at", "left_at"])
def test_a_passive_brand_publishes_nothing(brand, why):
    point, at = opened(brand), clock.now()
    owner = brand if why == "closed_at" else db.session.get_one(Provider, brand.provider_id)
    setattr(owner, why, at)
    db.session.flush()

    with pytest.raises(campaigns.BrandClosed):
        consent_points.publish_point(db.session, point, at)


def test_a_new_budget_is_told_anew(brand):
    point = opened(brand)
    point.warned_on = point.alarmed_on = clock.day(clock.now())

    consent_points.change_budget(db.session, point, 300)

    assert (point.daily_budget, point.warned_on, point.alarmed_on) == (300, None, None)


@pytest.mark.parametrize(
    ("facts", "state"),
    [
        ({}, PointState.DRAFT),
        ({"published"}, PointState.OPEN),
        ({"published", "closed"}, PointState.CLOSED),
        ({"published", "brand_closed"}, PointState.BRAND),
        ({"published", "brand_closed", "suspended"}, PointState.SUSPENDED),
        ({"published", "provider_left", "closed", "brand_closed"}, PointState.GONE),
        ({"published", "suspended", "provider_left", "closed"}, PointState.SUSPENDED),
    ],
)
def test_a_point_says_the_weightiest_of_what_holds(facts, state):
    names = ("provider_left", "suspended", "brand_closed", "closed", "published")

    assert consent_points.point_state(**{name: clock.now() if name in facts else None for name in names}) == state


def test_a_point_is_published_at_no_address_with_a_name_that_was_taken_back(brand):
    brand.name = "Ziraat Destek"
    draft, printed, of = opened(brand), opened(brand), db.session.get_one(Provider, brand.provider_id)
    consent_points.publish_point(db.session, printed, clock.now())
    digest = approvals.digest_of("name", brand.name).hex()
    reason = {"by": 1, "reason": "Banka değilsiniz.", "at": clock.now()}
    assert services_approvals.take_back(db.session, of, digest, **reason)

    consent_points.publish_point(db.session, draft, clock.now())
    assert draft.slug == "ornek-magazacilik-a-s"
    with pytest.raises(consent_points.TextNotApproved):
        consent_points.publish_point(db.session, printed, clock.now())


def test_two_points_that_want_one_address_at_once_are_told_so(brand):
    draft, other = opened(brand), opened(brand)
    brand.name = "Örnek Ev"
    db.session.flush()
    taken = update(ConsentPoint).where(ConsentPoint.id == other.id).values(slug="ornek-ev")
    event.listen(db.session, "before_flush", lambda *_: db.session.connection().execute(taken), once=True)

    with pytest.raises(consent_points.SlugTaken):
        consent_points.publish_point(db.session, draft, clock.now())


def test_an_address_on_paper_outlives_a_change_of_the_name(brand):
    printed, draft = opened(brand), opened(brand)
    consent_points.publish_point(db.session, printed, clock.now())
    brand.name = "Örnek Ev"
    consent_points.close_point(db.session, printed, clock.now())
    for point in (printed, draft):
        consent_points.publish_point(db.session, point, clock.now())
    assert (printed.slug, draft.slug) == ("ornek-magaza", "ornek-ev")
