"""The Python client and the CRM of docs/clients, against a served portal whose answers get lost."""

import sqlite3
import sys
from datetime import datetime, timedelta
from itertools import count

import pytest
import time_machine
from sqlalchemy import select, update

from portal.core import clock
from portal.core.extensions import db
from portal.core.iys_protocol import Status
from portal.core.models import Consent, Decision, Provider
from portal.services import event_sequencer
from tests import make
from tests.portal.api.programs import CONSENTS, Program, grant, make_key, refusal
from tests.servers import serving

OTHER = "+905321234568"


def losing_answers(app):
    """The app behind a proxy that loses every second answer to a write."""
    number = count()

    def answers(environ, start_response):
        told = []
        body = list(app(environ, lambda *status_and_headers: told.append(status_and_headers)))
        if environ["REQUEST_METHOD"] == "POST" and next(number) % 2 == 0:
            start_response("504 Gateway Timeout", [("Content-Type", "text/html")])
            return [b"<h1>504</h1>"]
        start_response(*told[0])
        return body

    return answers


def test_a_crm_copies_follows_refuses_once_and_checks(app, crm_module, tmp_path, rows, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    with app.app_context():
        key = make_key(make.provider())
    program = Program(app, key)
    consents = f"/api/v1/brands/{make.BRAND_CODE}/consents"
    program.post(consents, refusal(OTHER))
    with app.app_context():
        event_sequencer.sequence_next_events()
    with serving(losing_answers(app), host="localhost") as url, crm_module.Izinlink(url, key) as izinlink:
        crm = crm_module.Crm(str(tmp_path / "crm.sqlite"), izinlink, make.BRAND_CODE)
        assert crm.follow() == 1  # The first time, a copy.
        crm.refuse(make.PHONE, "MESAJ")
        program.post(consents, refusal(OTHER, type="ARAMA", consentDate="2026-11-20 10:00:00", reference="C-7"))
        with app.app_context():
            event_sequencer.sequence_next_events()
        assert [crm.follow(), crm.follow()] == [2, 0]
        assert "phone_too_short" in crm.refuse("0532 1", "MESAJ")  # Holds up nothing, and stays for a person.
        crm.refuse(OTHER, "ARAMA")
        with pytest.raises(crm_module.RefusalNotTaken, match="1 refusals"):
            crm.may_send("MESAJ", [make.PHONE, OTHER])
        with crm.database:
            crm.database.execute("DELETE FROM outbox WHERE recipient = '0532 1'")  # A person looked.
        assert crm.may_send("MESAJ", [make.PHONE, OTHER]) == []
        with monkeypatch.context() as offline:
            offline.setattr(crm, "tell", lambda: None)
            crm.refuse("0532 123 45 71", "MESAJ")
        assert crm.may_send("MESAJ", ["+905321234571"]) == []  # First all refusals are told.
        assert izinlink.consent(make.BRAND_CODE, make.PHONE, "MESAJ")["status"] == "RET"
        assert izinlink.consent(make.BRAND_CODE, "+905321234599", "MESAJ") is None
        with pytest.raises(sys.modules["izinlink_client"].Problem, match="brand_unknown"):
            izinlink.add_consent(1, refusal())
        annulled = {"brandCode": make.BRAND_CODE, "recipient": "+905321234599", "type": "MESAJ", "status": None}
        with crm.database:
            crm._write(crm._rows([annulled | {"recipientType": "BIREYSEL", "reference": None}]))

    assert rows.count(Decision) == 5
    held = sqlite3.connect(tmp_path / "crm.sqlite").execute("SELECT * FROM consent").fetchall()
    assert sorted(each[1:3] + each[4:] for each in held) == [
        (make.PHONE, "MESAJ", "RET", None), (OTHER, "ARAMA", "RET", "C-7"), (OTHER, "MESAJ", "RET", "C-7"),
    ]  # fmt: skip
    assert sqlite3.connect(tmp_path / "crm.sqlite").execute("SELECT recipient FROM outbox").fetchall() == []


@pytest.mark.parametrize(
    ("noted", "channel", "stopped"),
    [
        ("İBRAHİM@GMAİL.COM", "EPOSTA", ["EPOSTA"]),
        ("ibrahim @gmail.com", "EPOSTA", ["EPOSTA"]),
        ("ibrahim gmail.com", "EPOSTA", ["EPOSTA", "MESAJ", "ARAMA"]),  # It may be a telephone's by its address.
        ("0532 123 45", "MESAJ", ["MESAJ", "ARAMA"]),
        ("İBRAHİM@GMAİL.COM", "MESAJ", ["EPOSTA", "MESAJ", "ARAMA"]),
        ("+905321234567", "SMS", ["EPOSTA", "MESAJ", "ARAMA"]),
    ],
)
def test_a_refusal_that_is_not_taken_stops_its_kind_of_channel_until_a_person_has_looked(
    app, provider, program, crm_module, tmp_path, noted, channel, stopped
):  # fmt: skip
    grants = {"EPOSTA": make.EMAIL, "MESAJ": make.PHONE, "ARAMA": make.PHONE}
    rows = [grant(address, type=each) for each, address in grants.items()]
    program.post(f"{CONSENTS}/bulk", {"consents": rows})
    db.session.execute(update(Consent).values(iys_status="ONAY", iys_as_of=clock.now()))
    db.session.commit()
    with serving(app, host="localhost") as url, crm_module.Izinlink(url, make_key(provider)) as izinlink:
        crm = crm_module.Crm(str(tmp_path / "crm.sqlite"), izinlink, make.BRAND_CODE)
        assert crm.refuse(noted, channel)
        for each, address in grants.items():
            if each in stopped:
                with pytest.raises(crm_module.RefusalNotTaken, match="DELETE FROM outbox"):
                    crm.may_send(each, [address])
            else:
                assert crm.may_send(each, [address]) == [address]


def test_a_refusal_that_a_slow_clock_dates_before_a_grant_stands_all_the_same(
    app, browser, crm_module, tmp_path, rows, monkeypatch
):  # fmt: skip
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    link = make.codes(app, f"{make.PHONE}\n")[make.PHONE]
    with app.app_context():
        key = make_key(db.session.scalars(select(Provider)).one())
    make.Person(browser, link).decides(MESAJ="ONAY")
    monkeypatch.setattr(crm_module, "TURKEY", crm_module.TURKEY - timedelta(minutes=3))  # By which it dates.
    with serving(losing_answers(app), host="localhost") as url, crm_module.Izinlink(url, key) as izinlink:
        crm = crm_module.Crm(str(tmp_path / "crm.sqlite"), izinlink, make.BRAND_CODE)
        told = crm_module.run(crm, "refuse", [make.PHONE, "MESAJ"])

    assert (told, rows.one(Consent).status, rows.count(Decision)) == ("told", Status.REFUSED, 3)
    assert crm.database.execute("SELECT * FROM outbox").fetchall() == []


@pytest.mark.parametrize(
    ("clocks", "grants_meanwhile", "left", "stands"),
    [
        ((0, 0), True, 1, Status.GRANTED),
        ((-3, -3), True, 1, Status.GRANTED),
        ((-3, -3), False, 0, Status.REFUSED),
        ((-3, 0), False, 1, Status.GRANTED),  # A clock that was put right meanwhile knows no order.
        ((-3, -9), False, 1, Status.GRANTED),
    ],
)
def test_a_refusal_that_waited_ends_no_grant_that_is_newer_and_is_never_dropped(
    app, browser, crm_module, tmp_path, rows, monkeypatch, clocks, grants_meanwhile, left, stands
):  # fmt: skip
    """Where the grant seems newer a person looks, and nobody is messaged until then. `clocks`: by how many hours the
    program's is wrong when it notes, and when it tells."""
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    person = make.Person(browser, make.codes(app, f"{make.PHONE}\n")[make.PHONE])
    with app.app_context():
        key = make_key(db.session.scalars(select(Provider)).one())
    wrong_by = list(clocks)

    class ItsClock(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.now(tz) + timedelta(hours=wrong_by[0])

    monkeypatch.setattr(crm_module, "datetime", ItsClock)
    start = clock.now().replace(microsecond=0)
    with serving(losing_answers(app), host="localhost") as url, crm_module.Izinlink(url, key) as izinlink:
        crm = crm_module.Crm(str(tmp_path / "crm.sqlite"), izinlink, make.BRAND_CODE)
        with time_machine.travel(start) as at:
            for grants_now in (not grants_meanwhile, grants_meanwhile):
                if grants_now:
                    person.decides(MESAJ="ONAY")
                else:
                    with monkeypatch.context() as offline:
                        offline.setattr(crm, "tell", lambda: None)
                        crm.refuse(make.PHONE, "MESAJ")
                at.shift(timedelta(minutes=30))
            at.shift(timedelta(hours=1))
            del wrong_by[0]
            assert crm.may_send("MESAJ", [make.PHONE]) == []

    assert rows.one(Consent).status == stands
    assert len(crm.database.execute("SELECT * FROM outbox WHERE problem IS NOT NULL").fetchall()) == left
