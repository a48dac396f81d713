"""The worker's loops find each row by themselves: nothing has to tell them that there is one."""

from datetime import timedelta

import pytest
import time_machine

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.models import AudienceEntry, BatchState, Campaign, Delivery, ImportBatch, MailKind, ThrottleHit
from portal.core.vault import Vault
from portal.domain import campaigns
from portal.domain.identity import login_throttle
from portal.domain.notifications import mails
from tests import make
from tests.mail_server import Listening, MailServer
from tests.portal.services.imports.file_steps import csv_of, uploaded

LIST = f"{make.PHONE}\n{make.EMAIL}"


@pytest.fixture
def step(app):
    """Runs the step of a loop once, as the worker does; whether it found anything."""
    steps = {loop.name: loop.step for loop in app.extensions["worker"]}

    def run(name: str) -> bool:
        with app.app_context():
            return steps[name]()

    return run


def test_a_launch_is_found_and_made_once(app, step, rows):
    with app.app_context():
        made = make.campaign(delivery=Delivery.GATEWAY)
        make.add_to_audience(made, LIST)
        campaigns.launch(db.session, made, clock.now())
        db.session.commit()
        db.session.rollback()

    for _ in range(2):
        step("launches")

    assert len(rows(AudienceEntry, AudienceEntry.link_id.is_not(None))) == 2
    assert rows.one(Campaign).linked_at is not None


def write_mail(app) -> None:
    with app.app_context():
        at = clock.now()
        facts = {"link": "https://main.example/reset/x", "until": at + timedelta(days=1)}
        mails.write_mail(db.session, vault(), MailKind.RESET, to=make.EMAIL, language="tr", at=at, facts=facts)
        db.session.commit()


@pytest.mark.slow
def test_mails_that_cannot_be_sent_rest_for_a_minute(app, step):
    """So a server that is down is not asked each second."""
    server = MailServer()
    listening = Listening(server)
    listening.start()
    app.config.update(SMTP_URL="smtp://127.0.0.1:9", MAIL_FROM="izinlink@main.example")
    write_mail(app)
    assert not step("mails")

    app.config["SMTP_URL"] = f"smtp://127.0.0.1:{listening.port}"
    assert not step("mails")
    with time_machine.travel(clock.now() + timedelta(seconds=61)):
        assert step("mails")
        write_mail(app)
        assert step("mails") and not step("mails")
    listening.stop()
    assert len(server.taken) == 2


def test_a_file_that_this_worker_cannot_open_rests_for_a_minute_and_holds_up_no_other(app, step, rows):
    uploaded(app, csv_of("0532 111 22 33;ONAY;24.11.2026 10:00;HS_WEB;"))
    known, at = app.extensions["vault"], clock.now()
    app.extensions["vault"] = Vault({2: bytes(range(32))})
    with time_machine.travel(at, tick=False):
        assert [step("imports"), step("imports")] == [True, False]
    app.extensions["vault"] = known
    with time_machine.travel(at + timedelta(seconds=30), tick=False):
        assert not step("imports")

    with time_machine.travel(at + timedelta(seconds=61)):
        while step("imports"):
            pass
    assert rows.one(ImportBatch).state == BatchState.READ


def test_old_tries_are_deleted_at_night_only(app, step, rows):
    with app.app_context():
        for days in (1, 91):
            facts = {"account": "", "address": "203.0.113.7", "at": clock.now() - timedelta(days=days)}
            login_throttle.begin_password(db.session, vault(), **facts)
        db.session.commit()
    night = clock.start_of_day(clock.day(clock.now()) + timedelta(days=1)) + timedelta(hours=3, minutes=20)

    with time_machine.travel(night + timedelta(hours=1)):
        step("old-rows")
    assert rows.count(ThrottleHit) == 2
    with time_machine.travel(night):
        step("old-rows")
    assert rows.count(ThrottleHit) == 1
