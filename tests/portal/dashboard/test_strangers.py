"""Whoever belongs to another provider finds nothing here, at any address that names a thing."""

from datetime import timedelta

import pytest

from portal import clock, packages
from portal.extensions import db, vault
from portal.iys.days import archive
from portal.models import (
    AudienceEntry,
    AuditEntry,
    Brand,
    BulkRequest,
    BulkState,
    Campaign,
    DayState,
    Difference,
    DifferenceKind,
    ImportBatch,
    Provider,
    Recipient,
    ReconciledDay,
    Submission,
)
from portal.models.ids import new_id
from tests import make
from tests.portal.dashboard.staff import signed_in
from tests.portal.dashboard.test_campaign_pages import FORM
from tests.portal.inbound.registered import registered


@pytest.fixture
def things(app, rows) -> dict[str, int]:
    """Ayşe's things, by the name of their id in addresses."""
    code = make.codes(app)[make.PHONE]
    make.Person(app.test_client(), code).decides(MESAJ="RET")
    campaign = rows.one(Campaign)
    with app.app_context():
        draft = make.campaign()
        make.bring(draft, make.PHONE)
        draft_id = draft.id
        held = BulkRequest(
            provider_id=draft.provider_id, brand_id=draft.brand_id, endpoint="/", size=1, state=BulkState.HELD,
            created_at=clock.now(),
        )  # fmt: skip
        db.session.add(held)
        db.session.commit()
        bulk_id = held.id
        order_id = ordered(draft.provider_id)
        registration_id = registered(make.brand())
        day_id, difference_id = different_day(draft.provider_id, draft.brand_id)
    return {
        "campaign_id": campaign.id, "recipient_id": rows(Recipient)[0].id, "draft": draft_id, "bulk_id": bulk_id,
        "submission_id": rows.one(Submission).id, "brand_id": rows.one(Brand).id, "day_id": day_id,
        "difference_id": difference_id, "registration_id": registration_id, "order_id": order_id,
    }  # fmt: skip


def ordered(provider_id: int) -> int:
    """A package that waits for the operator, by its order's id."""
    provider, smallest = db.session.get_one(Provider, provider_id), packages.on_offer(db.session)[0]
    made = packages.order(db.session, provider, smallest, by=1, at=clock.now())
    db.session.commit()
    return made.id


def different_day(provider_id: int, brand_id: int) -> tuple[int, int]:
    """A day with its file, and a difference found in it; their ids."""
    day_id = new_id()
    day = ReconciledDay(
        id=day_id, provider_id=provider_id, brand_id=brand_id, day=clock.day(clock.now()) - timedelta(days=1),
        state=DayState.DIFFERENT, rows=1, file=archive.seal(vault(), b"a,b", provider_id, day_id), file_hash="ab",
        iys_hash="ab", timestamp=b"token", compared_at=clock.now(), archived_at=clock.now(), created_at=clock.now(),
    )  # fmt: skip
    db.session.add(day)
    db.session.flush()
    found = Difference(
        provider_id=provider_id, brand_id=brand_id, day_id=day_id, kind=DifferenceKind.ONLY_AT_IYS,
        facts={"status": [None, "RET"]}, found_at=clock.now(),
    )  # fmt: skip
    db.session.add(found)
    db.session.commit()
    return day_id, found.id


@pytest.fixture
def cem(app, things):
    """Cem, a stranger: the owner of another provider."""
    with app.app_context():
        make.provider(700002, 700002, "cem@example.com")
        db.session.rollback()
    return signed_in(app, "cem@example.com")


def addresses(app, things) -> list[tuple[str, str]]:
    """(method, path) of every page of the dashboard that names a thing."""
    places = app.url_map.bind("localhost")
    return [
        (method, places.build(rule.endpoint, {name: things[name] for name in rule.arguments}))
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("dashboard.") and rule.arguments
        for method in rule.methods - {"OPTIONS"}
    ]


def test_the_owner_finds_her_things(app, things):
    ayse = signed_in(app)

    shown = {}
    for method, path in addresses(app, things):
        if method == "GET":
            with ayse.opens(path) as answer:
                shown[path] = answer.status_code

    assert len(shown) >= 8
    assert set(shown.values()) == {200}


def test_a_stranger_finds_none_of_them(app, things, cem, rows):
    for use in (things, things | {"campaign_id": things["draft"]}):
        for method, path in addresses(app, use):
            answer = tries(cem, method, path)
            assert answer.status_code == 404, (method, path)
            assert "Aradığınız sayfa yok" in answer.text or method == "HEAD"


def tries(staff, method: str, path: str):
    return staff.posts(path, {"text": make.EMAIL}) if method == "POST" else staff.browser.open(path, method=method)


def test_a_stranger_changes_nothing_by_trying(app, things, cem, rows):
    def facts():
        return [rows.count(model) for model in (AudienceEntry, ImportBatch, AuditEntry)]

    before = facts()
    for method, path in addresses(app, things | {"campaign_id": things["draft"]}):
        tries(cem, method, path)

    assert facts() == before
    assert [campaign.launched_at for campaign in rows(Campaign, Campaign.id == things["draft"])] == [None]


def is_list(rule) -> bool:
    return rule.endpoint.startswith("dashboard.") and "GET" in rule.methods and not rule.arguments


def test_a_stranger_sees_none_of_it_in_lists(app, cem, things):
    lists = {rule.rule for rule in app.url_map.iter_rules() if is_list(rule)}
    pages = [cem.opens(path).text for path in lists]

    assert {"/dashboard/", "/dashboard/campaigns", "/dashboard/forwarding", "/dashboard/movements"} <= lists
    assert {"/dashboard/pushes", "/dashboard/days", "/dashboard/differences", "/dashboard/connection"} <= lists
    assert all(str(number) not in page for number in things.values() for page in pages)


def test_a_stranger_does_not_find_her_recipients(cem):
    answer = cem.posts("/dashboard/recipients", {"address": make.PHONE})

    assert answer.status_code == 200
    assert "kayıtlarınızda yok" in answer.text


def test_a_stranger_opens_no_campaign_for_her_brand(app, cem, rows):
    hers = rows(Brand, Brand.brand_code == make.BRAND_CODE)[0].id

    assert cem.posts("/dashboard/campaigns/new", FORM | {"brand": hers}).status_code == 422
    assert len(rows(Campaign)) == 2
