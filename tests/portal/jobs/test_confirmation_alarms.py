"""Who must still be told today is mailed at 18:00 and 22:00, and what was left at midnight once: whoever looks, and
however often."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import update

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.models import (
    ConfirmationAlarm,
    GatewayState,
    Mail,
    MailKind,
    Message,
    MessageGateway,
    MessageState,
    OperatorRole,
    Provider,
    Role,
)
from portal.domain.notifications import mails
from portal.jobs import confirmation_alarms
from tests import make
from tests.portal.domain.identity.test_concurrency import MANY, at_once
from tests.portal.services.imports.test_older_refusals import find_scans, statements
from tests.portal.services.messaging import test_gateway_delivery as delivery

pytestmark = pytest.mark.slow

LANDLINE = "+902125550101"


@pytest.fixture
def day(app):
    """A morning on which three people grant (one by a landline) and one refuses, and nothing leaves."""
    begins = clock.start_of_day(clock.day(clock.now()) + timedelta(days=1))
    with time_machine.travel(begins + timedelta(hours=9), tick=False):
        codes = make.codes(app, f"{make.PHONE}\n{make.EMAIL}\n{LANDLINE}\n05321234599")
        make.write_to_all(app)
        for address, choices in {
            make.PHONE: {"MESAJ": "ONAY"}, make.EMAIL: {"EPOSTA": "ONAY"}, LANDLINE: {"ARAMA": "ONAY"},
            "+905321234599": {"MESAJ": "RET"},
        }.items():  # fmt: skip
            make.Person(app.test_client(), codes[address]).decides(**choices)
    return begins


def look(app, moment, times: int = 2) -> None:
    with time_machine.travel(moment, tick=False):
        for _ in range(times):
            with app.app_context():
                confirmation_alarms.notify_of_confirmations()


def told(app, rows) -> list[tuple[str, str, bool]]:
    with app.app_context():
        found = [mails.read_facts(vault(), each) for each in rows(Mail, Mail.kind == MailKind.CONFIRMATIONS_WAIT)]
    return [(each["place"], each["count"], each["is_over"]) for each in found]


def settle(app, state: MessageState, *conditions, at=None) -> None:
    with app.app_context():
        db.session.execute(update(Message).where(*conditions).values(state=state, due_at=None, called_at=at))
        db.session.commit()


FIRM = "Örnek Mağazacılık A.Ş."


def test_each_hour_of_alarm_tells_once_what_waits_then(app, day, rows):
    for hours in (9.2, 17.9, 18, 18.3, 21.9):
        look(app, day + timedelta(hours=hours))
    assert told(app, rows) == [(FIRM, "4", False)]

    settle(app, MessageState.DELIVERED, Message.kind == "refusal", at=day + timedelta(hours=19))
    settle(app, MessageState.FAILED, Message.address_kind == "email")
    look(app, day + timedelta(hours=22))
    assert told(app, rows)[1:] == [(FIRM, "3", False)]

    late = day + timedelta(hours=24, minutes=3)
    settle(app, MessageState.ACCEPTED, Message.state == MessageState.WAITING, Message.address_kind == "phone", at=late)
    for hours in (24.1, 24.5, 42, 46, 72.5):
        look(app, day + timedelta(hours=hours))

    assert told(app, rows)[2:] == [(FIRM, "3", True)]  # The mail that failed, and what was sent too late.


def test_firms_of_whom_nobody_waits_are_asked_about_at_once(app, day, rows):
    """However many they are, they are told nothing before the next hour."""
    look(app, day + timedelta(hours=10))
    asked = []
    for hour, number in ((18, 1), (22, 5)):
        with app.app_context():
            for code in range(make.IYS_CODE + number, make.IYS_CODE + 2 * number):
                make.provider(code, code, f"{code}@firma.example")
        with statements() as found:
            look(app, day + timedelta(hours=hour), times=1)
        asked.append(found)
        assert {each.told_until for each in rows(ConfirmationAlarm)} == {day + timedelta(hours=hour)}

    assert asked[0] == asked[1] != []
    assert rows.count(ConfirmationAlarm) == rows.count(Provider) + 1  # The operator's.
    assert told(app, rows) == [(FIRM, "4", False)] * 2


def test_two_machines_that_were_off_at_18_tell_once_at_22(app, day, rows):
    with time_machine.travel(day + timedelta(hours=22, minutes=1), tick=False):

        def look_once() -> int:
            with app.app_context():
                confirmation_alarms.notify_of_confirmations()
            return 0

        at_once(*[look_once] * MANY)

    assert told(app, rows) == [(FIRM, "4", False)]


def test_the_operator_is_told_where_its_gateway_carries_them(app, day, rows):
    with app.app_context():
        make.staff("derya@example.com", OperatorRole.ADMIN)
        make.staff("destek@example.com", OperatorRole.SUPPORT)
        provider_id = delivery.add("verimor")
        row = db.session.get_one(MessageGateway, provider_id)
        row.provider_id, row.state = None, GatewayState.STOPPED
        db.session.commit()
    with statements() as asked:
        look(app, day + timedelta(hours=18))

    with app.app_context():
        row = rows(Mail, Mail.kind == MailKind.CONFIRMATIONS_WAIT)
        if db.engine.dialect.name == "sqlite":
            assert "message" not in find_scans(asked)
        assert [mails.read_address(vault(), each) for each in row] == ["derya@example.com", make.AYSE]
    assert told(app, rows) == [("", "3", False), (FIRM, "4", False)]  # The e-mail is none of its business.


def test_whoever_may_act_hears_of_it_and_a_firm_that_hears_nothing_is_tried_again(app, day, rows):
    with app.app_context():
        db.session.execute(db.text("UPDATE membership SET role = 'auditor'"))
        provider_id = db.session.query(Provider).one().id
        db.session.commit()
    look(app, day + timedelta(hours=18))
    assert told(app, rows) == []

    with app.app_context():
        make.person(db.session.get_one(Provider, provider_id), "burak@example.com", Role.MANAGER)
    look(app, day + timedelta(hours=19))

    assert told(app, rows) == [(FIRM, "4", False)]
