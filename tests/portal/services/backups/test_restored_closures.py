"""A closed line is a closed line after a restore, too, though İYS's feed tells it no more."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import delete, select, update

from portal.core import clock, journal
from portal.core.extensions import db, vault
from portal.core.ids import new_id
from portal.core.iys_protocol.enums import LINE_CLOSED
from portal.core.models import (
    NO_PROVIDER,
    Brand,
    ClosedLine,
    Consent,
    Difference,
    DifferenceKind,
    FeedSource,
    ReceivedVia,
    Recipient,
    Settlement,
)
from portal.domain.consents import difference_resolution, movements, references
from portal.domain.consents.movement_rows import read_rows
from tests import make
from tests.portal.domain.consents.import_entries import bring, entry
from tests.portal.domain.consents.iys_movements import row
from tests.portal.services.backups.test_replay import kept as kept
from tests.portal.services.backups.test_replay import lose_decisions, restore
from tests.portal.web.my_consents.test_overview import another_provider


def take_closed_line(channel: str) -> None:
    """As staff do with a line of İYS's file."""
    brand, its_id = make.brand(), new_id()
    told = row("RET", recipient=make.PHONE, type=channel, ago=timedelta(0), source=LINE_CLOSED)
    consent_id = db.session.scalar(select(Consent.id).where(Consent.channel == channel))
    found = Difference(
        id=its_id, provider_id=brand.provider_id, brand_id=brand.id, kind=DifferenceKind.ONLY_AT_IYS,
        consent_id=consent_id, facts={}, found_at=clock.now(),
        line=vault().seal(json.dumps(told), Difference.LINE, brand.provider_id, its_id),
    )  # fmt: skip
    db.session.add(found)
    at = clock.now() + timedelta(seconds=1)
    difference_resolution.settle(db.session, vault(), found, Settlement.TAKE_THEIRS, user_id=1, at=at)
    db.session.commit()


def hear_closed_line() -> None:
    told = row("RET", recipient=make.PHONE, ago=timedelta(0), source=LINE_CLOSED)
    movements.apply_movements(
        db.session, vault(), make.brand(), *read_rows([told], clock.now())[:1],
        by=ReceivedVia.PULL, feed=FeedSource.PEOPLE, at=clock.now() + timedelta(seconds=1),
    )  # fmt: skip
    db.session.commit()


@pytest.mark.parametrize("is_taken", [True, False], ids=["taken from a day's file", "told by the feed"])
def test_a_closed_line_ends_the_grants_of_all_firms_again(app, browser, kept, rows, is_taken):
    """Another firm's is in no journal as that, and is granted in the backup."""
    make.Person(browser, make.codes(app)[make.PHONE]).decides(MESAJ="ONAY", ARAMA="ONAY")
    with app.app_context():
        take_closed_line("MESAJ") if is_taken else hear_closed_line()
    at = rows.one(ClosedLine).closed_at
    lose_decisions(app)
    other = another_provider(app, holds=make.PHONE)
    with app.app_context():
        db.session.execute(update(Recipient).values(closed_at=None))
        db.session.execute(delete(ClosedLine))
        db.session.commit()
        bring(db.session.get_one(Brand, other), entry(make.PHONE))

    for _ in range(2):  # A restore may be interrupted, and begun again.
        assert restore(app, kept).exit_code == 0

        decided = [(each.brand_id == other, each.channel, each.status) for each in rows(Consent) if each.status]
        assert sorted(decided) == [(False, "ARAMA", "RET"), (False, "MESAJ", "RET"), (True, "MESAJ", "RET")]
        with_phone = [each for each in rows(Recipient) if each.kind == "phone"]
        assert [each.closed_at for each in with_phone] == [at, at]
        assert rows.one(ClosedLine).closed_at == at


def test_a_number_that_is_only_on_a_list_has_its_closed_line_again(app, kept, rows):
    """Nobody has a consent of it in the backup; what the firm calls the present holder is newer than that."""
    with app.app_context():
        provider_id = make.brand().provider_id
        hear_closed_line()
    at = rows.one(ClosedLine).closed_at
    lose_decisions(app)
    other = another_provider(app, holds=make.PHONE)
    with app.app_context():
        references.save_references(db.session, vault(), make.brand(), {make.PHONE: "the earlier holder"})
        db.session.execute(update(Recipient).values(closed_at=None))
        db.session.execute(delete(ClosedLine))
        db.session.commit()

    assert restore(app, kept).exit_code == 0
    with app.app_context():
        references.save_references(db.session, vault(), make.brand(), {make.PHONE: "m2"})
        db.session.commit()
        bring(make.brand(), entry(make.PHONE))
        bring(db.session.get_one(Brand, other), entry(make.PHONE))
    assert restore(app, kept).exit_code == 0

    with_phone = {each.provider_id: each for each in rows(Recipient) if each.kind == "phone"}
    assert [each.closed_at for each in with_phone.values()] == [at, at]
    mine = with_phone[provider_id]
    with app.app_context():
        brand_id = make.brand().id
        assert references.open_reference(vault(), provider_id, brand_id, mine.id, mine.reference) == "m2"
    assert "ONAY" not in {each.status for each in rows(Consent)}


def test_a_closed_line_that_cannot_be_opened_is_missing(app, kept):
    its_id = new_id()
    with app.app_context():
        sealed = vault().seal(make.PHONE, ClosedLine.PLACE, NO_PROVIDER, new_id())  # Of another row.
        row = {"id": its_id, "address": sealed, "closed_at": clock.now()} | vault().indexes(NO_PROVIDER, make.PHONE)
        journal.note(db.session, ClosedLine, [row])
        db.session.commit()

    for _ in range(2):
        told = restore(app, kept)
        assert (told.exit_code, "INCOMPLETE: 1 of 1 are missing still." in told.output) == (1, True)
