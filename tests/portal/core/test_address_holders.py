"""An address is looked for at every provider, by the index that each has of its own, in a few statements."""

import base64
from hashlib import sha256

import pytest
from sqlalchemy import event, insert, true

from portal.app import create_app
from portal.core import address_holders, addresses, clock
from portal.core.address_holders import CHUNK, find_holders
from portal.core.extensions import db, read_session, vault
from portal.core.ids import new_ids
from portal.core.models import Provider, Recipient
from portal.domain.consents import recipients
from portal.services import key_rotation
from tests import databases, make
from tests.conftest import SECRETS

PROVIDERS = CHUNK + 5
PHONE = addresses.parse(make.PHONE)


def many_providers(count: int = PROVIDERS) -> list[int]:
    ids = new_ids(count)
    facts = {"title": "Ö", "mersis": "0" * 16, "contact": "c", "notice_url": make.NOTICE, "created_at": clock.now()}
    db.session.execute(insert(Provider), [facts | {"id": each, "iys_code": n + 1} for n, each in enumerate(ids)])
    return ids


def known_at(provider_ids: list[int], address=PHONE) -> set[int]:
    made = [recipients.gather(db.session, vault(), each, [address], clock.now())[address.text] for each in provider_ids]
    db.session.commit()
    return set(made)


def asked(act) -> list[str]:
    """The statements that it takes."""
    found = []

    def note(_connection, _cursor, statement, *_rest):
        found.append(statement)

    event.listen(db.engines["reader"], "before_cursor_execute", note)
    act()
    event.remove(db.engines["reader"], "before_cursor_execute", note)
    return found


@pytest.fixture
def portal(app):
    with app.app_context():
        yield app
        db.session.rollback()


def test_it_is_found_at_the_first_and_the_last_of_many(portal):
    ids = many_providers()
    made = known_at([ids[0], ids[CHUNK - 1], ids[CHUNK], ids[-1]])
    known_at(ids[5:9], addresses.parse(make.EMAIL))

    assert {each.id for each in find_holders(read_session(), vault(), PHONE)} == made
    assert address_holders.is_held(read_session(), vault(), PHONE, true())


def test_an_unknown_one_takes_as_many_statements(portal):
    ids = many_providers()
    known_at([ids[0], ids[-1]])

    known = asked(lambda: address_holders.is_held(read_session(), vault(), PHONE, true()))
    unknown = asked(lambda: address_holders.is_held(read_session(), vault(), addresses.parse("+905551112233"), true()))

    assert not address_holders.is_held(read_session(), vault(), addresses.parse("+905551112233"), true())
    assert known == unknown
    assert len(known) == 3  # The providers, and two pieces of them.


def test_nobody_holds_anything_where_there_is_no_provider(portal):
    assert find_holders(read_session(), vault(), PHONE) == []
    assert not address_holders.is_held(read_session(), vault(), PHONE, true())


@pytest.mark.slow
def test_while_keys_rotate_both_indexes_are_asked(environ, rows):
    """A recipient indexed by the old key only, one by both, and one by the new key only."""
    app = create_app(environ)
    with app.app_context():
        ids = many_providers(3)
        made = known_at(ids[:1])
    databases.close_connections(app)
    other = f"2:{base64.b64encode(sha256(b'2').digest()).decode()},{SECRETS['VAULT_KEYS']}"
    app = create_app(environ | {"VAULT_KEYS": other})
    with app.app_context():
        made |= known_at(ids[1:2])
        assert {each.id for each in find_holders(read_session(), vault(), PHONE)} == made
        assert len(asked(lambda: address_holders.is_held(read_session(), vault(), PHONE, true()))) == 3
        assert all(turned.unopened == [] for turned in key_rotation.rotate())
        assert {each.id for each in db.session.query(Recipient) if each.index_even} == made
        db.session.rollback()
    databases.close_connections(app)
