"""While a machine's clock is wrong, nothing is dated or leased by it."""

import contextlib
import sys
import threading
from datetime import timedelta

import pytest
import time_machine

from portal.core import clock, clock_check, loops
from portal.core.extensions import db
from portal.core.models import Brand, Decision
from tests import make
from tests.make import Person

DAY = timedelta(days=1)


@pytest.fixture(params=[DAY, -DAY], ids=["ahead", "behind"])
def a_day_off(request):
    return time_machine.travel(clock.now() + request.param)


def test_what_is_posted_to_a_process_whose_clock_is_a_day_off_is_told_to_try_again(
    app, browser, rows, monkeypatch, a_day_off
):
    fatma = Person(browser, make.codes(app)[make.PHONE])
    form = fatma.form()
    monkeypatch.setattr(sys, "argv", ["/opt/izinlink/bin/gunicorn"])

    with a_day_off:
        answer = fatma.posts(form, MESAJ="RET")

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert not rows(Decision)
    assert fatma.posts(form, MESAJ="RET").status_code == 303
    assert rows.one(Decision).consent_date <= clock.now()


def test_what_was_dated_while_the_clock_was_set_is_not_committed(app, rows, monkeypatch, a_day_off):
    monkeypatch.setattr(sys, "argv", ["flask", "iys", "forward"])
    with app.app_context():
        make.brand().name = "Yarının adı"
        with a_day_off, pytest.raises(clock_check.ClockSkew):
            db.session.commit()
        db.session.rollback()

    assert rows.one(Brand).name == "Örnek Mağaza"


def test_loops_rest_while_the_clock_is_a_day_off_and_go_on_once_it_is_set(app, monkeypatch, a_day_off):
    monkeypatch.setattr(sys, "argv", ["flask", "iys", "forward"])
    stop, dates, looked = threading.Event(), [], []

    @contextlib.contextmanager
    def context():
        with app.app_context():
            yield
        looked.append(clock.now())
        if len(looked) == 3:
            a_day_off.stop()

    def step():
        dates.append(clock.now())
        stop.set()
        return False

    a_day_off.start()
    loops.run_loops(context, stop, [loops.Loop("step", step, idle=0.01)])

    assert len(looked) == 4 and len(dates) == 1
    assert abs(looked[0] - dates[0]) > DAY / 2
