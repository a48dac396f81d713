"""The two status queries show the latest state, and refuse as İYS does."""

import pytest

from portal.core import iys_protocol
from portal.core.iys_protocol import Channel, RecipientType
from tests.iys_sandbox.callers import GRANT, REFUSAL, STATUS, codes

SMS_STATUS = iys_protocol.multi_status_path(700100, 700100, RecipientType.INDIVIDUAL, Channel.SMS)
EMAIL_STATUS = iys_protocol.multi_status_path(700100, 700100, RecipientType.INDIVIDUAL, Channel.EMAIL)
QUERY = {"recipient": "+905321234567", "recipientType": "BIREYSEL", "type": "MESAJ"}


def test_a_single_status_shows_the_latest_movement(provider):
    provider.adds(GRANT)
    stored = provider.adds(REFUSAL)

    answer = provider.posts(STATUS, QUERY)

    assert answer.json == REFUSAL | stored.json | {"retailerAccessCount": 0}


def test_a_key_without_record_is_an_empty_object(provider):
    provider.adds(GRANT)

    answer = provider.posts(STATUS, QUERY | {"type": "ARAMA"})

    assert (answer.status_code, answer.json) == (200, {})


def test_an_email_is_found_in_any_case(provider):
    provider.adds(GRANT | {"type": "EPOSTA", "recipient": "ayse@example.com"})

    assert provider.posts(EMAIL_STATUS, {"recipients": ["ayse@example.com"]}).json["list"] == ["ayse@example.com"]


@pytest.mark.parametrize(
    ("body", "status", "expected"),
    [
        (b"{", 400, ["H014"]),
        ([], 400, ["H097"]),
        ({}, 422, ["H170", "H111", "H114"]),
        (QUERY | {"type": "FAKS", "recipientType": "DEVLET"}, 422, ["H116", "H117"]),
        (QUERY | {"recipient": "0532"}, 422, ["H121"]),
        (QUERY | {"recipient": "9055436100000000"}, 422, ["H166", "H121"]),
        (QUERY | {"type": "EPOSTA", "recipient": "örnek@mail.com"}, 422, ["H120"]),
    ],
)
def test_a_bad_single_query_is_refused(provider, body, status, expected):
    answer = provider.posts(STATUS, body)

    assert (answer.status_code, codes(answer)) == (status, expected)


def test_the_thousand_and_first_single_query_of_an_hour_is_h086(app, provider, clock):
    with app.extensions["sandbox"].store.transaction() as db:
        started_at = int(clock.now.timestamp())
        db.execute("INSERT INTO hour VALUES ('127.0.0.1', 'status', ?, 999)", (started_at,))

    assert provider.posts(STATUS, QUERY).status_code == 200
    assert codes(provider.posts(STATUS, QUERY)) == ["H086"]
    clock.forward(minutes=60)
    assert provider.posts(STATUS, QUERY).status_code == 200


def test_a_multi_status_lists_only_grants(provider):
    granted, refused, unknown = "+905321234501", "+905321234502", "+905321234503"
    for recipient in (granted, refused):
        provider.adds(GRANT | {"recipient": recipient})
    provider.adds(REFUSAL | {"recipient": refused})

    answer = provider.posts(SMS_STATUS, {"recipients": [unknown, refused, granted]})

    assert answer.status_code == 200
    assert answer.json["list"] == [granted]
    assert len(answer.json["requestId"]) == 36


@pytest.mark.parametrize(
    ("path", "body", "status", "expected"),
    [
        (SMS_STATUS, b"{", 400, [("H014", None)]),
        (SMS_STATUS, {}, 422, [("H168", ["recipients"])]),
        (SMS_STATUS, [], 422, [("H168", ["recipients"])]),
        (SMS_STATUS, {"recipients": {}}, 422, [("H478", ["recipients"])]),
        (SMS_STATUS, {"recipients": []}, 422, [("H164", ["recipients"])]),
        (SMS_STATUS, {"recipients": ["+905321234567"] * 1001}, 422, [("H125", ["recipients"])]),
        (SMS_STATUS, {"recipients": ["ayse@example.com"]}, 422, [("H464", ["recipient"])]),
        (EMAIL_STATUS, {"recipients": ["+905321234567"]}, 422, [("H464", ["recipient"])]),
        (SMS_STATUS, {"recipients": ["+905321234567", "0532"]}, 422, [("H121", ["recipients", 1])]),
        (EMAIL_STATUS, {"recipients": [None]}, 422, [("H120", ["recipients", 0])]),
        (SMS_STATUS, {"recipients": ["+905321234567"] * 2}, 422, [("H193", ["recipients", 1])]),
        (SMS_STATUS.replace("BIREYSEL", "DEVLET"), {"recipients": ["x"]}, 422, [("H116", ["recipientType"])]),
        (SMS_STATUS.replace("MESAJ", "FAKS"), {"recipients": ["x"]}, 422, [("H117", ["type"])]),
    ],
)
def test_a_bad_multi_query_is_refused(provider, path, body, status, expected):
    answer = provider.posts(path, body)

    errors = iys_protocol.parse_errors(answer.status_code, answer.data)
    assert (answer.status_code, [(error.code, error.location) for error in errors]) == (status, expected)


@pytest.mark.parametrize("path", [STATUS, SMS_STATUS])
def test_a_query_needs_a_token_and_rights(provider, path):
    assert codes(provider.posts(path.replace("sps/700100", "sps/1"), QUERY)) == ["H353"]
    provider.token = "x"
    assert codes(provider.posts(path, QUERY)) == ["H351"]
