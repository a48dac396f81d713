"""Mails are rows beside what they tell of; nothing in them can be read without the vault."""

import pytest

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.models import Mail, MailKind, MailState
from portal.domain.notifications import mails

FACTS = {"link": "https://main.example/reset/secret-token", "until": clock.now()}


@pytest.fixture(autouse=True)
def transaction(app):
    with app.app_context():
        yield
        db.session.rollback()


def written(facts=FACTS, **other) -> Mail:
    options = {"to": " ayse@example.com ", "language": "tr", "at": clock.now(), "facts": facts} | other
    return mails.write_mail(db.session, vault(), MailKind.RESET, **options)


def test_a_mail_waits_with_its_address_and_facts():
    mail = written()

    assert mail.state == MailState.WAITING
    assert mails.read_address(vault(), mail) == "ayse@example.com"
    assert mails.read_facts(vault(), mail) == FACTS


def test_nothing_of_it_can_be_read_without_the_vault():
    mail = written()

    assert b"ayse" not in mail.address
    assert b"secret-token" not in mail.facts


@pytest.mark.parametrize("facts", [{}, {"link": "x"}, FACTS | {"more": 1}])
def test_facts_that_are_not_those_of_its_kind_are_seen_at_once(facts):
    with pytest.raises(KeyError):
        written(facts)


def test_a_change_without_a_name_is_seen_at_once():
    facts = {"at": clock.now(), "change": "telephone_lost", "name": "", "link": "x"}

    with pytest.raises(KeyError):
        mails.write_mail(
            db.session, vault(), MailKind.FACTOR_CHANGED, to="a@example.com", language="tr", at=clock.now(), facts=facts
        )


def test_an_unknown_language_is_written_in_turkish():
    assert written(language="de").language == "tr"


def test_every_kind_says_what_it_must_be_told():
    assert mails.FACTS.keys() == set(MailKind)


def test_a_mail_that_was_rolled_back_was_never_there(rows):
    written()
    db.session.rollback()

    assert rows.count(Mail) == 0
