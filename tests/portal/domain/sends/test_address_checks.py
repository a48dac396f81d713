"""Whether a check asked about an address before it was messaged: the last one that was valid then."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from portal.core import addresses
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Channel, RecipientType
from portal.core.models import AddressCheck
from portal.domain.consents.may_send import Verdict
from portal.domain.sends import Send, address_checks, record_check
from tests import make
from tests.portal.api.programs import make_key

AT = datetime(2026, 11, 24, 11, tzinfo=UTC)
SALT = "5f" * 16
SMS = Send(addresses.parse(make.PHONE), Channel.SMS, RecipientType.INDIVIDUAL, AT, None)


@pytest.fixture
def check(app):
    """Record a check an hour before AT, or so; within the app."""
    with app.app_context():
        make_key(make.provider())
        key_id = db.session.execute(db.text("SELECT id FROM api_key")).scalar_one()

        def record(number: int, verdict: Verdict = Verdict.MAY, **other) -> None:
            at = other.pop("at", AT - timedelta(hours=1))
            facts = {"channel": Channel.SMS, "recipient_type": RecipientType.INDIVIDUAL, "brand": make.brand()} | other
            record_check(
                db.session, vault(), number=number, key_id=key_id, salt=SALT, at=at,
                verdicts={make.PHONE: verdict, "+905321234568": Verdict.UNKNOWN, make.EMAIL: Verdict.MAY_NOT},
                valid_until=at + timedelta(days=3), **facts,
            )  # fmt: skip
            db.session.commit()

        yield record


def found(*sends: Send) -> list[tuple[int, Verdict] | None]:
    checks = address_checks.find_checks(db.session, vault(), make.brand(), sends)
    return [checks.get(place) for place in range(len(sends))]


def test_the_last_check_before_a_send_counts_with_its_own_answer(check):
    check(1, Verdict.UNKNOWN, at=AT - timedelta(days=2))
    check(2, Verdict.MAY_NOT)
    check(3, at=AT + timedelta(seconds=1))
    earlier, too_early, too_late = (replace(SMS, sent_at=AT + timedelta(days=days)) for days in (-1, -3, 4))
    stranger = replace(SMS, address=addresses.parse("+905321234569"))

    assert found(SMS, earlier, too_early, too_late, stranger) == [
        (2, Verdict.MAY_NOT), (1, Verdict.UNKNOWN), None, None, None,
    ]  # fmt: skip


@pytest.mark.parametrize(
    "other", [{"channel": Channel.CALL}, {"recipient_type": RecipientType.MERCHANT}, {"at": AT - timedelta(days=4)}]
)
def test_a_check_of_something_else_or_of_long_ago_does_not(check, other):
    check(1, **other)

    assert found(SMS) == [None]


def test_newer_checks_of_another_channel_hide_none(check, monkeypatch):
    monkeypatch.setattr(address_checks, "MAX_CHECKS", 2)
    check(1, Verdict.MAY_NOT)
    for number in range(2, 6):
        check(number, channel=Channel.EMAIL, at=AT - timedelta(minutes=number))

    assert found(SMS) == [(1, Verdict.MAY_NOT)]


def test_what_only_an_older_check_may_have_asked_is_told_as_such(check, monkeypatch):
    monkeypatch.setattr(address_checks, "MAX_CHECKS", 2)
    stranger = replace(SMS, address=addresses.parse("+905321234569"))
    check(1)
    check(2, at=AT - timedelta(minutes=1))
    assert found(SMS, stranger) == [(2, Verdict.MAY), None]

    check(3, at=AT - timedelta(minutes=2))
    assert found(SMS, stranger) == [(2, Verdict.MAY), (None, address_checks.UNSEARCHED)]


def test_the_stored_check_tells_no_address_without_its_salt(check):
    check(1)
    row = db.session.get_one(AddressCheck, 1)

    assert (row.may, row.may_not, row.unknown, len(row.digests)) == (1, 1, 1, 3 * address_checks.DIGEST_BYTES)
    assert SALT.encode() not in row.salt and vault().read(row.salt, AddressCheck.SALT, row.provider_id, 1) == SALT
