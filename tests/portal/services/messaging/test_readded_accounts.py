"""An inbox that another row of the owner's asks for a day more: of an account that was added anew, or whose login was
changed. What was heard of it until then refuses once."""

from datetime import datetime, timedelta

import pytest
import time_machine

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Status
from portal.core.models import Decision, MessageGateway
from portal.domain.notifications import gateways
from portal.services.messaging.gateways.iletimerkezi import IletiMerkezi
from portal.services.messaging.gateways.protocol import InboundMessage
from tests import make
from tests.portal.services.messaging import test_gateway_delivery as delivery
from tests.portal.services.messaging.test_listed_refusals import GRANTED, HOUR, REFUSED, ListOfRefusals

pytestmark = pytest.mark.slow
LOGIN = delivery.LOGINS["iletimerkezi"]


class Inbox(ListOfRefusals):
    """Of one login, with a reply that has a time."""

    def __init__(self, app, rows, monkeypatch, reply_id: str):
        super().__init__(app, rows, monkeypatch)
        self.replies, self.reply_id = list[InboundMessage](), reply_id
        is_its = {f"secret.{name}": text for name, text in LOGIN.items()}.items()
        told = lambda self_, since, _: self.replied(since) if is_its <= self_.secrets.items() else []  # noqa: E731
        monkeypatch.setattr(IletiMerkezi, "inbound", told)

    def replied(self, since: datetime) -> list[InboundMessage]:
        return [each for each in self.replies if since <= each.received_at <= clock.now()]

    def replies_ret(self, hours: float) -> None:
        said_at = self.nine + hours * HOUR + timedelta(seconds=7)
        self.replies.append(InboundMessage(self.reply_id, make.PHONE, "908500000001", "RET", said_at))

    def changes(self, hours: float, change: str) -> None:
        with time_machine.travel(self.nine + hours * HOUR), self.app.app_context():
            account, at = db.session.get_one(MessageGateway, self.gateway_id), clock.now()
            if change != "added first":
                self.moves(account, change, at)
            if change.startswith("added"):
                delivery.add("iletimerkezi")
            if change == "added first":
                gateways.remove(db.session, account, at)
            db.session.commit()

    def moves(self, account: MessageGateway, change: str, at: datetime) -> None:
        if change in ("added anew", "removed"):
            gateways.remove(db.session, account, at)
            return
        for login in ({**LOGIN, "key": "another"}, LOGIN)[: 2 if change == "login and back" else 1]:
            gateways.keep_former_inbox(db.session, vault(), account, at)
            gateways.replace_credentials(vault(), account, login, header=account.header, per_second=10)


@pytest.fixture(params=["17", ""])
def inbox(app, rows, monkeypatch, request):
    return Inbox(app, rows, monkeypatch, request.param)


@pytest.mark.parametrize("change", ["added anew", "added first", "another login", "login and back"])
def test_a_reply_that_refused_refuses_nothing_anew_by_another_row_of_its_inbox(inbox, rows, change):
    inbox.replies_ret(0.3)
    assert inbox.is_swept(0.2, 1.3) == REFUSED
    inbox.grants(1.4)
    inbox.changes(1.45, change)

    assert [inbox.is_swept(*hours) for hours in ((1.55, 1.95), (2, 2.1), (3, 4.1))] == [GRANTED] * 3
    assert len(rows(Decision, Decision.status == Status.REFUSED)) == 1


@pytest.mark.parametrize("change", ["added anew", "added first", "another login", "login and back"])
def test_what_is_said_after_a_change_refuses_by_either_row(inbox, change):
    inbox.replies_ret(0.3)
    assert inbox.is_swept(0.2, 1.3) == REFUSED
    inbox.grants(1.4)
    inbox.changes(1.45, change)
    inbox.replies_ret(1.6)

    assert inbox.is_swept(1.55, 2.1) == REFUSED


def test_who_is_still_on_a_list_that_another_row_asks_refuses_nothing_anew(inbox):
    inbox.refuses(0.3)
    assert inbox.is_swept(0.2, 1.3) == REFUSED
    inbox.grants(1.4)
    inbox.changes(1.45, "added anew")

    assert (inbox.is_swept(1.55, 1.95), inbox.is_swept(2, 2.1)) == (GRANTED, GRANTED)


@pytest.mark.parametrize(("days", "stands"), [(4, REFUSED), (89, REFUSED), (91, GRANTED)])
@pytest.mark.parametrize(("change", "told"), [("removed", "reply"), ("removed", "list"), ("another login", "reply")])
def test_an_inbox_that_no_account_has_any_more_is_asked_for_as_long_as_people_answer(inbox, change, told, days, stands):
    inbox.is_swept(0.2, 0.6)
    inbox.changes(0.7, change)
    said = 24.0 * days
    refuse = inbox.replies_ret if told == "reply" else inbox.refuses
    inbox.is_swept(said - 0.2, said - 0.1)
    refuse(said)

    assert inbox.is_swept(said + 0.1, said + 0.2) == stands
