"""Who holds a permanent refusing address, or the confirmation of a grant, may refuse by it after a restore, too; and no
other link is taken for theirs."""

import pytest
from sqlalchemy import delete, select

import shortlinks
from portal.core import addresses, clock
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Channel, Status
from portal.core.models import Base, Brand, Campaign, ConsentRequest, Decision, DecisionOrigin, Receipt, Recipient
from portal.domain.consents import recipients
from portal.services.backups.journal_gap import close_gap
from portal.services.launches.refusing_links import refusing_urls
from shortlinks.links import LinkCounter
from tests import make
from tests.conftest import SECRETS
from tests.portal.services.backups.test_replay import fatma, kept, lose_decisions, restore

__all__ = ["fatma", "kept"]

OTHER = "burak@example.com"
TABLES = Base.metadata.sorted_tables[::-1]


def code_of(app, address: str) -> str:
    """Of the address that the first brand's programs get for their mailings."""
    with app.app_context():
        at, named = clock.now(), [addresses.parse(address)]
        urls = refusing_urls(db.session, vault(), SECRETS["LINK_SALT"], SECRETS["LINK_BASE"], make.brand(), named, at)
        db.session.commit()
        return urls[address].rpartition("/")[2]


def lose_links(app) -> None:
    """The database is as a backup from before them, and before anybody had one."""
    lost = {each.__table__ for each in (Campaign, Recipient)}
    theirs = [each for each in TABLES if lost.intersection(key.column.table for key in each.foreign_keys)]
    with app.app_context(), db.engine.begin() as connection:
        for table in (ConsentRequest.__table__, *theirs, *lost, shortlinks.Link.__table__, LinkCounter.__table__):
            connection.execute(delete(table))


def one_click(app, code: str) -> int:
    return app.test_client().post(f"/u/{code}", data={"List-Unsubscribe": "One-Click"}).status_code


@pytest.mark.parametrize("is_appended_later", [False, True])
def test_a_refusing_address_of_after_the_backup_takes_refusals(app, kept, rows, monkeypatch, is_appended_later):
    with app.app_context():
        make.provider()
    if is_appended_later:
        monkeypatch.setitem(app.extensions, "journal", None)
    code = code_of(app, make.EMAIL)
    monkeypatch.setitem(app.extensions, "journal", kept)
    if is_appended_later:
        with app.app_context():
            close_gap()  # The journal's process has begun within the last ten minutes.
    lose_links(app)

    assert app.test_client().get(f"/u/{code}").status_code == 404
    for _ in range(2):
        assert restore(app, kept).exit_code == 0
    assert app.test_client().post(f"/u/{code}", data={"List-Unsubscribe": "One-Click"}).status_code == 200

    with app.app_context():
        whose = db.session.get_one(Recipient, rows.one(Decision).recipient_id)
        assert recipients.address_of(vault(), whose) == make.EMAIL
    assert rows.one(Decision).status == Status.REFUSED
    assert code_of(app, make.EMAIL) == code != code_of(app, OTHER)


def test_an_address_of_a_brand_that_the_backup_lacks_is_named_as_missing(app, kept):
    with app.app_context():
        make.provider()
    code_of(app, make.EMAIL)
    lose_links(app)
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(delete(Brand.__table__))
        assert connection.execute(select(Brand.id)).all() == []

    told = restore(app, kept)

    assert told.exit_code == 1 and "INCOMPLETE: 1 of 1" in told.stdout


def test_an_address_whose_id_another_link_got_meanwhile_is_named_as_missing(app, kept):
    with app.app_context():
        make.provider()
    code = code_of(app, make.EMAIL)
    lose_links(app)
    other = code_of(app, OTHER)

    told = restore(app, kept)

    assert told.exit_code == 1 and "INCOMPLETE: 1 of 2" in told.stdout
    assert "refusing_link: 2 in the journal, 1 were there, 0 added" in told.stdout
    assert (one_click(app, code), one_click(app, other)) == (404, 200)


def test_a_receipt_is_not_joined_with_a_link_that_got_the_id_of_its_own(app, browser, fatma, kept, rows):
    page = fatma.decides(EPOSTA="RET").location
    lost_id = rows.one(Receipt).link_id
    lose_decisions(app)
    lose_links(app)
    with app.app_context():
        shortlinks.reserve_ids(db.session, lost_id - 1)
        db.session.commit()
    other = code_of(app, OTHER)
    with app.app_context():
        assert shortlinks.resolve(db.session, SECRETS["LINK_SALT"], other, clock.now()).link_id == lost_id

    assert restore(app, kept).exit_code == 0

    assert "/k/" not in browser.get(page).text and "/m/" not in browser.get(f"/u/{other}").text
    assert rows.one(Receipt).link_id == shortlinks.NO_LINK


@pytest.mark.parametrize("is_appended_later", [False, True])
def test_the_link_of_a_grant_comes_back_as_one_that_refuses(app, kept, rows, monkeypatch, is_appended_later):
    with app.app_context():
        make.provider()
    if is_appended_later:
        monkeypatch.setitem(app.extensions, "journal", None)
    code = make.codes(app, make.PHONE, channels=(Channel.SMS,))[make.PHONE]
    page = make.Person(app.test_client(), code).decides(MESAJ="ONAY").location
    monkeypatch.setitem(app.extensions, "journal", kept)
    if is_appended_later:
        with app.app_context():
            close_gap()
    lose_decisions(app)
    lose_links(app)

    for _ in range(2):
        assert restore(app, kept).exit_code == 0

    assert rows.one(Decision).origin == DecisionOrigin.LINK and f'"/k/{code}"' in app.test_client().get(page).text
    everywhere = code_of(app, make.PHONE)  # It refuses calls, too.
    assert everywhere != code
    assert one_click(app, code) == 200
    assert [(each.channel, each.status) for each in rows(Decision)][1:] == [(Channel.SMS, Status.REFUSED)]
    assert code_of(app, make.PHONE) == everywhere
