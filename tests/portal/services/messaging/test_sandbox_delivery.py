"""Before admission nothing reaches a stranger: only addresses that the provider's own people proved."""

import pytest
from sqlalchemy import update

from portal.core import clock
from portal.core.addresses import parse
from portal.core.extensions import db, vault
from portal.core.models import AddressProof, Brand, Delivery, Message, MessageState, Provider, Purpose
from portal.domain import address_proofs
from tests import make, servers
from tests.make import send_all
from tests.portal.services.messaging.test_outbox import Gateway

pytestmark = pytest.mark.slow

OWN, STRANGER = "+905320000001", "+905320000002"


@pytest.fixture
def gateway():
    gateway = Gateway()
    with servers.serving(gateway.app) as gateway.url:
        yield gateway


def prove(provider_id: int, address: str) -> None:
    proof = address_proofs.request_code(
        db.session, vault(), "secret", parse(address), Purpose.SANDBOX, sends=True, language="tr",
        network="10.0.0.1", at=clock.now(), sandbox_provider_id=provider_id,
    )  # fmt: skip
    db.session.flush()
    proof.proved_at = clock.now()
    db.session.query(Message).delete()
    db.session.commit()


@pytest.mark.parametrize("table", ["provider", "brand"])
def test_a_practising_firm_reaches_its_own_people_only(app, gateway, rows, table):
    """Nor does a brand of sandbox mode once its firm is admitted: nobody has reviewed its name."""
    with app.app_context():
        prove(make.brand().provider_id, OWN)
        practises = update(Provider).values(admitted_at=None) if table == "provider" else None
        db.session.execute(practises if practises is not None else update(Brand).values(is_sandbox=True))
        db.session.commit()
    make.codes(app, f"{OWN}\n{STRANGER}\n{make.AYSE}\n{make.EMAIL}", delivery=Delivery.GATEWAY)

    with app.app_context():
        send_all(gateway.url)
        db.session.rollback()

    assert {message["to"] for call in gateway.calls for message in call} == {OWN, make.AYSE}
    states = [message.state for message in rows(Message)]
    assert states.count(MessageState.ACCEPTED) == states.count(MessageState.NOT_NEEDED) == 2


def test_an_address_that_another_firm_proved_is_a_strangers(app, gateway):
    with app.app_context():
        prove(make.provider(800001, 800001, "cem@example.com").id, OWN)
        make.provider()
        db.session.execute(update(Provider).values(admitted_at=None))
        db.session.commit()
        brand = db.session.query(Brand).filter_by(brand_code=make.BRAND_CODE).one()
        own = address_proofs.find_own(db.session, vault(), brand.provider_id, [parse(OWN), parse(make.AYSE)])

        assert own == {parse(make.AYSE)}


def test_a_proved_address_outlives_the_nightly_clearing_until_it_is_removed(app, rows):
    with app.app_context():
        prove(make.provider().id, OWN)
        later = clock.now().replace(year=clock.now().year + 1)

        assert address_proofs.delete_old_proofs(db.session, later) == 0
        db.session.execute(update(AddressProof).values(ended_at=clock.now()))
        assert address_proofs.delete_old_proofs(db.session, later) == 1
