"""How well a consent can be proved: weak, fair or strong, by where it came from and what arrived."""

from collections import Counter

import pytest
from sqlalchemy import update

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.iys_protocol import RecipientType, Source, Status
from portal.core.models import DecisionOrigin, Message, MessageKind, MessageState, Outcome, Recipient
from portal.domain.consents import history
from portal.domain.consents.evidence import Evidence, Strength
from portal.services import exports
from portal.services.exports import ExportFilter, ExportKind
from tests import grants, make
from tests.make import Person
from tests.portal.services.exports.held_consents import Holder

pytestmark = pytest.mark.slow

CASES = [
    ({"origin": DecisionOrigin.AT_IYS, "outcome": None}, Evidence.AT_IYS, "strong"),
    ({"origin": DecisionOrigin.OTHER_SENDER}, Evidence.OTHER_SENDER, "weak"),
    ({}, Evidence.PAPER, "fair"),
    ({"source": Source.BEFORE_2015}, Evidence.BEFORE_2015, "weak"),
    ({"outcome": None}, Evidence.LATE, "weak"),
    ({"outcome": Outcome.EXPIRED}, Evidence.LATE, "weak"),
    ({"source": None, "recipient_type": RecipientType.MERCHANT}, Evidence.UNKNOWN, "weak"),
    ({"origin": DecisionOrigin.LINK}, Evidence.UNCONFIRMED, "fair"),
    ({"status": Status.REFUSED}, None, None),
]


def test_a_grant_is_as_strong_as_where_it_came_from(app, rows):
    """On the recipient's page, in the export, and as its filter."""
    with app.app_context():
        provider_id = make.provider().id
    expected = {}
    for phone, (facts, evidence, strength) in zip(grants.phones(len(CASES)), CASES, strict=True):
        Holder(app).decides(phone, **facts)
        expected[phone] = evidence
        assert strength == (evidence and evidence.strength)

    with app.app_context():
        shown = [
            each for row in rows(Recipient) for *_, each in history.current_consents(db.session, row.id, clock.now())
        ]
        wanted = ExportFilter(ExportKind.CONSENTS, provider_id)
        exported = {row.address: row.evidence for row in exports.rows(db.session, vault(), wanted, clock.now())}
        filtered = {
            each: exports.count(db.session, ExportFilter(ExportKind.CONSENTS, provider_id, strength=each), clock.now())
            for each in Strength
        }
        db.session.rollback()

    assert Counter(shown) == Counter(expected.values())
    assert exported == expected
    assert filtered == {"weak": 5, "fair": 2, "strong": 1}


@pytest.mark.parametrize(
    ("address", "state", "evidence"),
    [
        (make.PHONE, MessageState.DELIVERED, Evidence.CONFIRMED),
        (make.PHONE, MessageState.ACCEPTED, Evidence.UNCONFIRMED),
        (make.EMAIL, MessageState.ACCEPTED, Evidence.CONFIRMED),  # Mail reports no delivery.
        (make.EMAIL, MessageState.FAILED, Evidence.UNCONFIRMED),
    ],
)
def test_what_was_said_on_our_page_is_strong_once_its_confirmation_arrived(
    app, browser, rows, address, state, evidence
):
    channel = "EPOSTA" if address == make.EMAIL else "MESAJ"
    Person(browser, make.codes(app, address)[address]).decides(**{channel: "ONAY"})
    with app.app_context():
        db.session.execute(update(Message).where(Message.kind == MessageKind.CONFIRMATION).values(state=state))
        db.session.commit()
        ((*_, found),) = history.current_consents(db.session, rows.one(Recipient).id, clock.now())

    assert found == evidence
