"""Inboxes that are pulled, whose rows tell no time to the second."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select, update

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Channel, Status
from portal.core.models import Consent, Decision, DecisionOrigin, EventKind, EventOutcome, GatewayEvent, MessageGateway
from portal.domain.notifications import gateways
from portal.services.messaging.gateways import iletimerkezi, json_values, netgsm, row_rules
from tests import make
from tests.portal.services.messaging import test_gateway_delivery as delivery
from tests.portal.services.messaging.vendor_pushes import work

GRANTED, REFUSED, HELD = "granted", "refused", "held"
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
NO_TIME, SAME_ID, OF_MINUTE, OF_DAY = {}, {"id": "77"}, {"date": "%Y-%m-%d %H:%M"}, {"date": "%Y-%m-%d"}
PHONE = {"number": make.PHONE.removeprefix("+"), "message": "RET"}


def settle_replies(app) -> None:
    """A person has read at the desk what waits there, and it refuses nothing."""
    with app.app_context():
        waits = GatewayEvent.kind == EventKind.REPLY, GatewayEvent.settled_at.is_(None)
        db.session.execute(update(GatewayEvent).where(*waits).values(settled_at=clock.now()))
        db.session.commit()


def save_account(app) -> None:
    """Somebody saves the account's page, with another password of the same login."""
    with app.app_context():
        row = db.session.scalars(select(MessageGateway)).one()
        values = gateways.read_credentials(vault(), row) | {"hash": "other"}
        gateways.replace_credentials(vault(), row, values, header=row.header, per_second=row.per_second)
        db.session.commit()


@pytest.fixture
def inbox(app, rows, browser, monkeypatch):
    """Sweeps hear what the inbox lists, in the order of the calls; how the person stands after each."""
    person = make.Person(browser, make.codes(app, f"{make.PHONE}\n")[make.PHONE])
    listed = []

    def told(*_):
        return row_rules.read_replies(iletimerkezi.INBOX, json_values.lower_names({"inbox": listed}))

    for adapter in (iletimerkezi.IletiMerkezi, netgsm.Netgsm):
        monkeypatch.setattr(adapter, "inbound", told)
    monkeypatch.setattr(iletimerkezi.IletiMerkezi, "blocked", lambda *_: [])

    def stands() -> str:
        if rows(GatewayEvent, GatewayEvent.kind == EventKind.REPLY, GatewayEvent.settled_at.is_(None)):
            return HELD
        status = rows.one(Consent, Consent.channel == Channel.SMS).status
        return GRANTED if status == Status.GRANTED else REFUSED

    acts = {"grants": lambda: person.decides(MESAJ="ONAY"), "is read": lambda: settle_replies(app)}
    acts["is saved"] = lambda: save_account(app)

    def run(steps, vendor="iletimerkezi", start=None):
        with app.app_context():
            delivery.add(vendor)
        found = []
        with time_machine.travel(start or clock.now().replace(hour=7, minute=5, second=7) + DAY) as at:
            for step in steps:
                if isinstance(step, str):
                    acts[step]()
                elif isinstance(step, timedelta):
                    at.shift(step)
                else:
                    listed[:] = step
                    work(app, *EventKind)
                    found.append(stands())
                at.shift(2 * MINUTE)
        return found

    return run


@pytest.mark.parametrize("fields", [NO_TIME, SAME_ID, OF_MINUTE])
def test_what_a_list_holds_twice_was_said_twice(inbox, rows, fields):
    noon = clock.istanbul(clock.now()).replace(hour=12, minute=10, second=7)
    row = PHONE | {name: noon.strftime(value) for name, value in fields.items()}

    found = inbox([[row], "grants", [row], [row, row], "grants", [row, row], [row]], start=noon)

    assert found == [REFUSED, GRANTED, REFUSED, GRANTED, GRANTED]
    assert [each.origin for each in rows(Decision)].count(DecisionOrigin.REPLY) == 2


def test_a_row_with_an_id_and_a_time_to_the_second_is_listed_twice(inbox):
    noon = clock.istanbul(clock.now()).replace(hour=12, minute=10, second=7)
    row = PHONE | SAME_ID | {"date": f"{noon:%Y-%m-%d %H:%M}:00"}

    assert inbox([[row], "grants", [row, row]], start=noon) == [REFUSED, GRANTED]


def test_a_row_that_fell_out_of_a_list_and_comes_back_waits_for_a_reader_where_its_refusal_does_not_stand(inbox):
    assert inbox([[PHONE], [], [PHONE], "grants", [PHONE], [], [PHONE], []]) == [
        REFUSED, REFUSED, REFUSED, GRANTED, GRANTED, HELD, HELD,
    ]  # fmt: skip


def test_what_was_read_and_refuses_nothing_waits_no_second_time_when_it_comes_back_to_a_list(inbox):
    question = PHONE | {"message": "Adresiniz nerede"}

    found = inbox(["grants", [], [question], "is read", [question], [], [question]])

    assert found == [GRANTED, HELD, GRANTED, GRANTED, GRANTED]


def test_the_next_day_makes_no_row_of_a_list_a_new_one(inbox):
    assert inbox([[PHONE], "grants", [PHONE], DAY, [PHONE], DAY, [PHONE, PHONE]]) == [
        REFUSED, GRANTED, GRANTED, REFUSED,
    ]  # fmt: skip


def test_an_account_that_is_saved_makes_no_row_of_its_list_a_new_one(inbox):
    assert inbox([[PHONE], "grants", "is saved", DAY, [PHONE]]) == [REFUSED, GRANTED]


@pytest.mark.parametrize(("vendor", "fields"), [("netgsm", NO_TIME), ("netgsm", OF_DAY), ("iletimerkezi", OF_DAY)])
def test_a_second_row_that_may_be_older_than_the_grant_waits_for_a_reader(inbox, rows, vendor, fields):
    """A vendor that is asked for a range of times lists it at the full hour only, or leaves it out until then."""
    noon = clock.istanbul(clock.now()).replace(hour=12, minute=10, second=7)
    row = PHONE | {name: noon.strftime(value) for name, value in fields.items()}

    assert inbox([[row], "grants", [row], [row, row]], vendor, start=noon) == [REFUSED, GRANTED, HELD]
    assert rows.one(GatewayEvent, GatewayEvent.settled_at.is_(None), GatewayEvent.kind == EventKind.REPLY).outcome == (
        EventOutcome.LIKELY_REFUSAL
    )
