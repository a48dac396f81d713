"""At a host that passed to another firm old links lead on to the main host, and whatever they post refuses."""

import re

import pytest
from sqlalchemy import select

import shortlinks
from portal.core import addresses, clock
from portal.core.extensions import db, limiter
from portal.core.models import Brand, Consent, Decision, DecisionOrigin, Receipt, Recipient
from portal.web.shared import limits
from tests import make
from tests.portal.domain.complaints.cast import a_case, code_of
from tests.portal.web.recipient.open_complaints import told

pytestmark = [pytest.mark.slow, pytest.mark.alike]

AT_HOST = {"headers": {"Host": "izin.ornek.example"}}
PAGES = {
    "/{link}": "/k/{link}", "/{link}/ben-degilim?lang=en": "/k/{link}/ben-degilim?lang=en",
    **{same: same for same in (
        "/k/{link}", "/u/{link}?lang=en", "/m/{receipt}", "/m/{receipt}/belge.pdf", "/m/{receipt}/sikayet", "/s/{case}",
    )},
}  # fmt: skip
REFUSING = [
    ("/{link}", {"MESAJ": "RET"}, "/m/"),
    ("/k/{link}", {"all": "RET"}, "/m/"),
    ("/u/{link}", {"MESAJ": "RET"}, "/m/"),
    ("/{link}/ben-degilim", {}, "/k/{link}/ben-degilim"),
    ("/m/{receipt}/geri-al", {}, "/m/"),
    ("/m/{receipt}/sikayet", told(day="2020-01-02", hour="10:00", refuses="y"), "/s/"),
    ("/m/{receipt}/sikayet", {"channel": "MESAJ", "refuses": "y"}, "/m/{receipt}/sikayet"),
    ("/s/{case}/ret", {}, "/s/{case}"),
    ("/s/{case}/ekle", {"text": "Söz.", "refuses": "y"}, "/s/{case}"),
    ("/s/{case}/yeniden-ac", {"text": "", "refuses": "y"}, "/s/{case}"),
]


@pytest.fixture
def codes(app, rows) -> dict[str, str]:
    """Codes of Fatma's link, its receipt and her case, who granted everything; the host is another firm's by now."""
    _, case_code = a_case(app, rows, MESAJ="ONAY", ARAMA="ONAY")
    receipt = rows.one(Receipt)
    link = rows.one(shortlinks.Link, shortlinks.Link.id == receipt.link_id)
    with app.app_context():
        theirs = make.provider(800001, 800001, "cem@example.com")
        its = db.session.scalars(select(Brand).where(Brand.provider_id == theirs.id)).one()
        make.add_domain(its, AT_HOST["headers"]["Host"])
    link_code = shortlinks.code_of(app.config["LINK_SALT"], link.id, link.nonce)
    return {"link": link_code, "receipt": code_of(app, receipt), "case": case_code}


def shows_nothing(answer) -> bool:
    """Neither a firm nor an address, and no way to stay at this host."""
    return not any(each in answer.text for each in ("Örnek", addresses.mask(make.PHONE), "<form"))


@pytest.mark.parametrize(("path", "page"), PAGES.items())
def test_whoever_opens_a_link_is_sent_on_to_the_main_host(app, browser, codes, path, page):
    answer = browser.get(path.format(**codes), **AT_HOST)

    assert answer.status_code == 302 and shows_nothing(answer)
    assert answer.location == app.config["MAIN_BASE"] + page.format(**codes)
    assert browser.get(answer.location).status_code == 200


@pytest.mark.parametrize(("path", "posted", "page"), REFUSING)
def test_what_is_posted_refuses_and_leads_to_its_page_at_the_main_host(app, browser, rows, codes, path, posted, page):
    answer = browser.post(path.format(**codes), data=posted, **AT_HOST)

    assert {each.channel: each.status for each in rows(Consent)}["MESAJ"] == "RET"
    assert shows_nothing(answer)
    leads_to = re.search(r'class="button" href="([^"]+)"', answer.text)[1]
    assert leads_to.startswith(app.config["MAIN_BASE"] + page.format(**codes))
    assert browser.get(leads_to).status_code == 200


def test_what_was_refused_is_answered_as_done(browser, codes):
    assert browser.post(f"/u/{codes['link']}", data={"all": "RET"}, **AT_HOST).status_code == 200


@pytest.mark.parametrize("path", ["/u/{link}", "/k/{link}", "/{link}"])
def test_a_mail_programs_post_refuses_and_is_answered_as_anywhere(browser, rows, codes, path):
    answer = browser.post(path.format(**codes), data={"List-Unsubscribe": "One-Click"}, **AT_HOST)

    assert answer.status_code == 200 and answer.mimetype == "text/plain" and shows_nothing(answer)
    assert {each.status for each in rows(Consent)} == {"RET"}
    assert rows(Decision)[-1].origin == DecisionOrigin.ONE_CLICK


def test_nothing_is_granted_there_and_the_refusals_beside_it_count(app, browser, rows, codes):
    browser.post(f"/u/{codes['link']}", data={"all": "RET"})
    form = make.Person(browser, codes["link"]).form()

    answer = browser.post(f"/{codes['link']}", data={"form": form, "MESAJ": "ONAY", "ARAMA": "RET"}, **AT_HOST)

    assert answer.status_code == 409 and shows_nothing(answer) and "Reddiniz kaydedildi, gerisi" in answer.text
    assert {each.status for each in rows(Consent)} == {"RET"}
    assert f'href="{app.config["MAIN_BASE"]}/k/{codes["link"]}"' in answer.text


def test_what_refuses_beside_a_mistake_is_told(app, browser, codes):
    report = told(day="2020-01-02", hour="99:00", refuses="y")
    refused = browser.post(f"/m/{codes['receipt']}/sikayet", data=report, **AT_HOST)
    nothing = browser.post(f"/u/{codes['link']}", data={}, **AT_HOST)
    with app.app_context():
        db.session.query(Recipient).update({"reassigned_anywhere_at": clock.now()})
        db.session.commit()
    over = browser.post(f"/s/{codes['case']}/ret", **AT_HOST)

    assert (refused.status_code, nothing.status_code, over.status_code) == (422, 422, 410)
    assert "Reddiniz kaydedildi, gerisi" in refused.text and "Gönderdiğiniz kaydedilmedi" in nothing.text
    assert "Reddiniz başvurunuzdaki yol için kaydedildi" in over.text
    assert all(shows_nothing(each) for each in (refused, nothing, over))


def test_wrong_codes_alone_are_counted_as_guesses(monkeypatch, browser, codes):
    monkeypatch.setattr(limiter, "enabled", True)
    monkeypatch.setattr(limits, "GUESSED_CODES", "2 per minute")
    limiter.reset()
    paths = [path.format(**codes) for path in ("/u/{link}", "/m/{receipt}", "/s/{case}")]

    true = [browser.get(path, **AT_HOST).status_code for path in paths]
    wrong = [browser.get(make.misspell(path), **AT_HOST).status_code for path in paths]

    assert (true, wrong) == ([302, 302, 302], [404, 404, 429])
