"""Decisions by the API: a grant obeys what a file's does, a refusal is always taken, and no row is lost."""

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import event, update

from portal.api.v1.moments import moment
from portal.api.v1.writes import LONG_LIST
from portal.core import business_days, clock, database
from portal.core.extensions import db
from portal.core.ids import new_id
from portal.core.iys_protocol import Status, format_wire_date
from portal.core.models import (
    AddressCheck,
    ApiRequest,
    AuditEntry,
    Brand,
    Consent,
    Decision,
    DecisionOrigin,
    Feed,
    FeedSource,
    Lane,
    Provider,
    Submission,
)
from portal.domain.consents import bulk_import
from portal.domain.consents.bulk_import import WRITTEN
from portal.services import consent_requests
from tests import databases, make
from tests.grants import insert_decisions
from tests.portal.api.programs import BASE, BULK, CONSENTS, Program, codes, grant, make_key, refusal
from tests.portal.services.iys.forwarding.scripted import iys_that_says


@pytest.fixture
def program(app) -> Program:
    with app.app_context():
        return Program(app, make_key(make.provider()))


def test_a_grant_is_a_decision_with_its_request_as_evidence_and_is_told_at_once(program, rows):
    answer = program.post(CONSENTS, grant())

    decision, submission, request = rows.one(Decision), rows.one(Submission), rows.one(ApiRequest)
    assert (decision.origin, decision.batch_id, decision.line) == (DecisionOrigin.API, request.id, 0)
    assert (submission.lane, submission.due_at) == (Lane.PEOPLE, decision.recorded_at)
    assert answer.json["requestId"] == str(request.id)


def test_a_row_of_a_list_is_due_when_iys_is_asked_for_the_lists_result(app, program):
    request_id = program.post(BULK, {"consents": [grant(), grant("+905321234568")]}).json["requestId"]

    with time_machine.travel(clock.now() + timedelta(minutes=2), tick=False):
        with iys_that_says(request=(202, {"requestId": "a-1"})) as iys:
            make.forward_all(app, iys)
        told = [each["iys"] for each in program.get(f"{BASE}/requests/{request_id}").json["results"]]
        asked = {"recipient": make.PHONE, "type": "MESAJ", "recipientType": "BIREYSEL"}
        told += [each["iys"] for each in program.post(f"{CONSENTS}/history", asked).json["items"]]
        in_five_minutes = moment(clock.now() + timedelta(minutes=5))

    assert [(each["outcome"], each["dueAt"]) for each in told] == [("sent", in_five_minutes)] * 3


@pytest.mark.parametrize(
    ("fields", "code", "iys_code"),
    [
        ({"confirm": True}, "confirm_not_offered", None),
        ({"consentDate": None}, "date_missing", "H112"),
        ({"consentDate": "2026-02-30 10:00:00"}, "date_impossible", "H157"),
        ({"consentDate": "2026-11-24T10:00:00Z"}, "date_unreadable", "H158"),
        ({"consentDate": "2099-01-01 10:00:00"}, "date_to_come", "H162"),
        ({"source": None}, "source_missing", "H113"),
        ({"source": "IYS_WEB"}, "source_unknown", "H119"),
        ({"source": "HS_KARAR"}, "source_refuses", "H408"),
        ({"source": "HS_2015", "consentDate": "2015-05-01 00:00:00"}, "before_2015", None),
        ({"recipient": "05321"}, "phone_too_short", "H121"),
        ({"recipient": "0212 555 66 77"}, "no_sms", "H464"),
        ({"type": "EPOSTA"}, "channel_unfit", "H464"),
        ({"recipient": make.EMAIL}, "channel_unfit", "H464"),
        ({"status": "EVET"}, "status_unknown", "H115"),
        ({"consentdate": "2026-11-24 10:00:00"}, "unknown_field", "H118"),
        ({"retailer": 5}, "unknown_field", "H118"),
        ({"retailerCode": "58954386"}, "retailer_invalid", "H180"),
        ({"retailerCode": 5895438}, "retailer_invalid", "H180"),
        ({"retailerCode": ""}, "retailer_invalid", "H267"),
        ({"retailerAccess": [58954386, True]}, "retailer_invalid", "H180"),
        ({"retailerAccess": []}, "h163", "H163"),
        ({"retailerAccess": 101 * [58954386]}, "h126", "H126"),
        ({"recipient": 5}, "field_invalid", None),
        ({"recipient": "// 0532 123 45 67"}, "refused_beside", None),
        ({"recipient": "0532 123 45 67 -"}, "refused_beside", None),
        ({"recipient": "Ayşe Er RET <ayse@example.com>", "type": "EPOSTA"}, "refused_beside", None),
        ({"recipient": "mailto:ayse@example.com?subject=unsubscribe", "type": "EPOSTA"}, "refused_beside", None),
        ({"reference": "C-42 (RET)"}, "refused_beside", None),
        ({"reference": "RET"}, "refused_beside", None),
        ({"correlationId": "1042/RET"}, "refused_beside", None),
        ({"correlationId": "1042 ❌"}, "refused_beside", None),
        ({"reference": "🚫 1042"}, "refused_beside", None),
    ],
)
@pytest.mark.alike
def test_a_grant_that_a_file_could_not_bring_is_a_problem(program, rows, fields, code, iys_code):
    answer = program.post(CONSENTS, grant() | fields)

    assert (answer.status_code, answer.json["code"], answer.json["iysCode"]) == (422, code, iys_code)
    assert answer.mimetype == "application/problem+json"
    assert (rows.count(Decision), rows.one(ApiRequest).status) == (0, 422)


def test_a_number_or_trade_sign_beside_a_grant_refuses_nothing(program, rows):
    signs = "№ 1042", "1042™", "Mağaza® 12", "C°42", "© 7"
    grants = [grant(f"+9053212345{place:02}") | {"reference": each} for place, each in enumerate(signs)]

    assert codes(program.post(BULK, {"consents": grants})) == [None] * len(signs)
    assert rows.count(Decision) == len(signs)


@pytest.mark.skipif(bool(databases.SERVER), reason="PostgreSQL has more than one writer")
def test_a_refusal_waits_for_one_list_and_not_for_all_that_came(app, program, rows):
    """Each holds SQLite's writer for seconds: the processes of a machine write one at a time, and others between."""
    long_list = {"consents": [grant(f"+9053210{number:05}") for number in range(LONG_LIST + 1)]}
    with ThreadPoolExecutor() as pool, app.app_context(), database.one_list_at_a_time(db.session):
        waiting = pool.submit(program.post, BULK, long_list)
        while len(opened_for_lists()) < 2:
            assert not waiting.done()
        answers = [program.post(CONSENTS, refusal()), program.post(BULK, {"consents": [refusal(make.EMAIL)]})]

        assert [each.status_code for each in answers] == [200, 200] and rows.count(Decision) == 2
    assert waiting.result().json["written"] == LONG_LIST + 1 and opened_for_lists() == []


def opened_for_lists() -> list[str]:
    """What this process has opened of the file whose lock a list takes."""
    opened = []
    for each in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):
            opened.append(str(each.readlink()))
    return [each for each in opened if each.endswith("-lists")]


def test_all_of_a_list_is_prepared_before_its_first_row_is_written(app, program, monkeypatch):
    monkeypatch.setattr(consent_requests, "MAX_ENTRIES", 1)
    asked: list[str] = []
    with app.app_context():
        event.listen(db.engines["reader"], "before_cursor_execute", lambda *_: asked.append("read"))
        event.listen(db.engine, "before_cursor_execute", lambda _, __, sql, *___: asked.append(sql))
    program.post(BULK, {"consents": [grant(), grant("+905321234568"), grant("+905321234569")]})

    first = next(place for place, sql in enumerate(asked) if "INSERT" in sql and "recipient" in sql)
    assert "read" not in asked[first:]


def test_a_grant_of_a_program_whose_clock_is_ahead_counts_as_of_now(program, rows):
    with time_machine.travel(clock.now(), tick=False):
        answers = [program.post(CONSENTS, grant(ago=timedelta(seconds=-ahead))) for ahead in (61, 60)]
        now = clock.now().replace(microsecond=0)

    assert [each.json.get("code") for each in answers] == ["date_to_come", None]
    assert [each.consent_date for each in rows(Decision)] == [now]


def test_a_late_grant_is_kept_as_evidence_only(program, rows):
    answer = program.post(CONSENTS, grant(ago=timedelta(days=30)))

    assert answer.json["results"][0]["result"] == "late_grant"
    assert (rows.count(Decision), rows.count(Submission), rows.one(Consent).status) == (1, 0, None)


@pytest.mark.parametrize(
    ("fields", "ignored"),
    [
        ({"consentDate": "31.11.2026", "source": "telefonda söyledi"}, ["consentDate", "source"]),
        ({"consentDate": "2026-11-24 00:00:00"}, []),  # The day only.
        ({"consentDate": "2015-05-01 00:00:00"}, ["consentDate"]),  # İYS's of what was said before the law.
        ({"consentDate": "2015-05-01 12:00:00", "source": "HS_2015"}, ["consentDate", "source"]),
        ({"retailerCode": "bayi", "retailerAccess": []}, ["retailerCode", "retailerAccess"]),
        ({"consentDate": 5, "evidence": 501 * "x", "correlationId": 5}, ["consentDate", "evidence", "correlationId"]),
        (
            {"refrence": "C-1", "recipientType": "X", "grantedAgain": "no"},
            ["refrence", "recipientType", "grantedAgain"],
        ),
    ],
)
@time_machine.travel("2026-11-24T12:00:00+03:00")
def test_a_refusal_is_taken_whatever_is_wrong_with_its_fields_and_while_suspended(app, program, rows, fields, ignored):
    program.post(CONSENTS, grant())
    with app.app_context():
        db.session.query(Provider).one().suspended_at = clock.now()
        db.session.query(Brand).one().closed_at = clock.now()
        db.session.commit()

    answer = program.post(BULK, {"consents": [grant(make.EMAIL), refusal() | fields]})

    assert codes(answer) == ["suspended", None]
    assert [sorted(each["ignored"]) for each in answer.json["results"]] == [[], sorted(ignored)]
    assert rows.one(Consent).status == Status.REFUSED
    assert rows(Decision)[-1].source == "HS_KARAR"


@pytest.mark.parametrize("origin", [DecisionOrigin.LINK, DecisionOrigin.API])
def test_a_grant_over_a_refusal_needs_the_firms_word_where_the_person_said_it(app, program, origin):
    if origin == DecisionOrigin.API:
        program.post(CONSENTS, refusal(consentDate=grant(ago=timedelta(hours=2))["consentDate"]))
    else:
        with app.app_context():
            refused_at = clock.now() - timedelta(hours=2)
            insert_decisions(make.brand(), [make.PHONE], refused_at, status=Status.REFUSED, origin=origin)

    first, second = program.post(CONSENTS, grant()), program.post(CONSENTS, grant(grantedAgain=True))

    if origin == DecisionOrigin.API:
        assert first.json["results"][0]["result"] == "grant"
    else:
        assert (first.status_code, first.json["code"]) == (409, "over_refusal")
        assert second.json["results"][0]["result"] == "grant"


@pytest.mark.parametrize("types", [("BIREYSEL", "TACIR"), ("TACIR", "BIREYSEL")])
def test_a_refusal_is_told_whoever_asks_as_another_recipient_type(app, program, rows, types):
    said, asked = types
    program.post(CONSENTS, refusal(recipientType=said))
    key = {"recipient": make.PHONE, "type": "MESAJ", "recipientType": asked}
    as_told = {"verdict": "may_not", "reason": "refused", "validUntil": None}

    for _ in range(2):  # First without a record of the type asked for, then with one that only İYS knows.
        consent = program.post(f"{CONSENTS}/query", key).json
        checks = {"type": "MESAJ", "recipientType": asked, "recipients": [make.PHONE]}
        checked = program.post(f"{BASE}/brands/{make.BRAND_CODE}/checks", checks).json["results"]
        assert checked == [{"recipient": make.PHONE, **as_told}]
        assert consent["maySend"].items() >= as_told.items()
        assert (consent["recipientType"], consent["status"], consent["consentDate"]) == (asked, None, None)
        if rows.count(Consent) == 1:
            assert consent["iys"] == {"status": None, "asOf": None}
            stands = rows.one(Consent)
            other = {"id": new_id(), "recipient_type": asked, "iys_status": "ONAY", "iys_as_of": clock.now()}
            same = {each: getattr(stands, each) for each in ("provider_id", "brand_id", "recipient_id", "channel")}
            with app.app_context():
                db.session.add(Consent(**same, **other))
                db.session.commit()

    assert consent["iys"]["status"] == "ONAY"


def test_a_yes_is_good_no_longer_than_what_iys_last_told_of_the_brand(app, program, rows):
    program.post(CONSENTS, grant())
    at, brand_id = clock.now(), rows.one(Consent).brand_id
    with app.app_context():
        db.session.execute(update(Consent).values(iys_status="ONAY", iys_as_of=at))
        own = {"provider_id": rows.one(Consent).provider_id, "brand_id": brand_id, "created_at": at}
        db.session.add(Feed(source=FeedSource.PEOPLE, pulled_at=at - timedelta(days=1), **own))
        db.session.commit()

    def asked() -> list[tuple]:
        key = {"recipient": make.PHONE, "type": "MESAJ"}
        single = program.post(f"{CONSENTS}/query", key).json["maySend"]
        body = {"type": "MESAJ", "recipients": [make.PHONE]}
        (checked,) = program.post(f"{BASE}/brands/{make.BRAND_CODE}/checks", body).json["results"]
        return [(each["verdict"], each["reason"], each["validUntil"]) for each in (single, checked)]

    until = business_days.safe_deadline(at - timedelta(days=1))
    assert asked() == [("may", "granted", moment(until))] * 2
    assert rows.one(AddressCheck).valid_until == until
    with app.app_context():
        db.session.execute(update(Feed).values(pulled_at=at - timedelta(days=9)))
        db.session.commit()
    assert asked() == [("unknown", "not_pulled", None)] * 2


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "ret"},
        {"status": None, "Status": "RET"},
        {"status": "ONAY", "Status": "RET"},
        {"status": "ONAY", "Type": "ARAMA"},
        {"recipient": None, "RECIPIENT": "0532 123 45 67"},
        {"recipient": "b@example.com", "re_cipient": "0532 123 45 67"},
        {"status": "ONAY", "Status": "RET", "x": 1},
        {"status": "ONAY", "notes": "Bir daha aramayın"},
        {"status": "ONAY", "unsubscribed": True},
        {"status": "ONAY", "recipient": None, "telefon": "0532 123 45 67"},
        {"recipient": "-", "telefon": "0532 123 45 67"},
        {"recipient": "b@example.com", "telefon": "0532 123 45 67"},
        {"recipient": "0532 123 45 67 ❌"},
        {"recipient": "0532 123 45 67, 0533 222 33 44"},
        {"recipient": ["+905321234567", "+905332223344"]},
        {"recipient": "0532\u00a0123\u201145:67 (iptal)"},
        {"status": "ONAY", "recipient": "+905321234567 (RET)"},
        {"status": "ONAY", "recipient": "-05321234567"},
        {"status": "ONAY", "source": "RET"},
        {"status": "ONAY", "type": "MESAJ (RET)"},
        {"status": "ONAY", "consentDate": "RET 28.11.2026"},
        {"status": "ONAY", "evidence": "web formu: hayır"},
        {"status": "ONAY", "correlationId": "iptal etti"},
    ],
)
def test_no_grant_is_taken_beside_a_refusal_that_cannot_be_written(program, rows, fields):
    wrong = grant(make.EMAIL) | {"source": "x", "y": None}
    rows_of = [grant(), refusal("0532 123 45 67") | fields, grant(make.EMAIL), wrong]
    answer = program.post(BULK, {"consents": rows_of})

    assert codes(answer)[::2] == ["refused_elsewhere", None]
    assert rows.count(Decision) == 1
    assert codes(program.post(BULK, {"consents": [grant()]})) == [None]


def test_no_grant_is_taken_of_an_address_that_a_refusal_may_mean(program, rows):
    unclear = refusal("b@example.com") | {"Recipient": make.EMAIL}
    answer = program.post(BULK, {"consents": [unclear, grant(make.EMAIL), grant("c@example.com")]})

    assert codes(answer) == [None, "refused_elsewhere", None]


def test_a_body_that_says_a_name_twice_is_not_read(program, rows):
    body = '{"consents": [{"recipient": "a@example.com", "type": "EPOSTA", "status": "RET", "status": "ONAY"}]}'
    answer = program.open("POST", BULK, data=body, content_type="application/json")

    assert (answer.status_code, answer.json["code"], rows.count(ApiRequest)) == (400, "not_json", 0)


def test_a_refusal_of_now_is_newer_than_a_persons_grant_that_is_dated_ahead(app, program, rows):
    with time_machine.travel("2026-11-24T12:00:00+03:00", tick=False), app.app_context():
        ahead = clock.now() + timedelta(seconds=1)
        insert_decisions(make.brand(), [make.PHONE], ahead, status=Status.GRANTED, origin=DecisionOrigin.LINK)
        program.post(CONSENTS, refusal())

    assert rows.one(Consent).status == Status.REFUSED


def test_a_refusal_by_its_day_counts_to_the_days_end_also_where_one_of_that_morning_stands(program, rows):
    yesterday = clock.istanbul(clock.now() - timedelta(days=1)).strftime("%Y-%m-%d")
    for hour in ("09:00:00", "00:00:00"):
        assert program.post(CONSENTS, refusal(consentDate=f"{yesterday} {hour}")).json["written"] == 1

    again = program.post(CONSENTS, refusal(consentDate=f"{yesterday} 00:00:00")).json
    noon = program.post(CONSENTS, grant(consentDate=f"{yesterday} 12:00:00")).json

    assert again["results"][0]["result"] == "known" and noon["results"][0]["result"] == "older"
    assert rows.one(Consent).status == Status.REFUSED


def test_a_grant_at_utcs_midnight_is_of_the_days_beginning(program, rows):
    yesterday = clock.istanbul(clock.now() - timedelta(days=1)).strftime("%Y-%m-%d")
    program.post(CONSENTS, refusal(consentDate=f"{yesterday} 02:30:10"))

    answers = [
        program.post(CONSENTS, grant(consentDate=f"{yesterday} {hour}")).json for hour in ("03:00:00", "03:00:01")
    ]

    assert [each["results"][0]["result"] for each in answers] == ["older", "grant"]
    assert {clock.istanbul(each.consent_date).strftime("%X") for each in rows(Decision)} == {
        "02:30:10", "00:00:00", "03:00:01",
    }  # fmt: skip


def test_a_full_package_takes_refusals_and_known_addresses(app, program, monkeypatch):
    program.post(CONSENTS, refusal())
    with app.app_context():
        provider = db.session.query(Provider).one()
        provider.admitted_at = None
        key = make_key(provider)
    monkeypatch.setattr("portal.domain.packages.usage.FREE", 1)

    answer = Program(app, key).post(BULK, {"consents": [grant(), grant("a@example.com"), refusal("b@example.com")]})

    assert codes(answer) == [None, "package_full", None]


def test_the_answer_says_what_stands_also_where_a_refusal_is_older_than_a_grant(app, browser, program):
    """As of a program that dates by another time zone."""
    make.Person(browser, make.codes(app)[make.PHONE]).decides(MESAJ="ONAY")
    early = format_wire_date(clock.now() - timedelta(hours=3))
    rows = [refusal(consentDate=early), refusal(make.EMAIL), refusal("bozuk")]

    answer = program.post(BULK, {"consents": rows}).json
    again = program.get(f"{BASE}/requests/{answer['requestId']}").json
    now = program.post(CONSENTS, refusal()).json

    for each in (answer, again):
        assert [row["stands"] for row in each["results"]] == ["ONAY", "RET", None]
    assert answer["results"][0]["result"] == "older" and now["results"][0]["stands"] == "RET"


def test_a_refusal_is_taken_though_the_same_one_came_before_a_grant_of_the_same_second(app, browser, program, rows):
    person = make.Person(browser, make.codes(app)[make.PHONE])
    form, second = person.form(), clock.now().replace(microsecond=0) + timedelta(seconds=1)
    for part, act in ((1, lambda: program.post(CONSENTS, refusal())), (4, lambda: person.posts(form, MESAJ="ONAY"))):
        with time_machine.travel(second + timedelta(milliseconds=100 * part), tick=False):
            act()

    with time_machine.travel(second + timedelta(milliseconds=900), tick=False):
        [told] = program.post(CONSENTS, refusal()).json["results"]

    assert (told["result"], told["stands"], rows.one(Consent).status) == ("refusal", "RET", "RET")


def test_a_long_list_is_written_some_at_a_time(program, monkeypatch):
    sizes, prepare = [], bulk_import.prepare_import
    monkeypatch.setattr(bulk_import, "prepare_import", lambda *given: sizes.append(len(given[3])) or prepare(*given))
    monkeypatch.setattr(consent_requests, "MAX_ENTRIES", 2, raising=False)
    answer = program.post(BULK, {"consents": [grant(), grant(make.EMAIL), refusal(), refusal(), refusal(make.EMAIL)]})

    assert [each["result"] for each in answer.json["results"]] == ["grant", "grant", "refusal", "known", "refusal"]
    assert max(sizes) == 2


@pytest.mark.slow
@pytest.mark.skipif(not databases.SERVER, reason="SQLite has a single writer.")
def test_two_lists_that_lock_each_other_out_are_both_written(app, program, rows, monkeypatch):
    """Each has written its first chunk when the other begins its second, which brings the same new address."""
    both, have_met, apply = threading.Barrier(2), threading.local(), bulk_import.apply_import

    def meet(*given):
        plan = apply(*given)
        if not hasattr(have_met, "once"):
            have_met.once = both.wait(timeout=30)
        return plan

    monkeypatch.setattr(bulk_import, "apply_import", meet)
    monkeypatch.setattr(consent_requests, "MAX_ENTRIES", 1)
    lists = [[refusal(), refusal(make.EMAIL)], [refusal(make.EMAIL), refusal()]]
    programs = [Program(app, program.key) for _ in lists]
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda its, body: its.post(BULK, {"consents": body}), programs, lists))

    assert [each.status_code for each in answers] == [200, 200]
    assert {each.status for each in rows(Consent)} == {Status.REFUSED}


def test_each_request_is_noted_once_in_the_audit_with_counts_and_without_addresses(program, rows):
    body = {"consents": [grant(), refusal(make.EMAIL, consentDate=grant()["consentDate"]), {}]}
    for each in ("a-key-of-this-act", "a-key-of-this-act", "another-key-of-it"):
        program.post(BULK, body, idempotency_key=each)
    entries = [each for each in rows(AuditEntry) if each.act == "request.written"]

    assert [(each.facts["decisions"], each.facts["bad"]) for each in entries] == [(2, 1), (0, 1)]
    assert [each.subject_id for each in entries] == [each.id for each in rows(ApiRequest)]
    assert make.PHONE[1:] not in str([each.facts for each in entries])


def test_no_address_reaches_the_log(program, caplog):
    assert make.PHONE not in repr(consent_requests.Incoming(1, 1, make.PHONE, "", make.PHONE.encode(), clock.now()))
    caplog.set_level(logging.INFO)
    program.post(CONSENTS, grant(make.EMAIL))
    program.post(BULK, {"consents": [grant() | {"x": make.PHONE}]})
    program.get(f"{CONSENTS}/MESAJ/{make.PHONE}")
    program.get(f"{BASE}/brands/{make.BRAND_CODE}/may-send/EPOSTA/{make.EMAIL}")
    program.post(f"{CONSENTS}/query", {"recipient": make.PHONE, "type": "MESAJ", "x": make.PHONE})

    assert make.PHONE[1:] not in caplog.text and make.EMAIL not in caplog.text
    assert "/api/v1/brands" in caplog.text


ADDRESSES = ("+905321234567", "0532 123 45 68", "a@example.com", "B@Example.com", "x", "")
ROWS = st.fixed_dictionaries(
    {
        "recipient": st.sampled_from(ADDRESSES),
        "type": st.sampled_from(["MESAJ", "ARAMA", "EPOSTA", "SMS"]),
        "status": st.sampled_from(["ONAY", "RET", ""]),
    },
    optional={
        "consentDate": st.sampled_from(["2026-11-24 10:00:00", "2026-11-20 09:00:00", "dün"]),
        "source": st.sampled_from(["HS_WEB", "HS_ATM", "?"]),
        "evidence": st.just("form"),
        "recipientType": st.sampled_from(["BIREYSEL", "TACIR"]),
        "unknown": st.just(1),
    },
) | st.sampled_from([None, 5, "x", [], {}])


@pytest.mark.slow
def test_no_row_of_a_list_is_lost_and_each_written_one_has_its_decision(app, program, rows):
    @settings(max_examples=40)
    @given(st.lists(ROWS, min_size=1, max_size=12))
    def check(given_rows):
        answer = program.post(BULK, {"consents": given_rows}).json
        results = answer["results"]
        written = {each["index"] for each in results if each["written"]}
        lines = {each.line for each in rows(Decision, Decision.batch_id == int(answer["requestId"]))}

        assert [each["index"] for each in results] == list(range(len(given_rows)))
        assert answer["written"] + answer["unchanged"] + answer["problems"] == len(given_rows)
        assert lines == written
        assert all((each["problem"] is not None) == (each["result"] == "problem") for each in results)
        assert all(each["written"] == (each["result"] in WRITTEN) for each in results)

    with time_machine.travel("2026-11-24T12:00:00+03:00"):
        check()


@pytest.mark.parametrize(
    "field", ["reference", "evidence", "correlationId", "recipient", "source", "status", "x\ud800"]
)
def test_half_of_a_sign_is_a_wrong_value_and_stops_no_other_row(program, field):
    """JSON can hold what UTF-8 cannot: the escape of a lone surrogate."""
    broken = {field: "\ud800"}
    body = {"consents": [grant() | broken, refusal(make.PHONE) | broken, refusal("+905321234568")]}
    answer = program.post(f"{CONSENTS}/bulk", body)
    assert answer.status_code == 200
    first, second, third = answer.json["results"]
    assert third["written"] and not first["written"]
    assert second["written"] is (field not in ("recipient", "status"))


@pytest.mark.parametrize("number", ["+902124445566", "+908501234567"])
def test_messages_of_a_landline_may_be_refused(program, rows, number):
    """İYS may list a grant of them."""
    assert program.post(CONSENTS, refusal(number)).status_code == 200
    assert program.get(f"{CONSENTS}/MESAJ/{number}").json["status"] == "RET"

    assert {(each.channel.value, each.status.value) for each in rows(Decision)} == {("MESAJ", "RET")}
