"""Links on demand: one for a person to ask now, with the rules of asking; and permanent ones that only refuse."""

from datetime import timedelta

import pytest
import time_machine

from portal.core import clock
from portal.core.extensions import db
from portal.core.iys_protocol import Channel, Status
from portal.core.models import (
    ApiRequest,
    AudienceEntry,
    CampaignKind,
    Consent,
    ConsentRequest,
    ContactKind,
    Provider,
    Recipient,
)
from tests import make
from tests.portal.api.programs import BASE, CONSENTS, Program, limits_on, make_key, refusal
from tests.portal.web.consent_points.visitor import opened
from tests.portal.web.recipient.open_complaints import another_firm_hears

BRAND = f"{BASE}/brands/{make.BRAND_CODE}"
POINT, REFUSALS = f"{BRAND}/points/ornek-magaza-kasa/links", f"{BRAND}/refusal-links"
OTHER = "+905321234568"


@pytest.fixture
def program(app) -> Program:
    """Of Ayşe's provider, which has a published point."""
    opened(app, slug="ornek-magaza-kasa")
    with app.app_context():
        return Program(app, make_key(db.session.query(Provider).one()))


def suspend(app, at=None) -> None:
    with app.app_context():
        db.session.query(Provider).update({"suspended_at": at})
        db.session.commit()


def ask(program: Program, recipient: str = make.PHONE, *, key: str | None = None, **fields):
    body = {"recipient": recipient, "contactKind": "purchase", "contactDate": f"{clock.day(clock.now())}"}
    return program.post(POINT, body | fields, idempotency_key=key)


def refusal_urls(program: Program, *recipients: str) -> list[str | None]:
    answer = program.post(REFUSALS, {"recipients": list(recipients)})
    assert answer.status_code == 200, answer.json
    return [each["url"] for each in answer.json["results"]]


def code_of(url: str) -> str:
    return url.rpartition("/")[2]


def test_a_till_gets_the_next_holder_of_an_address_a_link_of_their_own(app, program, browser, rows):
    """Another firm heard of the change; they may be asked once, for every channel."""
    before = ask(program).json["link"]
    another_firm_hears(app, clock.now() + timedelta(minutes=1))

    with time_machine.travel(clock.now() + timedelta(days=1)):
        since, again = (ask(program).json["link"] for _ in range(2))
        page = browser.get(f"/k/{code_of(since['url'])}").text

    assert since == again
    assert since["url"] != before["url"]
    assert 'name="MESAJ"' in page and 'name="ARAMA"' in page
    assert {each.entry_id for each in rows(ConsentRequest)} == {rows(AudienceEntry)[-1].id}


def test_a_till_gets_one_person_one_link_until_they_refuse(app, program, browser, rows):
    first, again, same = (ask(program, reference="C-7", key=key).json for key in ("till-4711", None, "till-4711"))
    link, requests = first["link"], rows.count(ApiRequest)
    page = browser.get(f"/k/{code_of(link['url'])}")

    assert first == again == same and requests == 2
    assert link["url"] in link["text"] and link["words"] in link["text"] and link["words"] in page.text
    assert program.get(f"{CONSENTS}/MESAJ/{make.PHONE}").status_code == 404
    entry = rows.one(AudienceEntry)
    assert (entry.contact_kind, entry.contact_date) == (ContactKind.PURCHASE, clock.day(clock.now()))
    make.Person(browser, code_of(first["refusalUrl"]), "/u/").decides(MESAJ="RET")
    refused, *repeated = [ask(program, reference="C-7", key=key).json for key in (None, "till-4711", "till-4711")]
    assert (refused["link"], refused["reason"]) == (None, "refused") and repeated == [refused] * 2
    permanent = browser.get(f"/u/{code_of(refused['refusalUrl'])}")
    assert permanent.status_code == 200 and "iki sözcük" in page.text and "iki sözcük" not in permanent.text


def test_a_refusal_link_that_is_asked_for_again_is_of_who_has_the_address_by_now(app, program):
    """With the key of before, too."""
    body = {"recipients": [make.PHONE]}
    first = [program.post(REFUSALS, body, idempotency_key="till-4711").json for _ in range(2)]
    another_firm_hears(app, clock.now() + timedelta(minutes=1))
    with time_machine.travel(clock.now() + timedelta(days=1)):
        since = [
            program.post(REFUSALS, body, idempotency_key=each).json for each in ("till-4711", "till-4712", "till-4711")
        ]

    assert first[0] == first[1] and since == [since[0]] * 3 and since[0] != first[0]


def test_nobody_is_asked_on_demand_whom_a_campaign_must_not_ask(app, program, rows):
    make.codes(app, f"{OTHER}\n")  # By a campaign of the brand.
    program.post(CONSENTS, refusal(make.EMAIL))

    assert ask(program, OTHER).json["reason"] == "already_asked"
    assert ask(program, make.EMAIL).json["reason"] == "refused"
    unread = ask(program, contactDate="20.11.2026").json
    assert (unread["code"], unread["errors"][0]["field"]) == ("contact_date_invalid", "contactDate")
    assert "2026-11-24" in unread["fix"]
    assert ask(program, contactDate="2099-01-01").json["code"] == "date_to_come"
    assert ask(program, contactDate="2014-01-01").json["code"] == "contact_before_2015"
    assert ask(program, "0532").json["code"] == "phone_too_short"
    assert ask(program, f"// {make.PHONE}").json["code"] == "refused_beside"
    assert ask(program, reference="Ayşe Er (RET)").json["errors"][0]["field"] == "reference"
    assert [each.link_id for each in rows(AudienceEntry, AudienceEntry.contact_kind.is_not(None))] == [None, None]
    suspend(app, clock.now())
    assert (ask(program).status_code, ask(program).json["code"]) == (409, "wrong_state")


def test_points_and_links_are_of_one_brand_and_counted_for_all_keys(app, program):
    with app.app_context():
        second = Program(app, make_key(db.session.query(Provider).one()))
        other = make.provider(iys_code=700002, brand_code=700002, email="cem@example.com")
        stranger, own = Program(app, make_key(other)), f"{BASE}/brands/700002"
    today = f"{clock.day(clock.now())}"
    body = {"recipient": make.PHONE, "contactKind": "visit", "contactDate": today}

    assert stranger.get(f"{own}/points").json == {"items": []}
    assert stranger.post(f"{own}/points/ornek-magaza-kasa/links", body).json["code"] == "not_found"
    assert [each["slug"] for each in program.get(f"{BRAND}/points").json["items"]] == ["ornek-magaza-kasa"]
    with limits_on():
        ask(program)
        left = ask(second).headers["RateLimit-Remaining"]
    assert left == "2998"


def test_a_refusal_link_is_permanent_refuses_by_one_click_and_hinders_no_campaign(app, program, browser, rows):
    suspend(app, clock.now())
    urls = refusal_urls(program, make.EMAIL, "fatma@", make.PHONE, " Fatma@Example.com")
    suspend(app, None)
    page = browser.get(f"/u/{code_of(urls[0])}")

    assert urls[0] == urls[3] and urls[0] != urls[2] and urls[1] is None
    assert refusal_urls(program, make.PHONE, make.EMAIL) == [urls[2], urls[0]]
    assert page.status_code == 200 and rows.count(Consent) == 0
    assert program.get(f"{BRAND}/campaigns").json["items"] == []
    assert make.codes(app, f"{make.PHONE}\n", kind=CampaignKind.REFUSE).keys() == {make.PHONE}
    assert ask(program).json["reason"] is None
    browser.post(f"/u/{code_of(urls[0])}", data={"List-Unsubscribe": "One-Click"})
    (consent,) = rows(Consent, Consent.channel == Channel.EMAIL)
    assert (consent.status, refusal_urls(program, make.EMAIL)) == (Status.REFUSED, [urls[0]])


def test_a_new_holder_of_a_number_gets_a_refusal_link_of_their_own(app, program):
    (before,) = refusal_urls(program, make.PHONE)
    with app.app_context():
        db.session.query(Recipient).update({"closed_at": clock.now()})
        db.session.commit()
    (after,) = refusal_urls(program, make.PHONE)

    assert before != after
