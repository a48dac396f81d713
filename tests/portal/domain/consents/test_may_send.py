"""Whether a message may go out is one rule: what we hold and what İYS holds, by recipient type and kind of provider."""

import pytest
from sqlalchemy import select, update

from portal.core import addresses, clock
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Channel, RecipientType
from portal.core.models import Brand, Consent, Provider
from portal.core.models.ids import new_id
from portal.domain.consents import recipients
from portal.domain.consents.may_send import may_send
from portal.domain.providers import sandbox_mode
from tests import make

PERSON, MERCHANT = RecipientType.INDIVIDUAL, RecipientType.MERCHANT


def answer(recipient_type: RecipientType, here: str | None, at_iys: str | None) -> bool:
    brand, address = make.brand(), addresses.parse(make.PHONE)
    (recipient_id,) = recipients.gather(db.session, vault(), brand.provider_id, [address], clock.now()).values()
    db.session.add(
        Consent(
            id=new_id(), provider_id=brand.provider_id, brand_id=brand.id, recipient_id=recipient_id,
            channel=Channel.SMS, recipient_type=recipient_type, status=here, iys_status=at_iys,
        )
    )  # fmt: skip
    db.session.flush()
    return bool(db.session.scalar(select(may_send()).select_from(Consent).join(Brand, Brand.id == Consent.brand_id)))


@pytest.fixture(autouse=True)
def in_app(app):
    with app.app_context():
        yield


@pytest.mark.parametrize(
    ("recipient_type", "here", "at_iys", "may"),
    [
        (PERSON, "ONAY", "ONAY", True),
        (PERSON, "ONAY", "RET", False),
        (PERSON, "ONAY", None, False),
        (PERSON, "RET", "ONAY", False),
        (PERSON, None, None, False),
        (MERCHANT, None, None, True),
        (MERCHANT, "ONAY", None, True),
        (MERCHANT, "ONAY", "RET", False),
        (MERCHANT, "RET", "ONAY", False),
        (MERCHANT, "RET", None, False),
    ],
)
def test_a_person_must_have_granted_and_a_merchant_must_not_have_refused(recipient_type, here, at_iys, may):
    assert answer(recipient_type, here, at_iys) == may


@pytest.mark.parametrize(("here", "may"), [("ONAY", True), ("RET", False), (None, False)])
def test_of_an_exempt_provider_its_own_records_decide(here, may):
    make.brand()
    db.session.execute(update(Provider).values(iys_code=sandbox_mode.EXEMPT_CODES.start))

    assert answer(PERSON, here, None) == may


@pytest.mark.parametrize("recipient_type", [PERSON, MERCHANT])
def test_nothing_goes_out_for_a_brand_whose_sandbox_mode_is_over(recipient_type):
    make.brand()
    db.session.execute(update(Brand).values(is_sandbox=True, closed_at=clock.now()))

    assert not answer(recipient_type, "ONAY", "ONAY")
