"""What people refused during a firm's trial is answered from its admission on, before the worker has repeated it."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.core import addresses, clock
from portal.core.extensions import db, vault
from portal.core.ids import new_id
from portal.core.iys_protocol import RecipientType, Status
from portal.core.models import Brand, Consent, DecisionOrigin, Provider
from portal.domain.consents import recipients
from portal.domain.consents.may_send import may_send, reason_column
from tests.portal.api.programs import BASE, Program, make_key
from tests.portal.domain.providers.test_onboarding import CODE
from tests.portal.jobs.test_admissions import MAIL, PHONE, Firm, at, firm, repeat_refusals  # noqa: F401 - fixtures
from tests.portal.services.exports.held_consents import Holder

# ruff: noqa: F811 - a fixture of another file is asked for by its name.
MERCHANT, A_DAY, AN_HOUR = RecipientType.MERCHANT, timedelta(days=1), timedelta(hours=1)
OTHERS = {PHONE: "+905321112244", MAIL: "zehra@gmail.com"}  # Nobody refused by them.
SAID = {PHONE: Firm.hears_by_sms, MAIL: lambda firm: firm.hears_of_mail("unsubscribed")}


def iys_holds(firm: Firm, address: str, recipient_type: RecipientType) -> None:
    """A grant at the real brand's İYS, while nothing was decided here."""
    brand, its = firm.brand(), addresses.parse(address)
    (its_id,) = recipients.gather(db.session, vault(), brand.provider_id, [its], clock.now()).values()
    consent = Consent(
        id=new_id(), provider_id=brand.provider_id, brand_id=brand.id, recipient_id=its_id,
        channel=address_channel(address), recipient_type=recipient_type,
        iys_status=Status.GRANTED.value, iys_as_of=clock.now(),
    )  # fmt: skip
    db.session.add(consent)
    db.session.commit()


def address_channel(address: str) -> str:
    return "EPOSTA" if "@" in address else "MESAJ"


def answers(firm: Firm, address: str, recipient_type: RecipientType = MERCHANT) -> set[tuple[str, str]]:
    """What each way of asking says of one address: the API's three, and the statements of pages and exports."""
    program = Program(firm.app, make_key(db.session.get_one(Provider, firm.id)))
    asked = {"type": (channel := address_channel(address)), "recipientType": recipient_type}
    (listed,) = program.post(f"{BASE}/brands/{CODE}/checks", asked | {"recipients": [address]}).json["results"]
    one = program.post(f"{BASE}/brands/{CODE}/consents/query", asked | {"recipient": address}).json["maySend"]
    head = program.get(f"{BASE}/brands/{CODE}/may-send/{channel}/{address}?recipientType={recipient_type}")
    its = addresses.parse(address)
    its_id = recipients.find(db.session, vault(), firm.id, its).id
    in_sql = select(reason_column(clock.now()), may_send(clock.now())).join(Brand, Brand.id == Consent.brand_id)
    theirs = Consent.recipient_id == its_id, Consent.recipient_type == recipient_type, Brand.brand_code == CODE
    reason, may = db.session.execute(in_sql.where(*theirs)).one()
    assert (head.status_code == 200) == bool(may) == (listed["verdict"] == "may")
    return {(each["verdict"], each["reason"]) for each in (listed, one)} | {(listed["verdict"], reason)}


@pytest.fixture
def inside(app):
    with app.app_context():
        yield


@pytest.mark.parametrize("recipient_type", RecipientType)
@pytest.mark.parametrize("address", SAID)
def test_nobody_may_message_who_refused_before_it_is_repeated(inside, firm, at, address, recipient_type):
    SAID[address](firm)
    at.shift(A_DAY)
    firm.is_admitted(is_repeated=False)
    for each in (address, OTHERS[address]):
        iys_holds(firm, each, recipient_type)

    before = answers(firm, address, recipient_type)
    repeat_refusals()
    db.session.expire_all()

    assert before == answers(firm, address, recipient_type) == {("may_not", "refused")}
    assert answers(firm, OTHERS[address], recipient_type) != before


def test_a_merchant_who_granted_since_may_be_messaged(app, inside, firm, at):
    firm.hears_by_sms()
    at.shift(A_DAY)
    firm.is_admitted(is_repeated=False)
    Holder(app).grants(PHONE, ago=AN_HOUR, brand_code=CODE, origin=DecisionOrigin.LINK, recipient_type=MERCHANT)

    before = answers(firm, PHONE)
    repeat_refusals()

    assert before == answers(firm, PHONE) == {("may", "merchant")}


def test_a_refusal_of_another_channel_says_nothing_of_this_one(inside, firm, at):
    firm.hears_of_mail("unsubscribed")
    at.shift(A_DAY)
    firm.is_admitted(is_repeated=False)
    iys_holds(firm, PHONE, MERCHANT)

    assert answers(firm, PHONE) == {("may", "merchant")}
