"""What leaves for İYS is the same bytes every time."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.core import iys_protocol
from portal.core.iys_protocol import Channel, RecipientType, Retailers, Source, Status

CONSENT = {
    "recipient": "+905321234567",
    "channel": Channel.SMS,
    "recipient_type": RecipientType.INDIVIDUAL,
    "status": Status.GRANTED,
    "source": Source.WEB,
    "consent_date": datetime(2026, 11, 24, 9, 30, 15, 999_999, tzinfo=UTC),
}


def test_a_payload_is_compact_json_in_a_fixed_order():
    assert iys_protocol.freeze_payload(**CONSENT) == (
        b'{"recipient":"+905321234567","type":"MESAJ","source":"HS_WEB","status":"ONAY",'
        b'"consentDate":"2026-11-24 12:30:15","recipientType":"BIREYSEL"}'
    )


def test_plain_strings_make_the_same_bytes_as_our_words():
    plain = CONSENT | {"channel": "MESAJ", "recipient_type": "BIREYSEL", "status": "ONAY", "source": "HS_WEB"}

    assert iys_protocol.freeze_payload(**plain) == iys_protocol.freeze_payload(**CONSENT)


@pytest.mark.parametrize("field", ["recipient", "channel", "recipient_type", "status", "source"])
@pytest.mark.parametrize("empty", [None, ""])
def test_nothing_empty_is_ever_frozen(field, empty):
    with pytest.raises(ValueError):
        iys_protocol.freeze_payload(**CONSENT | {field: empty})


def test_only_a_merchants_grant_may_leave_out_its_source_and_date():
    bare = CONSENT | {"source": None, "consent_date": None}
    merchant = json.loads(iys_protocol.freeze_payload(**bare | {"recipient_type": "TACIR", "status": "ONAY"}))

    assert merchant.keys() == {"recipient", "type", "status", "recipientType"}
    for kind, status in (("BIREYSEL", "ONAY"), ("TACIR", "RET")):
        with pytest.raises(ValueError):
            iys_protocol.freeze_payload(**bare | {"recipient_type": kind, "status": status})


CODES = st.integers(10_000_000, 99_999_999)


@settings(max_examples=50)
@given(code=st.none() | CODES, access=st.lists(CODES, max_size=4).map(tuple))
def test_retailers_are_frozen_as_they_are_given_and_their_keys_left_out_otherwise(code, access):
    frozen = iys_protocol.freeze_payload(**CONSENT, retailers=Retailers(code, access))

    given = {"retailerCode": code} if code else {}
    given |= {"retailerAccess": list(access)} if access else {}
    assert json.loads(frozen) == json.loads(iys_protocol.freeze_payload(**CONSENT)) | given
    assert iys_protocol.validate_consent(json.loads(frozen), now=CONSENT["consent_date"] + timedelta(minutes=1)) == []


def test_a_word_iys_does_not_know_is_never_frozen():
    with pytest.raises(ValueError):
        iys_protocol.freeze_payload(**CONSENT | {"source": "IYS_WEB"})


def test_a_frozen_payload_breaks_no_rule():
    body = json.loads(iys_protocol.freeze_payload(**CONSENT))

    assert iys_protocol.validate_consent(body, now=CONSENT["consent_date"] + timedelta(minutes=1)) == []


def test_paths_of_consents_are_those_of_iys():
    status = iys_protocol.multi_status_path(1, 2, RecipientType.MERCHANT, Channel.EMAIL)

    assert iys_protocol.TOKEN_PATH == "/oauth2/token"
    assert iys_protocol.add_path(1, 2) == "/v2/sps/1/brands/2/consents"
    assert iys_protocol.bulk_add_path(1, 2) == "/v2/sps/1/brands/2/consents/request"
    assert iys_protocol.bulk_result_path(1, 2, "a-b") == "/v2/sps/1/brands/2/consents/request/a-b"
    assert iys_protocol.single_status_path(1, 2) == "/sps/1/brands/2/consents/status"
    assert status == "/sps/1/brands/2/consents/TACIR/status/EPOSTA"


def test_paths_of_movements_are_those_of_iys():
    consents, more = "/sps/1/brands/2/consents", iys_protocol.changes_path(1, 2, source="IYS", after="a/b=", limit=3)

    assert iys_protocol.history_path(1, 2) == f"{consents}/history?offset=0&limit=100"
    assert iys_protocol.history_path(1, 2, offset=5, limit=7) == f"{consents}/history?offset=5&limit=7"
    assert iys_protocol.changes_path(1, 2, source="HS") == f"{consents}/changes?source=HS&limit=1000"
    assert more == f"{consents}/changes?source=IYS&limit=3&after=a%2Fb%3D"
    assert iys_protocol.push_registration_path(1, 2) == "/sps/1/brands/2/push/registration"
    assert iys_protocol.push_removal_path(1, 2) == "/sps/1/brands/2/push/unregistration"


def test_paths_of_accounts_are_those_of_iys():
    assert iys_protocol.brands_path(1) == "/sps/1/brands"
    assert iys_protocol.retailers_path(1, 2) == "/sps/1/brands/2/retailers"
    assert iys_protocol.subscription_path(1) == "/sps/1/subscription"
    assert iys_protocol.partner_brands_path(9) == "/integrator/9/sps?offset=0&limit=100"
    assert iys_protocol.partner_brands_path(9, offset=100, limit=50) == "/integrator/9/sps?offset=100&limit=50"
    assert iys_protocol.partner_brands_path(9, 1) == "/integrator/9/sps/1"
    assert iys_protocol.partner_subscription_path(9) == "/integrator/9/subscription"


def test_paths_of_a_day_are_those_of_iys():
    brand, day = "/sps/1/brands/2", date(2026, 3, 7)
    summary = iys_protocol.summary_path(1, 2, day, RecipientType.MERCHANT)

    assert summary == f"{brand}/changes/2026-03-07/recipients/TACIR"
    assert iys_protocol.file_path(1, 2, day) == f"{brand}/changes/2026-03-07/file"
    assert iys_protocol.agreement_path(1, 2, day) == f"{brand}/agreements/2026-03-07"
    assert iys_protocol.timestamp_path(1, 2, day) == f"{brand}/agreements/2026-03-07/timestamp"


def test_a_path_tells_the_provider_and_the_brand_that_it_was_made_for():
    for path in (iys_protocol.add_path(1, 2), iys_protocol.bulk_result_path(1, 2, "a-b")):
        assert iys_protocol.codes_in_path(path) == (1, 2)


def test_a_list_is_the_frozen_payloads_byte_for_byte():
    assert iys_protocol.freeze_bulk_payload([b'{"a":1}', b'{"b": 2}']) == b'[{"a":1},{"b": 2}]'
    assert iys_protocol.freeze_bulk_payload([]) == b"[]"
