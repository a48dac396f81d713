"""Addresses that are somebody else's now: the provider is told, and asks there no more."""

from datetime import timedelta

import pytest
import time_machine

from portal.core import clock
from portal.core.extensions import db
from portal.core.models import AudienceEntry, Brand, Recipient
from tests import make
from tests.portal.web.dashboard.staff import signed_in

pytestmark = [pytest.mark.slow, pytest.mark.alike]


@pytest.fixture
def said(app, ayse, browser) -> str:
    """Whoever has Fatma's number says that it is not hers."""
    code = make.codes(app, make.PHONE)[make.PHONE]
    browser.post(f"/k/{code}/ben-degilim")
    return code


def test_the_overview_tells_and_leads_to_the_list(ayse, said, rows):
    overview, listed = ayse.opens("/dashboard/").text, ayse.opens("/dashboard/recipients/disowned").text

    assert "/dashboard/recipients/disowned" in overview and "Son 30 günde 1 adresin" in overview
    assert f"/dashboard/recipients/{rows.one(Recipient).id}" in listed and make.PHONE not in listed


def test_after_thirty_days_it_is_no_news(app, ayse, said):
    with time_machine.travel(clock.now() + timedelta(days=31)):
        again = signed_in(app)
        assert "/dashboard/recipients/disowned" not in again.opens("/dashboard/").text


def test_the_page_of_the_recipient_says_so(ayse, said, rows):
    page = ayse.opens(f"/dashboard/recipients/{rows.one(Recipient).id}").text

    assert "aradığınız kişi olmadığını" in page


def test_the_pages_of_other_spellings_of_the_mailbox_say_so(app, ayse, browser, rows):
    said, other = "ada@gmail.com", "a.da@gmail.com"
    codes = make.codes(app, f"{said}\n{other}")
    browser.post(f"/k/{codes[said]}/ben-degilim")
    unsaid = rows.one(Recipient, Recipient.reassigned_at.is_(None)).id

    pages = [ayse.opens(f"/{each}/{unsaid}").text for each in ("dashboard/recipients", "desk/people")]

    assert "kutunun başka bir yazılışı için" in pages[0] and "reddetti" not in pages[0]
    assert "aranan kişi olmadığını bildirdi" in pages[1]


def test_without_any_the_list_says_so(ayse):
    assert "Böyle bir bildirim yok" in ayse.opens("/dashboard/recipients/disowned").text


def test_the_provider_of_somebody_else_sees_none(app, ayse, said):
    with app.app_context():
        make.provider(800001, 800001, "cem@example.com")
    cem = signed_in(app, "cem@example.com")

    assert "Böyle bir bildirim yok" in cem.opens("/dashboard/recipients/disowned").text


def test_nobody_asks_there_again_for_a_brand_that_came_later_either(app, ayse, said, rows):
    with app.app_context():
        first = db.session.query(Brand).one()
        second = Brand(provider_id=first.provider_id, brand_code=700002, name="Öteki", created_at=clock.now())
        db.session.add(second)
        db.session.flush()
        made = make.campaign()
        made.brand_id = second.id
        db.session.commit()
        make.add_to_audience(made, make.PHONE)
        make.launch(made, app.config["LINK_SALT"])
        campaign_id = made.id

    (entry,) = rows(AudienceEntry, AudienceEntry.campaign_id == campaign_id)
    assert (entry.link_id, entry.left_out) == (None, "changed_hands")
