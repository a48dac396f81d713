"""Refusing at an address of its own: on a page that offers nothing else, and by one click of a mail program."""

import re
import threading
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from portal.core import clock
from portal.core.extensions import db
from portal.core.models import Brand, CampaignKind, Consent, Decision, Receipt, Submission
from shortlinks import Visit
from tests import make
from tests.make import Person

pytestmark = [pytest.mark.slow, pytest.mark.alike]

ONE_CLICK = {"List-Unsubscribe": "One-Click"}
HOSTS = ["localhost", "kisa.example"]
OWN_HOST = "izin.ornek.example"
URLENCODED, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"
PART = '--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"'


@pytest.fixture
def codes(app):
    return make.codes(app)


def clicks(browser, code: str, host: str = "localhost", content_type: str = URLENCODED):
    return browser.post(f"/u/{code}", data=ONE_CLICK, content_type=content_type, headers={"Host": host})


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("content_type", [URLENCODED, MULTIPART])
def test_one_click_ends_email_and_answers_plainly(codes, browser, rows, host, content_type):
    answer = clicks(browser, codes[make.EMAIL], host, content_type)

    (decision,) = rows(Decision)
    assert answer.status_code == 200 and answer.mimetype == "text/plain"
    assert "Set-Cookie" not in answer.headers and len(answer.data) < 500
    assert (decision.channel, decision.status, decision.source) == ("EPOSTA", "RET", "HS_EPOSTA")
    assert decision.origin == rows.one(Receipt).origin == "one_click"
    assert rows.one(Submission).decision_id == decision.id


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (None, "List-Unsubscribe=One-Click"),
        ("text/plain", "List-Unsubscribe=One-Click\r\n"),
        ("application/octet-stream", "List-Unsubscribe=One-Click"),
        ("multipart/form-data", "List-Unsubscribe=One-Click"),
        ("application/json", '{"List-Unsubscribe": "One-Click"}'),
        (URLENCODED, "list-unsubscribe=one-click"),
        (URLENCODED, "List%2DUnsubscribe=One%2DClick"),
        (URLENCODED, "List-Unsubscribe=One+Click"),
        (URLENCODED, "\r\nList-Unsubscribe = One-Click\r\n"),
        (f"{MULTIPART}; boundary=x", f"{PART}\r\n\r\nOne-Click\r\n"),  # Without an end.
        (f"{MULTIPART}; boundary=y", f"{PART}\r\n\r\nOne-Click\r\n--x--\r\n"),
        (f"{MULTIPART}; boundary=x", f'{PART}; filename="a"\r\n\r\nOne-Click\r\n--x--\r\n'),
    ],
)
def test_one_click_counts_whatever_type_its_body_has(codes, browser, rows, content_type, body):
    answer = browser.post(f"/u/{codes[make.EMAIL]}", data=body, content_type=content_type)

    assert answer.status_code == 200
    assert rows.one(Decision).origin == "one_click"


@pytest.mark.parametrize(("host", "path"), [("localhost", "/k/"), ("localhost", "/u/"), ("kisa.example", "/")])
def test_one_click_at_any_address_of_the_link_refuses(codes, browser, rows, host, path):
    """Firms put the link of a list into the field for unsubscribing; programs glue to it what stands beside it."""
    address = f"{path}{codes[make.EMAIL]}"
    for glued in ("", "/", ".", "%20", ")", ",", ".)/", "%22%3E", "…", "%E2%80%8B", "&x=1", "="):
        asked = {"path": f"{address}{glued}", "headers": {"Host": host}}
        page, answer = browser.get(**asked), browser.post(**asked, data=ONE_CLICK)
        assert (page.status_code, answer.status_code, answer.mimetype) == (200, 200, "text/plain")
        assert f'action="{address}"' in page.text

    assert (rows.one(Decision).origin, rows.one(Decision).status) == ("one_click", "RET")
    assert browser.get(f"{address[:-1]}/", headers={"Host": host}).status_code == 404


@pytest.mark.parametrize("host", [*HOSTS, OWN_HOST])
def test_a_link_typed_with_a_capital_letter_opens_and_refuses(app, codes, browser, rows, host):
    with app.app_context():
        make.add_domain(db.session.scalars(select(Brand)).one(), OWN_HOST)
    asked = {"headers": {"Host": host}, "follow_redirects": True}
    code = codes[make.EMAIL]
    pages = [browser.get(f"/{letter}/{code}./?lang=en", **asked) for letter in "KU"]
    answer = browser.post(f"/U/{code}./", data={"all": "RET"}, **asked)

    assert [each.request.full_path for each in pages] == [f"/{letter}/{code}./?lang=en" for letter in "ku"]
    assert [each.status_code for each in (*pages, answer)] == [200] * 3 and 'lang="en"' in pages[0].text
    assert {each.status for each in rows(Decision)} == {"RET"}
    assert browser.get("/K/%0A%3F/../x", **asked).status_code == 404


@pytest.mark.parametrize(
    ("host", "path"),
    [*((host, path) for host in (*HOSTS, OWN_HOST) for path in ("/k/", "/u/")), (HOSTS[1], "/"), (OWN_HOST, "/")],
)
@pytest.mark.parametrize(
    "glued",
    ["CODE./", "CODE.Ret icin", "(CODE)", "CODE/ret", "%E2%80%8BCODE.Ret/Ret/icin", "CODE//ret", "CODE%0A/%0Aret"],
)
def test_a_form_posted_where_something_is_glued_to_the_link_counts(app, codes, browser, rows, host, path, glued):
    with app.app_context():
        make.add_domain(db.session.scalars(select(Brand)).one(), OWN_HOST)
    asked = {"path": path + glued.replace("CODE", codes[make.EMAIL]), "headers": {"Host": host}}
    page, answer = browser.get(**asked), browser.post(**asked, data={"all": "RET"})

    assert (page.status_code, answer.status_code) == (200, 303)
    assert {each.status for each in rows(Decision)} == {"RET"}


@pytest.mark.parametrize("host", [*HOSTS, OWN_HOST])
@pytest.mark.parametrize("path", ["/k//CODE", "/u///CODE", "//k/CODE"])
def test_a_doubled_slash_before_a_link_leads_to_it(app, codes, browser, rows, host, path):
    with app.app_context():
        make.add_domain(db.session.scalars(select(Brand)).one(), OWN_HOST)
    asked = {"path": "/", "headers": {"Host": host}, "follow_redirects": True}
    asked |= {"environ_overrides": {"PATH_INFO": path.replace("CODE", codes[make.EMAIL])}}
    page, answer = browser.open(**asked), browser.open(**asked, method="POST", data={"all": "RET"})

    assert (page.status_code, answer.status_code) == (200, 200)
    assert {each.status for each in rows(Decision)} == {"RET"}


def test_what_stands_behind_no_code_of_a_short_host_is_not_found(codes, browser):
    code = codes[make.EMAIL]
    paths = [f"/{code[:-1]}/ret", f"/x.{code}/ret", f"/x/{code}", "/fgnnnn/ret", "/robots.txt/ret", "/dashboard/ret"]
    answers = [ask(f"http://{HOSTS[1]}{path}") for path in paths for ask in (browser.get, browser.post)]

    assert {each.status_code for each in answers} == {404}
    assert browser.get(f"http://{HOSTS[0]}/{code}/ret").status_code == 404
    assert "ben-degilim" in browser.get(f"http://{HOSTS[1]}/{code}/ben-degilim").text
    assert browser.get(f"http://{HOSTS[0]}/dashboard//recipients").status_code == 308
    assert browser.get(f"http://{HOSTS[1]}/dashboard//recipients", follow_redirects=True).status_code == 404
    assert browser.get(f"http://{HOSTS[1]}/dashboard/%0A/recipients").status_code == 404


def test_a_mail_program_that_posts_again_and_again_refuses_once_a_minute(codes, browser, rows):
    start = clock.now()
    for seconds in (0, 1, 30, 59, 61, 62, 119, 3600):
        with time_machine.travel(start + timedelta(seconds=seconds), tick=False):
            assert clicks(browser, codes[make.EMAIL]).status_code == 200

    assert rows.count(Decision) == rows.count(Receipt) == rows.count(Submission) == 3


def test_posts_at_once_are_one_act(app, codes, rows):
    threads = [threading.Thread(target=clicks, args=(app.test_client(), codes[make.EMAIL])) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert rows.count(Decision) == rows.count(Receipt) == rows.count(Submission) == 1


def test_after_a_grant_it_ends_that(codes, browser, rows):
    Person(browser, codes[make.EMAIL]).decides(EPOSTA="ONAY")
    with time_machine.travel(clock.now() + timedelta(days=400)):
        clicks(browser, codes[make.EMAIL])

    assert rows.one(Consent).status == "RET"


@pytest.mark.parametrize(
    ("number", "asked", "sources"),
    [
        (make.PHONE, ["MESAJ"], {"MESAJ": "HS_MESAJ"}),
        (make.PHONE, ["MESAJ", "ARAMA"], {"MESAJ": "HS_MESAJ", "ARAMA": "HS_MESAJ"}),
        ("+902125556677", ["ARAMA"], {"MESAJ": "HS_WEB", "ARAMA": "HS_WEB"}),
    ],
)
def test_one_click_at_a_telephones_link_refuses_what_the_link_is_for(app, browser, rows, number, asked, sources):
    answer = clicks(browser, make.codes(app, number, channels=asked)[number])

    assert answer.status_code == 200 and "Reddettiniz: " in answer.text
    assert {each.channel: each.source for each in rows(Decision)} == sources
    assert {(each.status, each.origin) for each in rows(Decision)} == {("RET", "one_click")}
    assert rows.count(Receipt) == 1


def test_a_wrong_code_ends_nothing(codes, browser, rows):
    answer = clicks(browser, make.misspell(codes[make.EMAIL]))

    assert answer.status_code == 404
    assert rows.count(Decision) == 0


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("query", ["", "?List-Unsubscribe=One-Click", "?all=RET"])
def test_opening_it_ends_nothing(codes, browser, rows, method, query):
    answer = browser.open(f"/u/{codes[make.EMAIL]}{query}", method=method)

    assert answer.status_code == 200
    assert rows.count(Decision) == rows.count(Receipt) == 0


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("kind", [CampaignKind.ASK, CampaignKind.REFUSE])
def test_its_page_offers_refusal_only_on_all_channels_of_the_address(app, browser, rows, kind, host):
    code = make.codes(app, make.PHONE, kind=kind, channels=["MESAJ"])[make.PHONE]
    headers = {"Host": host}
    with time_machine.travel(clock.now() + timedelta(days=4000)):
        page = browser.get(f"/u/{code}", headers=headers).text
        form = re.search(r'name="form" value="([^"]+)"', page)[1]
        answer = browser.post(f"/u/{code}", data={"form": form, "all": "RET"}, headers=headers)

    assert set(re.findall(r'type="radio" name="(\w+)" value="(\w+)"', page)) == {("MESAJ", "RET"), ("ARAMA", "RET")}
    assert "Örnek Mağaza iletilerini reddedin" in page and "süresi doldu" not in page
    assert answer.status_code == 303
    assert {(each.channel, each.status) for each in rows(Consent)} == {("MESAJ", "RET"), ("ARAMA", "RET")}


def test_no_grant_comes_by_it_nor_by_its_form_elsewhere(codes, browser, rows):
    fatma = Person(browser, codes[make.PHONE], path="/u/")
    form = fatma.form()

    answers = [fatma.posts(form, MESAJ="ONAY"), browser.post(f"/k/{fatma.code}", data={"form": form, "MESAJ": "ONAY"})]

    assert [answer.status_code for answer in answers] == [409, 409]
    assert rows.count(Decision) == 0


def test_it_speaks_english_and_stays_by_its_code(app, browser):
    links = make.codes(app, f"{make.PHONE}\n+905331112233\n")
    first, second = (browser.get(f"/u/{code}?lang=en").text for code in links.values())

    own, other = links.values()
    assert "Refuse messages from Örnek Mağaza" in first and f"/k/{own}/ben-degilim?lang=en" in first
    assert f"/k/{other}/ben-degilim?lang=en" in second and own not in second


def test_its_openings_are_noted(app, codes, browser, rows):
    browser.get(f"/u/{codes[make.PHONE]}", headers={"User-Agent": "Googlebot/2.1"})
    app.extensions["visit_recorder"].stop()

    assert [visit.kind for visit in rows(Visit)] == ["scanner"]
