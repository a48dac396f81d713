"""From the poster to the receipt: choices first, then the address, then the code; and what stands afterwards."""

import gzip
import html
import re
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select, update

import shortlinks
from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Channel, Status
from portal.core.models import (
    AddressProof,
    AudienceEntry,
    Brand,
    Consent,
    ConsentRequest,
    Decision,
    DecisionOrigin,
    Message,
    MessageKind,
    Receipt,
    Recipient,
    Submission,
)
from portal.domain import address_proofs
from portal.domain.notifications import messages
from portal.domain.receipts import format_number
from tests import make
from tests.portal.web.consent_points.visitor import FORM, SLUG, Visitor, opened, sent_codes

pytestmark = [pytest.mark.slow, pytest.mark.alike]


def test_the_page_shows_who_asks_and_nothing_is_chosen_beforehand(fatma, rows):
    page = fatma.opens().text

    assert "Örnek Mağazacılık A.Ş." in page and "0123456789012345" in page and make.NOTICE in page
    assert page.count('type="radio"') == 6 and "checked" not in page
    assert rows.count(Recipient) == rows.count(AddressProof) == 0


def test_a_name_that_is_too_long_is_kept_and_told_of_at_its_field(fatma):
    fatma.chooses(MESAJ="ONAY", name="a" * 121)

    field = fatma.page[fatma.page.index('<label for="name"') :]
    assert fatma.answer.status_code == 422 and "a" * 121 in field
    assert 'id="name-error"' in field and 'aria-invalid="true" aria-describedby="name-error"' in field
    assert '<a href="#name">' in fatma.page and 'value="ONAY" checked' in fatma.page


def test_the_page_of_the_right_code_says_what_was_recorded_and_leads_to_no_receipt(fatma, rows):
    """It stands in the history of a device in a shop; a receipt opens for ever, and leads to what may grant."""
    fatma.chooses(MESAJ="ONAY", ARAMA="RET")
    assert "Cep telefonu numaranız" in fatma.page and rows.count(Decision) == 0
    fatma.writes("0532 123 45 67")
    assert "+90 5•• ••• •• 67" in fatma.page and "532 123" not in fatma.page
    fatma.types()

    assert fatma.here.startswith(f"/b/{SLUG}/kod/") and fatma.answer.status_code == 200
    assert "/m/" not in fatma.page and "/k/" not in fatma.page and 'href="/izinlerim"' in fatma.page
    said = re.findall(r"<dt>([^<]+)</dt><dd><strong>([^<]+)</strong>", fatma.page)
    assert sorted(said) == [("SMS", "onay verdiniz"), ("Telefon araması", "reddettiniz")]
    assert format_number(rows.one(Receipt).number) in fatma.page and "+90 5•• ••• •• 67" in fatma.page
    assert "iletiyle size gelir" in fatma.page
    decided = {(each.channel, each.status, each.origin) for each in rows(Decision)}
    assert decided == {("MESAJ", Status.GRANTED, DecisionOrigin.POINT), ("ARAMA", Status.REFUSED, DecisionOrigin.POINT)}
    receipt, entry = rows.one(Receipt), rows.one(AudienceEntry)
    assert (receipt.origin, receipt.link_id, receipt.served_at is not None) == (
        DecisionOrigin.POINT,
        entry.link_id,
        True,
    )
    assert entry.channels == "ARAMA,MESAJ" or set(entry.channels.split(",")) == {"MESAJ", "ARAMA"}
    assert {each.channel for each in rows(ConsentRequest)} == {"MESAJ", "ARAMA"}
    assert rows.one(AddressProof).proved_at is not None


@pytest.mark.parametrize("language", ["", "?lang=en"])
def test_the_notice_stands_before_the_address_is_written_and_in_the_message(app, point, rows, language):
    visitor = Visitor(app, language=language)
    visitor.chooses(MESAJ="ONAY")
    assert make.NOTICE in visitor.page
    visitor.writes(make.PHONE)

    with app.app_context():
        notice = messages.read_facts(vault(), rows.one(Message))["notice"]
    assert notice == f"{app.config['MAIN_BASE']}/b/{SLUG}{language}"
    assert make.NOTICE in visitor.browser.get(notice.removeprefix(app.config["MAIN_BASE"])).text


def test_who_granted_is_told_so_with_a_way_to_refuse(fatma, rows):
    fatma.decides(MESAJ="ONAY")

    (confirmation,) = rows(Message, Message.kind == MessageKind.CONFIRMATION)
    assert confirmation.link_id == rows.one(AudienceEntry).link_id


def test_who_refused_gets_no_message_but_its_confirmation(fatma, rows):
    fatma.decides(MESAJ="RET")

    assert [each.kind for each in rows(Message)] == [MessageKind.CODE, MessageKind.REFUSAL]
    assert rows.one(Consent).status == Status.REFUSED


def test_both_kinds_of_address_come_one_after_the_other_and_nothing_is_asked_twice(fatma, rows):
    fatma.chooses(MESAJ="ONAY", EPOSTA="RET", name="Fatma Öz")
    assert "ayrı ayrı doğrulanır" in fatma.page
    fatma.writes(make.PHONE)
    fatma.types()
    assert "E-posta adresiniz" in fatma.page and "Telefonunuz için kararınız kaydedildi" in fatma.page
    assert {each.channel for each in rows(Decision)} == {"MESAJ"}
    fatma.writes(make.EMAIL)
    fatma.types(to=make.EMAIL)

    assert "e•••@e•••.com" in fatma.page or "•@" in fatma.page
    assert "Kararınız kaydedildi" in fatma.page and "/m/" not in fatma.page
    assert {(each.channel, each.status) for each in rows(Decision)} == {("MESAJ", "ONAY"), ("EPOSTA", "RET")}
    assert len({each.recipient_id for each in rows(Receipt)}) == 2
    assert [each.name is not None for each in rows(Receipt)] == [True, False]  # A refusal needs no name.
    with fatma.app.app_context():  # Nor does a proof that is done with.
        assert [address_proofs.read_facts(vault(), each)["name"] for each in rows(AddressProof)] == ["Fatma Öz", ""]


def test_the_second_address_may_be_left_out(fatma, rows):
    fatma.chooses(MESAJ="RET", EPOSTA="ONAY")
    fatma.writes(make.PHONE)
    fatma.types()

    assert format_number(rows.one(Receipt).number) in fatma.page and "/m/" not in fatma.page
    assert {each.channel for each in rows(Decision)} == {"MESAJ"}


def test_who_comes_again_keeps_the_link(app, fatma, rows):
    with time_machine.travel(clock.now() - timedelta(hours=2)):
        fatma.decides(MESAJ="RET")
    Visitor(app).decides(MESAJ="ONAY")  # They come by themselves: their newest word, also over a refusal.

    assert [each.status for each in rows(Decision)] == ["RET", "ONAY"]
    assert rows.count(AudienceEntry) == rows.count(Recipient) == 1
    assert len({each.link_id for each in rows(Receipt)}) == 1
    assert rows.one(Consent).status == Status.GRANTED


def test_an_address_that_is_known_by_another_campaign_gets_a_link_of_this_one_too(app, admitted, point, rows):
    code = make.codes(app)[make.PHONE]

    Visitor(app).decides(MESAJ="RET")

    assert rows(Consent)[0].status == Status.REFUSED
    assert len(rows(AudienceEntry, AudienceEntry.recipient_id == rows(Consent)[0].recipient_id)) == 2
    assert app.test_client().get(f"/k/{code}").status_code == 200


def test_a_code_that_is_posted_twice_decides_once(fatma, rows):
    fatma.chooses(MESAJ="ONAY")
    fatma.writes(make.PHONE)
    page, code = fatma.here, fatma.code_for(make.PHONE)

    places = []
    for _ in range(2):
        fatma.posts(page, digits=code)
        places.append(fatma.here)

    assert places == [page, page] and "Kararınız kaydedildi" in fatma.page
    assert rows.count(Decision) == rows.count(Receipt) == 1


def test_nothing_is_decided_by_an_address_alone_or_by_a_wrong_code(fatma, rows):
    fatma.chooses(MESAJ="RET")
    fatma.writes(make.PHONE)
    right = fatma.code_for(make.PHONE)
    wrong = f"{(int(right) + 1) % 10 ** len(right):0{len(right)}d}"

    told = [fatma.types(wrong).status_code for _ in range(5)]

    assert told == [422] * 5 and "Yeni bir kod isteyin" in fatma.page
    assert "Bir dakika bekleyin" not in fatma.page  # No code is on its way.
    fatma.types(right)
    assert rows.count(Decision) == rows.count(Recipient) == rows.count(Submission) == 0


def test_a_new_code_is_sent_with_the_same_choices(fatma, rows):
    fatma.chooses(MESAJ="ONAY", ARAMA="RET")
    fatma.writes(make.PHONE)
    first = fatma.code_for(make.PHONE)
    old, before = fatma.here, fatma.page
    fatma.posts(f"{old}/yeniden")

    assert "Yeni bir kod istediniz" in fatma.page and "Yeni bir kod istediniz" not in before
    assert fatma.here != old and len(sent_codes(fatma.app)) == 2
    fatma.types()
    assert {(each.channel, each.status) for each in rows(Decision)} == {("MESAJ", "ONAY"), ("ARAMA", "RET")}
    assert Visitor(fatma.app).posts(old, digits=first).status_code == 422


def test_the_address_may_be_changed_and_the_choices_stay(fatma, rows):
    fatma.chooses(MESAJ="RET")
    fatma.writes("0555 111 22 33")
    fatma.posts(f"{fatma.here}/yeniden", change="1")
    assert "Cep telefonu numaranız" in fatma.page
    fatma.writes(make.PHONE)
    fatma.types()

    assert rows.one(Decision).status == Status.REFUSED


def test_the_choices_may_be_changed_before_the_code(fatma):
    fatma.chooses(MESAJ="RET", name="Fatma")
    fatma.posts(f"/b/{SLUG}", form=fatma.form, change="1")

    assert fatma.page.count(" checked") == 1 and 'value="Fatma"' in fatma.page


def test_a_name_is_of_letters_and_no_bait(fatma, rows):
    bait = "PTT iade 0850 999 99 99"
    fatma.chooses(MESAJ="ONAY", name=bait)
    assert fatma.answer.status_code == 422 and "yalnız harflerle" in fatma.page

    fatma.chooses(MESAJ="RET", name=bait)
    fatma.posts(f"/b/{SLUG}", form=fatma.form, change="1")
    assert bait not in fatma.page and fatma.page.count(" checked") == 1

    fatma.chooses(MESAJ="ONAY", name="Fatma Öz")
    fatma.writes(make.PHONE)
    says = {"Sec-Fetch-Site": "cross-site"}
    for data in ({"change": "1"}, {}):
        assert fatma.browser.post(f"{fatma.here}/yeniden", data=data, headers=says).location == f"/b/{SLUG}"
    assert rows.count(Message) == 1


@pytest.mark.parametrize("is_required", [False, True])
def test_a_page_opened_by_its_address_repeats_no_name(app, fatma, rows, is_required):
    """Its address may be sent to others, who would read the words as the firm's."""
    with app.app_context():
        db.session.execute(update(Brand).values(requires_name=is_required))
        db.session.commit()
    fatma.chooses(MESAJ="ONAY", EPOSTA="ONAY", name="Harcı Yatırın")
    fatma.writes(make.PHONE)

    def change(page: str) -> str:
        token = html.unescape(FORM.search(page)[1])
        return fatma.browser.post(f"/b/{SLUG}", data={"form": token, "change": "1"}).text

    pages = [change(fatma.browser.get(fatma.here).text)]
    pages.append(change(fatma.browser.post(f"{fatma.here}/yeniden", data={"change": "1"}).text))
    fatma.types()
    pages += [fatma.page, change(fatma.page)]
    assert "Telefonunuz için kararınız kaydedildi" in fatma.page
    assert all("Harcı" not in page for page in pages) and ('id="name"' in fatma.page) == is_required
    assert rows.one(Receipt).name is not None


def test_where_no_further_code_is_sent_the_page_repeats_neither_name_nor_address(app, fatma, rows):
    fatma.chooses(MESAJ="ONAY", name="Harcı Yatırın")
    fatma.writes(make.PHONE)
    opened = fatma.here
    answers = [fatma.browser.post(f"{opened}/yeniden") for _ in range(8)]

    refused = next(each for each in answers if each.status_code == 429)
    token = html.unescape(FORM.search(refused.text)[1])
    changed = fatma.browser.post(f"/b/{SLUG}", data={"form": token, "change": "1"})
    assert changed.text.count(" checked") == 1
    for page in (refused.text, changed.text):
        assert "Harcı" not in page and make.PHONE not in page
    with app.app_context():
        db.session.execute(update(Brand).values(requires_name=True))
        db.session.commit()
    proofs = rows.count(AddressProof)
    again = fatma.browser.post(f"/b/{SLUG}/adres", data={"form": token, "address": "0533 111 22 33"})
    assert 'id="name"' in again.text and rows.count(AddressProof) == proofs


def test_a_name_of_endless_letters_is_kept_of_nobody(fatma, rows):
    fatma.chooses(MESAJ="RET", name="x" * 200_000)
    fatma.writes(make.PHONE)

    assert len(fatma.page) < 10_000 and len(rows.one(AddressProof).facts) < 1000


def test_a_page_of_the_second_step_speaks_the_other_language_and_keeps_the_choices(fatma, rows):
    fatma.chooses(MESAJ="RET")
    fatma.posts(f"/b/{SLUG}?lang=en", form=fatma.form)
    fatma.language = "?lang=en"
    assert "Your mobile number" in fatma.page
    fatma.writes(make.PHONE)
    assert "Record my choices" in fatma.page
    fatma.types()

    assert 'lang="en"' in fatma.page and "you refused" in fatma.page
    assert rows.one(Receipt).language == "tr"  # In which the choices and their text were shown.


def test_when_the_code_was_right_the_page_shows_what_came_of_it_for_a_quarter_of_an_hour(app, fatma):
    fatma.chooses(MESAJ="RET")
    fatma.writes(make.PHONE)
    page = fatma.here
    fatma.types()

    assert Visitor(app).browser.get(page).text == fatma.page
    with time_machine.travel(clock.now() + timedelta(minutes=16)):
        later = Visitor(app).browser.get(page)
    assert later.status_code == 410 and "+90" not in later.text and "/m/" not in later.text


def test_a_point_sets_no_cookie_and_tells_its_address_to_nobody(fatma):
    for answer in (fatma.opens(), fatma.chooses(MESAJ="RET"), fatma.writes(make.PHONE), fatma.types()):
        assert "Set-Cookie" not in answer.headers
        assert answer.headers["Referrer-Policy"] == "no-referrer" and answer.headers["Cache-Control"] == "no-store"


def test_every_page_of_the_walk_with_its_style_is_small(fatma):
    pages = [fatma.opens().text, fatma.chooses(MESAJ="ONAY", ARAMA="RET", EPOSTA="RET").text]
    pages += [fatma.writes(make.PHONE).text, fatma.types().text, fatma.writes(make.EMAIL).text]
    pages += [fatma.types(to=make.EMAIL).text, fatma.posts(f"/b/{SLUG}", MESAJ="ONAY").text]

    for page in pages:
        sheets = re.findall(r'rel="stylesheet" href="([^"]+)"', page)
        parts = [page.encode(), *(fatma.browser.get(sheet).data for sheet in sheets)]
        assert len(sheets) >= 3 and "<script" not in page
        assert sum(len(gzip.compress(part)) for part in parts) <= 15_000


def test_refusing_all_where_one_channel_is_asked_for_refuses_every_channel_of_the_address(app, admitted, rows):
    opened(app, slug="ornek-magaza-yalniz-sms", channels=(Channel.SMS,))
    fatma = Visitor(app, "ornek-magaza-yalniz-sms")
    page = fatma.opens().text

    fatma.decides(all="RET")

    assert "göndereceği bütün ticari iletileri kapsar: SMS, Telefon araması." in page
    assert {(each.channel, each.status) for each in rows(Consent)} == {("MESAJ", "RET"), ("ARAMA", "RET")}


def test_another_holder_of_the_number_gets_a_link_of_their_own(app, fatma, rows):
    """Bora granted here, and lost the number; who has it now said "not me", and then grants at the same point."""
    fatma.decides(MESAJ="ONAY", ARAMA="RET")
    old = link_codes(app)[0]
    with time_machine.travel(clock.now() + timedelta(hours=1)) as then:
        fatma.browser.post(f"/k/{old}/ben-degilim")
        lost = fatma.browser.get(f"/k/{old}").text
        then.shift(timedelta(hours=1))
        fatma.decides(MESAJ="ONAY")
        old, new = link_codes(app)
        theirs, mine = fatma.browser.get(f"/k/{old}").text, fatma.browser.get(f"/k/{new}").text
        then.shift(timedelta(hours=1))
        fatma.decides(EPOSTA="RET", ARAMA="ONAY")

    assert 'value="ONAY"' not in lost + theirs and "Şu an" not in lost + theirs and "/m/" not in theirs
    assert 'value="ONAY"' in mine and "onayınız var" in mine and "/m/" in mine
    assert len(link_codes(app)) == 2
    assert Status.REFUSED not in {each.status for each in rows(Consent, Consent.channel != Channel.EMAIL)}


def link_codes(app) -> list[str]:
    with app.app_context():
        links = db.session.scalars(select(shortlinks.Link).order_by(shortlinks.Link.id))
        return [shortlinks.code_of(app.config["LINK_SALT"], each.id, each.nonce) for each in links]
