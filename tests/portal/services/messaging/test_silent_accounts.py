"""Accounts that do not answer when they are asked for what people wrote back."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import update

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Status
from portal.core.models import Decision, EventKind, GatewayEvent, Mail, MailKind, Message, MessageGateway, MessageState
from portal.domain.notifications import gateways, mails
from portal.jobs.gateway_alarms import notify_owners_of_gateways
from portal.services.messaging import gateway_events, gateway_sweeps, sender
from portal.services.messaging.gateways import verimor
from portal.services.messaging.gateways.protocol import ErrorClass, GatewayError, Reason, Report, ReportState, SendError
from tests import make
from tests.portal.services.messaging import test_gateway_delivery as delivery
from tests.portal.services.messaging.vendor_pushes import work

HANGS = GatewayError(SendError(ErrorClass.TEMPORARY))


def of(gateway_id: int):
    return GatewayEvent.gateway_id == gateway_id, GatewayEvent.kind == EventKind.SWEEP


def silent(*_):
    raise HANGS


def silence(monkeypatch, *gateway_ids: int) -> list[int]:
    """Those do not answer; whom is asked from now on."""
    asked = []

    def ask(self, *_):
        asked.append(self.header)
        if self.header in gateway_ids:
            raise HANGS
        return []

    monkeypatch.setattr(verimor.Verimor, "inbound", ask)
    monkeypatch.setattr(verimor.Verimor, "blocked", lambda *_: [])
    monkeypatch.setattr(verimor.Verimor, "reports", lambda *_: [])
    return asked


def add_two(app) -> list[int]:
    with app.app_context():
        ids = [delivery.add("verimor"), delivery.add("verimor")]
        for gateway_id in ids:
            db.session.get_one(MessageGateway, gateway_id).header = str(gateway_id)
        db.session.commit()
    return ids


def wait_for_report(app, gateway_id: int) -> None:
    """A message left by this account."""
    delivery.launch(app, 1)
    with app.app_context():
        is_taken = {"state": MessageState.ACCEPTED, "vendor_ref": "7", "due_at": None}
        db.session.execute(
            update(Message).values(gateway_id=gateway_id, called_at=clock.now(), ended_at=clock.now(), **is_taken)
        )
        db.session.commit()


def test_an_account_that_does_not_answer_is_asked_later_and_later_until_it_does(app, vendors, rows, monkeypatch):
    hangs, _ = add_two(app)
    silence(monkeypatch, str(hangs))
    pauses = []
    with time_machine.travel(clock.now(), tick=False) as at:
        for _ in range(6):
            work(app, EventKind.SWEEP)
            row = rows.one(GatewayEvent, *of(hangs))
            pauses.append((row.due_at - clock.now()) / timedelta(minutes=1))
            at.move_to(row.due_at)
        assert row.failures == 6
        silence(monkeypatch)
        work(app, EventKind.SWEEP)
        answered = rows.one(GatewayEvent, *of(hangs))

    for pause, least in zip(pauses, (1, 2, 4, 8, 15, 15), strict=True):
        assert 0.75 * least <= pause <= 1.25 * least
    assert answered.failures == 0 and answered.due_at - row.due_at == gateway_sweeps.MINUTE


def test_an_account_that_tells_replies_is_asked_each_minute_for_them(app, vendors, rows, monkeypatch):
    hangs, _ = add_two(app)
    silence(monkeypatch)
    monkeypatch.setattr(verimor.Verimor, "blocked", silent)
    with time_machine.travel(clock.now(), tick=False) as at:
        for _ in range(3):
            work(app, EventKind.SWEEP)
            due_at = rows.one(GatewayEvent, *of(hangs)).due_at
            assert due_at == clock.now() + gateway_sweeps.MINUTE
            at.move_to(due_at)


def test_those_that_did_not_answer_are_asked_by_a_thread_of_their_own(app, vendors, monkeypatch):
    hangs, answers = map(str, add_two(app))
    loops = {each.name: each.step for each in sender.LOOPS}
    silence(monkeypatch, hangs)
    work(app, EventKind.SWEEP)
    with time_machine.travel(clock.now() + timedelta(minutes=2)), app.app_context():
        asked = silence(monkeypatch, hangs)
        while loops["sweeps"]():
            pass
        assert asked == [answers]
        while loops["sweeps of silent accounts"]():
            pass
    assert asked == [answers, hangs]


def test_an_inbox_is_unread_however_late_its_sweep_is_and_silent_only_where_it_was_asked(app, vendors, rows):
    with app.app_context():
        delivery.add("verimor")
        while gateway_events.sweep_due():
            pass
    at, told = clock.now(), []
    for late in (59, 61, 76, 180, 3 * 24 * 60):
        now = at + timedelta(minutes=late)
        told.append(len(rows(MessageGateway, gateways.is_inbox_unread(now))))
        for in_vain in (gateways.has_failing_inbox, gateways.has_failing_sweeps):
            assert rows(MessageGateway, in_vain(now, timedelta(hours=1))) == []

    assert told == [0, 1, 1, 1, 1]


@pytest.mark.parametrize(
    ("asked", "told"),
    [("inbound", "replies"), ("blocked", "refusals"), ("reports", "reports"), (None, "")],
    ids=["replies", "refusals", "reports", "nothing"],
)
def test_owners_are_mailed_once_of_what_an_account_does_not_tell_for_hours(
    app, vendors, rows, monkeypatch, asked, told
):
    with app.app_context():
        make.provider()
        gateway_id = delivery.add("verimor")
    wait_for_report(app, gateway_id)
    silence(monkeypatch)
    if asked:
        monkeypatch.setattr(verimor.Verimor, asked, silent)
    mailed = []
    with time_machine.travel(clock.now(), tick=False) as at:
        for _ in range(7):
            work(app, EventKind.SWEEP)
            with app.app_context():
                notify_owners_of_gateways()
            mailed.append(len(rows(Mail, Mail.kind == MailKind.INBOX_UNREAD)))
            at.shift(timedelta(hours=1))

    assert mailed == [0] * 4 + [int(bool(told))] * 3
    with app.app_context():
        facts = [mails.read_facts(vault(), each) for each in rows(Mail, Mail.kind == MailKind.INBOX_UNREAD)]
    assert {each["unread"] for each in facts} == ({told} if told else set())


@pytest.mark.parametrize("asked", ["inbound", "blocked"])
def test_owners_are_mailed_once_more_where_replies_fail_beside_reports(app, vendors, rows, monkeypatch, asked):
    with app.app_context():
        make.provider()
        gateway_id = delivery.add("verimor")
    wait_for_report(app, gateway_id)
    silence(monkeypatch)
    monkeypatch.setattr(verimor.Verimor, "reports", silent)
    mailed = []
    with time_machine.travel(clock.now(), tick=False) as at:
        for hour in range(14):
            if hour == 7:
                monkeypatch.setattr(verimor.Verimor, asked, silent)
            work(app, EventKind.SWEEP)
            with app.app_context():
                notify_owners_of_gateways()
            mailed.append(len(rows(Mail, Mail.kind == MailKind.INBOX_UNREAD)))
            at.shift(timedelta(hours=1))

    assert mailed == [0] * 4 + [1] * 7 + [2] * 3


def test_reports_that_are_asked_for_in_vain_are_unread_until_they_are_told(app, vendors, rows, monkeypatch):
    with app.app_context():
        gateway_id = delivery.add("verimor")
    wait_for_report(app, gateway_id)
    silence(monkeypatch)
    told = []
    with time_machine.travel(clock.now(), tick=False) as at:
        for minutes, answer in ((0, silent), (59, silent), (2, silent), (1, lambda *_: [])):
            at.shift(timedelta(minutes=minutes))
            monkeypatch.setattr(verimor.Verimor, "reports", answer)
            work(app, EventKind.SWEEP)
            told.append(len(rows(MessageGateway, gateways.has_unread_reports(clock.now()))))
            assert rows(MessageGateway, gateways.is_inbox_unread(clock.now())) == []

    assert told == [0, 0, 1, 0]


def change_login(gateway_id: int, username: str) -> None:
    account = db.session.get_one(MessageGateway, gateway_id)
    gateways.keep_former_inbox(db.session, vault(), account, clock.now())
    login = {"username": username, "password": "x"}
    gateways.replace_credentials(vault(), account, login, header=account.header, per_second=10)


@pytest.mark.parametrize("is_removed", [False, True], ids=["", "removed"])
def test_reports_are_asked_for_by_the_login_by_which_a_message_left(app, vendors, rows, monkeypatch, is_removed):
    """A vendor answers by an error what another login asks for: no owner is told then that an account is not read."""
    logins = ["908500000001", "908500000002", "908500000003"]
    of_login = {login: str(place) for place, login in enumerate(logins)}
    asked = set[tuple[str, str]]()

    def tell(self, refs, since):
        login = self.secrets["secret.username"]
        asked.update((login, ref) for ref in refs)
        if any(ref != of_login[login] for ref in refs):
            raise HANGS
        return [Report(ReportState.DELIVERED, ref) for ref in refs]

    with app.app_context():
        make.provider()
        gateway_id = delivery.add("verimor", login={"username": logins[0], "password": "x"})
    silence(monkeypatch)
    monkeypatch.setattr(verimor.Verimor, "reports", silent)
    delivery.launch(app, 3)
    with time_machine.travel(clock.now(), tick=False) as at:
        for message, login in zip(rows(Message), logins, strict=True):
            with app.app_context():
                if login != logins[0]:
                    change_login(gateway_id, login)
                is_taken = {"state": MessageState.ACCEPTED, "vendor_ref": of_login[login], "due_at": None}
                at.shift(timedelta(minutes=20))
                left = is_taken | {"gateway_id": gateway_id, "called_at": clock.now(), "ended_at": clock.now()}
                db.session.execute(update(Message).where(Message.id == message.id).values(left))
                db.session.commit()
            at.shift(timedelta(minutes=20))
        if is_removed:
            with app.app_context():
                gateways.remove(db.session, db.session.get_one(MessageGateway, gateway_id), clock.now())
                db.session.commit()
            at.shift(timedelta(minutes=20))
        monkeypatch.setattr(verimor.Verimor, "reports", tell)
        work(app, *EventKind)

        assert rows(MessageGateway, MessageGateway.reports_unread_since.is_not(None)) == []
    assert {each for each in asked if each[0] != logins[-1]} == set(of_login.items()) - {(logins[-1], "2")}
    assert (logins[-1], "2") in asked
    assert {each.state for each in rows(Message)} == {MessageState.DELIVERED}


def test_reports_of_what_left_by_a_key_that_is_dead_are_told_by_the_new_one(app, vendors, rows, monkeypatch):
    def tell(self, refs, since):
        if self.secrets["secret.username"] == "908500000001":
            raise HANGS
        return [Report(ReportState.FAILED, ref, reason=Reason.BLOCKED_BY_VENDOR) for ref in refs]

    with app.app_context():
        make.provider()
        gateway_id = delivery.add("verimor", login={"username": "908500000001", "password": "x"})
    silence(monkeypatch)
    delivery.launch(app, 1)
    with time_machine.travel(clock.now(), tick=False) as at:
        with app.app_context():
            left = {"state": MessageState.ACCEPTED, "vendor_ref": "7", "due_at": None, "gateway_id": gateway_id}
            db.session.execute(update(Message).values(left | {"called_at": clock.now(), "ended_at": clock.now()}))
            db.session.commit()
            at.shift(timedelta(minutes=20))
            change_login(gateway_id, "908500000002")
            db.session.commit()
        monkeypatch.setattr(verimor.Verimor, "reports", tell)
        at.shift(timedelta(minutes=20))
        work(app, *EventKind)

    assert [each.state for each in rows(Message)] == [MessageState.BLOCKED]
    assert [each.status for each in rows(Decision)] == [Status.REFUSED]
