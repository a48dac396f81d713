"""Receipts of other ways than a link's form: of several brands at once, without a text, of an address that moved on."""

import re
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from portal.core import addresses, clock
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Channel
from portal.core.models import Brand, DecisionOrigin, Receipt, Recipient
from portal.domain.consents import recipients, refusals
from portal.domain.receipts import format_number
from portal.web.recipient.receipts import receipt_code
from tests import make
from tests.make import Person
from tests.portal.domain.receipts.stored_receipts import claims_now

pytestmark = [pytest.mark.slow, pytest.mark.alike]

CEMS = {"iys_code": 700002, "brand_code": 700002, "email": "cem@example.com"}


def withdrawn(app, *channels: Channel, origin: DecisionOrigin) -> str:
    """Refuse at every provider there is, in one act; where its receipt stands."""
    address = addresses.parse(make.PHONE)
    with app.app_context():
        parts = [
            refusals.RefusalScope(_recipient(brand, address), address, [brand], channels)
            for brand in db.session.scalars(select(Brand).order_by(Brand.id))
        ]
        told = refusals.withdraw(
            db.session, vault(), parts, origin=origin, language="tr", request_metadata="{}", at=clock.now()
        )  # fmt: skip
        db.session.commit()
        return f"/m/{receipt_code(told.receipt_id, told.nonce)}"


def _recipient(brand: Brand, address) -> Recipient:
    found = recipients.find(db.session, vault(), brand.provider_id, address)
    if found is None:
        (found_id,) = recipients.gather(db.session, vault(), brand.provider_id, [address], clock.now()).values()
        found = db.session.get_one(Recipient, found_id)
    return found


@pytest.fixture
def of_two(app):
    with app.app_context():
        make.provider()
        make.provider(**CEMS)
        db.session.execute(Brand.__table__.update().where(Brand.brand_code == 700002).values(name="Cem Pazarlama"))
        db.session.commit()
    return withdrawn(app, Channel.SMS, Channel.CALL, origin=DecisionOrigin.MINE)


def said(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_an_act_at_several_providers_is_one_receipt_grouped_by_brand(browser, of_two, rows):
    page = browser.get(of_two).text

    headings = re.findall(r'<h2 class="of-brand">([^<]+)</h2>', page)
    assert sorted(headings) == ["Cem Pazarlama", "Örnek Mağaza"]
    assert page.count("reddettiniz</h3>") == 4
    assert {receipt.number for receipt in rows(Receipt)} == {rows(Receipt)[0].number}
    assert format_number(rows(Receipt)[0].number) in page


def test_each_of_its_rows_shows_all_of_it(app, browser, of_two, rows):
    with app.app_context():
        places = [f"/m/{receipt_code(row.id, row.nonce)}" for row in rows(Receipt)]

    pages = [browser.get(place).text for place in places]

    assert len(places) == 2
    assert all("Cem Pazarlama" in page and "Örnek Mağaza" in page for page in pages)


def test_without_a_text_none_is_shown_and_no_link_is_offered(browser, of_two):
    page = browser.get(of_two).text

    assert "Size gösterilen metin" not in page and "Kararımı değiştir" not in page
    assert "İzinlerim sayfası" in page


@pytest.mark.parametrize("ending", ["jws", "json", "pdf"])
def test_it_can_be_kept_all_the_same(browser, of_two, ending):
    assert browser.get(f"{of_two}/belge.{ending}").status_code == 200


def test_its_token_speaks_of_both_senders(app, of_two):
    told = claims_now(app)

    assert {each["brand"] for each in told["pii_controllers"]} == {"Örnek Mağaza", "Cem Pazarlama"}
    assert all(each["consent_text"] is None for each in told["purposes"])
    assert [each["withdrawal_method"] for each in told["purposes"]] == [["provider", "iys", "e-devlet"]] * 2


def test_the_number_of_an_act_at_two_firms_tells_neither(browser, of_two, rows):
    answer = browser.post("/dogrula", data={"number": rows(Receipt)[0].number})

    assert "gerçek bir belge var" in answer.text
    assert "Cem Pazarlama" not in answer.text and "Örnek Mağaza" not in answer.text


@pytest.mark.parametrize("origin", [DecisionOrigin.ONE_CLICK, DecisionOrigin.NOT_MINE])
def test_other_ways_have_their_words(app, browser, origin):
    with app.app_context():
        make.provider()
    page = said(browser.get(withdrawn(app, Channel.SMS, origin=origin)).text)

    assert "SMS: reddettiniz" in page and "Ret kararınız şu andan itibaren geçerli" in page
    assert ("Tek tıkla ret" in page) == (origin == DecisionOrigin.ONE_CLICK)


def test_what_comes_after_the_address_moved_on_is_not_told_to_the_former_owner(app, browser):
    fatma = Person(browser, make.codes(app)[make.PHONE])
    location = fatma.decides(MESAJ="ONAY").location
    with app.app_context():
        recipient = db.session.scalar(select(Recipient))
        refusals.refuse_not_mine(
            db.session,
            vault(),
            recipient,
            addresses.parse(make.PHONE),
            language="tr",
            request_metadata="{}",
            at=clock.now(),
        )
        db.session.commit()

    page = browser.get(location).text

    assert "onay verdiniz" in page
    assert "Şu an:" not in page and "Kararımı değiştir" not in page


def test_a_brands_own_host_shows_receipts_of_that_brand_only(app, browser, of_two):
    own = Person(browser, make.codes(app)[make.EMAIL]).decides(EPOSTA="RET").location
    with app.app_context():
        brand = db.session.scalar(select(Brand).where(Brand.brand_code == make.BRAND_CODE))
        make.add_domain(brand, "izin.ornek.example")

    assert browser.get(own, base_url="https://izin.ornek.example").status_code == 200
    assert browser.get(of_two, base_url="https://izin.ornek.example").location == app.config["MAIN_BASE"] + of_two


def test_short_hosts_show_it_and_lead_to_the_main_one_for_checking(app, browser):
    location = Person(browser, make.codes(app)[make.PHONE]).decides(MESAJ="RET").location

    page = browser.get(location, base_url="http://kisa.example").text

    assert f'href="{app.config["MAIN_BASE"]}/dogrula"' in page
    assert f'href="{location}"' in page


def test_a_later_word_is_shown_beside_the_receipts_own(app, browser):
    fatma = Person(browser, make.codes(app)[make.PHONE])
    first = fatma.decides(MESAJ="ONAY").location
    fatma.decides(MESAJ="RET")

    assert "Şu an: reddettiniz" in said(browser.get(first).text)


def test_it_shows_the_campaigns_text_only_where_its_page_did(app, browser, rows):
    code = make.codes(app)[make.PHONE]
    asked, refusing = Person(browser, code), Person(browser, code, path="/u/")

    told = {
        "asked": browser.get(asked.decides(MESAJ="RET").location).text,
        "refusing": browser.get(refusing.decides(MESAJ="RET").location).text,
        "untrusted": browser.get(asked.posts("forged", MESAJ="RET").location).text,
    }
    with time_machine.travel(clock.now() + timedelta(days=31)):
        told["expired"] = browser.get(asked.decides(MESAJ="RET").location).text

    assert {origin for origin, page in told.items() if "Size gösterilen metin" in page} == {"asked"}
    assert [receipt.text_id is None for receipt in rows(Receipt)] == [False, True, True, True]
