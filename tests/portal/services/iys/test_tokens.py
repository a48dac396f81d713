"""The token of a credential, shared by threads and processes that all need it at once."""

from portal.core import clock
from portal.core.extensions import db
from portal.core.models import Credential
from portal.services.iys import tokens
from tests import make


def test_who_looked_before_another_fetched_does_not_fetch_again(app, sandbox, iys, rows):
    with app.app_context():
        provider_id = make.provider().id
        seen_without_a_token = tokens.read_credential(provider_id)
        tokens.access_token(iys, provider_id)

        may_fetch = tokens.claim_fetch(seen_without_a_token, clock.now())
        db.session.rollback()

    assert not may_fetch
    assert rows.one(Credential).lease_until is None
    assert sandbox.ledger()["token_calls"] == 1


def test_who_looked_before_anothers_fetch_failed_keeps_the_silence(app, sandbox, iys):
    sandbox.fault("token", "H084", count=1)
    with app.app_context():
        provider_id = make.provider().id
        seen_without_a_silence = tokens.read_credential(provider_id)
        try:
            tokens.access_token(iys, provider_id)
        except tokens.NoToken as refused:
            assert refused.code == "H084"

        may_fetch = tokens.claim_fetch(seen_without_a_silence, clock.now())
        db.session.rollback()

    assert not may_fetch
