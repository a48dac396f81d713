"""What a recipient sees, and that seeing it decides nothing."""

import gzip
import re
from datetime import timedelta

import pytest
import time_machine

import shortlinks
from portal.core import clock
from portal.core.extensions import db
from portal.core.iys_protocol import Channel
from portal.core.models import AuditEntry, CampaignKind, Consent, Decision, Receipt, Submission
from tests import make
from tests.make import Person
from tests.portal.web.dashboard.staff import skip_sign_in

pytestmark = pytest.mark.alike

LATER = timedelta(days=31)


@pytest.fixture
def emails(app, browser):
    return Person(browser, make.codes(app)[make.EMAIL])


def choices(page: str) -> set[tuple[str, str]]:
    return set(re.findall(r'type="radio" name="(\w+)" value="(\w+)"', page))


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE"])
def test_only_a_posted_form_changes_anything(fatma, browser, rows, method):
    fatma.decides(MESAJ="RET")
    before = facts(rows)

    for query in ("", "?lang=en", "?MESAJ=ONAY", "?all=RET&form=x"):
        answer = browser.open(f"/k/{fatma.code}{query}", method=method, data={"MESAJ": "ONAY"})
        assert answer.status_code in (200, 405)

    assert facts(rows) == before


def facts(rows) -> list:
    return [
        [{column.name: getattr(row, column.name) for column in model.__table__.columns} for row in rows(model)]
        for model in (Decision, Consent, Submission, Receipt, AuditEntry)
    ]


def test_it_says_who_asks_and_whom(fatma):
    page = fatma.opens().text

    for words in ("Örnek Mağazacılık A.Ş.", "0123456789012345", "Örnek Mağaza", "0850 123 45 67", "İYS"):
        assert words in page
    assert "4567" not in page.replace("0850 123 45 67", "").replace("0123456789012345", "")
    assert re.search(r"Numaranız: *<strong[^<]*•", page)


def test_an_e_mail_address_is_masked_too(emails):
    page = emails.opens().text

    assert "fatma@example.com" not in page
    assert re.search(r"E-posta adresiniz: *<strong[^<]*•", page)


@pytest.mark.parametrize("origin", ["k", "u"])
def test_it_says_what_iys_is_where_it_first_names_it(fatma, origin):
    page = fatma.browser.get(f"/{origin}/{fatma.code}").text

    assert page.index("İYS") == page.index("İleti Yönetim Sistemi'ne (İYS)") + len("İleti Yönetim Sistemi'ne (")


@pytest.mark.parametrize("language", ["tr", "en"])
def test_nothing_is_chosen_beforehand(fatma, language):
    page = fatma.opens(query_string={"lang": language}).text

    assert choices(page) == {(channel, status) for channel in ("MESAJ", "ARAMA") for status in ("ONAY", "RET")}
    assert "checked" not in page and "required" not in page


def test_an_address_is_offered_what_it_can_serve(emails):
    assert choices(emails.opens().text) == {("EPOSTA", "ONAY"), ("EPOSTA", "RET")}


def test_it_speaks_turkish_first_and_english_one_tap_away(fatma):
    turkish, english = fatma.opens().text, fatma.opens(query_string={"lang": "en"}).text

    assert '<html lang="tr">' in turkish and "size ileti gönderebilir mi?" in turkish
    assert f'href="/k/{fatma.code}?lang=en"' in turkish
    assert '<html lang="en">' in english and "May Örnek Mağaza send you messages?" in english


def test_a_form_in_english_is_answered_in_english(fatma, browser):
    form = re.search(r'name="form"[^>]*value="([^"]+)"', fatma.opens(query_string={"lang": "en"}).text)[1]

    answer = fatma.posts(form, MESAJ="RET")

    assert '<html lang="en">' in browser.get(answer.location).text


@pytest.mark.parametrize(
    "query", ["lang=de", "lang=", "lang=tr&lang=en", "endpoint=x", "_external=1&_scheme=evil", "code=x"]
)
def test_no_address_breaks_it_or_bends_its_links(fatma, query):
    answer = fatma.opens(query_string=query)

    assert answer.status_code == 200
    assert f'href="/k/{fatma.code}?lang=en"' in answer.text


def test_it_shows_what_holds_now(fatma):
    fatma.decides(MESAJ="ONAY", ARAMA="RET")

    page = fatma.opens().text

    assert "onayınız var" in page and "reddettiniz" in page
    assert "checked" not in page


def test_what_was_chosen_comes_back_with_a_message(fatma):
    with time_machine.travel(clock.now().replace(microsecond=0), tick=False):
        for status in ("ONAY", "RET"):
            fatma.decides(MESAJ=status)
        page = fatma.decides(MESAJ="ONAY").text

    assert 'role="alert"' in page
    assert re.search(r'name="MESAJ" value="ONAY" checked', page)


def test_an_expired_link_explains_itself_and_still_refuses(fatma, rows):
    with time_machine.travel(clock.now() + LATER):
        page = fatma.opens().text
        granting = fatma.decides(MESAJ="ONAY")
        refusing = fatma.decides(MESAJ="RET")

    assert "süresi doldu" in page
    assert choices(page) == {("MESAJ", "RET"), ("ARAMA", "RET")}
    assert (granting.status_code, refusing.status_code) == (409, 303)
    assert [(d.channel, d.status) for d in rows(Decision)] == [("MESAJ", "RET")]


def test_a_form_served_before_the_end_grants_nothing_after_it(fatma, rows):
    with time_machine.travel(clock.now() + LATER - timedelta(days=1, minutes=1)):
        form = fatma.form()
    with time_machine.travel(clock.now() + LATER - timedelta(hours=23)):
        answer = fatma.posts(form, MESAJ="ONAY", ARAMA="RET")

    assert answer.status_code == 409
    assert [(d.channel, d.status) for d in rows(Decision)] == [("ARAMA", "RET")]


def test_a_link_taken_back_explains_itself_and_still_refuses(app, fatma, rows):
    with app.app_context():
        shortlinks.revoke(db.session, [link.id for link in rows(shortlinks.Link)], clock.now())
        db.session.commit()

    page = fatma.opens().text
    answers = [fatma.decides(MESAJ=status).status_code for status in ("ONAY", "RET")]

    assert "geri çekti" in page
    assert choices(page) == {("MESAJ", "RET"), ("ARAMA", "RET")}
    assert answers == [409, 303]


def test_a_refusing_link_offers_refusal_only_and_for_ever(app, browser, rows):
    person = Person(browser, make.codes(app, kind=CampaignKind.REFUSE)[make.PHONE])

    with time_machine.travel(clock.now() + timedelta(days=4000)):
        page = person.opens().text
        granting = person.decides(MESAJ="ONAY")
        refusing = person.decides(MESAJ="RET")

    assert choices(page) == {("MESAJ", "RET"), ("ARAMA", "RET")}
    assert "süresi doldu" not in page and "onay verilemez" not in page
    assert (granting.status_code, refusing.status_code) == (409, 303)
    assert [d.status for d in rows(Decision)] == ["RET"]


@pytest.mark.parametrize("language", ["tr", "en"])
def test_a_page_and_its_sheets_are_light(fatma, browser, language):
    page = fatma.opens(query_string={"lang": language}).text
    sheets = re.findall(r'<link rel="(?:stylesheet|icon)"[^>]*href="([^"]+)"', page)

    weights = [len(gzip.compress(fetched(browser, sheet), 6)) for sheet in sheets]

    assert len(gzip.compress(page.encode(), 6)) + sum(weights) <= 15 * 1024


def fetched(browser, path: str) -> bytes:
    with browser.get(path) as answer:
        return answer.data


def test_it_needs_nothing_but_this_host(fatma):
    page = fatma.opens().text

    fetched = re.findall(r'(?:src|<link[^>]*href|action)="([^"]+)"', page)
    assert fetched and all(each.startswith("/") and not each.startswith("//") for each in fetched)
    assert "<script" not in page and "style=" not in page and " on" not in re.sub(">[^<]*<", "><", page)


def test_headers_keep_the_code_at_home(fatma):
    for answer in (fatma.opens(), fatma.decides(), fatma.decides(MESAJ="RET")):
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "noindex" in answer.headers["X-Robots-Tag"]
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "script-src" not in policy and "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy


def test_no_page_of_a_recipient_sets_a_cookie(fatma, browser):
    receipt = fatma.decides(MESAJ="RET")
    answers = [fatma.opens(), fatma.decides(), receipt, browser.get(receipt.location), browser.get("/k/unknown")]
    answers += [browser.open(f"/k/{fatma.code}", method=method) for method in ("HEAD", "OPTIONS", "PUT")]

    assert [answer.headers.getlist("Set-Cookie") for answer in answers] == [[]] * 8


def test_not_even_where_the_reader_is_signed_in_here(app, fatma, browser):
    skip_sign_in(browser)
    assert browser.get("/dashboard/").status_code == 200

    with browser.get("/static/css/base.css") as sheet:
        answers = [fatma.opens(), fatma.decides(MESAJ="RET"), sheet]

    assert [answer.headers.getlist("Set-Cookie") for answer in answers] == [[]] * 3
    assert "Cookie" not in fatma.opens().headers.get("Vary", "")


def test_a_campaign_for_text_messages_asks_for_nothing_else(app, browser):
    codes = make.codes(app, channels=[Channel.SMS])

    assert choices(Person(browser, codes[make.PHONE]).opens().text) == {("MESAJ", "ONAY"), ("MESAJ", "RET")}
    assert make.EMAIL not in codes


def test_a_grant_waits_as_long_as_it_may_be_undone_and_a_refusal_does_not(app, fatma, rows):
    app.config["UNDO_SECONDS"] = 300

    fatma.decides(MESAJ="ONAY", ARAMA="RET")

    waits = {each.status: (each.due_at - each.created_at).total_seconds() for each in rows(Submission)}
    assert waits["ONAY"] >= 299 and waits["RET"] <= 1


def test_refusing_all_refuses_every_channel_of_the_address_and_says_so(app, browser, rows):
    person = Person(browser, make.codes(app, channels=[Channel.SMS])[make.PHONE])
    page = person.opens().text

    answer = person.decides(all="RET")

    assert choices(page) == {("MESAJ", "ONAY"), ("MESAJ", "RET")}
    assert "göndereceği bütün ticari iletileri kapsar: SMS, Telefon araması." in page
    assert answer.status_code == 303
    assert {(each.channel, each.status) for each in rows(Consent)} == {("MESAJ", "RET"), ("ARAMA", "RET")}
    assert rows.one(Receipt).choices == "ARAMA=RET MESAJ=RET"


@pytest.mark.parametrize("path", ["/k/", "/u/"])
def test_a_lost_receipt_is_found_by_its_link_and_so_is_the_complaint(fatma, browser, path):
    before = browser.get(path + fatma.code).text
    receipt = fatma.decides(MESAJ="RET").location
    page = browser.get(path + fatma.code).text

    assert "/m/" not in before
    assert f'href="{receipt}"' in page and f'href="{receipt}/sikayet"' in page


def test_no_page_says_that_a_first_refusal_is_written_to_iys(fatma, browser):
    asking, refusing = fatma.opens().text, browser.get(f"/u/{fatma.code}").text
    receipt = browser.get(fatma.decides(MESAJ="RET").location).text

    assert "yoksa İYS&#39;ye yazılacak bir şey yoktur" in asking.replace("İYS'ye", "İYS&#39;ye")
    assert "yoksa İYS&#39;ye yazılacak bir şey yoktur" in refusing.replace("İYS'ye", "İYS&#39;ye")
    assert "bir onay varsa oraya da bildirilecek" in receipt and "Karar kaydedildi, İYS" not in receipt
