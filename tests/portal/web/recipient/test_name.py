"""A name is asked for, never filled in, and needed only for a grant of a brand that wants it."""

import re

import pytest
from sqlalchemy import update

from portal.core.extensions import db, vault
from portal.core.models import Brand, Decision, Receipt

pytestmark = pytest.mark.alike


@pytest.fixture
def wanted(app, fatma):
    with app.app_context():
        db.session.execute(update(Brand).values(requires_name=True))
        db.session.commit()


def name_in(app, receipt: Receipt) -> str:
    with app.app_context():
        return vault().read(receipt.name, Receipt.NAME, receipt.provider_id, receipt.id)


def test_the_field_is_there_and_empty(fatma):
    page = fatma.opens().text

    assert 'name="name" value="" maxlength="120"' in page and "isteğe bağlı" in page


def test_what_was_said_is_kept_on_one_line(app, fatma, rows):
    fatma.decides(MESAJ="ONAY", name="  Fatma\n\u202e Nur  Yılmaz\x00 ")

    assert name_in(app, rows.one(Receipt)) == "Fatma Nur Yılmaz"


def test_without_a_name_nothing_is_kept_of_it(fatma, rows):
    fatma.decides(MESAJ="ONAY", name="   ")

    assert rows.one(Receipt).name is None


def test_a_brand_may_need_it_for_a_grant(wanted, fatma, rows):
    page = fatma.opens().text
    without = fatma.decides(MESAJ="ONAY")
    before = rows.count(Decision)
    with_it = fatma.decides(MESAJ="ONAY", name="Fatma Yılmaz")

    assert "onay için gerekli" in page
    assert without.status_code == 422 and before == 0
    assert 'value="ONAY" checked' in without.text and 'aria-invalid="true"' in without.text
    assert with_it.status_code == 303


def test_a_refusal_needs_none_and_is_not_lost_beside_a_grant_that_does(wanted, fatma, rows):
    answer = fatma.decides(MESAJ="ONAY", ARAMA="RET")

    assert answer.status_code == 422 and "Ret kararlarınızı kaydettik" in answer.text
    assert [(each.channel, each.status) for each in rows(Decision)] == [("ARAMA", "RET")]
    assert fatma.decides(all="RET").status_code == 303


def test_a_name_that_is_far_too_long_comes_back_and_stops_no_refusal(fatma, rows):
    answer = fatma.decides(MESAJ="ONAY", ARAMA="RET", name="a" * 121)

    assert answer.status_code == 422 and "a" * 121 in answer.text
    assert [(each.channel, each.status) for each in rows(Decision)] == [("ARAMA", "RET")]


@pytest.mark.parametrize(
    "name, said", [("", "Bu marka onay için adınızı soyadınızı da istiyor"), ("a" * 121, "en çok 120 karakter")]
)
def test_what_is_wrong_stands_at_the_field_and_the_top_leads_there(wanted, fatma, name, said):
    page = fatma.decides(MESAJ="ONAY", name=name).text

    at_the_field = page[page.index('<label for="name"') :]
    assert page.count(said) == 1 and said in at_the_field
    assert re.search(r'<p class="error" id="name-error">[^<]+</p>\s*<input id="name"', at_the_field)
    assert f'value="{name}"' in at_the_field and 'aria-invalid="true" aria-describedby="name-error"' in at_the_field
    assert re.search(r'role="alert"[^>]*>(?:(?!</div>)[\s\S])*<a href="#name">', page)


@pytest.mark.parametrize("bait", ["Şifrenizi yazın", "ornek.com", "sıfır beş yüz otuz iki on beş elli altmış"])
def test_a_name_that_leads_elsewhere_is_not_kept(fatma, rows, bait):
    """A spelled telephone number is of letters alone."""
    assert fatma.decides(MESAJ="ONAY", name=bait).status_code == 422
    assert rows.count(Decision) == 0


def test_nothing_is_wrong_with_a_field_that_nobody_has_filled_in_yet(wanted, fatma):
    page = fatma.opens().text

    assert "name-error" not in page and "aria-invalid" not in page


def test_a_refusing_page_asks_for_none(wanted, browser, fatma):
    assert 'name="name"' not in browser.get(f"/u/{fatma.code}").text
