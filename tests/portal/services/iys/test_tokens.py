"""The token of a credential, shared by threads and processes that all need it at once."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from structlog.testing import capture_logs

from portal.core import clock
from portal.core.extensions import db
from portal.core.models import Connection, Credential, Lane
from portal.services.iys import holds, tokens
from portal.services.iys.client import Client, IysAnswer
from portal.services.iys.holds import Part
from tests import make
from tests.portal.services.iys.forwarding.scripted import TOKEN


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


def test_calls_in_flight_with_one_dead_token_refuse_it_once(app, sandbox, iys, rows):
    def forget(_) -> None:
        with app.app_context():
            tokens.forget_token(provider_id, dead)

    with app.app_context():
        provider_id = make.provider().id
        dead = tokens.access_token(iys, provider_id)
        with ThreadPoolExecutor(4) as callers:
            list(callers.map(forget, range(4)))
        tokens.forget_token(provider_id, dead)

        fresh = tokens.access_token(iys, provider_id)
        tokens.forget_token(provider_id, dead)  # The last of those calls was answered late.

        assert tokens.access_token(iys, provider_id) == fresh != dead
    assert rows.one(Credential).blocked_code is None
    assert sandbox.ledger()["token_calls"] == 2


def test_a_token_issued_after_the_refusal_and_refused_too_blocks_its_credential(app, sandbox, iys):
    with app.app_context():
        provider_id = make.provider().id
        for _ in range(2):
            tokens.forget_token(provider_id, tokens.access_token(iys, provider_id))

        with pytest.raises(tokens.NoToken) as blocked:
            tokens.access_token(iys, provider_id)

    assert blocked.value.code == "H351"
    assert sandbox.ledger()["token_calls"] == 2


def test_two_firms_that_lost_their_rights_at_once_silence_nobody_of_their_account_and_three_do(app, sandbox, iys):
    with app.app_context():
        firms = [make.provider(make.IYS_CODE + n, make.BRAND_CODE + n, f"{n}@example.com").id for n in range(3)]
        account = db.session.query(Credential.id).limit(1).scalar()
        db.session.query(Connection).update({"credential_id": account})
        db.session.commit()
        for firm in firms:
            token = tokens.access_token(iys, firm)
            tokens.forget_token(firm, token)
            holds.note_answer(Part(firm, 1, None, Lane.PEOPLE, clock.now()), IysAnswer(401, b"{}"))
            if firm == firms[1]:
                assert tokens.access_token(iys, firm) == token

        with pytest.raises(tokens.NoToken) as blocked:
            tokens.access_token(iys, firms[0])

    assert blocked.value.code == "H351"
    assert sandbox.ledger()["token_calls"] == 2


def test_a_token_is_refreshed_and_the_password_sent_only_where_iys_refuses_that(app):
    iys = SeesHow()
    with app.app_context():
        provider_id = make.provider().id
        for iys.refuses in (None, None, "refresh_token"):
            tokens.access_token(iys, provider_id)
            db.session.execute(db.update(Credential).values(access_until=None))
            db.session.commit()

    assert iys.seen == ["password", "refresh_token", "refresh_token", "password"]


def test_an_account_that_iys_refuses_stands_in_the_log(app):
    iys = SeesHow()
    iys.refuses = "password"
    with app.app_context(), capture_logs() as lines:
        provider_id = make.provider().id
        with pytest.raises(tokens.NoToken):
            tokens.access_token(iys, provider_id)

    refused = [line for line in lines if line["event"] == "iys.account_refused"]
    assert [(line["provider"], line["code"]) for line in refused] == [(provider_id, None)]


class SeesHow(Client):
    """An İYS that remembers what tokens were asked for with, and refuses one way."""

    def __init__(self):
        super().__init__("http://iys.example")
        self.seen, self.refuses = [], None

    def ask(self, method, path, *, body=None, **more):
        self.seen.append(json.loads(body)["grant_type"])
        return IysAnswer(400, b"{}") if self.seen[-1] == self.refuses else IysAnswer(200, json.dumps(TOKEN).encode())
