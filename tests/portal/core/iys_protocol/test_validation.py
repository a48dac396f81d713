"""İYS's field rules, each broken once."""

from datetime import UTC, datetime, timedelta

import pytest

from portal.core import iys_protocol
from portal.core.iys_protocol import MISSING

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)  # A Tuesday, 12:00 in Turkey.
GOOD = {
    "recipient": "+905321234567",
    "type": "MESAJ",
    "source": "HS_WEB",
    "status": "ONAY",
    "consentDate": "2026-11-24 11:59:00",
    "recipientType": "BIREYSEL",
}


def codes(body, now=NOW):
    return [problem.code for problem in iys_protocol.validate_consent(body, now=now)]


def without(*fields):
    return {field: value for field, value in GOOD.items() if field not in fields}


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"type": "ARAMA", "recipient": "+902121234567"},
        {"type": "EPOSTA", "recipient": "ayse@example.com"},
        {"status": "RET", "source": "HS_KARAR"},
        {"recipientType": "TACIR", "consentDate": "2020-01-01 00:00:00"},
        {"source": "HS_2015", "consentDate": "2015-05-01 00:00:00"},
        {"retailerAccess": [12345678]},
        {"consentDate": "2026-11-24 12:00:00"},
    ],
)
def test_a_good_consent_has_no_problem(change):
    assert codes(GOOD | change) == []


def test_recipient_type_may_be_left_out():
    assert codes(without("recipientType")) == []


def test_a_merchant_may_leave_out_date_and_source():
    assert codes(without("consentDate", "source") | {"recipientType": "TACIR"}) == []


@pytest.mark.parametrize(
    ("field", "code"),
    [("status", "H110"), ("type", "H111"), ("consentDate", "H112"), ("source", "H113"), ("recipient", "H114")],
)
def test_a_missing_field_is_named_without_a_value(field, code):
    assert iys_protocol.validate_consent(without(field), now=NOW) == [(code, [field], MISSING, "")]


@pytest.mark.parametrize("wrong", ["onay", "BEKLIYOR", "", None, 1, ["ONAY"], {}])
@pytest.mark.parametrize(
    ("field", "code"), [("status", "H115"), ("recipientType", "H116"), ("type", "H117"), ("source", "H119")]
)
def test_a_word_iys_does_not_know_is_told_with_its_value(field, code, wrong):
    assert (code, [field], wrong, "") in iys_protocol.validate_consent(GOOD | {field: wrong}, now=NOW)


def test_a_source_of_iys_itself_is_refused():
    assert codes(GOOD | {"source": "IYS_WEB"}) == ["H119"]


def test_every_unknown_key_is_named():
    found = iys_protocol.validate_consent(GOOD | {"name": "Ayşe", "note": None}, now=NOW)

    assert found == [("H118", ["name"], "Ayşe", ""), ("H118", ["note"], None, "")]


@pytest.mark.parametrize(
    ("channel", "recipient", "expected"),
    [
        ("MESAJ", "05321234567", ["H121"]),
        ("MESAJ", "+90532", ["H121"]),
        ("ARAMA", None, ["H121"]),
        ("ARAMA", ["+905321234567"], ["H121"]),
        ("MESAJ", "9055436100000000", ["H160", "H121"]),
        ("MESAJ", "ayse@example.com", ["H121", "H464"]),
        ("EPOSTA", "örnek@mail.com", ["H120"]),
        ("EPOSTA", "", ["H120"]),
        ("EPOSTA", "+905321234567", ["H120", "H464"]),
    ],
)
def test_an_address_must_fit_its_channel(channel, recipient, expected):
    assert codes(GOOD | {"type": channel, "recipient": recipient}) == expected


def test_fifteen_characters_are_not_too_long_for_a_phone_number():
    assert codes(GOOD | {"recipient": "+99999999999999"}) == ["H121"], "no number of any country, but not too long"
    assert codes(GOOD | {"recipient": "+999999999999999"}) == ["H160", "H121"]


@pytest.mark.parametrize(
    ("channel", "recipient", "problems"),
    [
        ("MESAJ", "9055436100000000", ["H160", "H121"]),
        ("MESAJ", "ayse@example.com", ["H121", "H464"]),
        ("EPOSTA", "+905321234567", ["H120", "H464"]),
        ("FAKS", "Ayşe", ["H122"]),
    ],
)
def test_a_wrong_address_is_told_with_its_place_and_value(channel, recipient, problems):
    found = list(iys_protocol.validate_address(recipient, channel, ["recipients", 3]))

    assert [(each.code, each.location, each.value) for each in found] == [
        (code, ["recipients", 3], recipient) for code in problems
    ]


def test_an_address_of_the_other_kind_is_explained_for_its_channel():
    found = iys_protocol.validate_consent(GOOD | {"type": "EPOSTA", "recipient": "+905321234567"}, now=NOW)

    assert found[-1].message == "İzin tipi (type) EPOSTA için, alıcı (recipient) e-posta formatında olmalıdır."


def test_without_a_channel_an_address_must_be_one_of_both_kinds():
    assert codes(without("type") | {"recipient": "Ayşe"}) == ["H122", "H111"]
    assert codes(without("type") | {"recipient": "ayse@example.com"}) == ["H111"]


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("24.11.2026 11:59", ["H158"]),
        ("2026-11-24T11:59:00", ["H158"]),
        ("2026-11-24 11:59:00 ", ["H158"]),
        ("", ["H158"]),
        (None, ["H158"]),
        (1700000000, ["H158"]),
        ("2026-15-24 11:59:00", ["H157"]),
        ("2026-02-30 11:59:00", ["H157"]),
        ("0001-01-01 00:00:00", ["H157"]),
        ("2015-04-30 23:59:59", ["H156"]),
        ("2026-11-24 12:00:01", ["H162"]),
        ("2026-11-16 12:00:00", ["H467"]),
    ],
)
def test_a_date_must_be_real_and_recent(date, expected):
    assert codes(GOOD | {"consentDate": date}) == expected


def test_the_source_before_2015_has_one_date_only():
    assert codes(GOOD | {"source": "HS_2015"}) == ["H155"]
    assert codes(GOOD | {"source": "HS_2015", "consentDate": "2015-04-30 00:00:00"}) == ["H156", "H155"]


def test_a_consent_expires_after_the_end_of_its_third_working_day():
    friday = GOOD | {"consentDate": "2026-11-20 18:00:00"}
    end_of_wednesday = datetime(2026, 11, 25, 20, 59, 59, tzinfo=UTC)

    assert codes(friday, now=end_of_wednesday) == []
    assert codes(friday, now=end_of_wednesday + timedelta(seconds=1)) == ["H467"]


def test_a_providers_own_decision_can_only_refuse():
    found = iys_protocol.validate_consent(GOOD | {"source": "HS_KARAR"}, now=NOW)

    assert found == [("H408", ["status"], "ONAY", "")]


@pytest.mark.parametrize(
    ("retailers", "expected"), [([], ["H163"]), (None, ["H163"]), ("x", ["H163"]), (list(range(101)), ["H126"])]
)
def test_retailers_are_a_list_of_one_to_a_hundred(retailers, expected):
    assert codes(GOOD | {"retailerAccess": retailers}) == expected


def test_a_hundred_retailers_are_not_too_many():
    assert codes(GOOD | {"retailerAccess": list(range(100))}) == []


@pytest.mark.parametrize(
    ("field", "value"), [("consentDate", "24.11.2026"), ("retailerAccess", []), ("retailerAccess", list(range(101)))]
)
def test_a_wrong_date_or_list_is_told_with_its_place_and_value(field, value):
    (problem,) = iys_protocol.validate_consent(GOOD | {field: value}, now=NOW)

    assert (problem.location, problem.value) == ([field], value)


def test_all_problems_come_at_once():
    assert codes({"extra": 1, "status": "EVET"}) == ["H118", "H114", "H111", "H115", "H113", "H112"]


@pytest.mark.parametrize("body", [None, [], [GOOD], "x", 1])
def test_what_is_not_one_consent_is_refused_whole(body):
    assert codes(body) == ["H085"]


def test_an_empty_retailer_code_is_refused_alone():
    assert codes({"retailerCode": "", "status": "EVET"}) == ["H267"]


def test_a_problem_never_shows_an_address_in_a_log():
    found = iys_protocol.validate_consent(GOOD | {"recipient": "05321234567"}, now=NOW)

    assert repr(found) == "[IysProblem(H121, ['recipient'])]"


def test_problems_on_the_wire_are_as_iys_writes_them():
    found = iys_protocol.validate_consent(without("status") | {"type": "EPOSTAa"}, now=NOW)

    assert iys_protocol.error_body(found) == {
        "errors": [
            {
                "code": "H117",
                "location": ["type"],
                "value": "EPOSTAa",
                "message": "İzin tipi (type) için uygun değerler: ARAMA, MESAJ, EPOSTA",
            },
            {"code": "H110", "location": ["status"], "message": "Durum (status) bulunamadı."},
        ]
    }


def test_a_problem_of_the_whole_request_has_no_location_on_the_wire():
    wire = iys_protocol.error_body(iys_protocol.validate_consent([], now=NOW))

    assert wire == {"errors": [{"code": "H085", "message": "İzin ekleme isteği geçerli olmalıdır."}]}
