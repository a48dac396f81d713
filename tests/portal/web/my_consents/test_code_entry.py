"""A code to the address opens one's own overview; nothing else does, and nothing tells who is known."""

import re

import pytest
import time_machine

from portal.core import clock
from portal.core.models import AddressProof, Complaint, Decision, Message, MessageState
from tests import make
from tests.portal.web.my_consents.conftest import LIST, START

pytestmark = [pytest.mark.slow, pytest.mark.alike]


def test_the_code_opens_the_overview(fatma, rows):
    came = fatma.comes_in()

    assert (came.status_code, came.location) == (303, LIST)
    page = fatma.opens()
    assert page.status_code == 200
    assert "Örnek Mağaza" in page.text
    assert rows.count(Decision) == 0


def test_a_mail_address_opens_it_too(fatma):
    fatma.address = "FATMA@example.com"

    fatma.comes_in()

    assert "E-posta" in fatma.opens().text


def test_no_cookie_is_given_before_the_code(fatma):
    asked = fatma.asks()
    answers = [
        fatma.opens(START), asked, fatma.opens(asked.location), fatma.types(asked.location, fatma.wrong()),
        fatma.opens("/izinlerim/bitti"), fatma.opens(LIST), fatma.asks("yok"),
    ]  # fmt: skip

    assert [each.status_code for each in answers] == [200, 303, 200, 422, 200, 303, 422]
    assert not any("Set-Cookie" in each.headers for each in answers)


def test_the_cookie_is_bound_and_short(fatma, app):
    app.config["SESSION_COOKIE_SECURE"] = True

    cookie = fatma.comes_in().headers["Set-Cookie"]

    assert cookie.startswith("__Host-izinlerim=")
    assert {"Secure", "HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=4500"} <= set(cookie.split("; "))
    assert "Domain" not in cookie


def test_in_development_the_cookie_goes_without_tls(fatma):
    assert fatma.comes_in().headers["Set-Cookie"].startswith("izinlerim=")


def test_no_other_cookie_is_ever_given(fatma):
    fatma.comes_in()

    assert all("Set-Cookie" not in fatma.opens(path).headers for path in (LIST, "/izinlerim/silme", START))


def test_the_overview_shuts_after_a_quarter_of_an_hour(fatma, rows):
    now = clock.now()
    with time_machine.travel(now) as traveller:
        fatma.comes_in()
        token = fatma.token(LIST)
        traveller.shift(15 * 60)
        looked = fatma.opens()
        exported = fatma.opens("/izinlerim/izinlerim.json")
        asked = fatma.browser.post("/izinlerim/silme", data={"form": token, "provider": "all"})

    assert [(each.status_code, each.location) for each in (looked, exported)] == [(303, "/izinlerim/bitti")] * 2
    assert asked.status_code == 410 and "Bastığınız düğme kaydedilmedi" in asked.text
    assert rows.count(Complaint) == 0


def test_who_goes_out_is_out(fatma, rows):
    fatma.comes_in()
    cookie, form = fatma.browser.get_cookie("izinlerim").value, fatma.token(LIST)

    left = fatma.posts("/izinlerim/cik")
    fatma.browser.set_cookie("izinlerim", cookie)  # A copy of it.

    assert (left.status_code, left.location) == (303, "/izinlerim/bitti")
    assert "izinlerim=;" in left.headers["Set-Cookie"]
    assert fatma.opens().status_code == 303
    refused = fatma.browser.post(LIST, data={"form": form, "refuse": "all"})
    assert refused.status_code == 410 and "Bastığınız düğme kaydedilmedi" in refused.text
    assert rows.count(Decision) == 0
    assert rows.one(AddressProof).ended_at is not None


def test_somebody_elses_cookie_is_no_cookie(fatma):
    fatma.browser.set_cookie("izinlerim", "guessed")

    assert fatma.opens().status_code == 303


def test_a_form_without_its_token_counts_for_nothing(fatma, rows):
    fatma.comes_in()

    assert fatma.browser.post(LIST, data={"refuse": "all"}).status_code == 400
    assert fatma.browser.post(LIST, data={"refuse": "all", "form": "x"}).status_code == 400
    assert fatma.browser.post("/izinlerim/cik").status_code == 400
    assert rows.count(Decision) == 0


def test_another_sites_page_asks_for_no_code(fatma, rows):
    posted = fatma.browser.post(START, data={"address": make.PHONE})

    assert posted.status_code == 400
    assert make.PHONE in posted.text  # Nothing that was typed is lost.
    assert rows.count(AddressProof) == 0


@pytest.mark.parametrize("said, status", [("cross-site", 400), ("same-site", 400), ("same-origin", 303), ("none", 303)])
def test_nor_with_a_token_that_it_fetched_beforehand(fatma, said, status):
    assert fatma.asks(headers={"Sec-Fetch-Site": said}).status_code == status


def test_another_sites_page_lets_nobody_into_its_own_overview(fatma):
    page = fatma.asks().location

    answer = fatma.types(page, fatma.code(), headers={"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == 400 and "Set-Cookie" not in answer.headers


def test_a_page_left_open_overnight_still_asks(fatma):
    now = clock.now()
    with time_machine.travel(now) as traveller:
        token = fatma.token(START)
        traveller.shift(23 * 60 * 60)
        early = fatma.browser.post(START, data={"address": make.PHONE, "form": token})
        traveller.shift(2 * 60 * 60)
        late = fatma.browser.post(START, data={"address": make.PHONE, "form": token})

    assert (early.status_code, late.status_code) == (303, 400)


def test_a_bad_address_comes_back_with_a_cure(fatma, rows):
    for typed, cure in (("", "yazın"), ("0532 123", "10 rakam"), ("fatma@", "@"), ("x" * 10_000, "uzun")):
        answer = fatma.asks(typed)
        assert answer.status_code == 422
        assert cure in answer.text
    assert 'value="0532 123"' in fatma.asks("0532 123").text
    assert rows.count(AddressProof) == 0


def test_a_landline_gets_no_code_and_another_way(fatma, rows):
    answer = fatma.asks("0212 555 11 22")

    assert answer.status_code == 422
    assert "Sabit telefona SMS gitmediği için" in answer.text
    assert rows.count(AddressProof) == 0


def test_a_wrong_code_says_how_many_tries_are_left(fatma):
    page = fatma.asks().location
    wrong = fatma.wrong()

    said = [fatma.types(page, wrong) for _ in range(4)]
    form = fatma.token(page)
    last = [fatma.browser.post(page, data={"digits": wrong, "form": form}) for _ in range(2)]

    assert [each.status_code for each in said] == [422] * 4
    assert "Kalan deneme: 4" in said[0].text and "Kalan deneme: 1" in said[3].text
    assert [each.status_code for each in last] == [410, 410]


def test_what_is_no_code_costs_no_try(fatma, rows):
    page = fatma.asks().location

    answer = fatma.types(page, "kod gelmedi")

    assert answer.status_code == 422
    assert rows.one(AddressProof).tries == 0


def test_a_code_typed_twice_opens_once(fatma):
    page = fatma.asks().location
    code, form = fatma.code(), fatma.token(page)

    answers = [fatma.browser.post(page, data={"digits": code, "form": form}) for _ in range(2)]

    assert [each.status_code for each in answers] == [303, 410]
    assert fatma.opens().status_code == 200


def test_a_pasted_message_is_read(fatma):
    page = fatma.asks().location

    assert fatma.types(page, f"Izinlink: kodunuz {fatma.code()}. Kod onay degildir.").status_code == 303


def test_time_can_be_had_again(fatma, rows):
    now = clock.now()
    with time_machine.travel(now) as traveller:
        page = fatma.asks().location
        form = fatma.token(page)
        traveller.shift(11 * 60)
        shown = fatma.opens(page)
        renewed = fatma.browser.post(page, data={"renew": "1", "form": form})
        anew = fatma.opens(renewed.location)
        came = fatma.types(renewed.location, fatma.code())

    assert "Bu kod artık geçmiyor" in shown.text and "Yeni bir kod istediniz" in anew.text
    assert (renewed.status_code, came.status_code) == (303, 303)
    assert renewed.location != page


def test_asking_too_often_says_when_and_what_else(fatma, stranger):
    for visitor in (fatma, stranger):
        answers = [visitor.asks() for _ in range(4)]
        assert [each.status_code for each in answers] == [303, 303, 303, 429]
        assert "Bu adres için kısa sürede çok kod istendi." in answers[3].text
        assert "İYS" in answers[3].text


def test_asking_too_often_on_the_codes_page_leaves_the_code_good(fatma):
    for _ in range(3):
        page = fatma.asks().location
    code, form = fatma.code(), fatma.token(page)

    renewed = fatma.browser.post(page, data={"renew": "1", "form": form})

    assert renewed.status_code == 429
    assert fatma.types(page, code).status_code == 303


def test_a_codes_page_is_found_by_its_whole_address_only(fatma, stranger):
    page = fatma.asks().location
    other = stranger.asks().location

    assert fatma.opens(page[:-1] + ("a" if page[-1] != "a" else "b")).status_code == 404
    assert fatma.opens("/izinlerim/kod/x").status_code == 404
    assert fatma.opens(other).status_code == 200  # Its address is all one needs, and tells nothing.


def test_an_unknown_address_gets_no_message(fatma, stranger, rows):
    stranger.asks()

    assert rows.one(Message, Message.kind == "code").state == MessageState.NOT_NEEDED
    assert rows.one(AddressProof).was_sent is False


def test_the_language_goes_along(fatma):
    fatma.language = "?lang=en"
    asked = fatma.asks()
    came = fatma.types(asked.location, fatma.code())
    page = fatma.opens(came.location)

    assert asked.location.endswith("?lang=en") and came.location.endswith("?lang=en")
    assert '<html lang="en">' in page.text
    assert '<html lang="en">' in fatma.opens(LIST).text  # By the proof, which knows it.


def test_only_the_main_host_serves_it(fatma):
    assert fatma.opens(START, base_url="http://kisa.example").status_code == 404


def test_addresses_are_shown_masked(fatma):
    page = fatma.opens(fatma.asks().location)
    fatma.comes_in()

    for shown in (page.text, fatma.opens().text, fatma.opens("/izinlerim/silme").text):
        assert make.PHONE not in shown and not re.search(r"\b532", shown)
        assert "+90 5•• ••• •• 67" in shown


def test_nothing_here_is_kept_or_told_onward(fatma):
    asked = fatma.asks()
    fatma.comes_in()

    for answer in (asked, fatma.opens(START), fatma.opens(asked.location), fatma.opens()):
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"


def test_looking_changes_nothing(fatma, rows):
    fatma.comes_in()
    before = kept(rows)

    for path in (LIST, START, "/izinlerim/silme", "/izinlerim/izinlerim.json", "/izinlerim/izinlerim.pdf"):
        assert fatma.opens(path).status_code == 200
        assert fatma.browser.head(path).status_code == 200

    assert kept(rows) == before


def kept(rows) -> list[dict]:
    """All that stands in the rows of proofs."""
    return [{name: value for name, value in vars(each).items() if name[0] != "_"} for each in rows(AddressProof)]
