"""Taking back and telling meet at one row: İYS never hears of a grant, or taking it back comes too late."""

from datetime import timedelta

import pytest

from portal.core import addresses
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Channel, Source, Status
from portal.core.models import Annulment, Outcome, Receipt, ReceivedVia, Submission, User
from portal.domain.consents import bulk_import, movement_rows, movements, recipients, refusals
from tests import grants, make
from tests.portal.domain.consents.import_entries import entry, import_run
from tests.portal.domain.consents.iys_movements import row
from tests.portal.domain.identity.test_concurrency import at_once

pytestmark = pytest.mark.slow

PEOPLE = 6
A_TICK = timedelta(milliseconds=1)


@pytest.fixture
def people(app) -> dict[str, str]:
    app.config["UNDO_SECONDS"] = 300
    return make.codes(app, "\n".join(grants.phones(PEOPLE)))


def undoes(_phone: str, at):
    newest = db.session.query(Receipt).order_by(Receipt.id.desc()).first()
    refusals.take_back_grants(db.session, vault(), newest, language="tr", request_metadata="", at=at)


def refuses(phone: str, at):
    """By telephone, which voids what waits."""
    address, brand = addresses.parse(phone), make.brand()
    refusals.refuse(
        db.session, vault(), recipients.find(db.session, vault(), brand.provider_id, address), [brand],
        [Channel.SMS, Channel.CALL], address=address, source=Source.CALL_CENTRE,
        user_id=db.session.query(User).first().id, at=at,
    )  # fmt: skip


def brings(phone: str, at):
    """A file of the provider's says so."""
    entries = [entry(phone, Status.REFUSED, at, channel=channel) for channel in (Channel.SMS, Channel.CALL)]
    bulk_import.apply_import(db.session, vault(), make.brand(), entries, import_run(at=at))


def receives_refusal(phone: str, at):
    """The person refused at İYS."""
    rows = [row("RET", recipient=phone, type=channel, at=at) for channel in (Channel.SMS, Channel.CALL)]
    told, _unread = movement_rows.read_rows(rows, at)
    movements.apply_movements(db.session, vault(), make.brand(), told, by=ReceivedVia.PULL, feed=None, at=at)


@pytest.mark.parametrize("takes_back", [undoes, refuses, brings, receives_refusal])
def test_a_grant_is_taken_back_or_taken_in_hand_and_never_both(app, people, rows, takes_back):
    """The person's clock is a tick before the end of the wait, the forwarder's a tick after it."""
    for phone, code in people.items():
        make.Person(app.test_client(), code).decides(MESAJ="ONAY", ARAMA="ONAY")
        ends = rows(Submission, Submission.status == Status.GRANTED)[-1].due_at

        def person(phone=phone, ends=ends):
            with app.app_context():
                takes_back(phone, ends - A_TICK)
                db.session.commit()

        def forwarder(ends=ends):
            with app.app_context():
                for _ in Channel:
                    make.claim(ends + A_TICK)

        at_once(person, forwarder)

    annulled = {fact.decision_id for fact in rows(Annulment)}
    told = rows(Submission, Submission.status == Status.GRANTED)
    assert len(told) == 2 * PEOPLE
    assert {each.decision_id for each in told if each.outcome == Outcome.ANNULLED} == annulled
    assert {each.decision_id for each in told if each.attempts} == {each.decision_id for each in told} - annulled
