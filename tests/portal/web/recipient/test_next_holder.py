"""Whoever has a number now learns from its case and from its receipts nothing of what an earlier holder had refused."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select, update

from portal.core import addresses, clock
from portal.core.extensions import db, vault
from portal.core.models import Brand, Recipient
from portal.services.launches.refusing_links import refusing_urls
from tests import make
from tests.portal.web.consent_points import visitor
from tests.portal.web.my_consents.test_overview import another_provider
from tests.portal.web.recipient.open_complaints import complains

pytestmark = [pytest.mark.slow, pytest.mark.alike]


@pytest.fixture(params=["the line was closed", "another firm heard it"])
def passed_on(app, browser, request):
    """Have the number's holder refuse a channel, and pass the number on; the next one comes a day later."""

    def pass_on(**choices) -> None:
        make.Person(browser, make.codes(app)[make.PHONE]).decides(**choices)
        make.write_to_all(app)
        is_closed = request.param == "the line was closed"
        other = None if is_closed else another_provider(app)
        with app.app_context():
            whose = select(Brand.provider_id).where(Brand.id == other)
            moved = {"closed_at" if is_closed else "reassigned_at": clock.now() + timedelta(minutes=1)}
            theirs = Recipient.provider_id.in_(whose) if other else Recipient.provider_id.is_not(None)
            db.session.execute(update(Recipient).where(theirs).values(moved))
            db.session.commit()

    return pass_on


def new_link(app) -> str:
    with app.app_context():
        brand = db.session.scalar(select(Brand).order_by(Brand.id).limit(1))
        config, number = app.config, addresses.parse(make.PHONE)
        (url,) = refusing_urls(
            db.session, vault(), config["LINK_SALT"], config["LINK_BASE"], brand, [number], clock.now()
        ).values()
        db.session.commit()
        return f"/u/{url.rpartition('/')[2]}"


@pytest.mark.parametrize("earlier", [{"ARAMA": "RET"}, {"MESAJ": "RET"}])
def test_a_case_offers_a_refusal_and_tells_of_it_whatever_was_refused_before(app, browser, passed_on, earlier):
    passed_on(**earlier)
    with time_machine.travel(clock.now() + timedelta(days=1)):
        receipt = browser.post(new_link(app), data={"MESAJ": "RET"}).location
        came_at = clock.istanbul(clock.now() - timedelta(minutes=5))
        case = complains(
            browser, receipt.rpartition("/")[2], channel="ARAMA", day=f"{came_at:%Y-%m-%d}", hour=f"{came_at:%H:%M}"
        ).location

        assert f'action="{case}/ret"' in browser.get(case).text
        browser.post(f"{case}/ret")
        page = browser.get(case).text
        assert "Ret kaydedildi" in page and f'action="{case}/ret"' not in page


@pytest.mark.parametrize("way", ["link", "consent point"])
def test_a_receipt_promises_no_message_of_a_refusal_after_a_change_of_hands(app, browser, passed_on, way):
    passed_on(MESAJ="RET")
    if way == "consent point":
        with app.app_context():
            brand_id = db.session.scalar(select(Brand.id).order_by(Brand.id).limit(1))
        visitor.opened(app, brand_id=brand_id)

    def page_of(channel: str) -> str:
        if way == "link":
            return browser.get(browser.post(new_link(app), data={channel: "RET"}).location).text
        who = visitor.Visitor(app)
        who.decides(**{channel: "RET"})
        return who.page

    with time_machine.travel(clock.now() + timedelta(days=1)):
        for channel in ("MESAJ", "ARAMA"):
            page = page_of(channel)
            assert "kısa bir ileti" not in page and "iletiyle size gelir" not in page
            assert "reddettiniz" in page
