"""What leaves for İYS is the same bytes every time."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest

from portal.core import iys_protocol
from portal.core.iys_protocol import Channel, RecipientType, Source, Status

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


def test_a_word_iys_does_not_know_is_never_frozen():
    with pytest.raises(ValueError):
        iys_protocol.freeze_payload(**CONSENT | {"source": "IYS_WEB"})


def test_a_frozen_payload_breaks_no_rule():
    body = json.loads(iys_protocol.freeze_payload(**CONSENT))

    assert iys_protocol.validate_consent(body, now=CONSENT["consent_date"] + timedelta(minutes=1)) == []


def test_paths_are_those_of_iys():
    assert iys_protocol.TOKEN_PATH == "/oauth2/token"
    assert iys_protocol.add_path(1, 2) == "/v2/sps/1/brands/2/consents"
    assert iys_protocol.single_status_path(1, 2) == "/sps/1/brands/2/consents/status"
    assert (
        iys_protocol.multi_status_path(1, 2, RecipientType.MERCHANT, Channel.EMAIL)
        == "/sps/1/brands/2/consents/TACIR/status/EPOSTA"
    )


def test_a_moment_is_written_in_turkey_time_and_never_rounded_up():
    just_before_midnight = datetime(2026, 12, 31, 20, 59, 59, 999_999, tzinfo=UTC)

    assert iys_protocol.format_wire_date(just_before_midnight) == "2026-12-31 23:59:59"


def test_a_moment_of_another_zone_is_the_same_moment():
    in_new_york = datetime(2026, 11, 24, 4, 30, tzinfo=timezone(timedelta(hours=-5)))

    assert iys_protocol.format_wire_date(in_new_york) == "2026-11-24 12:30:00"


def test_a_moment_without_a_zone_is_refused():
    with pytest.raises(ValueError):
        iys_protocol.format_wire_date(datetime(2026, 11, 24, 9, 30))


def test_a_date_read_back_is_the_moment_that_was_written():
    at = datetime(2026, 11, 24, 22, 30, 15, tzinfo=UTC)

    read = iys_protocol.parse_wire_date(iys_protocol.format_wire_date(at))

    assert read == at
    assert read.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    "text", ["2026-11-24", "2026-11-24T09:30:00", "2026-1-2 3:4:5", "2026-15-01 13:35:00", "0001-01-01 00:00:00", ""]
)
def test_another_form_of_date_is_refused(text):
    with pytest.raises(ValueError):
        iys_protocol.parse_wire_date(text)
