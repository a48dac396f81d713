"""Campaigns by the API: a draft, its people through the pipeline of lists, a launch with the checks of a page."""

from collections import Counter
from datetime import timedelta

import pytest

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.models import AudienceEntry, AudienceLine, AudienceList, AuditEntry, Campaign, Delivery, User
from portal.domain.campaigns import confirm_unread
from portal.services import launches
from portal.services.imports import audience
from portal.services.launches.needs import Need
from tests import make
from tests.portal.api.programs import BASE, CONSENTS, Program, make_key, refusal

CAMPAIGNS = f"{BASE}/brands/{make.BRAND_CODE}/campaigns"
DRAFT = {"name": "Kasadan", "channels": ["MESAJ", "EPOSTA"]}
TEXT = {
    "titleTr": "Size yazalım mı?", "bodyTr": "Haberlerimizi bildirmek için izninizi soruyoruz.",
    "titleEn": "May we write to you?", "bodyEn": "We ask for your consent to send you our news.",
}  # fmt: skip


def person(recipient: str = make.PHONE, **fields) -> dict:
    return {"recipient": recipient, "contactKind": "purchase", "contactDate": f"{clock.day(clock.now())}"} | fields


def draft(program: Program, **fields) -> str:
    """The URL of a new draft."""
    answer = program.post(CAMPAIGNS, DRAFT | fields)
    assert answer.status_code == 200, answer.json
    return f"{CAMPAIGNS}/{answer.json['campaignId']}"


def with_people(program: Program, *recipients: str, **fields) -> str:
    url = draft(program, **fields)
    answer = program.post(f"{url}/people", {"people": [person(each) for each in recipients or (make.PHONE,)]})
    assert answer.status_code == 200, answer.json
    return url


def make_links(app, url: str) -> None:
    launches.run(int(url.rpartition("/")[2]), app.config["LINK_SALT"])


def test_a_campaign_is_made_filled_launched_and_its_links_are_taken(app, program, rows):
    program.post(CONSENTS, refusal(make.EMAIL))
    url = draft(program)
    people = [
        person(correlationId="crm-1"), person(make.EMAIL), person("+90 532 123 45 67"), person("0532"),
        person("+905321234568", contactKind="rastgele"), person("+905321234569", contactDate="2099-01-01"),
    ]  # fmt: skip
    brought = program.post(f"{url}/people", {"people": people})
    before = program.get(url).json
    launched = program.post(f"{url}/launch", {})
    make_links(app, url)
    shown, links = program.get(url).json, program.get(f"{url}/links").json

    assert [each["result"] for each in brought.json["results"]] == ["added", "added", "repeated", *["problem"] * 3]
    codes = [each["problem"]["code"] for each in brought.json["results"][3:]]
    assert codes == ["phone_too_short", "contact_unknown", "date_to_come"]
    assert brought.json["results"][0]["correlationId"] == "crm-1"
    assert (before["state"], before["missing"], before["audience"]["people"]) == ("draft", [], 2)
    assert (launched.status_code, launched.json["state"]) == (200, "running")
    assert shown["audience"] == {"people": 2, "links": 1, "waiting": 0, "leftOut": {"refused": 1}}
    (link,) = links["items"]
    assert link["recipient"] == make.PHONE and link["url"] in link["text"] and link["words"] in link["text"]
    assert links["nextCursor"] is None
    made, audience_list = rows.one(Campaign), rows.one(AudienceList)
    assert (made.delivery, made.prepared_by, made.launched_by) == (Delivery.CSV, None, None)
    assert (audience_list.good, audience_list.bad, rows.count(AudienceLine)) == (2, 3, 3)
    assert rows(AudienceList, AudienceList.content.is_not(None)) == []
    acts = [each.act for each in rows(AuditEntry, AuditEntry.subject == "campaign")]
    assert acts == ["campaign.opened", "audience.brought", "campaign.launched", "links.taken"]


def test_who_is_refused_by_a_list_is_not_said_to_be_added(app, program):
    url = draft(program)
    campaign = db.session.get_one(Campaign, int(url.rpartition("/")[2]))
    found = audience.read_address_list(f"Telefon;SMS izni\n{make.PHONE};Hayır\n")
    audience.add_list(db.session, vault(), campaign, found, None, clock.now())

    answer = program.post(f"{url}/people", {"people": [person(), person(make.EMAIL)]}).json

    first, second = answer["results"]
    assert (first["result"], first["problem"]["code"], second["result"]) == ("problem", "refused_elsewhere", "added")
    assert (answer["added"], answer["problems"]) == (1, 1)


def test_what_is_no_person_refuses_its_row_only_and_a_field_beside_the_list_all_of_it(app, program, rows):
    url = draft(program)
    unknown = person(phone="0532 111 22 33", correlationId="crm-2")
    people = [person(correlationId=7), None, unknown, person(make.EMAIL), person("0532")]
    alone = program.post(f"{url}/people", {"people": people[:3]})
    brought = program.post(f"{url}/people", {"people": people})
    beside = program.post(f"{url}/people", {"people": [person()], "brand": 1})

    told = [each["problem"] for each in brought.json["results"]]
    assert [each and each["code"] for each in told] == [
        "field_invalid", "not_object", "unknown_field", None, "phone_too_short"
    ]  # fmt: skip
    assert [each["errors"][0]["field"] for each in (told[0], told[2])] == ["correlationId", "phone"]
    assert brought.json["results"][2]["correlationId"] == "crm-2"
    assert (brought.json["added"], brought.json["problems"], alone.json["problems"]) == (1, 4, 3)
    assert (rows.one(AudienceList).good, rows.count(AudienceEntry)) == (1, 1)
    assert (beside.status_code, beside.json["errors"][0]["field"]) == (422, "brand")


@pytest.mark.parametrize("is_reversed", [False, True])
def test_whom_a_row_may_refuse_is_asked_by_no_row_of_the_campaign(app, program, rows, is_reversed):
    """Whatever else is wrong with that row, whichever comes first, and in a request of its own."""
    odd: list[dict] = [
        {"status": "RET"}, {"smsIzni": "Hayır"}, {"contactKind": "SMS istemiyor"}, {"contactDate": "RET 2026-11-01"},
        {"recipient": "0532 000 00 04 (RET)"}, {"recipient": "❌ 0532 000 00 05"}, {"correlationId": "RET - aramayın"},
        {"optIn": False}, {"ayrildi": True}, {"preferences": {"sms": False}}, {"lifecycle": "churned"}, {"name": "Ali"},
    ]  # fmt: skip
    numbers = [f"+9053200000{place:02}" for place in range(len(odd) + 3)]
    *refused, corrected, later, earlier = numbers
    bad = [person(number) | fields for number, fields in zip(refused, odd, strict=True)]
    people = [
        person(later),
        *map(person, refused),
        *bad,
        person(corrected, reference="C-7", status="VIP", isVip=False, orders=0, ayrildi=False),
    ]
    url = draft(program)
    before = program.post(f"{url}/people", {"people": [person(earlier) | {"status": "RET"}]}).json
    answer = program.post(f"{url}/people", {"people": people[::-1] if is_reversed else people}).json
    after = program.post(f"{url}/people", {"people": [person(earlier), person(corrected), person(make.EMAIL)]}).json
    said = program.post(f"{url}/people", {"people": [person(later, smsOnayı=False)]}).json
    confirm_unread(db.session, db.session.get_one(Campaign, int(url.rpartition("/")[2])), clock.now())
    db.session.commit()
    program.post(f"{url}/launch", {})
    make_links(app, url)

    assert [each["result"] for each in answer["results"]].count("added") == answer["added"] == 1
    codes = Counter(each["problem"]["code"] for each in answer["results"] if each["problem"])
    assert codes == {
        "refused_elsewhere": len(refused) + 1, "unknown_field": 8, "contact_unknown": 1, "contact_date_invalid": 1,
        "phone_character": 2,
    }  # fmt: skip
    assert [each["problem"] and each["problem"]["code"] for each in after["results"]] == [
        "refused_elsewhere", None, None
    ]  # fmt: skip
    assert [before["problems"], said["problems"]] == [1, 1]
    assert {each["recipient"] for each in program.get(f"{url}/links").json["items"]} == {corrected, make.EMAIL}


def test_each_write_is_done_once(program, rows):
    for _ in range(2):
        url = f"{CAMPAIGNS}/{program.post(CAMPAIGNS, DRAFT, idempotency_key='open-it-1').json['campaignId']}"
    for _ in range(2):
        program.post(f"{url}/people", {"people": [person()]}, idempotency_key="bring-it-1")
    other = program.post(f"{url}/people", {"people": [person(make.EMAIL)]}, idempotency_key="bring-it-1")
    answers = [program.post(f"{url}/launch", {}, idempotency_key="launch-it-1") for _ in range(2)]
    again, late = program.post(f"{url}/launch", {}), program.post(f"{url}/people", {"people": [person(make.EMAIL)]})

    assert other.json["code"] == "idempotency_key_reused"
    assert (rows.count(Campaign), rows.count(AudienceList), rows.count(AudienceEntry)) == (1, 1, 1)
    assert [each.status_code for each in answers] == [200, 200] and answers[0].json == answers[1].json
    assert (again.status_code, again.json["code"], late.json["code"]) == (409, "wrong_state", "wrong_state")


def test_what_a_page_would_ask_of_a_person_no_program_answers(program, provider, rows):
    unready = program.post(f"{draft(program)}/launch", {})
    promotion = program.post(CAMPAIGNS, DRAFT | {"text": TEXT | {"bodyTr": "Yüzde 20 indirim için izin verin."}})
    link = program.post(CAMPAIGNS, DRAFT | {"text": TEXT | {"bodyTr": "Ayrıntı: www.example.net"}})
    notice = program.post(CAMPAIGNS, DRAFT | {"text": TEXT | {"noticeUrl": "https://evil.example/x"}})
    own = with_people(program, text=TEXT)
    waiting = program.post(f"{own}/launch", {})
    provider.needs_two_people = True
    db.session.commit()
    alone = program.post(f"{with_people(program)}/launch", {})

    assert (unready.status_code, unready.json["code"]) == (409, "not_ready")
    assert [each["code"] for each in unready.json["errors"]] == ["audience", "contact"]
    assert (promotion.status_code, promotion.json["code"]) == (409, "person_needed")
    assert promotion.json["page"].endswith("/campaigns/new")
    assert [each["field"] for each in (*link.json["errors"], *notice.json["errors"])] == [
        "text.bodyTr",
        "text.noticeUrl",
    ]
    assert [each["code"] for each in waiting.json["errors"]] == ["review"]
    assert (alone.json["code"], [each["code"] for each in alone.json["errors"]]) == ("person_needed", ["two_people"])
    assert f"/campaigns/{rows(Campaign)[-1].id}" in alone.json["page"]
    assert not any(each.launched_at for each in rows(Campaign))


def test_what_a_program_prepared_its_keys_maker_does_not_launch_alone(program, provider, rows):
    maker = db.session.query(User).one().id
    provider.needs_two_people = True
    db.session.commit()
    with_people(program)

    checks = {by: launches.check_launch(db.session, rows(Campaign)[0], by=by, at=clock.now()) for by in (maker, 2)}

    met = {by: next(each.is_met for each in found if each.need == Need.TWO_PEOPLE) for by, found in checks.items()}
    assert met == {maker: False, 2: True}


def test_nothing_new_begins_for_who_is_suspended_and_new_people_need_room(app, program, provider, rows):
    url = draft(program)
    admitted_at, provider.admitted_at = provider.admitted_at, None
    db.session.commit()
    sandbox = Program(app, make_key(provider))
    crowd = [person(f"kisi{number}@example.com") for number in range(1001)]
    full = sandbox.post(f"{draft(sandbox)}/people", {"people": crowd})
    trial = sandbox.post(CAMPAIGNS, DRAFT | {"text": TEXT})
    provider.admitted_at, provider.suspended_at = admitted_at, clock.now() - timedelta(hours=1)
    db.session.commit()

    assert (full.status_code, full.json["code"], rows.count(AudienceEntry)) == (403, "package_full", 0)
    assert trial.json["missing"][0]["code"] == "audience"  # Its own text is not shown to anybody.
    assert program.post(CAMPAIGNS, DRAFT).json["code"] == "scope_missing"
    assert program.post(f"{url}/launch", {}).json["code"] == "scope_missing"
    assert program.get(url).json["state"] == "draft"


def test_a_campaign_is_seen_by_its_own_brand_only(app, program):
    url = with_people(program)
    other = make.provider(iys_code=700002, brand_code=700002, email="cem@example.com")
    stranger, number = Program(app, make_key(other)), url.rpartition("/")[2]
    own = f"{BASE}/brands/700002/campaigns"

    for path in (f"{own}/{number}", f"{own}/{number}/links", f"{own}/x"):
        assert stranger.get(path).json["code"] == "not_found"
    for act in ("people", "launch"):
        body = {"people": [person()]} if act == "people" else {}
        assert stranger.post(f"{own}/{number}/{act}", body).json["code"] == "not_found"
    assert stranger.get(own).json == {"items": [], "nextCursor": None}
    page = program.get(f"{CAMPAIGNS}?limit=1").json
    assert [each["campaignId"] for each in page["items"]] == [number] and page["nextCursor"] is None
