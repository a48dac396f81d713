"""Who has an address now is shown nothing of who had it before, also after a restore."""

import pytest
import time_machine
from sqlalchemy import delete, select, text, update

import shortlinks
from portal.core import addresses, clock
from portal.core.extensions import db, vault
from portal.core.ids import new_id
from portal.core.iys_protocol import Channel
from portal.core.models import Base, Brand, Provider, ReassignedAddress, Receipt, Recipient
from portal.domain.consents import recipients, references, refusals
from portal.domain.consents.locking import SECOND
from tests import databases, make
from tests.portal.domain.consents.import_entries import bring, entry
from tests.portal.services.backups.test_replay import kept as kept
from tests.portal.services.backups.test_replay import lose_decisions, restore

TABLES = Base.metadata.sorted_tables


def holders_say_so(at) -> tuple[int, int]:
    """Two firms have an address, whose holder says "this is not me" to the second one; it, and a brand that it opened
    meanwhile."""
    make.provider()
    firm_id = make.provider(make.IYS_CODE + 1, make.BRAND_CODE + 1, "iki@firma.example").id
    db.session.execute(update(Provider).values(admitted_at=at))
    for brand in db.session.scalars(select(Brand)).all():
        bring(brand, entry(make.EMAIL, date=at - SECOND, channel=Channel.EMAIL))
    opened = Brand(id=new_id(), provider_id=firm_id, brand_code=800123, name="Yeni", created_at=at, is_sandbox=False)
    db.session.add(opened)
    db.session.commit()
    address = addresses.parse(make.EMAIL)
    who = recipients.find(db.session, vault(), firm_id, address)
    refusals.refuse_not_mine(db.session, vault(), who, address, language="tr", request_metadata="{}", at=at)
    db.session.commit()
    return firm_id, opened.id


def lose(*which) -> None:
    """The backup lacks these rows; it knows of no change of hands."""
    with db.engine.begin() as connection:
        if databases.SERVER:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(update(Recipient).values(reassigned_at=None, reassigned_anywhere_at=None))
        for condition in (ReassignedAddress.id > 0, *which):
            connection.execute(delete(condition.left.table).where(condition))


@pytest.mark.parametrize("lacks", ["a brand", "the firm"])
def test_this_is_not_me_comes_back_from_any_part_of_its_act(app, kept, rows, lacks):
    at = clock.now() + SECOND
    with app.app_context():
        firm_id, brand_id = holders_say_so(at)
    lose_decisions(app)
    with app.app_context():
        theirs = [each.c.provider_id == firm_id for each in reversed(TABLES) if "provider_id" in each.c]
        lose(*((Brand.id == brand_id,) if lacks == "a brand" else (*theirs, Provider.id == firm_id)))

    for _ in range(2):
        assert restore(app, kept).exit_code == 1  # Decisions are missing.

        assert {each.held_since for each in rows(Recipient)} == {at}
        assert rows.one(ReassignedAddress).reassigned_at == at
        assert rows.count(Receipt) == (1 if lacks == "a brand" else 0)


@pytest.mark.parametrize("is_trial", [False, True])
def test_the_earlier_holders_names_go_from_each_spelling_of_the_mailbox(app, kept, rows, is_trial):
    at, (said, other) = clock.now() + SECOND, ("ada@gmail.com", "a.da@gmail.com")
    with app.app_context():
        firm_id = make.provider().id
        db.session.execute(update(Provider).values(admitted_at=None if is_trial else at))
        db.session.execute(update(Brand).values(is_sandbox=is_trial))
        bring(make.brand(), *(entry(each, date=at - SECOND, channel=Channel.EMAIL) for each in (said, other)))
        who, address = recipients.find(db.session, vault(), firm_id, addresses.parse(said)), addresses.parse(said)
        refusals.refuse_not_mine(db.session, vault(), who, address, language="tr", request_metadata="{}", at=at)
        db.session.commit()
    lose_decisions(app)
    with app.app_context():
        lose()
        references.save_references(db.session, vault(), make.brand(), {said: "C-1", other: "C-1"})
        db.session.commit()

    restore(app, kept)

    assert [each.reference for each in rows(Recipient)] == [None, None]


@pytest.mark.parametrize("which", ["its own", "none", "another"])
def test_a_receipt_shows_nothing_of_who_has_the_address_now_though_its_link_is_lost(app, browser, rows, which):
    """It was taken by an old link, after the address came to somebody else."""
    code = make.codes(app)[make.EMAIL]
    with app.app_context():
        db.session.execute(update(Recipient).values(reassigned_anywhere_at=clock.now()))
        db.session.commit()
    with time_machine.travel(clock.now() + SECOND):
        page = make.Person(browser, code).decides(EPOSTA="RET").location
    with app.app_context():
        of_it = shortlinks.Link.id == rows.one(Receipt).link_id
        if which == "none":
            db.session.execute(delete(shortlinks.Link).where(of_it))
        elif which == "another":
            made_later = clock.now() + 2 * SECOND
            db.session.execute(update(shortlinks.Link).where(of_it).values(created_at=made_later))
        db.session.commit()

    assert "Bu belge eski bir bağlantıyla alındı" in browser.get(page).text
