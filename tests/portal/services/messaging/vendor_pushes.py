"""Verimor, as it pushes reports and replies to the secret URL of an account."""

from dataclasses import asdict
from itertools import count

from sqlalchemy import select, update

from portal.core import clock
from portal.core.addresses import AddressKind, parse
from portal.core.extensions import db, vault
from portal.core.models import Brand, EventKind, Message, MessageGateway, MessageKind, MessageState
from portal.domain.consents import recipients
from portal.domain.notifications import gateways
from portal.services.messaging import event_contents, gateway_events
from portal.services.messaging.gateways.protocol import InboundMessage
from tests import grants, make
from tests.portal.services.messaging import test_gateway_delivery as delivery
from tests.snapshots import made_once

ids = count(1)
NUMBER = "908500000001"  # Replies go there.


class Vendor:
    """Of one account."""

    def __init__(self, app, browser, gateway_id: int):
        self.app, self.browser, self.gateway_id = app, browser, gateway_id
        with app.app_context():
            self.secret = gateways.read_secret(vault(), db.session.get_one(MessageGateway, gateway_id))

    def pushes(self, *items: dict):
        return self.browser.post(f"/callbacks/messages/{self.secret}", json=list(items))

    def brings(self, text: str, sender: str = make.PHONE, **fields):
        """A reply; its sender's number is written as the vendor does."""
        item = {
            "type": "inbound", "message_id": next(ids), "received_at": "2026-11-20 10:00:00", "keyword": "",
            "source_addr": sender.removeprefix("+"), "destination_addr": NUMBER, "content": text,
        }  # fmt: skip
        return self.pushes(item | fields)

    def reports(self, message: Message, status: str, **fields):
        item = {"type": "outbound", "message_custom_id": str(message.id), "campaign_id": "7", "status": status}
        return self.pushes(item | fields)


def bring_reply(gateway_id: int, to: str, count: int = 1) -> None:
    """Somebody to whom nobody wrote wrote to a number, and this account brought it. Commits."""
    gateway, at = db.session.get_one(MessageGateway, gateway_id), clock.now()
    secret = gateways.read_secret(vault(), gateway)
    for _ in range(count):
        reply = InboundMessage(str(next(ids)), "+905329999999", to, "deneme", at)
        event_contents.keep(gateway, secret, EventKind.REPLY, [reply.id], asdict(reply), at)
    db.session.commit()


def work(app, *kinds: EventKind) -> None:
    """Read what was kept, and sweep where it is asked for, until nothing is due."""
    news = [each for each in kinds or gateway_events.NEWS if each != EventKind.SWEEP]
    with app.app_context():
        while gateway_events.work_due(news) or (EventKind.SWEEP in kinds and gateway_events.sweep_due()):
            pass


def add_brand(app, name: str, header: str, keyword: str | None = None, code: int = 700009) -> int:
    """Another brand of the first provider; its id."""
    with app.app_context():
        of = make.brand()
        made = Brand(
            provider_id=of.provider_id, brand_code=code, name=name, header=header, keyword=keyword,
            created_at=clock.now(),
        )  # fmt: skip
        db.session.add(made)
        db.session.commit()
        return db.session.scalars(select(Brand.id).where(Brand.brand_code == code)).one()


def accepted(app, vendor: Vendor, phones: int = 1, **values) -> None:
    """Messages that the vendor has taken in one call."""
    delivery.launch(app, phones)
    with app.app_context():
        facts = {"state": MessageState.ACCEPTED, "gateway_id": vendor.gateway_id, "vendor_ref": "7", "due_at": None}
        db.session.execute(update(Message).values(facts | {"called_at": clock.now(), "ended_at": clock.now()} | values))
        db.session.commit()


def operators_vendor(app, browser) -> Vendor:
    """The operator's account: by it Örnek Mağaza invited three numbers, and another firm sent each a code."""
    with app.app_context():
        gateway_id = made_once("operators vendor", lambda: _operators_vendor(app))
    return Vendor(app, browser, gateway_id)


def _operators_vendor(app) -> int:
    with app.app_context():
        make.provider()
        gateway_id = gateways.add_gateway(
            db.session, vault(), provider_id=None, carries=AddressKind.PHONE, vendor="verimor", header="IZINLINK",
            credentials=delivery.LOGINS["verimor"], per_second=1, at=clock.now(),
        ).id  # fmt: skip
        other_id = make.provider(800001, 800001, "cem@example.com").id
        phones = [parse(each) for each in grants.phones(3, 1_000_100)]
        made = recipients.gather(db.session, vault(), other_id, phones, clock.now())
        db.session.commit()
    delivery.launch(app, 3)
    with app.app_context():
        for message in db.session.scalars(select(Message)):
            message.gateway_id = gateway_id
        for recipient_id in made.values():
            db.session.add(
                Message(
                    kind=MessageKind.CODE, provider_id=other_id, recipient_id=recipient_id, gateway_id=gateway_id,
                    created_at=clock.now(), state=MessageState.ACCEPTED,
                )
            )  # fmt: skip
        db.session.execute(update(Brand).where(Brand.provider_id == other_id).values(name="Rakip", header="RET"))
        db.session.commit()
    return gateway_id
