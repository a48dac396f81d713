"""Whom a refusal at the operator's account means, by what left before it: drawn histories against the rule as
docs/gateways.md says it, each told as a reply, on the vendor's list and in a report."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from portal.core import clock
from portal.core.addresses import AddressKind, parse
from portal.core.extensions import db, vault
from portal.core.models import Brand, Consent, Message, MessageGateway, MessageKind, MessageState, Recipient
from portal.domain.consents import recipients
from portal.domain.notifications import gateways
from portal.services.messaging.gateways.protocol import (
    BlockedAddress,
    Feedback,
    InboundMessage,
    Reason,
    Report,
    ReportState,
)
from portal.services.messaging.news_keeping import keep_news
from tests.portal.services.messaging import test_gateway_delivery as delivery
from tests.portal.services.messaging.test_answered_messages import operators, rival
from tests.portal.services.messaging.vendor_pushes import work

__all__ = ["operators", "rival"]
pytestmark = pytest.mark.slow

HISTORIES, WEEK = 40, timedelta(days=7)
LAGS = (timedelta(), timedelta(minutes=3), timedelta(hours=10), timedelta(days=9))
AGES = tuple(timedelta(minutes=each) for each in (30, 2000, 9000, 12000, 30000))
HOW = ("reply", "list", "report")


@dataclass(frozen=True)
class Sent:
    provider_id: int
    brand_id: int | None  # None: for the whole firm.
    is_alike: bool  # By the account that brings the word, or a removed one.
    age: timedelta  # Before the word.


def brands_meant(sent: Sequence[Sent], brands: Sequence[Brand]) -> set[int]:
    """The rule."""
    later, earlier = (
        [each for each in sent if each.age < timedelta()],
        [each for each in sent if each.age > timedelta()],
    )
    late = [each for each in earlier if each.age <= WEEK]
    alike = [each for each in earlier if each.is_alike]
    meant = [each for each in late if each.is_alike] or [*alike, *late] or earlier
    whole = {each.provider_id for each in (*meant, *later) if each.brand_id is None}
    named = {each.brand_id for each in (*meant, *later)}
    return {each.id for each in brands if each.id in named or each.provider_id in whole}


def add_account(header: str, at: datetime) -> MessageGateway:
    return gateways.add_gateway(
        db.session, vault(), provider_id=None, carries=AddressKind.PHONE, vendor="verimor", header=header,
        credentials=delivery.LOGINS["verimor"], per_second=1, at=at,
    )  # fmt: skip


def draw(chance: random.Random, brands: Sequence[Brand], lag: timedelta) -> list[Sent]:
    ages = [*AGES, *([-lag / 2] if lag > timedelta(hours=1) else [])]
    sent = list[Sent]()
    for _ in range(chance.randint(1, 4)):
        brand = chance.choice(brands)
        brand_id, is_alike = chance.choice([None, brand.id]), chance.random() < 0.5
        sent.append(Sent(brand.provider_id, brand_id, is_alike, chance.choice(ages)))
    return sent


def write(sent: Sequence[Sent], phone: str, accounts: dict[bool, list[int]], said_at: datetime) -> None:
    for number, each in enumerate(sent):
        at, ids = said_at - each.age, accounts[each.is_alike]
        theirs = recipients.gather(db.session, vault(), each.provider_id, [parse(phone)], at)
        db.session.add(
            Message(
                provider_id=each.provider_id, recipient_id=theirs[phone], brand_id=each.brand_id,
                gateway_id=ids[number % len(ids)], kind=MessageKind.CODE, state=MessageState.DELIVERED, attempts=1,
                created_at=at, called_at=at,
            )
        )  # fmt: skip


def as_news(how: str, phone: str, said_at: datetime) -> Feedback:
    if how == "reply":
        return Feedback(replies=(InboundMessage(phone, phone, "", "RET", said_at),))
    if how == "list":
        return Feedback(blocked=(BlockedAddress(phone, said_at, "MO"),))
    report = Report(ReportState.FAILED, ref="x", to=phone, reason=Reason.BLOCKED_BY_VENDOR, code="2", at=said_at)
    return Feedback((report,))


def test_a_refusal_means_the_brands_of_the_rule_whatever_tells_it(app, operators, rival, rows):
    chance, expected = random.Random(112), dict[str, set[int]]()
    with app.app_context():
        heard_at = clock.now()
        added = [add_account(header, heard_at - timedelta(days=500)) for header in ("BASKA", "ESKI")]
        added[1].removed_at = heard_at - timedelta(days=3)
        db.session.flush()
        accounts = {True: [operators.gateway_id, added[1].id], False: [added[0].id]}
        brands = db.session.query(Brand).order_by(Brand.id).all()
        for number in range(HISTORIES):
            lag = chance.choice(LAGS)
            sent = draw(chance, brands, lag)
            for place, how in enumerate(HOW):
                phone = f"+9053200{number:03}{place}0"
                write(sent, phone, accounts, heard_at - lag)
                db.session.flush()
                account = db.session.get_one(MessageGateway, operators.gateway_id)
                keep_news(account, as_news(how, phone, heard_at - lag), heard_at)
                expected[phone] = brands_meant(sent, brands)
        db.session.commit()
    work(app)

    with app.app_context():
        refused: dict[str, set[int]] = {phone: set() for phone in expected}
        for each in rows(Consent, Consent.status == "RET", Consent.channel == "MESAJ"):
            recipient = db.session.get_one(Recipient, each.recipient_id)
            refused[recipients.address_of(vault(), recipient)].add(each.brand_id)
    assert refused == expected
