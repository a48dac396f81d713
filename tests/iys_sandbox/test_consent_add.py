"""A consent is stored, or refused with İYS's exact texts."""

import itertools
import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from iys_sandbox import create_sandbox
from portal.core import iys_protocol
from portal.core.iys_protocol import CODES
from tests.iys_sandbox.callers import ACCOUNT, ADD, ADD_V1, GRANT, REFUSAL, Provider, codes


def test_a_grant_is_stored_and_answered(provider):
    answer = provider.adds(GRANT)

    assert answer.status_code == 200
    assert answer.json["creationDate"] == "2026-11-24 12:00:00"
    assert len(answer.json["transactionId"]) == 64
    assert provider.movements() == [{"seq": 1, "iysCode": 700100, "brandCode": 700100} | GRANT | answer.json]


def test_a_frozen_payload_of_ours_is_stored(provider, clock):
    payload = iys_protocol.freeze_payload(
        recipient="ayse@example.com",
        channel=iys_protocol.Channel.EMAIL,
        recipient_type=iys_protocol.RecipientType.INDIVIDUAL,
        status=iys_protocol.Status.GRANTED,
        source=iys_protocol.Source.WEB,
        consent_date=clock.now,
    )

    assert provider.adds(payload).status_code == 200


def test_field_problems_come_all_at_once_with_location_and_value(provider):
    answer = provider.adds({"recipient": "0532", "type": "MESAJ", "status": "EVET", "source": "HS_WEB"})

    assert answer.status_code == 422
    assert [(e["code"], e["location"], e.get("value")) for e in answer.json["errors"]] == [
        ("H121", ["recipient"], "0532"),
        ("H115", ["status"], "EVET"),
        ("H112", ["consentDate"], None),
    ]
    assert provider.movements() == []


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000])
def test_a_body_that_is_no_json_is_h014(provider, body):
    answer = provider.adds(body)

    assert (answer.status_code, codes(answer)) == (400, ["H014"])


@pytest.mark.parametrize(("body", "code"), [([GRANT], "H085"), (GRANT | {"retailerCode": ""}, "H267")])
def test_a_request_wrong_as_a_whole_is_a_400(provider, body, code):
    answer = provider.adds(body)

    assert (answer.status_code, codes(answer)) == (400, [code])


@pytest.mark.parametrize(
    ("path", "status", "code", "message"),
    [
        ("/v2/sps/1/brands/700100/consents", 403, "H353", "iysCode, kullanıcı izinleriyle eşleştirilemiyor"),
        ("/v2/sps/700100/brands/1/consents", 403, "H353", "brandCode, kullanıcı izinleriyle eşleştirilemiyor"),
        ("/v2/sps/x/brands/700100/consents", 422, "H190", "iysCode integer bir değer olmalıdır."),
        ("/v2/sps/700100/brands/1.5/consents", 422, "H191", "brandCode integer bir değer olmalıdır."),
        (f"/v2/sps/700100/brands/{'9' * 5000}/consents", 422, "H191", "brandCode integer bir değer olmalıdır."),
    ],
)
def test_the_codes_of_somebody_else_are_refused(provider, path, status, code, message):
    answer = provider.adds(GRANT, path)

    assert answer.status_code == status
    assert (answer.json["errors"][0]["code"], answer.json["errors"][0]["message"]) == (code, message)


def test_each_brand_has_records_of_its_own(provider):
    provider.adds(GRANT)

    assert codes(provider.adds(REFUSAL, iys_protocol.add_path(700100, 700101))) == ["H175"]
    assert provider.adds(GRANT, iys_protocol.add_path(700100, 700101)).status_code == 200


@pytest.mark.parametrize(
    ("recipient", "expected"),
    [
        ({"recipient": "+905000000112"}, ["H112"]),
        ({"recipient": "h490@sandbox.example", "type": "EPOSTA"}, []),  # No code of İYS's.
        ({"recipient": "h479@sandbox.example.tr", "type": "EPOSTA"}, []),
        ({"recipient": "h178@sandbox.example", "type": "EPOSTA"}, ["H178"]),
    ],
)
def test_an_address_that_a_code_stands_in_is_answered_with_it(provider, recipient, expected):
    answer = provider.adds(GRANT | recipient)

    assert answer.status_code == (CODES[expected[0]].http if expected else 200)
    assert [each["code"] for each in answer.json.get("errors", [])] == expected


def refused(provider, body, path=ADD):
    answer = provider.adds(body, path)
    return answer.status_code, [(error["code"], error["message"]) for error in answer.json["errors"]]


def test_a_first_refusal_is_h175(provider):
    assert refused(provider, REFUSAL) == (
        400,
        [("H175", "İlk defa kaydedilen bir iznin durum (status) bilgisi RET olmamalıdır.")],
    )


def test_a_providers_own_refusal_cannot_come_first(provider):
    assert codes(provider.adds(REFUSAL | {"source": "HS_KARAR"})) == ["H486"]


def test_a_second_refusal_is_h174(provider):
    provider.adds(GRANT)
    provider.adds(REFUSAL)

    assert refused(provider, REFUSAL | {"consentDate": "2026-11-24 11:45:00"}) == (
        400,
        [("H174", "İzin durumu (status) güncellemesi için farklı bir durum girilmelidir. İzin durumu: RET")],
    )


@pytest.mark.parametrize("consent_date", ["2026-11-24 11:00:00", "2026-11-24 10:59:59"])
def test_a_movement_not_newer_than_the_stored_one_is_h178(provider, consent_date):
    provider.adds(GRANT)

    assert refused(provider, REFUSAL | {"consentDate": consent_date}) == (
        400,
        [("H178", "Sistemdeki iznin tarihinden önceki tarihli izinlerle güncelleme yapılamaz.")],
    )


def test_a_newer_grant_over_a_grant_is_a_movement(provider, clock):
    first = provider.adds(GRANT)
    clock.forward(seconds=1)
    second = provider.adds(GRANT | {"consentDate": "2026-11-24 11:00:01"})

    assert second.status_code == 200
    assert second.json["transactionId"] != first.json["transactionId"]
    assert len(provider.movements()) == 2


def test_grant_refusal_and_grant_again_are_three_movements(provider):
    for body in (GRANT, REFUSAL, GRANT | {"consentDate": "2026-11-24 11:31:00"}):
        assert provider.adds(body).status_code == 200

    assert [movement["status"] for movement in provider.movements()] == ["ONAY", "RET", "ONAY"]


def test_a_merchant_and_a_person_at_one_address_are_two_records(provider):
    provider.adds(GRANT)

    assert codes(provider.adds(REFUSAL | {"recipientType": "TACIR"})) == ["H175"]


def test_a_merchant_begins_without_date_and_source_but_goes_on_with_both(provider):
    bare = {"recipient": "+905321234567", "type": "MESAJ", "status": "ONAY", "recipientType": "TACIR"}

    assert provider.adds(bare).status_code == 200
    assert provider.movements()[0]["consentDate"] is None
    assert refused(provider, bare, ADD_V1) == (
        400,
        [
            ("H462", "TACIR izinleri güncellenirken izin tarihi (consentDate) verilmelidir."),
            ("H463", "TACIR izinleri güncellenirken izin kaynağı (source) verilmelidir."),
        ],
    )
    assert provider.adds(REFUSAL | {"recipientType": "TACIR"}).status_code == 200


def test_a_consent_too_old_is_h467_among_the_field_problems(provider):
    answer = provider.adds(GRANT | {"consentDate": "2026-11-10 11:00:00"})

    assert answer.status_code == 422
    assert answer.json == {
        "errors": [
            {
                "code": "H467",
                "location": ["consentDate"],
                "value": "2026-11-10 11:00:00",
                "message": "Üç iş günü öncesinde alınan izinler kaydedilemez.",
            }
        ]
    }


def test_h467_can_be_told_last_and_as_a_400(file, clock):
    app = create_sandbox(file, clock=clock, expiry_status=400)
    app.extensions["sandbox"].store.add_account(**ACCOUNT)
    provider = Provider(app)
    old = {"consentDate": "2026-11-10 11:00:00"}

    assert codes(provider.adds(REFUSAL | old)) == ["H175"]
    assert refused(provider, GRANT | old) == (400, [("H467", "Üç iş günü öncesinde alınan izinler kaydedilemez.")])
    assert provider.movements() == []


def test_emails_are_stored_in_lower_case(provider):
    provider.adds(GRANT | {"type": "EPOSTA", "recipient": "ayse@example.com"})

    assert provider.movements()[0]["recipient"] == "ayse@example.com"


def test_the_same_request_again_gets_the_same_answer_at_v2(provider, clock):
    first = provider.adds(GRANT)
    provider.adds(REFUSAL)
    clock.forward(minutes=5)

    assert provider.adds(GRANT).json == first.json
    assert len(provider.movements()) == 2


def test_the_same_consent_in_other_bytes_is_another_request(provider):
    provider.adds(json.dumps(GRANT))

    assert codes(provider.adds(json.dumps(GRANT, indent=1))) == ["H178"]


def test_the_same_bytes_for_another_brand_are_another_request(provider):
    provider.adds(GRANT)
    provider.adds(GRANT, iys_protocol.add_path(700100, 700101))

    assert [movement["brandCode"] for movement in provider.movements()] == [700100, 700101]


def test_a_refused_request_is_judged_anew(provider):
    assert codes(provider.adds(REFUSAL)) == ["H175"]
    provider.adds(GRANT)

    assert provider.adds(REFUSAL).status_code == 200


def test_the_same_request_again_meets_the_rules_at_v1(provider):
    assert provider.adds(GRANT, ADD_V1).status_code == 200
    assert codes(provider.adds(GRANT, ADD_V1)) == ["H178"]
    assert provider.adds(REFUSAL, ADD_V1).status_code == 200
    assert codes(provider.adds(REFUSAL, ADD_V1)) == ["H174"]


def test_two_movements_of_one_key_in_one_second_share_a_transaction(provider, clock):
    first = provider.adds(GRANT)
    same_second = provider.adds(REFUSAL)
    clock.forward(seconds=1)
    later = provider.adds(GRANT | {"consentDate": "2026-11-24 11:45:00"})

    assert first.json["transactionId"] == same_second.json["transactionId"] != later.json["transactionId"]


def test_records_and_answers_survive_a_restart(provider, file, clock):
    first = provider.adds(GRANT)
    again = Provider(create_sandbox(file, clock=clock))
    clock.forward(minutes=1)

    assert again.adds(GRANT).json == first.json
    assert codes(again.adds(GRANT | {"consentDate": "2026-11-24 10:00:00"})) == ["H178"]
    assert again.adds(REFUSAL).status_code == 200


def test_eight_threads_at_one_key_keep_the_rules(app):
    def bodies(thread):
        for minute in range(12):
            status = "ONAY" if (minute + thread) % 2 else "RET"
            yield GRANT | {"status": status, "consentDate": f"2026-11-24 11:{minute:02}:{thread:02}"}

    def work(thread):
        provider = Provider(app)
        return [provider.adds(body).status_code for body in bodies(thread)]

    with ThreadPoolExecutor(8) as threads:
        answers = [status for statuses in threads.map(work, range(8)) for status in statuses]

    stored = Provider(app).movements()
    dates = [movement["consentDate"] for movement in stored]
    pairs = list(itertools.pairwise(stored))
    assert set(answers) <= {200, 400}
    assert answers.count(200) == len(stored) > 1
    assert stored[0]["status"] == "ONAY"
    assert dates == sorted(set(dates))
    assert not any(earlier["status"] == later["status"] == "RET" for earlier, later in pairs)


def test_eight_threads_with_one_request_make_one_movement(app):
    def work(_):
        return Provider(app).adds(GRANT).json["transactionId"]

    with ThreadPoolExecutor(8) as threads:
        transactions = set(threads.map(work, range(16)))

    assert len(transactions) == 1
    assert len(Provider(app).movements()) == 1
