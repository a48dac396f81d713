"""Fields of a campaign's people that the API does not know: what nobody understands waits until a person has looked."""

import pytest

from portal.api.v1.people_rows import MOST_MARKS, find_doubts
from portal.core import clock
from portal.core.extensions import db
from portal.core.models import AudienceEntry, Campaign
from portal.domain import campaigns
from tests import make
from tests.portal.api.programs import Program, make_key
from tests.portal.api.test_campaigns import draft, make_links, person

CLEAR: list[dict] = [
    {"status": "RET"}, {"durum": "ret"}, {"smsIzni": False}, {"emailOptIn": 0}, {"smsIzni": "❌"},
    {"unsubscribed": True}, {"optOut": "2026-11-01"}, {"name": "Ali (RET)"}, {"notes": "Bir daha aramayın"},
    {"tags": ["vip", "sms istemiyor"]},
    {"notes": "Mağazadan alışveriş yaptı. " * 30 + "Bir daha aramayın"},
]  # fmt: skip
UNCLEAR: list[dict] = [
    *({"status": word} for word in ("нет", "Widerrufen", "رفض", "Erased", "A", "1", 0, 200, "VIP-1", "-")),
    {"optIn": False}, {"canContact": False}, {"kvkk": "hayır"}, {"iys": False}, {"preferences": {"sms": False}},
    {"permissions": []}, {"permissions": ["MESAJ", "EPOSTA"]}, {"ayrildi": True}, {"silindi": True}, {"onay": "-"},
    {"dnd": 1}, {"memberStatus": "cancelled"}, {"lifecycle": "churned"}, {"marketing_emails": "disabled"}, {"email": 0},
    {"contactKind": ["üye"]}, {"subscriptionStatus": "inactive"}, {"urunAliyor": "hayır"}, {"abonelik": "yok"},
    {"consent": "2026-11-01"}, {"subscribed": "2026-01-01"}, {"note": "x " * 90_000 + "Bir daha aramayın"}, {"x": []},
    {"name": "нет"}, {"name": "Ali ❌"}, {"name": {"ayrildi": True}}, {"ad" + " ad" * 100 + " istemiyor": "Ali"},
    {"correlationId": "iptal"}, {"correlationId": "unsub-flow"}, {"\ud800": 1},
]  # fmt: skip
HARMLESS: list[dict] = [
    {"name": "Ali", "lastName": "Yılmaz", "city": "İzmir", "birthDate": "1990-01-01", "gender": "K", "total": "12,50"},
    {"email": "ali@example.com", "phone": "0532 000 00 00", "customerId": "C-42", "createdAt": "2026-11-01T10:00:00Z"},
    {"note": "", "vip": None, "name": "-", "consent": "null"}, {"correlationId": "RET-4711"}, {"smsIzni": True},
    {"unsubscribed": False, "ret": "hayır"}, {"consentDate": "2026-11-01", "status": "aktif"},
]  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "is_barred", "is_marked"),
    [*((each, True, False) for each in CLEAR), *((each, False, True) for each in UNCLEAR),
     *((each, False, False) for each in HARMLESS)],
)  # fmt: skip
def test_a_clear_no_bars_and_a_person_looks_at_what_is_neither_clear_nor_harmless(fields, is_barred, is_marked):
    found = find_doubts([person(salesRep="") | fields], {0: None}, set())

    assert ({*found.barred} >= {make.PHONE}, bool(found.marks)) == (is_barred, is_marked)


def test_a_no_bars_the_addresses_of_its_own_row_only_and_marks_its_field_where_there_are_none():
    colleague = {"salesRep": "ali@firma.example", "salesRepEmail": "ali@firma.example", "shop": "0212 555 44 33"}
    found = find_doubts([person(status="RET", email="b@example.com") | colleague], [0], {"ali@firma.example"})
    assert found.barred == {make.PHONE, "b@example.com"}

    found = find_doubts(
        [{"customer": make.PHONE, "status": "RET"}, {"x": "0532 123 45 67 "}, 5], [0, 1, 2], {make.PHONE}
    )
    assert (found.barred, found.held, [each.text for each in found.marks]) == (
        set(), {make.PHONE}, ["customer", "status", "x"]
    )  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "barred", "marked"),
    [({"recipient": "İBRAHİM@GMAİL.COM (RET)"}, {"ibrahim@gmail.com"}, []),
     ({"recipient": "❌ ibrahim @gmail.com"}, {"ibrahim@gmail.com"}, []),
     ({"recipient": "İBRAHİM@GMAİL.COM", "contactKind": "RET"}, {"ibrahim@gmail.com"}, []),
     ({"recipient": "ibrahim@gmail,com RET"}, set(), ["recipient"]),
     ({"recipient": "❌ 0532 123 45 6"}, set(), ["recipient"]),
     ({"recipient": "RET"}, set(), ["recipient"]),
     ({"recipient": "0532 123 45 6", "contactKind": "Alışveriş ❌"}, set(), ["contactKind"]),
     ({"recipient": "0532 123 45 6", "contactDate": "22.11.2025 RET"}, set(), ["contactDate"]),
     ({"recipient": "0532 123 45 6"}, set(), [])],
)  # fmt: skip
def test_a_no_beside_a_damaged_address_bars_whom_it_may_mean_and_is_marked_where_nobody_knows(fields, barred, marked):
    found = find_doubts([person() | fields], [0], set())

    assert (found.barred, [each.text for each in found.marks]) == (barred, marked)


def test_each_field_is_marked_once_and_no_address_stands_in_its_mark():
    people = [person(note=f"görüşüldü {number}") for number in range(9)]
    names = [{f"müşteri {make.PHONE}, x{number} " + "x" * 99: 1} for number in range(MOST_MARKS)]

    marks = find_doubts([*people, *names], [], set()).marks

    assert [each.text for each in marks].count("note") == 1 and len(marks) == MOST_MARKS
    assert not any(make.PHONE[3:] in each.packed() or len(each.text) > 100 for each in marks)
    assert len(set(marks)) == MOST_MARKS  # Told apart, also where they look alike.


@pytest.mark.parametrize("fields", [{"status": "нет"}, {"canContact": False}, {"status": "A"}])
def test_the_launch_waits_for_a_person_also_where_the_row_comes_again_without_its_field(app, program, rows, fields):
    url = draft(program)
    first = program.post(f"{url}/people", {"people": [person(**fields)]}).json
    again = program.post(f"{url}/people", {"people": [person()]}).json
    missing, refused = program.get(url).json["missing"], program.post(f"{url}/launch", {})
    campaign = db.session.get_one(Campaign, int(url.rpartition("/")[2]))
    campaigns.confirm_unread(db.session, campaign, clock.now())
    db.session.commit()
    launched = program.post(f"{url}/launch", {})
    make_links(app, url)

    assert first["results"][0]["problem"]["errors"][0]["field"] in fields and again["added"] == 1
    assert ([each["code"] for each in missing], refused.status_code, refused.json["code"]) == (
        ["columns"], 409, "person_needed"
    )  # fmt: skip
    assert refused.json["page"].endswith(f"/campaigns/{campaign.id}")
    assert launched.status_code == 200 and len(program.get(f"{url}/links").json["items"]) == 1


def test_a_row_with_a_harmless_field_holds_its_person_in_that_request_alone(app, program, rows):
    url = draft(program)
    people = [person() | {"name": "Ali"}, person("0532 123 45 67"), person(make.EMAIL)]
    beside = program.post(f"{url}/people", {"people": people}).json
    assert {each.left_out for each in rows(AudienceEntry)} == {None} and rows.count(AudienceEntry) == 1
    corrected = program.post(f"{url}/people", {"people": [person()]}).json

    codes = [each["problem"] and each["problem"]["code"] for each in beside["results"]]
    assert (codes, corrected["added"]) == (["unknown_field", "refused_elsewhere", None], 1)
    assert program.post(f"{url}/launch", {}).status_code == 200


def test_what_was_not_understood_stays_so_where_the_package_has_no_room(app, program, provider, monkeypatch):
    provider.admitted_at = None
    db.session.commit()
    sandbox = Program(app, make_key(provider))
    url = draft(sandbox)
    monkeypatch.setattr("portal.domain.packages.usage.FREE", 1)
    people = [person(f"kisi{number}@example.com") for number in range(2)]
    full = sandbox.post(f"{url}/people", {"people": [*people, person(canContact=False)]})

    assert full.json["code"] == "package_full"
    assert "columns" in [each["code"] for each in sandbox.get(url).json["missing"]]
