"""The form on a brand's own site: what it posts is looked at by the person, on our page, before it counts."""

import re
from datetime import timedelta

import pytest
import time_machine

from portal.core import clock
from portal.core.models import AddressProof, Decision, Receipt
from tests import make
from tests.portal.web.consent_points.visitor import SLUG, Visitor

pytestmark = pytest.mark.alike


def from_the_site(app, **choices) -> Visitor:
    visitor = Visitor(app)
    visitor.posts(f"/b/{SLUG}", **choices)
    return visitor


def test_choices_from_the_brands_site_are_shown_in_words_and_go_on_with_one_button(app, point, rows):
    visitor = from_the_site(app, MESAJ="ONAY", EPOSTA="RET")
    assert "Seçimlerinizi kontrol edin" in visitor.page and make.NOTICE in visitor.page
    assert "checked" not in visitor.page and 'type="radio"' not in visitor.page
    shown = re.findall(r"<dt>([^<]+)</dt><dd><strong>([^<]+)</strong>", visitor.page)
    assert shown == [("SMS", "Onay veriyorum"), ("E-posta", "Reddediyorum")] or set(shown) == {
        ("SMS", "Onay veriyorum"), ("E-posta", "Reddediyorum")
    }  # fmt: skip

    visitor.posts(f"/b/{SLUG}", form=visitor.form)
    visitor.writes(make.PHONE)
    visitor.types()

    assert {(each.channel, each.status) for each in rows(Decision)} == {("MESAJ", "ONAY")}
    assert rows.one(Receipt).served_at is not None


def test_another_site_makes_nobody_ask_for_a_code(app, point, rows):
    visitor = Visitor(app)
    visitor.posts(f"/b/{SLUG}/adres", address=make.PHONE, MESAJ="ONAY")

    assert visitor.here == f"/b/{SLUG}" and rows.count(AddressProof) == 0


def test_a_token_that_a_site_fetched_beforehand_takes_nobody_past_our_text(app, point, rows):
    its_program = Visitor(app)
    its_program.chooses(MESAJ="ONAY")
    visitor, data, says = Visitor(app), {"form": its_program.form}, {"Sec-Fetch-Site": "cross-site"}

    page = visitor.browser.post(f"/b/{SLUG}", data=data, headers=says).text
    asked = visitor.browser.post(f"/b/{SLUG}/adres", data=data | {"address": make.PHONE}, headers=says)

    assert "Seçimlerinizi kontrol edin" in page
    assert asked.location == f"/b/{SLUG}" and rows.count(AddressProof) == 0


def test_what_the_site_made_up_is_passed_by(app, point):
    for posted in ({}, {"MESAJ": "EVET"}, {"SMS": "ONAY"}, {"name": "Fatma"}, {"form": "damaged"}):
        visitor = from_the_site(app, **posted)
        assert visitor.here == f"/b/{SLUG}" and visitor.page.count('type="radio"') == 6
        assert "checked" not in visitor.page


def test_a_refusal_of_everything_comes_through(app, point):
    assert from_the_site(app, all="RET").page.count("Reddediyorum") == 3


def test_a_brand_that_wants_a_name_gets_it_on_our_page(app, point, rows):
    with app.app_context():
        brand = make.brand()
        brand.requires_name = True
        make.db.session.commit()
    visitor = from_the_site(app, MESAJ="ONAY")

    visitor.posts(f"/b/{SLUG}", form=visitor.form)
    assert visitor.answer.status_code == 422 and "adınızı soyadınızı" in visitor.page
    assert '<a href="#name">' in visitor.page and 'aria-describedby="name-error"' in visitor.page
    visitor.posts(f"/b/{SLUG}", form=visitor.form, name="Fatma Öz")
    visitor.writes(make.PHONE)
    visitor.types()
    assert rows.one(Receipt).name is not None


def test_a_page_that_was_left_open_for_days_has_its_choices_looked_at_again(app, fatma):
    fatma.opens()
    form = fatma.form
    with time_machine.travel(clock.now() + timedelta(days=3)):
        fatma.posts(f"/b/{SLUG}", form=form, MESAJ="RET")
        assert "Seçimlerinizi kontrol edin" in fatma.page
        fatma.posts(f"/b/{SLUG}", form=fatma.form)

    assert "Cep telefonu numaranız" in fatma.page


def test_the_language_may_be_changed_while_looking_and_nothing_is_taken_by_it(app, point):
    visitor = from_the_site(app, MESAJ="ONAY")

    visitor.posts(f"/b/{SLUG}?lang=en", form=visitor.form, review="1")

    assert "Check your choices" in visitor.page


@pytest.mark.parametrize("posted", [{}, {"MESAJ": "ONAY"}])
def test_the_page_stands_in_no_frame_and_sets_no_cookie(app, point, posted):
    answer = from_the_site(app, **posted).answer

    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert "Set-Cookie" not in answer.headers
