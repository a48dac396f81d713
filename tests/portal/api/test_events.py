"""A CRM reads all consents once, and from then on what changes."""

import base64
import json

import pytest
from sqlalchemy import update

from portal.core import clock
from portal.core.extensions import db
from portal.core.models import Decision, Event, EventType, Outcome, Recipient, Submission
from portal.services import event_sequencer
from tests import make
from tests.portal.api.programs import BASE, CONSENTS, Program, add_brand, grant, make_key, refusal

OTHER_CODE = 700002


def read(program: Program, cursor: str | None = None, **query) -> dict:
    """A page of the feed, after the sequencer has run."""
    event_sequencer.sequence_next_events()
    return program.get(f"{BASE}/events", query_string=query | ({"cursor": cursor} if cursor else {})).json


def key_of(consent: dict) -> tuple:
    return consent["brandCode"], consent["recipient"], consent["type"], consent["recipientType"]


@pytest.mark.parametrize("path", [f"{BASE}/events", CONSENTS])
def test_a_cursor_may_be_as_long_as_an_id_becomes(program, path):
    answers = [program.get(path, query_string={"cursor": "9" * length}) for length in (19, 20)]
    of_a_number = "cursor_lost" if path.endswith("events") else "invalid"
    assert [each.json["code"] for each in answers] == [of_a_number, "invalid"]
    assert answers[0].json["errors"] != answers[1].json["errors"]


def test_who_reads_the_list_and_then_the_feed_from_its_cursor_has_what_stands(program):
    program.post(f"{CONSENTS}/bulk", {"consents": [grant(), grant(make.EMAIL), refusal("+905321234568")]})
    event_sequencer.sequence_next_events()
    crm, cursor, first, pages = {}, "", None, 0
    while cursor is not None and pages < 9:
        page = program.get(CONSENTS, query_string={"limit": 1} | ({"cursor": cursor} if cursor else {})).json
        first = first or page["eventsCursor"]
        crm |= {key_of(each): each["status"] for each in page["items"]}
        program.post(CONSENTS, refusal())  # Meanwhile: once new, then again and again.
        cursor, pages = page["nextCursor"], pages + 1
    assert len(crm) == 3 and pages <= 4

    page = read(program, first)

    for each in page["items"]:
        crm[key_of(each["consent"])] = each["consent"]["status"]
    assert crm == {
        (make.BRAND_CODE, make.PHONE, "MESAJ", "BIREYSEL"): "RET",
        (make.BRAND_CODE, make.EMAIL, "EPOSTA", "BIREYSEL"): "ONAY",
        (make.BRAND_CODE, "+905321234568", "MESAJ", "BIREYSEL"): "RET",
    }
    assert page["waitSeconds"] > 0
    assert read(program, page["nextCursor"])["items"] == []


def test_what_a_program_reported_is_told_with_the_ids_of_its_answer(program):
    start = read(program)["nextCursor"]
    program.post(CONSENTS, grant(recipientType="TACIR"))
    rows = [refusal(), {}, grant(make.EMAIL), refusal()]
    answer = program.post(f"{CONSENTS}/bulk", {"consents": rows}).json
    ids = [each["decisionId"] for each in answer["results"]]

    _, *told = read(program, start)["items"]

    by_id = {each["decision"]["id"]: each for each in told}
    assert [ids[1], ids[3]] == [None, None] and len(told) == 3  # One is the merchant's, whom the refusal holds for.
    assert [by_id[each]["consent"]["recipient"] for each in (ids[0], ids[2])] == [make.PHONE, make.EMAIL]
    assert by_id[ids[0]]["consent"]["recipientType"] == "BIREYSEL"
    assert {each["decision"]["requestId"] for each in told} == {answer["requestId"]}
    shown = program.get(f"{BASE}/requests/{answer['requestId']}").json
    assert [each["decisionId"] for each in shown["results"]] == ids


def test_a_decision_its_annulment_and_its_outcome_are_told_with_the_consent_as_it_is(app, program, browser, rows):
    app.config["UNDO_SECONDS"] = 300
    start = read(program)["nextCursor"]
    person = make.Person(browser, make.codes(app)[make.PHONE])
    person.decides(MESAJ="RET")
    db.session.execute(update(Submission).values(outcome=Outcome.EXPIRED, code="H467", ended_at=clock.now()))
    db.session.commit()
    location = person.decides(MESAJ="ONAY").location
    before = read(program, start)["items"]
    browser.post(f"{location}/geri-al")
    refused, granted, taken_back = rows(Decision)

    told = read(program, start)["items"]

    assert [(each["event"], each["decision"]["id"], each["decision"]["status"]) for each in told] == [
        ("decision.made", str(refused.id), "RET"), ("iys.outcome", str(refused.id), "RET"),
        ("decision.made", str(granted.id), "ONAY"), ("decision.annulled", str(granted.id), "ONAY"),
        ("decision.made", str(taken_back.id), "RET"),
    ]  # fmt: skip
    assert told[1]["facts"] == {"outcome": "expired", "code": "H467"}
    assert {each["consent"]["status"] for each in before} == {"ONAY"}
    assert {(each["consent"]["status"], each["consent"]["decisionId"]) for each in told} == {
        ("RET", str(taken_back.id))
    }
    assert [each["sequence"] for each in told] == list(range(int(start) + 1, int(start) + 6))
    assert [each["event"] for each in read(program, start, event=["iys.outcome", "decision.annulled"])["items"]] == [
        "iys.outcome", "decision.annulled",
    ]  # fmt: skip


def test_a_key_follows_its_own_brands_and_a_stranger_nothing(app, program, provider):
    start = read(program)["nextCursor"]
    second = add_brand(provider, 700003)
    program.post(CONSENTS, refusal())
    program.post(f"{BASE}/brands/700003/consents", refusal())
    Event.record(db.session, EventType.PACKAGE_LOW, provider.id, provider_id=provider.id, at=clock.now())
    db.session.commit()
    other = make.provider(iys_code=OTHER_CODE, brand_code=OTHER_CODE, email="cem@example.com")
    limited, stranger = Program(app, make_key(provider, brands=[second])), Program(app, make_key(other))

    assert [each["brandCode"] for each in read(program, start)["items"]] == [make.BRAND_CODE, 700003, None]
    assert [each["brandCode"] for each in read(limited, start)["items"]] == [700003]
    assert read(stranger, start)["items"] == []
    assert read(limited, start)["nextCursor"] == read(stranger, start)["nextCursor"]  # They need not look there again.
    page = program.get(f"{BASE}/brands/700003/consents", query_string={"limit": 1}).json
    elsewhere = program.get(CONSENTS, query_string={"cursor": page["nextCursor"]})
    assert (elsewhere.status_code, elsewhere.json["errors"][0]["field"]) == (422, "cursor")


def test_a_brand_of_sandbox_mode_ends_with_it_and_a_damaged_address_ends_nothing(program, provider):
    start = read(program)["nextCursor"]
    second = add_brand(provider, 700003)
    program.post(CONSENTS, refusal())
    program.post(f"{BASE}/brands/700003/consents", refusal())
    second.is_sandbox, second.closed_at = True, clock.now()
    db.session.execute(update(Recipient).values(address=b"damaged"))
    db.session.commit()

    (told,) = read(program, start)["items"]

    assert told["brandCode"] == make.BRAND_CODE
    assert (told["consent"]["recipient"], told["consent"]["status"]) == (None, "RET")


def test_a_damaged_reference_hides_no_address(program):
    start = read(program)["nextCursor"]
    program.post(CONSENTS, refusal(reference="C-7"))
    db.session.execute(update(Recipient).values(reference=b"damaged"))
    db.session.commit()

    (told,) = read(program, start)["items"]

    assert (told["consent"]["recipient"], told["consent"]["reference"]) == (make.PHONE, None)


def test_a_check_is_told_with_its_counts_and_the_number_of_its_certificate(program):
    start = read(program)["nextCursor"]
    body = {"type": "MESAJ", "recipients": [make.PHONE]}
    checked = program.post(f"{BASE}/brands/{make.BRAND_CODE}/checks", body).json

    (told,) = read(program, start)["items"]

    assert (told["event"], told["decision"], told["consent"]) == ("certificate.issued", None, None)
    assert told["facts"] == {"type": "MESAJ", "may": 0, "may_not": 1, "unknown": 0}
    claims = json.loads(base64.urlsafe_b64decode(checked["certificate"].split(".")[1] + "=="))
    assert told["subjectId"] in json.dumps(claims)


def test_a_cursor_that_is_no_longer_good_says_what_to_do(program):
    answer = program.get(f"{BASE}/events", query_string={"cursor": "9" * 18})

    assert (answer.status_code, answer.json["code"]) == (410, "cursor_lost")
    assert program.get(f"{BASE}/events", query_string={"cursor": "9" * 20}).status_code == 422
    assert program.get(f"{BASE}/events", query_string={"event": "no"}).status_code == 422
