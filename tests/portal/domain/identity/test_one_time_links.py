"""A mailed link opens once, for a while, and for what it is."""

from datetime import timedelta

import pytest

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.models import OneTimeLink, OneTimeLinkKind
from portal.domain.identity import one_time_links

pytestmark = pytest.mark.alike

LIFETIME = timedelta(minutes=30)
NEWCOMER = "Newcomer@example.com"


@pytest.fixture(autouse=True)
def transaction(app):
    with app.app_context():
        yield
        db.session.rollback()


def issued(kind=OneTimeLinkKind.RESET, at=None) -> tuple[OneTimeLink, str]:
    return one_time_links.issue(
        db.session, vault(), kind, email=f" {NEWCOMER} ", at=at or clock.now(), lifetime=LIFETIME
    )


def found(token, kind=OneTimeLinkKind.RESET, at=None) -> OneTimeLink | None:
    return one_time_links.find(db.session, token, kind, at or clock.now())


def test_a_token_finds_its_ticket_and_the_address_it_was_mailed_to():
    ticket, token = issued()

    assert found(token) is ticket
    assert one_time_links.email_of(vault(), ticket) == NEWCOMER


def test_the_token_and_the_address_stand_nowhere():
    ticket, token = issued()

    kept = str(ticket.token_digest) + str(ticket.email)
    assert token not in kept
    assert NEWCOMER not in kept


@pytest.mark.parametrize("wrong", ["", "x", "ğ" * 43, "\udcff", "A" * 100_000])
def test_another_text_finds_nothing(wrong):
    issued()

    assert found(wrong) is None


def test_a_ticket_of_another_kind_is_not_found():
    _, token = issued(OneTimeLinkKind.INVITATION)

    assert found(token, OneTimeLinkKind.RESET) is None


def test_a_ticket_opens_until_its_time_is_over():
    at = clock.now()
    _, token = issued(at=at)

    assert found(token, at=at + LIFETIME - timedelta(seconds=1)) is not None
    assert found(token, at=at + LIFETIME) is None


def test_a_ticket_is_used_once():
    ticket, token = issued()

    assert one_time_links.use(db.session, ticket, clock.now())
    assert not one_time_links.use(db.session, ticket, clock.now())
    assert found(token) is None


def test_an_expired_ticket_cannot_be_used():
    at = clock.now()
    ticket, _ = issued(at=at)

    assert not one_time_links.use(db.session, ticket, at + LIFETIME)


def test_a_revoked_ticket_opens_nothing():
    ticket, token = issued()

    assert one_time_links.revoke(db.session, ticket.id, clock.now())
    assert found(token) is None
    assert not one_time_links.use(db.session, ticket, clock.now())
    assert not one_time_links.revoke(db.session, ticket.id, clock.now())


def test_a_newer_link_closes_a_persons_earlier_ones_of_its_kind_only(app):
    from tests import make

    made = make.provider()
    person = make.person(made, "burak@example.com")
    options = {"email": "burak@example.com", "at": clock.now(), "lifetime": LIFETIME, "user_id": person.id}
    _, reset = one_time_links.issue(db.session, vault(), OneTimeLinkKind.RESET, **options)
    _, other = one_time_links.issue(db.session, vault(), OneTimeLinkKind.CONFIRMATION, **options)

    assert one_time_links.revoke_all(db.session, OneTimeLinkKind.RESET, person.id, clock.now()) == 1
    assert found(reset) is None
    assert found(other, OneTimeLinkKind.CONFIRMATION) is not None
