"""While keys rotate machine by machine, processes that know one generation leave what others sealed to those."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from portal.core import clock
from portal.core.addresses import AddressKind
from portal.core.extensions import db, vault
from portal.core.models import (
    AudienceList,
    Delivery,
    GatewayEvent,
    Mail,
    MailKind,
    MailState,
    Message,
    MessageState,
    Outcome,
    Provider,
    Submission,
)
from portal.domain.notifications import gateways, mails
from portal.services.imports import waiting_lists
from portal.services.messaging import gateway_events, mail_sender
from portal.services.messaging.fake_gateway import create_gateway
from portal.services.messaging.gateways import protocol
from tests import make, servers
from tests.make import Person

pytestmark = pytest.mark.slow

PEOPLE = [f"+90532100{number:04}" for number in range(15)]  # Grants of more than ten go in a list.


@pytest.fixture
def gateway_url(tmp_path):
    with servers.serving(create_gateway(tmp_path / "messages.db")) as url:
        yield url


def seal_everything(app) -> dict[str, str]:
    """A row in each queue, and a link for everybody."""
    links = make.codes(app, "\n".join([make.PHONE, make.EMAIL, *PEOPLE]), delivery=Delivery.GATEWAY)
    Person(app.test_client(), links[make.PHONE]).decides(MESAJ="ONAY", ARAMA="RET")
    for each in PEOPLE:
        Person(app.test_client(), links[each]).decides(MESAJ="ONAY")
    with app.app_context():
        at, provider = clock.now(), db.session.scalar(select(Provider))
        facts = {"link": "https://main.example/reset/x", "until": at + timedelta(days=1)}
        mails.write_mail(db.session, vault(), MailKind.RESET, to=make.AYSE, language="tr", at=at, facts=facts)
        gateway = gateways.add_gateway(
            db.session, vault(), provider_id=provider.id, carries=AddressKind.EMAIL, vendor="verimor", header="ORNEK",
            credentials={"username": "908500000001", "password": "demo"}, per_second=10, at=at,
        )  # fmt: skip
        gateway_events.keep_push(gateway, gateways.read_secret(vault(), gateway), protocol.VendorPush(b"[]"), at)
        waiting_lists.store(db.session, make.campaign(), make.EMAIL.encode(), None)
        db.session.commit()
    return links


def work(app, iys, gateway_url) -> None:
    """What forwarder, sender and worker do within a minute."""
    app.config["MESSAGE_GATEWAY_URL"] = gateway_url
    with app.app_context():
        while make.forward_one(iys):
            pass
        while make.send(gateway_url):
            pass
        mail_sender.send_due()
        while gateway_events.work_due(gateway_events.NEWS):
            pass
        for list_id in waiting_lists.unfinished():
            waiting_lists.read(list_id)
        db.session.rollback()


def count(app, model, *conditions) -> int:
    with app.app_context():
        found = db.session.scalar(select(func.count()).select_from(model).where(*conditions))
        db.session.rollback()
    return found


def test_what_another_generation_sealed_waits_and_is_done_by_who_knows_it(start, iys, gateway_url):
    new, old = start(2, 1), start(1)
    links = seal_everything(new)
    sealed = {model: count(new, model) for model in (Submission, Message, Mail, GatewayEvent)}

    with time_machine.travel(clock.now() + timedelta(hours=1)):  # Nothing can be undone any more.
        work(old, iys, gateway_url)

        assert all(sealed.values())
        assert count(old, Submission, Submission.outcome == Outcome.WAITING) == sealed[Submission]
        assert count(old, Message, Message.state.not_in((MessageState.WAITING, MessageState.NOT_NEEDED))) == 0
        assert count(old, Mail, Mail.state == MailState.WAITING, Mail.attempts == 0) == sealed[Mail]
        assert count(old, GatewayEvent, GatewayEvent.due_at.is_not(None)) == sealed[GatewayEvent]
        assert count(old, AudienceList, AudienceList.content.is_not(None), AudienceList.attempts == 0) == 1
        asked = old.test_client().get(f"/k/{links[make.EMAIL]}")
        assert (asked.status_code, asked.headers["Retry-After"]) == (503, "5")

    with time_machine.travel(clock.now() + timedelta(hours=2)):
        work(new, iys, gateway_url)

        open_ones = Submission.outcome.in_((Outcome.WAITING, Outcome.PARKED))
        assert count(new, Submission, open_ones) == 0
        by_phone = Message.address_kind == AddressKind.PHONE
        assert count(new, Message, by_phone, Message.state.in_((MessageState.WAITING, MessageState.FAILED))) == 0
        assert count(new, Mail, Mail.state == MailState.SENT) == sealed[Mail]
        assert count(new, GatewayEvent, GatewayEvent.due_at.is_not(None)) == 0
        assert count(new, AudienceList, AudienceList.content.is_not(None)) == 0


def test_nothing_waits_where_all_know_a_key_before_one_seals_with_it(start, iys, gateway_url):
    """Machine by machine: (1), (1, 2), (2, 1), (2); two processes at a time."""
    for before, after in (((1,), (1, 2)), ((1, 2), (2, 1)), ((2, 1), (2,))):
        one, other = start(*before), start(*after)
        if after == (2,):
            assert other.test_client().get("/").status_code == 200
            with one.app_context():
                one.test_cli_runner().invoke(args=["vault", "rotate"])
        for app, reader in ((one, other), (other, one)):
            with app.app_context():
                sealed = vault().seal("x", "here", 1, 1)
            with reader.app_context():
                assert vault().read(sealed, "here", 1, 1) == "x"
