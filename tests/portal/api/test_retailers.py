"""Retailers through the API at a sandbox: once each, whatever is lost, and what İYS refuses. The usual walk is run as
the documentation's examples."""

from collections.abc import Iterator

import pytest

from portal.core.extensions import db
from portal.core.models import ApiRequest, AuditEntry, Brand, Provider
from portal.domain.providers import sandbox_mode
from tests import make
from tests.portal.api.programs import BASE, CONSENTS, Program, grant, make_key, reach_iys

RETAILERS = f"{BASE}/brands/{make.BRAND_CODE}/retailers"
SHOP = {
    "title": "XYZ Ticaret", "name": "Fatma Çelik", "tckn": "57703411244", "tin": "1234567890",
    "city": {"code": "34", "name": "İstanbul"}, "town": {"code": "01", "name": "Kadıköy"},
}  # fmt: skip
OTHER = SHOP | {"tckn": "20000000046", "title": "Başka Bayi"}
CONSENT = {"recipient": make.PHONE, "type": "MESAJ"}


@pytest.fixture
def program(app, sandbox) -> Iterator[Program]:
    with app.app_context():
        provider = make.provider()
        reach_iys(app, sandbox)
        yield Program(app, make_key(provider))


def told(answer) -> tuple[int, str, str | None, bool]:
    return answer.status_code, answer.json["code"], answer.json["iysCode"], answer.json["retryable"]


def test_a_retailer_whose_answer_was_lost_is_found_and_not_added_again(program, sandbox, rows):
    sandbox.fault("retailer_add", "reset-after-apply", count=1)
    found_at_once = program.post(RETAILERS, SHOP)
    sandbox.fault("retailer_add", "500-after-apply", count=1)
    sandbox.fault("retailers", "reset", count=1)

    lost = program.post(RETAILERS, OTHER, idempotency_key="second-shop")
    kept = rows.count(ApiRequest)
    again = [program.post(RETAILERS, OTHER, idempotency_key="second-shop") for _ in range(2)]

    assert (told(lost), kept) == ((503, "iys_unavailable", None, True), 1)
    assert found_at_once.status_code == 200 and [each.json for each in again] == [again[0].json] * 2
    first, second = program.get(RETAILERS).json["items"]
    assert [found_at_once.json["retailerCode"], again[0].json["retailerCode"]] == [
        first["retailerCode"], second["retailerCode"],
    ]  # fmt: skip
    assert [each.facts["code"] for each in rows(AuditEntry, AuditEntry.act == "retailer.added")] == [
        first["retailerCode"], second["retailerCode"],
    ]  # fmt: skip


def test_a_removal_whose_answer_was_lost_is_looked_up(program, sandbox):
    code = program.post(RETAILERS, SHOP).json["retailerCode"]
    sandbox.fault("retailer_remove", "reset", count=1)
    lost = program.open("DELETE", f"{RETAILERS}/{code}")
    sandbox.fault("retailer_remove", "reset-after-apply", count=1)

    assert told(lost) == (503, "iys_unavailable", None, True)
    assert program.open("DELETE", f"{RETAILERS}/{code}").json == {"retailerCode": code}
    # As after a process that was killed between İYS's answer and its own commit.
    assert program.open("DELETE", f"{RETAILERS}/{code}").json == {"retailerCode": code}
    assert program.get(f"{RETAILERS}/{code}").status_code == 404


@pytest.mark.parametrize("named", [{"retailerCode": 58954386}, {"retailerAccess": [58954385, 58954386]}])
def test_a_retailer_named_by_a_consent_on_its_way_is_not_removed(program, sandbox, named):
    assert program.post(CONSENTS, grant(**named)).json["written"] == 1

    removed = program.open("DELETE", f"{RETAILERS}/58954386")

    assert told(removed) == (409, "retailer_in_use", "H061", False)
    assert sandbox.ledger()["requests"]["retailer_remove"] == 0


def test_what_is_wrong_is_named_before_iys_is_asked(program, sandbox):
    wrong = {"tckn": "5770341124", "mobile": "0532", "status": "open", "city": {"code": "", "name": "X", "plate": 1}}

    shape = program.post(RETAILERS, SHOP | wrong)
    rules = program.post(RETAILERS, SHOP | {"tckn": "5770341124", "city": {"code": "", "name": "X"}, "mersis": "1"})

    assert {each["field"] for each in shape.json["errors"]} == {"city.plate", "status"}
    assert [(each["field"], each["code"]) for each in rules.json["errors"]] == [
        ("tckn", "H226"), ("mersis", "H228"), ("city.code", "H218"),
    ]  # fmt: skip
    assert sandbox.ledger()["requests"]["retailer_add"] == 0


def test_what_iys_refuses_is_told_with_its_code_and_keeps_nothing(program, sandbox, rows):
    code = program.post(RETAILERS, SHOP).json["retailerCode"]
    kept = rows.count(ApiRequest) + 2  # Of the repeated one, and of the grant.

    shouted = program.post(RETAILERS, SHOP | {"title": "XYZ TİCARET", "town": {"code": "1", "name": "Kadıköy"}})
    same_person = program.post(RETAILERS, SHOP | {"title": "Başka Bayi"})
    corrected = program.post(RETAILERS, SHOP | {"town": {"code": "429", "name": "Kadıköy"}})
    unknown = program.post(f"{RETAILERS}/access", CONSENT | {"retailerAccess": [code, 12345678]})
    no_consent = program.post(f"{RETAILERS}/access", CONSENT | {"type": "ARAMA", "retailerAccess": [code]})
    program.post(CONSENTS, grant(make.EMAIL))
    granted = program.post(f"{RETAILERS}/access", {"recipient": make.EMAIL, "type": "EPOSTA", "retailerAccess": [code]})
    sandbox.fault("retailers", "H520", count=1)
    paused = program.get(RETAILERS)

    assert shouted.json == {"retailerCode": code}
    assert told(same_person) == told(corrected) == (422, "iys_refused", "H231", False)
    assert [each["field"] for each in same_person.json["errors"]] == ["tckn"]
    assert told(unknown) == (422, "iys_refused", "H180", False)
    assert told(no_consent) == (422, "iys_refused", "H401", False)
    assert told(granted) == (422, "iys_refused", "H401", True)  # Its grant is on its way.
    assert told(paused) == (503, "iys_unavailable", "H520", True)
    assert rows.count(ApiRequest) == kept


def test_the_retailers_of_a_consent_are_replaced_and_an_empty_list_takes_all(program):
    codes = [program.post(RETAILERS, body).json["retailerCode"] for body in (SHOP, OTHER)]
    seen = []
    for given in (codes, codes[1:], []):
        answer = program.open("PUT", f"{RETAILERS}/access", json=CONSENT | {"retailerAccess": given})
        assert (answer.status_code, answer.json) == (200, {"retailerAccess": given})
        seen.append(program.post(f"{RETAILERS}/access/query", CONSENT).json["items"])
    unknown = program.open("PUT", f"{RETAILERS}/access", json=CONSENT | {"retailerAccess": [12345678]})

    assert [[each["retailerCode"] for each in its] for its in seen] == [codes, codes[1:], []]
    assert told(unknown) == (422, "iys_refused", "H180", False)


def test_retailers_come_in_pages(program):
    codes = [program.post(RETAILERS, body).json["retailerCode"] for body in (SHOP, OTHER)]
    program.post(f"{RETAILERS}/access", CONSENT | {"retailerAccess": codes})

    first = program.get(f"{RETAILERS}?limit=1").json
    second = program.get(f"{RETAILERS}?limit=1&cursor={first['nextCursor']}").json
    assert program.post(f"{RETAILERS}/access/query", CONSENT | {"cursor": None}).status_code == 200
    of_consent = program.post(f"{RETAILERS}/access/query", CONSENT | {"limit": 1, "cursor": "1"}).json

    assert [each["items"][0]["retailerCode"] for each in (first, second, of_consent)] == [*codes, codes[1]]
    assert (first["total"], second["nextCursor"], of_consent["nextCursor"]) == (2, None, None)


def test_towns_of_a_provider_in_sandbox_mode_are_not_asked_of_iys(app, program, sandbox):
    code = sandbox_mode.CODES[5]
    provider, brand = db.session.query(Provider).one(), db.session.query(Brand).one()
    provider.iys_code = brand.brand_code = code
    db.session.commit()
    app.config["SANDBOX_URL"] = None

    assert told(program.get(f"{BASE}/brands/{code}/retailers/towns"))[0] == 503
    assert sandbox.ledger()["requests"]["towns"] == 0


def test_a_brand_that_iys_is_not_told_of_has_no_retailers(program, sandbox):
    code = sandbox_mode.EXEMPT_CODES[0]
    provider, brand = db.session.query(Provider).one(), db.session.query(Brand).one()
    provider.iys_code = brand.brand_code = code
    db.session.commit()

    assert program.get(f"{BASE}/brands/{code}/retailers").status_code == 404
    assert sandbox.ledger()["requests"]["retailers"] == 0
