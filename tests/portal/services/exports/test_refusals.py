"""Files of refusals have whoever refused, wherever that is known from: here, at İYS, or by another spelling."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from portal.core import addresses, clock
from portal.core.extensions import db, read_session, vault
from portal.core.ids import new_id
from portal.core.iys_protocol import Channel, RecipientType, Status
from portal.core.models import Brand, Consent, DecisionOrigin
from portal.domain.consents import recipients
from portal.domain.consents.may_send import is_refused
from portal.services import exports
from portal.services.exports import ExportFilter, ExportKind
from tests import make
from tests.portal.services.exports.held_consents import Holder

pytestmark = pytest.mark.slow

OWN, SWEPT, IYS_ONLY, GRANTED = (f"+90532000000{number}" for number in range(1, 5))
SPELLED, SPELLING = "fatmakaya@gmail.com", "fatma.kaya@gmail.com"


@pytest.fixture
def refusing(app):
    """People who refused here, or at İYS after a grant or alone; one by another spelling; and one who granted."""
    with app.app_context():
        make.provider()
        db.session.rollback()
    holder = Holder(app)
    for address in (GRANTED, SWEPT, IYS_ONLY):
        holder.grants(address)
    holder.decides(OWN, Status.REFUSED)
    holder.decides(SPELLING, Status.REFUSED, channel=Channel.EMAIL, origin=DecisionOrigin.MINE)
    with app.app_context():
        at, whose = clock.now(), [addresses.parse(each) for each in (SWEPT, IYS_ONLY, SPELLED)]
        ids = recipients.gather(db.session, vault(), make.brand().provider_id, whose, at)
        its = Consent.recipient_id.in_([ids[SWEPT], ids[IYS_ONLY]])
        db.session.execute(update(Consent).where(its).values(iys_status=Status.REFUSED, iys_as_of=at))
        alone = Consent.recipient_id == ids[IYS_ONLY]
        db.session.execute(update(Consent).where(alone).values(status=None, decision_id=None))
        db.session.commit()
    return holder


def export(app, kind: ExportKind, **wanted) -> list:
    """The rows, which are as many as was said before."""
    with app.app_context():
        narrowed, at = ExportFilter(kind, make.brand().provider_id, **wanted), clock.now()
        rows = list(exports.rows(read_session(), vault(), narrowed, at))
        assert exports.count(read_session(), narrowed, at) == len(rows)
        return rows


def test_consents_that_are_refused_are_those_that_the_rule_refuses(app, refusing):
    refused = export(app, ExportKind.CONSENTS, status=Status.REFUSED)

    assert {row.address for row in refused} == {OWN, SWEPT, IYS_ONLY, SPELLING}
    with app.app_context():
        by_rule = select(Consent.id).join(Brand, Brand.id == Consent.brand_id).where(is_refused(clock.now()))
        assert len(db.session.scalars(by_rule).all()) == len(refused)


def test_the_day_and_the_channel_narrow_down_refusals_too(app, refusing):
    today = clock.day(clock.now() - timedelta(hours=1))  # Of what was just refused, also at midnight.
    new = export(app, ExportKind.CONSENTS, status=Status.REFUSED, since=today, channel=Channel.SMS)

    assert {row.address for row in new} == {OWN, SWEPT, IYS_ONLY}
    assert export(app, ExportKind.CONSENTS, status=Status.REFUSED, until=today - timedelta(days=2)) == []


@pytest.mark.parametrize("wanted", [{}, {"with_sandbox": False}])
def test_a_recipient_has_each_channel_that_the_rule_refuses(app, refusing, wanted):
    rows = export(app, ExportKind.RECIPIENTS, **wanted)

    assert {row.address: row.refused for row in rows} == {
        GRANTED: (), OWN: (Channel.SMS,), SWEPT: (Channel.SMS,), IYS_ONLY: (Channel.SMS,),
        SPELLING: (Channel.EMAIL,), SPELLED: (Channel.EMAIL,),
    }  # fmt: skip
    assert [row.address for row in rows if Channel.SMS in row.may_send] == [GRANTED]


DOTLESS, DOTTED = "ayse@gmail.com", "a.yse@gmail.com"  # One mailbox.


@pytest.fixture
def held_before(app):
    """Two spellings and a number that a firm holds since ten days, as merchants that İYS lists."""
    with app.app_context():
        made, before = make.provider(), clock.now() - timedelta(days=10)
        whose = [addresses.parse(each) for each in (DOTLESS, DOTTED, SWEPT)]
        ids = recipients.gather(db.session, vault(), made.id, whose, before)
        merchant = {"recipient_type": RecipientType.MERCHANT, "iys_status": Status.GRANTED, "iys_as_of": before}
        own = {"provider_id": made.id, "brand_id": make.brand().id}
        channels = {DOTLESS: Channel.EMAIL, DOTTED: Channel.EMAIL, SWEPT: Channel.SMS}
        db.session.add_all(
            Consent(id=new_id(), recipient_id=ids[each], channel=channel, **own, **merchant)
            for each, channel in channels.items()
        )
        db.session.commit()
    return Holder(app)


def new_since(app, day, *, refused: Status | None = Status.REFUSED, **wanted) -> tuple[set, set]:
    """Addresses of the consents that are refused, and of recipients."""
    consents = export(app, ExportKind.CONSENTS, status=refused, since=day, **wanted)
    return {row.address for row in consents}, {
        row.address for row in export(app, ExportKind.RECIPIENTS, since=day, **wanted)
    }


@pytest.mark.parametrize(("said", "whole"), [(DOTLESS, DOTTED), (DOTTED, DOTLESS)])
def test_who_became_refused_by_another_spelling_is_new_that_day(app, held_before, said, whole):
    today, mine = clock.day(clock.now() - timedelta(hours=1)), DecisionOrigin.MINE
    held_before.decides(said, Status.REFUSED, channel=Channel.EMAIL, origin=mine)

    assert new_since(app, today) == ({said, whole}, {said, whole})
    assert new_since(app, today, until=today + timedelta(days=1)) == ({said, whole}, {said, whole})
    assert new_since(app, today + timedelta(days=1)) == (set(), set())


def test_who_became_refused_as_another_recipient_type_is_new_that_day(app, held_before):
    today = clock.day(clock.now() - timedelta(hours=1))
    held_before.decides(SWEPT, Status.REFUSED)

    found = export(app, ExportKind.CONSENTS, status=Status.REFUSED, since=today)

    assert {row.recipient_type for row in found} == {RecipientType.INDIVIDUAL, RecipientType.MERCHANT}
    assert export(app, ExportKind.CONSENTS, status=Status.REFUSED, since=today + timedelta(days=1)) == []


def test_an_address_that_changed_hands_by_another_spelling_is_new_that_day(app, held_before):
    today = clock.day(clock.now())
    with app.app_context():
        provider_id = make.brand().provider_id
        recipients.find(db.session, vault(), provider_id, addresses.parse(DOTLESS)).reassigned_at = clock.now()
        db.session.commit()

    rows = export(app, ExportKind.RECIPIENTS, since=today)

    assert {row.address for row in rows if row.held_since} == {DOTLESS, DOTTED}
    assert {row.address for row in rows} == {DOTLESS, DOTTED}
