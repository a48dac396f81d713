"""The status page tells whether decisions are taken and İYS hears of them, and nothing of any firm."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import text, update

from portal.core import clock
from portal.core.extensions import db
from portal.core.iys_protocol import Operation
from portal.core.models import IysRate, Process
from portal.services.iys import circuit_breaker, rate_limit
from tests import make
from tests.make import Person

NOON = clock.start_of_day(clock.day(clock.now())) + timedelta(days=1, hours=12)


@pytest.fixture
def status(app, browser):
    """What the page says at 13:52 of a day on which İYS answered at 13:38, and a call at 13:51 is in hand."""
    with time_machine.travel(NOON + timedelta(hours=1, minutes=52), tick=False):
        codes = make.codes(app)
        Person(browser, codes[make.PHONE]).decides(MESAJ="RET")
        make.run_programs(app)
        with app.app_context():
            for minutes in (98, 111):
                rate_limit.add_to_tally(db.session, Operation.ADD, NOON + timedelta(minutes=minutes), calls=1)
            db.session.commit()
        yield lambda: browser.get("/durum")


def act(app, statement) -> None:
    with app.app_context():
        db.session.execute(statement)
        db.session.commit()


def test_all_is_well_and_the_answer_is_kept_for_half_a_minute(status):
    answer = status()

    assert "Her şey yolunda" in answer.text and "13:50 sularında yanıt verdi" in answer.text
    assert "bekliyor" not in answer.text and "Örnek Mağaza" not in answer.text
    assert answer.headers["Cache-Control"] == "public, max-age=30" and "Set-Cookie" not in answer.headers


def test_an_outage_of_iys_is_told_with_its_beginning_and_what_waits(app, status):
    with app.app_context():
        db.session.add(IysRate(name=circuit_breaker.HOST, next_at=clock.now(), failures=3))
        db.session.commit()
    told = status().text

    assert "13:40 sularından beri yanıt vermiyor" in told
    assert "1 karar burada bekliyor" in told and "Reddiniz, İYS'ye iletilmesini beklemeden geçerlidir" in told


def test_a_forwarder_that_stands_still_is_told(app, status):
    act(app, update(Process).values(seen_at=clock.now() - timedelta(minutes=6)))

    assert "İYS'ye iletim şu anda duruyor" in status().text


def test_where_no_decision_can_be_recorded_nothing_is_promised(app, status):
    act(app, text("UPDATE alembic_version SET version_num = '0001'"))
    answer = status()

    assert answer.status_code == 503 and answer.headers["Cache-Control"] == "no-store"
    assert "Şu anda karar kaydedilemiyor" in answer.text and "yolunda" not in answer.text
    act(app, text("UPDATE alembic_version SET version_num = '0042'"))
