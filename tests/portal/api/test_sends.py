"""Messages sent by other systems: good rows are stored whatever the others are, each once, and none is ever changed."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from portal.core import clock
from portal.core.extensions import db
from portal.core.iys_protocol import format_wire_date
from portal.core.models import Provider, Recipient, ReportedSend
from portal.domain.packages import usage
from portal.domain.sends import reported_sends
from tests import databases, make
from tests.portal.api.programs import BASE, CONSENTS, Program, make_key, refusal

SENDS = f"{BASE}/brands/{make.BRAND_CODE}/sends"


@pytest.fixture
def program(app) -> Program:
    with app.app_context():
        return Program(app, make_key(make.provider()))


def send(recipient: str = make.PHONE, **fields) -> dict:
    """A row for a message of an hour ago."""
    sent_at = format_wire_date(clock.now() - timedelta(hours=1))
    row = {"recipient": recipient, "type": "EPOSTA" if "@" in recipient else "MESAJ", "sentAt": sent_at}
    return row | {"campaign": "Kasım"} | fields


@time_machine.travel("2026-11-24T14:02:05+03:00", tick=False)
def test_good_rows_are_stored_whatever_the_others_are(program, rows):
    bad = {
        "phone_too_short": send("05321"), "channel_unfit": send(type="EPOSTA"), "unknown_field": send(x=1),
        "field_invalid": send(sentAt=None), "not_object": 5,
    }  # fmt: skip
    wrong_moments = ["dün", "2026-11-24 14:04:00", "2023-11-24 14:02:05", "0001-01-01", "9999-12-31T23:59:59-12:00", ""]
    listed = [send(correlationId="crm-1"), *bad.values(), *(send(sentAt=each) for each in wrong_moments),
              send(make.EMAIL, sentAt="2026-11-24T11:02:05.5Z", campaign=None)]  # fmt: skip

    answer = program.post(SENDS, {"sends": listed}).json

    first, *others, last = answer["results"]
    assert [each["problem"]["code"] for each in others] == [*bad, *["sent_at_invalid"] * len(wrong_moments)]
    assert (first["result"], first["correlationId"], last["result"]) == ("recorded", "crm-1", "recorded")
    assert (answer["written"], answer["problems"]) == (2, len(listed) - 2)
    assert {each.sent_at for each in rows(ReportedSend)} == {clock.now() - timedelta(hours=1), clock.now()}
    shown = program.get(f"{BASE}/requests/{answer['requestId']}").json
    assert [each["result"] for each in shown["results"]] == [each["result"] for each in answer["results"]]


@pytest.mark.parametrize("number", ["+902124445566", "+908501234567"])
def test_an_sms_to_a_landline_can_be_reported(program, rows, number):
    assert program.post(SENDS, {"sends": [send(number)]}).json["written"] == 1
    assert [each.channel for each in rows(ReportedSend)] == ["MESAJ"]


def test_a_message_is_stored_once(program, rows):
    """Also where the same list comes again by a new request, or names it twice."""
    row = send()
    results = [
        program.post(SENDS, {"sends": [row, {**row, "recipient": "0532 123 45 67"}, {**row, "type": "ARAMA"}]}).json
        for _ in range(2)
    ]

    assert [each["result"] for each in results[0]["results"]] == ["recorded", "known", "recorded"]
    assert (results[1]["written"], results[1]["unchanged"], rows.count(ReportedSend)) == (0, 3, 2)


@pytest.mark.skipif(not databases.SERVER, reason="SQLite has a single writer.")
def test_a_message_that_another_report_stores_meanwhile_is_stored_once(program, rows, monkeypatch):
    known = send()
    program.post(SENDS, {"sends": [known]})
    monkeypatch.setattr(reported_sends, "_find_known", lambda *given: set())

    results = program.post(SENDS, {"sends": [send(make.EMAIL), known]}).json["results"]

    assert [each["result"] for each in results] == ["recorded", "known"]
    assert rows.count(ReportedSend) == 2


def test_a_full_package_takes_known_addresses_only(app, program, rows, monkeypatch):
    program.post(CONSENTS, refusal())
    with app.app_context():
        provider = db.session.query(Provider).one()
        provider.admitted_at = None
        key = make_key(provider)
    monkeypatch.setattr("portal.domain.packages.usage.FREE", 1)

    answer = Program(app, key).post(SENDS, {"sends": [send(), send(make.EMAIL)]}).json

    assert [each["problem"] and each["problem"]["code"] for each in answer["results"]] == [None, "package_full"]
    assert rows.count(Recipient) == 1


def test_addresses_of_a_trials_sends_are_not_counted_after_admission(app, program):
    program.post(SENDS, {"sends": [send(), send(make.EMAIL)]})
    with app.app_context():
        provider, brand = db.session.query(Provider).one(), make.brand()
        assert usage.count_held(db.session, provider) == 2
        brand.is_sandbox = True
        db.session.commit()

        assert usage.count_held(db.session, provider) == 0


def test_the_database_refuses_to_change_a_report_or_a_check(app, program):
    program.post(f"{BASE}/brands/{make.BRAND_CODE}/checks", {"type": "MESAJ", "recipients": [make.PHONE]})
    program.post(SENDS, {"sends": [send()]})

    for statement in (
        "UPDATE reported_send SET sent_at = reported_at", "UPDATE reported_send SET check_id = 1",
        "DELETE FROM reported_send", "UPDATE address_check SET may = 1", "DELETE FROM address_check",
    ):  # fmt: skip
        with app.app_context(), pytest.raises(DatabaseError, match="append-only"):
            db.session.execute(text(statement))
