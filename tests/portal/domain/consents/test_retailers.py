"""Retailers (bayi) of a decision: kept, proved and told to İYS as given; a refusal to one counts for all of them."""

import hashlib
import json
from datetime import timedelta

from portal.core import clock
from portal.core.extensions import vault
from portal.core.iys_protocol import RecipientType, Retailers, Status
from portal.core.models import Consent, Decision, Leaf, Submission
from portal.core.models.decision import CANONICAL_FIELDS, leaf_digest
from tests import make
from tests.portal.domain.consents.import_entries import bring, entry

PHONES = [f"+905321000{number:03}" for number in range(102)]  # As many as PostgreSQL is sent by COPY.


def test_retailers_stand_in_the_decision_its_proof_and_its_payload_exactly_where_given(app, rows):
    given = [Retailers(58954386, (58954387, 58954388)), Retailers(58954386), Retailers(None, (58954387,)), Retailers()]
    with app.app_context():
        bring(make.brand(), *(entry(phone, retailers=given[place % 4]) for place, phone in enumerate(PHONES)))

    leaves = {each.decision_id: each.digest for each in rows(Leaf)}
    told = {each.decision_id: each for each in rows(Submission)}
    assert len(leaves) == len(PHONES)
    for place, decision in enumerate(sorted(rows(Decision), key=lambda each: each.id)):
        code, access = given[place % 4]
        assert (decision.retailer_code, decision.retailer_access) == (code, list(access) or None)
        submission = told[decision.id]
        payload = json.loads(vault_open(app, submission))
        names = {"retailerCode": code, "retailerAccess": list(access)}
        assert {name: payload.get(name) for name in names if name in payload} == {k: v for k, v in names.items() if v}
        assert leaves[decision.id] == leaf_digest(vars(decision), decision.salt)
        assert (leaves[decision.id] == digest_of_old(decision)) == (not any(given[place % 4]))


def test_a_refusal_to_one_retailer_counts_for_the_whole_brand(app, rows, may_send):
    """Regulation art. 7/6 and 9/2 (C-11)."""
    now, (phone, *_) = clock.now(), PHONES
    through_one = Retailers(58954386, (58954386, 58954387))
    with app.app_context():
        brand = make.brand()
        granted = {"date": now - timedelta(hours=2), "retailers": through_one}
        bring(brand, *(entry(phone, recipient_type=each, **granted) for each in RecipientType))
        bring(brand, entry(phone, Status.REFUSED, now - timedelta(hours=1), retailers=Retailers(58954388)))

    assert [each.status for each in rows(Consent)] == [Status.REFUSED, Status.REFUSED]
    assert not any(map(may_send, rows(Consent)))


def vault_open(app, submission: Submission) -> bytes:
    with app.app_context():
        return vault().open(submission.payload, Submission.PLACE, submission.provider_id, submission.id)


def digest_of_old(decision: Decision) -> bytes:
    """As the digest was made before there were retailers."""
    values = [getattr(decision, name) for name in CANONICAL_FIELDS]
    told = [value.isoformat() if hasattr(value, "isoformat") else value for value in values]
    return hashlib.sha256(decision.salt + json.dumps(told, separators=(",", ":")).encode()).digest()
