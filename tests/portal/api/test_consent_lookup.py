"""A consent that a URL names is read with the key itself; whatever ends a key or hides a brand counts at once."""

from datetime import timedelta

import pytest
from sqlalchemy import event, update

from portal.core import clock
from portal.core.extensions import db, reader
from portal.core.iys_protocol import Channel, Status
from portal.core.models import ApiKey, Brand, DecisionOrigin, Recipient
from portal.core.vault import Vault
from tests import make
from tests.grants import insert_decisions
from tests.portal.api.programs import BASE, CONSENTS, Program, make_key
from tests.portal.domain.consents.import_entries import bring, entry

PATH = f"MESAJ/{make.PHONE}"


@pytest.fixture
def program(app):
    """Of a provider at which one number has granted by SMS; the app has seen its key."""
    with app.app_context():
        provider = make.provider()
        insert_decisions(make.brand(), [make.PHONE], clock.now() - timedelta(hours=1), held="ONAY")
        program = Program(app, make_key(provider))
        program.get(f"{BASE}/me")
        yield program


def asked(program: Program, path: str) -> tuple[int, int]:
    """The status, and how many statements it took."""
    statements: list[str] = []

    def note(_connection, _cursor, statement, *_):
        statements.append(statement)

    event.listen(reader(), "before_cursor_execute", note)
    try:
        return program.get(path).status_code, len(statements)
    finally:
        event.remove(reader(), "before_cursor_execute", note)


def test_one_statement_finds_key_and_consent(program):
    first = program.get(f"{CONSENTS}/{PATH}")

    assert first.json["maySend"]["verdict"] in ("may", "unknown")
    assert first.json["status"] == "ONAY" and first.json["recipient"] == make.PHONE
    assert asked(program, f"{CONSENTS}/{PATH}") == (200, 1)
    assert asked(program, f"{CONSENTS}/MESAJ/+905329999999") == (404, 1)
    assert asked(program, f"{CONSENTS}/EPOSTA/{make.PHONE}") == (422, 1)
    assert asked(program, f"{CONSENTS}/{PATH}?recipientType=TACIR") == (404, 1)


def test_both_ways_answer_the_same(app, program, rows, monkeypatch):
    beside, body = program.get(f"{CONSENTS}/{PATH}").json, {"recipient": make.PHONE, "type": "MESAJ"}
    by_query = program.get(f"{CONSENTS}/{PATH}?recipientType=BIREYSEL").json
    by_body = program.post(f"{CONSENTS}/query", body).json
    older = app.extensions["vault"]
    monkeypatch.setitem(app.extensions, "vault", Vault(older.keys | {2: b"2" * 32}))  # While its keys rotate.
    rotating = program.get(f"{CONSENTS}/{PATH}").json

    for answer in (beside, by_query, by_body, rotating):
        answer["maySend"].pop("asOf")
    assert beside == by_query == by_body == rotating
    assert rows.one(Recipient).index_even is None


def change(model: type, **fields) -> None:
    """Of its only row."""
    db.session.execute(update(model).values(**fields))
    db.session.commit()


def test_a_key_that_ends_and_a_brand_that_is_not_reached_count_at_once(program):
    for fields, status in (({"brand_ids": []}, 404), ({"brand_ids": None, "is_test": True}, 401)):
        change(ApiKey, **fields)
        assert asked(program, f"{CONSENTS}/{PATH}") == (status, 1)
    change(ApiKey, is_test=False)
    assert asked(program, f"{CONSENTS}/{PATH}") == (200, 1)
    change(Brand, brand_code=700003)
    assert asked(program, f"{CONSENTS}/{PATH}") == (404, 1)
    change(Brand, brand_code=make.BRAND_CODE)
    change(ApiKey, revoked_at=clock.now())
    assert asked(program, f"{CONSENTS}/{PATH}") == (401, 1)


def test_a_spelling_of_which_only_an_older_grant_is_known_is_refused_as_its_mailbox_was(program):
    now = clock.now()
    insert_decisions(
        make.brand(), ["a.yse@gmail.com"], now - timedelta(hours=1), channel=Channel.EMAIL, status=Status.REFUSED,
        origin=DecisionOrigin.MINE,
    )  # fmt: skip
    grant = entry("ayse+izin@gmail.com", date=now - timedelta(days=1), channel=Channel.EMAIL)
    assert bring(make.brand(), grant) == ["older"]

    answer = program.get(f"{CONSENTS}/EPOSTA/ayse+izin@gmail.com").json
    assert (answer["status"], answer["maySend"]["reason"]) == (None, "refused")
    assert asked(program, f"{CONSENTS}/EPOSTA/ayse+izin@gmail.com") == (200, 2)
