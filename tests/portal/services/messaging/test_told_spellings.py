"""Whose word it is that names one spelling of a mailbox, where firms wrote to others of it by the operator's accounts:
none of them is left out, and none that never wrote is refused."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, update

from portal.core import clock
from portal.core.addresses import AddressKind, parse
from portal.core.extensions import db, vault
from portal.core.models import AddressProof, EventKind, Message, MessageGateway, MessageKind, MessageState
from portal.domain.consents import recipients
from portal.domain.notifications import gateways
from portal.services.messaging import news_keeping
from portal.services.messaging.gateways.protocol import BlockedAddress, Feedback
from tests import make
from tests.portal.services.messaging.test_feedback import DOMAIN, MailAccount, held
from tests.portal.services.messaging.test_mail_answers import CHANGED, SAID, own_code
from tests.portal.services.messaging.test_operators_spellings import by_operator, refused
from tests.portal.services.messaging.vendor_pushes import work
from tests.portal.web.my_consents.conftest import Visitor

pytestmark = pytest.mark.slow

# By whose spelling it is of a mailbox: two firms' that wrote there, another one's that never did, and nobody's.
SPELLINGS = {"A": "{}.{}+izin", "B": "{}{}", "silent": "{}{}+firma", "nobody": "{}{}+yeni"}
PEOPLE = dict(zip(SPELLINGS, ("ayse", "burcu", "canan", "derya"), strict=True))  # Each told by this one's spelling.
OLD, LATELY = timedelta(days=20), timedelta(days=2)


def spell(whose: str, name: str) -> str:
    return f"{SPELLINGS[whose].format(name[0], name[1:])}@gmail.com"


@pytest.fixture
def account(app, browser, monkeypatch) -> MailAccount:
    """A's, by which it wrote to each of PEOPLE."""
    mails = [spell("A", name) for name in PEOPLE.values()]
    monkeypatch.setattr("tests.portal.services.messaging.test_feedback.PEOPLE", mails)
    return MailAccount(app, browser, feedback="post")


def add_account(at: datetime) -> int:
    values = {"host": "127.0.0.1", "security": "smtp"}
    row = gateways.add_gateway(
        db.session, vault(), provider_id=None, carries=AddressKind.EMAIL, vendor="smtp", per_second=10, at=at,
        header="haber@ikinci.example", credentials=values,
    )  # fmt: skip
    db.session.flush()
    return row.id


def write(provider_id: int, address: str, gateway_id: int, at: datetime) -> None:
    theirs = recipients.gather(db.session, vault(), provider_id, [parse(address)], at)
    db.session.add(
        Message(
            provider_id=provider_id, recipient_id=theirs[address], gateway_id=gateway_id, kind=MessageKind.CODE,
            state=MessageState.DELIVERED, attempts=1, created_at=at, called_at=at,
        )
    )  # fmt: skip


def send_codes(app, browser, gateway_id: int, at: datetime) -> None:
    """İzinlink's own, to each of PEOPLE by the spelling that is told."""
    for whose, name in PEOPLE.items():
        Visitor(app, browser, spell(whose, name)).asks()
    with app.app_context():
        db.session.execute(update(AddressProof).values(created_at=at))
        left = {"gateway_id": gateway_id, "state": MessageState.DELIVERED, "due_at": None}
        own = Message.kind == MessageKind.CODE, Message.recipient_id.is_(None)
        db.session.execute(update(Message).where(*own).values(**left, created_at=at, called_at=at))
        assert db.session.scalar(db.select(func.count()).select_from(AddressProof)) == len(PEOPLE)
        db.session.commit()


def tell(account: MailAccount, gateway_id: int, how: str, whose: str, name: str) -> None:
    told = spell(whose, name)
    if how == "complaint":
        with account.app.app_context():
            at, gateway = clock.now(), db.session.get_one(MessageGateway, gateway_id)
            news_keeping.keep_news(gateway, Feedback(blocked=(BlockedAddress(told, at, "complaint abuse"),)), at)
            db.session.commit()
        return
    quoted = f"\n> https://izin.example/u/{own_code(account, spell('A', name))}" if how == "answer to A" else ""
    to = f"unsubscribe@{DOMAIN}" if how == "unsubscribe mail" else "bilgi@ornek.com.tr"
    header = "X: y" if how == "unsubscribe mail" else CHANGED
    account.pushes(f"From: {told}\nTo: {to}\nSubject: Re\n{header}\n\n{SAID}{quoted}\n".encode(), to=to)


@pytest.mark.parametrize("accounts", [1, 2])
@pytest.mark.parametrize("last", ["A", "B", "code"])
@pytest.mark.parametrize("how", ["complaint", "unsubscribe mail", "answer to A"])
@pytest.mark.parametrize("has_rival", [True, False])
def test_a_told_spelling_leaves_out_no_firm_that_wrote_and_refuses_none_that_did_not(
    app, browser, account, has_rival, how, last, accounts
):  # fmt: skip
    gateway_id = by_operator(account)
    with app.app_context():
        now = clock.now()
        other_id = add_account(now) if accounts == 2 else gateway_id
        rival, silent = (make.provider(each, each, f"c{each}@example.com").id for each in (800001, 800002))
        a_at = now - (LATELY if last == "A" else OLD)
        db.session.execute(update(Message).values(created_at=a_at, called_at=a_at))
        for name in PEOPLE.values():
            recipients.gather(db.session, vault(), silent, [parse(spell("silent", name))], now)
            if has_rival:
                write(rival, spell("B", name), other_id, now - (LATELY if last == "B" else OLD))
        db.session.commit()
    if last == "code":
        send_codes(app, browser, other_id, now - LATELY)
    for whose, name in PEOPLE.items():
        tell(account, gateway_id, how, whose, name)
    work(app, *EventKind)

    are_refused = {address for address, _ in refused(account)}
    is_sure = how == "complaint" and last != "code"
    wrote = {spell(each, name) for each in ("A", "B")[: 1 + has_rival] for name in PEOPLE.values()}
    may_be_meant = {spell("silent", PEOPLE["silent"])} if last == "code" else set()  # Its own spelling is told.
    assert are_refused == (wrote if is_sure else set())
    assert set(held(app)) == (set() if is_sure else wrote | may_be_meant)


def test_a_code_before_a_firms_mail_leaves_a_complaint_certain_unless_another_firm_has_the_told_spelling(
    app, browser, account
):  # fmt: skip
    gateway_id = by_operator(account)
    with app.app_context():
        now, silent = clock.now(), make.provider(800002, 800002, "cem@example.com").id
        db.session.execute(update(Message).values(created_at=now - LATELY, called_at=now - LATELY))
        recipients.gather(db.session, vault(), silent, [parse(spell("silent", PEOPLE["silent"]))], now)
        db.session.commit()
    send_codes(app, browser, gateway_id, now - 2 * LATELY)
    for whose, name in PEOPLE.items():
        tell(account, gateway_id, "complaint", whose, name)
    work(app, *EventKind)

    unclear = PEOPLE["silent"]
    clear = set(PEOPLE.values()) - {unclear}
    assert {address for address, _ in refused(account)} == {spell("A", name) for name in clear}
    assert held(app) == sorted([spell("A", unclear), spell("silent", unclear)])
