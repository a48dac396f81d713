"""What a signed receipt says: what was decided, the masked address, no name; and the same while nothing changes."""

import json
from datetime import timedelta

import pytest
import time_machine

from portal.core import clock
from portal.core.extensions import db
from portal.core.models import ConsentText, Outcome, Receipt, Submission
from portal.domain.receipts import format_number, tokens
from portal.domain.receipts.tokens import STATES
from tests import make
from tests.portal.domain.receipts.stored_receipts import ISSUER, act_of, claims_now, signed

pytestmark = pytest.mark.alike


def test_it_says_who_asked_what_was_decided_and_when(app, fatma, rows):
    fatma.decides(MESAJ="ONAY", ARAMA="RET")

    told, receipt = claims_now(app), rows.one(Receipt)

    assert told["iss"] == ISSUER and told["jurisdiction"] == "TR"
    assert told["receipt_id"] == told["jti"] == format_number(receipt.number)
    assert told["event_time"] == clock.istanbul(receipt.decided_at).isoformat(timespec="seconds")
    assert told["event_time"].endswith("+03:00")
    assert told["pii_controllers"] == [
        {
            "party_id": "1", "party_role": "pii_controller", "party_name": "Örnek Mağazacılık A.Ş.",
            "party_number": "0123456789012345", "party_number_kind": "mersis", "party_contact": "0850 123 45 67",
            "brand": "Örnek Mağaza", "privacy_notice": make.NOTICE,
        }
    ]  # fmt: skip
    (purpose,) = told["purposes"]
    assert purpose["withdrawal_method"] == ["link", "iys", "e-devlet"]
    decided = {(each["channel"], each["status"]) for each in purpose["decisions"]}
    assert decided == {("MESAJ", "ONAY"), ("ARAMA", "RET")}
    assert {each["recipient_type"] for each in purpose["decisions"]} == {"BIREYSEL"}


def test_it_names_the_text_that_was_shown(app, fatma, rows):
    fatma.decides(MESAJ="RET")

    (purpose,) = claims_now(app)["purposes"]

    digest = rows.one(ConsentText).digest.hex()
    assert purpose["consent_text"] == {"version": 1, "language": "tr", "digest_algorithm": "sha-256", "digest": digest}


def test_nobody_learns_the_address_or_the_receipts_own_from_it(app, fatma):
    location = fatma.decides(MESAJ="RET").location

    told = json.dumps(claims_now(app), ensure_ascii=False)

    assert "+90 5•• ••• •• 67" in told
    assert "1234567" not in told.replace("0123456789012345", "")
    assert location.rsplit("/", 1)[1] not in told and fatma.code not in told


def test_the_same_state_is_the_same_bytes(app, fatma):
    fatma.decides(MESAJ="ONAY")

    first = signed(app, clock.now())
    with time_machine.travel(clock.now() + timedelta(days=400)):
        later = signed(app, clock.now())

    assert first == later


def test_a_further_state_is_told_with_its_own_moment(app, fatma, iys):
    fatma.decides(MESAJ="ONAY")
    before = claims_now(app)

    make.forward_all(app, iys)
    after = claims_now(app)

    (waiting,), (accepted,) = (each["purposes"][0]["decisions"] for each in (before, after))
    assert (waiting["registry_state"], waiting["transaction_id"]) == ("waiting", None)
    assert accepted["registry_state"] == "accepted" and accepted["transaction_id"] and accepted["registered_at"]
    assert after["iat"] >= before["iat"] and after["event_time"] == before["event_time"]


def test_being_sent_is_no_state_of_its_own(app, fatma):
    fatma.decides(MESAJ="RET")
    told = set()
    for outcome in (Outcome.WAITING, Outcome.SENT, Outcome.BLOCKED):
        with app.app_context():
            db.session.query(Submission).update({"outcome": outcome})
            db.session.commit()
        told.add(signed(app, clock.now()))

    assert len(told) == 1
    assert set(STATES) == set(Outcome)


def test_what_is_signed_is_compact_and_in_one_order(app, fatma):
    fatma.decides(MESAJ="RET")
    told = tokens.build_claims(act_of(app), ISSUER)

    assert tokens.serialize_claims(told) == tokens.serialize_claims(dict(reversed(told.items())))
    assert json.loads(tokens.serialize_claims(told)) == told
