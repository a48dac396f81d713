"""Whoever has a number now learns from its case and from its receipts nothing of what an earlier holder had refused."""

import re
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select, update

import shortlinks
from portal.core import addresses, clock
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Channel
from portal.core.models import Brand, Complaint, Consent, Finding, Recipient
from portal.domain import consent_points
from portal.domain.consents import locking, refusal_forwarding
from tests import make
from tests.portal.web.consent_points import visitor
from tests.portal.web.recipient.open_complaints import another_firm_hears, complains, new_link

PERSONAL = re.compile(r'<svg.*?</svg>|value="[^"]{9,}"|class="long">[^<]+|/[kmu]/\w+|<strong>[a-z ]+</strong>|[0-9]+')

pytestmark = [pytest.mark.slow, pytest.mark.alike]


@pytest.fixture(params=["the line was closed", "another firm heard it"])
def passed_on(app, browser, request):
    """Have the number's holder refuse a channel, and pass the number on; the next one comes a day later."""

    def pass_on(**choices) -> None:
        make.Person(browser, make.codes(app)[make.PHONE]).decides(**choices)
        make.write_to_all(app)
        at = clock.now() + timedelta(minutes=1)
        if request.param == "another firm heard it":
            another_firm_hears(app, at)
        else:
            with app.app_context():
                db.session.execute(update(Recipient).values(closed_at=at))
                db.session.commit()

    return pass_on


def renew_refusal(app, rows, after: timedelta) -> None:
    """As the forwarder does where İYS calls it too old."""
    with time_machine.travel(clock.now() + after), app.app_context():
        refused = rows.one(Consent, Consent.channel == Channel.SMS)
        locking.lock_recipient_of(db.session, refused.id)
        refusal_forwarding.renew(
            db.session, vault(), refused.decision_id, (make.IYS_CODE, make.BRAND_CODE), clock.now()
        )
        db.session.commit()


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


def test_an_earlier_holders_renewed_refusal_is_on_no_page_of_the_next_one(app, browser, rows, passed_on):
    """It missed İYS's deadline, and İYS is told anew after the change of hands."""
    passed_on(MESAJ="RET")
    renew_refusal(app, rows, timedelta(minutes=2))

    with time_machine.travel(clock.now() + timedelta(days=1)):
        link = new_link(app)
        assert "reddettiniz" not in browser.get(link).text
        receipt = browser.post(link, data={"ARAMA": "RET"}).location
        came_at = clock.istanbul(clock.now() - timedelta(minutes=5))
        complains(
            browser, receipt.rpartition("/")[2], channel="MESAJ", day=f"{came_at:%Y-%m-%d}", hour=f"{came_at:%H:%M}"
        )

    assert rows.one(Complaint).finding == Finding.NO_REFUSAL


def test_the_present_holders_refusal_is_on_the_links_page_however_often_it_is_renewed(app, browser, rows):
    link = make.codes(app)[make.PHONE]
    another_firm_hears(app, clock.now() - timedelta(days=1))
    make.Person(browser, link).decides(MESAJ="RET")

    for minutes in (2, 4):
        renew_refusal(app, rows, timedelta(minutes=minutes))

    with time_machine.travel(clock.now() + timedelta(hours=1)):
        assert "reddettiniz" in browser.get(f"/k/{link}").text


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


def test_the_pages_of_a_firm_that_heard_nothing_tell_nothing_either(app, rows):
    """Of links from before and since, a consent point's, and a receipt: as if nobody had decided anything before."""
    earlier = [{}, {"MESAJ": "ONAY", "ARAMA": "RET"}, {"MESAJ": "RET"}]
    numbers = [f"+90555123450{place}" for place in range(len(earlier))]
    codes, shown = make.codes(app, "\n".join(numbers)), []
    with app.app_context():
        brand_id = db.session.scalar(select(Brand.id).order_by(Brand.id).limit(1))
    visitor.opened(app, brand_id=brand_id)
    for number, choices in zip(numbers, earlier, strict=True):
        if choices:
            make.Person(app.test_client(), codes[number]).decides(**choices)
        by_point(app, number)
        another_firm_hears(app, clock.now() + timedelta(minutes=1), number)
    held = {each.id: (each.status, each.decision_id) for each in rows(Consent, Consent.brand_id == brand_id)}

    with time_machine.travel(clock.now() + timedelta(days=1)):
        for number in numbers:
            browser, old = app.test_client(), codes[number]
            urls = [f"/k/{old}", f"/u/{old}", f"/k/{old}/ben-degilim", new_link(app, number)]
            pages = [browser.get(url).text for url in [*urls, f"/k/{by_point(app, number)}"]]
            assert "bildirildi; öncesinde" in pages[0] and 'value="ONAY"' in pages[-1]
            assert {each.id: (each.status, each.decision_id) for each in rows(Consent, Consent.id.in_(held))} == held
            for url in (urls[1], urls[3]):
                pages.append(browser.get(browser.post(url, data={"MESAJ": "RET"}).location).text)
            held = {each.id: (each.status, each.decision_id) for each in rows(Consent, Consent.id.in_(held))}
            shown.append([PERSONAL.sub("", page) for page in pages])

    assert shown[1:] == shown[:-1]


def by_point(app, number: str) -> str:
    """The code of the link that a consent point has for who proves a number."""
    with app.app_context():
        place, salt = consent_points.find_point(db.session, visitor.SLUG), app.config["LINK_SALT"]
        link_id = consent_points.register_recipient(
            db.session, vault(), salt, place, addresses.parse(number), clock.now()
        )  # fmt: skip
        nonce = db.session.get_one(shortlinks.Link, link_id).nonce
        db.session.commit()
        return shortlinks.code_of(salt, link_id, nonce)
