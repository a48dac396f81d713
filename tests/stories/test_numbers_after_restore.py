"""A restored database gives no number a second time: of a link, by which strangers would meet; nor of an event, by
which firms' programs would take news for what they have."""

import re

import pytest
from sqlalchemy import select

from portal.core import addresses, clock
from portal.core.extensions import db, vault
from portal.core.guarded_requests import Transport
from portal.core.iys_protocol import Channel, Status
from portal.core.models import Consent, Message, MessageKind, Provider, Recipient, WebhookEndpoint
from portal.domain.consents import recipients
from portal.domain.providers import suspension
from portal.domain.webhooks import endpoints
from portal.services.messaging import outgoing_messages
from tests import make
from tests.portal.domain.consents.import_entries import entry
from tests.portal.services.webhooks.conftest import Webhooks
from tests.portal.services.webhooks.conftest import receiver as receiver
from tests.portal.web.consent_points.visitor import Visitor, opened
from tests.stories.refusal_world import HOUR
from tests.stories.test_lost_database import lost as lost

pytestmark = pytest.mark.slow

AYLA, BORA, GONCA, HAKAN, IPEK, KAAN = (
    f"{name}@example.com" for name in ("ayla", "bora", "gonca", "hakan", "ipek", "kaan")
)
LINK, RECEIPT = re.compile(r'href="(/k/[^"]+)"'), re.compile(r'href="(/m/[^"]+)"')


def back_up(lost, tmp_path) -> None:
    lost.runs("backup", str(tmp_path / "portal.backup"))
    lost.traveller.shift(HOUR)


def lose_and_restore(lost, tmp_path) -> None:
    """Up to where the firm goes on."""
    lost.loses_its_database()
    lost.runs_apart("restore", "--from", str(tmp_path / "portal.backup"))
    assert "COMPLETE: 0 of" in lost.runs("restore", *(f"--journal={folder}" for folder in lost.journals))
    with lost.app.app_context():
        assert suspension.resume(db.session, db.session.scalars(select(Provider)).one(), by=1, note="", at=clock.now())
        db.session.commit()
    lost.traveller.shift(24 * HOUR)


def stands(lost, address: str) -> Status | None:
    with lost.app.app_context():
        who = recipients.find(db.session, vault(), make.brand().provider_id, addresses.parse(address))
        status = db.session.scalar(select(Consent.status).where(Consent.recipient_id == who.id))
        db.session.rollback()
        return status


def refusing_codes(lost) -> list[str]:
    """By which the confirmations that were written say that one refuses, in their order."""
    with lost.app.app_context():
        written = select(Message).where(Message.kind == MessageKind.CONFIRMATION).order_by(Message.id)
        texts = []
        for each in db.session.scalars(written):
            whose = each.recipient_id and db.session.get_one(Recipient, each.recipient_id)
            texts.append(str(outgoing_messages.outgoing_message_of(each, whose, outgoing_messages.campaign_writer)))
        db.session.rollback()
    return [re.search(r"/u/(\w+)", text)[1] for text in texts]


def one_click(lost, code: str) -> int:
    return lost.app.test_client().post(f"/u/{code}", data={"List-Unsubscribe": "One-Click"}).status_code


def test_whoever_gets_a_link_after_a_restore_meets_nobody_whose_link_was_lost(lost, tmp_path):
    lost.codes = make.codes(lost.app, AYLA)
    lost.brings(entry(IPEK, Status.GRANTED, clock.now() - HOUR, channel=Channel.EMAIL))
    back_up(lost, tmp_path)
    lost.codes |= make.codes(lost.app, f"{GONCA}\n{HAKAN}\n")
    goncas, hakans = lost.decides(GONCA, "RET"), lost.decides(HAKAN, "ONAY", machine=1)
    lose_and_restore(lost, tmp_path)

    lost.codes |= make.codes(lost.app, f"{BORA}\n{IPEK}\n{KAAN}\n")
    browser = lost.app.test_client()
    for each in (BORA, IPEK, KAAN):
        assert RECEIPT.findall(browser.get(f"/k/{lost.codes[each]}").text) == []
    assert LINK.findall(browser.get(goncas).text) == []  # Her link was lost; she refused by it.
    (own,) = LINK.findall(browser.get(hakans).text)
    assert own == f"/k/{lost.codes[HAKAN]}" and len(lost.codes[KAAN]) <= len(lost.codes[AYLA]) + 3


def test_the_address_that_a_confirmation_names_refuses_after_a_restore(lost, tmp_path):
    lost.codes = make.codes(lost.app, AYLA)
    opened(lost.app)
    back_up(lost, tmp_path)
    Visitor(lost.app).decides(GONCA, EPOSTA="ONAY")  # At a point that the backup has.
    lost.codes |= make.codes(lost.app, f"{HAKAN}\n")  # By a campaign that it lacks.
    lost.decides(HAKAN, "ONAY")
    goncas, hakans = refusing_codes(lost)
    lose_and_restore(lost, tmp_path)
    Visitor(lost.app).decides(IPEK, EPOSTA="ONAY")

    for whose, code in ((GONCA, goncas), (HAKAN, hakans)):
        assert stands(lost, whose) == Status.GRANTED
        assert one_click(lost, code) == 200
        assert stands(lost, whose) == Status.REFUSED
    assert stands(lost, IPEK) == Status.GRANTED
    lost.traveller.shift(HOUR)
    Visitor(lost.app).decides(GONCA, EPOSTA="ONAY")
    assert stands(lost, GONCA) == Status.GRANTED


class Program:
    """A firm's, which does as docs/webhooks.md says: it keeps each webhook-id, and the highest asOf of a consent."""

    def __init__(self):
        self.seen, self.as_of, self.status = set(), {}, {}

    def takes(self, requests) -> None:
        for each in requests:
            data = each.json["data"]
            consent = data.get("consent")
            if each.id not in self.seen and consent and consent["asOf"] >= self.as_of.get(consent["id"], 0):
                self.as_of[consent["id"]] = consent["asOf"]
                self.status[data["recipient"]] = consent["status"]
            self.seen.add(each.id)
        requests.clear()


def test_a_program_that_keeps_ids_and_as_of_hears_of_each_refusal_after_a_restore(receiver, lost, tmp_path):
    transport = Transport(None, ca_file=receiver.ca_file, seconds=5.0)
    hooks, program = Webhooks(lost.app, None), Program()

    def hears() -> str:
        hooks.app = lost.app
        hooks.number()
        hooks.deliver(transport)
        program.takes(receiver.requests)
        return program.status[AYLA]

    lost.codes = make.codes(lost.app, AYLA)
    hooks.add(receiver.url, in_full=True)
    lost.decides(AYLA, "ONAY")
    assert hears() == "ONAY"
    back_up(lost, tmp_path)
    members = [f"uye{number}@example.com" for number in range(20)]
    granted = (entry(each, Status.GRANTED, clock.now() - HOUR, channel=Channel.EMAIL) for each in members)
    lost.brings(*granted)  # No journal has these.
    lost.decides(AYLA, "ONAY")
    hears()
    lose_and_restore(lost, tmp_path)
    with lost.app.app_context():
        endpoints.turn_on(db.session, db.session.scalars(select(WebhookEndpoint)).one(), clock.now())
        db.session.commit()

    assert hears() == "ONAY"
    lost.decides(AYLA, "RET")
    assert hears() == "RET"
