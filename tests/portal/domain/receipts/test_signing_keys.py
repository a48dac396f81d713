"""The keys that sign receipts: made on first need, once; retired for good; published for ever."""

import json

import pytest

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.models import SigningKey
from portal.core.vault import Vault
from portal.domain.receipts import signing_keys
from portal.services import key_rotation
from tests.portal.domain.identity.test_concurrency import at_once
from tests.portal.domain.receipts.stored_receipts import rotate

pytestmark = pytest.mark.alike


def made(app) -> str:
    with app.app_context():
        name = signing_keys.get_or_create_signing_key(db.session, vault(), clock.now()).thumbprint()
        db.session.commit()
    return name


def test_there_is_none_before_one_is_needed(app, rows):
    with app.app_context():
        assert signing_keys.find_signing_key(db.session, vault()) is None
        assert signing_keys.list_published_keys(db.session) == []

    assert rows.count(SigningKey) == 0


def test_the_first_need_makes_one_and_the_next_finds_it(app, rows):
    assert made(app) == made(app)
    assert rows.one(SigningKey).name == made(app)


@pytest.mark.slow
def test_of_many_who_need_the_first_one_at_once_one_makes_it(app, rows):
    names = at_once(*[lambda: made(app)] * 8)

    assert set(names) == {rows.one(SigningKey).name}


@pytest.mark.slow
def test_turns_at_once_leave_one_key_that_signs(app, rows):
    made(app)

    at_once(*[lambda: rotate(app, clock.now())] * 4)

    (signing,) = [row for row in rows(SigningKey) if row.retired_at is None]
    assert rows.count(SigningKey) == 5
    assert signing.private and all(row.private is None for row in rows(SigningKey) if row.id != signing.id)


def test_the_private_half_is_kept_sealed_only(app, rows):
    made(app)
    row = rows.one(SigningKey)

    assert "d" not in json.loads(row.public)
    opened = json.loads(Vault(app.config["VAULT_KEYS"]).read(row.private, SigningKey.PLACE, 0, row.id))
    assert opened["d"].encode() not in row.private
    assert opened["x"] == json.loads(row.public)["x"]


def test_a_turned_key_is_wiped_and_stays_published(app, rows):
    first = made(app)
    second = rotate(app, clock.now())

    old, new = rows(SigningKey)
    assert (old.name, new.name) == (first, second) == (made(app) and first, made(app))
    assert old.private is None and old.retired_at is not None
    with app.app_context():
        assert [each.name for each in signing_keys.list_published_keys(db.session)] == [first, second]


def test_what_is_published_is_a_key_and_its_own_name(app):
    name = made(app)

    with app.app_context():
        (key,) = signing_keys.list_published_keys(db.session)
    assert key.jwk == {"kty": "OKP", "crv": "Ed25519", "x": key.jwk["x"], "kid": name, "use": "sig", "alg": "EdDSA"}
    assert len(name) == 43


def test_it_signs_on_when_the_vaults_own_keys_turn(app):
    name = made(app)
    app.extensions["vault"] = Vault({2: b"y" * 32, **app.config["VAULT_KEYS"]})
    with app.app_context():
        list(key_rotation.rotate())
        app.extensions["vault"] = Vault({2: b"y" * 32})

        assert signing_keys.find_signing_key(db.session, vault()).thumbprint() == name
