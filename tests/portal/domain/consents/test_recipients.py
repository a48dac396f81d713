"""One address is one recipient of a provider, however often and in whatever order it comes."""

import threading

import pytest
from sqlalchemy import text as sql

from portal.core import addresses, clock
from portal.core.extensions import db, vault
from portal.core.models import Recipient
from portal.core.vault import Vault
from portal.domain.consents import recipients
from tests import make
from tests.portal.domain.campaigns.test_campaigns import at_once

PHONES = [addresses.parse(f"+90532{number:07}") for number in range(1500)]


@pytest.fixture
def ayses(app):
    """Ayşe's provider, by its id."""
    with app.app_context():
        yield make.provider().id
        db.session.rollback()


def gathered(provider_id: int, found: list, with_vault=None) -> dict[str, int]:
    ids = recipients.gather(db.session, with_vault or vault(), provider_id, found, clock.now())
    db.session.commit()
    return ids


def test_an_address_is_made_once(ayses, rows):
    first = gathered(ayses, PHONES[:3])
    second = gathered(ayses, PHONES[:5])

    assert first.items() <= second.items()
    assert rows.count(Recipient) == 5


def test_another_provider_knows_another_recipient(ayses, rows):
    others = make.provider(700002, 700002, "cem@example.com").id

    mine, theirs = gathered(ayses, PHONES[:1]), gathered(others, PHONES[:1])

    assert set(mine.values()).isdisjoint(theirs.values())
    assert len({row.index_odd for row in rows(Recipient)}) == 2
    assert recipients.find(db.session, vault(), others, PHONES[0]).provider_id == others


def test_an_address_that_was_never_brought_is_not_found(ayses):
    assert recipients.find(db.session, vault(), ayses, PHONES[0]) is None


def test_an_address_stands_in_no_row_in_clear(ayses):
    gathered(ayses, PHONES[:1])

    row = db.session.execute(sql("SELECT address, index_odd, index_even FROM recipient")).one()
    assert all(PHONES[0].text[3:].encode() not in bytes(value or b"") for value in row)
    stored = db.session.query(Recipient).one()
    assert recipients.address_of(vault(), stored) == PHONES[0].text


def test_a_recipient_is_found_by_either_key_while_keys_rotate(ayses, rows):
    old = vault().keys
    before = gathered(ayses, PHONES[:2])

    both = Vault(old | {2: b"y" * 32})
    after = gathered(ayses, PHONES[:3], both)

    assert before.items() <= after.items()
    assert rows.count(Recipient) == 3
    assert recipients.find(db.session, Vault({2: b"y" * 32}), ayses, PHONES[2]).id == after[PHONES[2].text]


def test_lists_brought_at_once_make_each_recipient_once(app, ayses, rows):
    db.session.rollback()
    orders = [PHONES, PHONES[::-1], PHONES[500:] + PHONES[:500]]
    found, start = [], threading.Barrier(len(orders))

    def bring(order):
        with app.app_context():
            start.wait(20)
            found.append(gathered(ayses, order))

    at_once([lambda order=order: bring(order) for order in orders])

    assert rows.count(Recipient) == len(PHONES)
    assert found[0] == found[1] == found[2]
