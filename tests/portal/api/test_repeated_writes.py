"""Requests that come again: by its Idempotency-Key each act is written once, and a refusal that is another act anew."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select, update

from portal.core import addresses, clock
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Channel, RecipientType, Source, Status, format_wire_date
from portal.core.models import ApiRequest, Brand, Consent, Decision, DecisionOrigin, Provider
from portal.domain.consents import bulk_import
from portal.domain.consents.bulk_import import Entry, ImportRun
from portal.services import consent_requests
from portal.services.iys.inflow import feeds
from tests import make
from tests.portal.api.programs import BULK, CONSENTS, Program, grant, make_key, refusal


@pytest.fixture
def program(app) -> Program:
    with app.app_context():
        return Program(app, make_key(make.provider()))


def test_the_same_request_is_written_once_and_answered_alike_for_72_hours(app, program, rows):
    row, again = grant(), "a-key-of-this-act"
    first = program.post(CONSENTS, row, idempotency_key=again)
    second = program.post(CONSENTS, row, idempotency_key=again)
    same_place = program.post(CONSENTS.replace("brands/", f"brands/{120 * '0'}"), row, idempotency_key=again)
    other_body = program.post(CONSENTS, refusal(), idempotency_key=again)
    other_place = program.post(BULK, {"consents": [row]}, idempotency_key=again)
    with app.app_context():
        other_key = Program(app, make_key(db.session.query(Provider).one()))
    elsewhere = other_key.post(CONSENTS, refusal(make.EMAIL), idempotency_key=again)

    assert first.json == second.json == same_place.json
    assert [other_body.json["code"], other_place.json["code"]] == ["idempotency_key_reused"] * 2
    assert elsewhere.status_code == 200
    with time_machine.travel(clock.now() + timedelta(hours=73)):
        later = program.post(CONSENTS, refusal(), idempotency_key=again)
    assert later.json["written"] == 1
    assert [each.status for each in rows(Decision)] == [Status.GRANTED, Status.REFUSED, Status.REFUSED]


def test_a_repeated_refusal_is_recorded_anew_where_the_person_granted_meanwhile(app, browser, program, rows):
    """Keys may be made of the content. One of a date before the grant is no newer by being sent again."""
    link, at = make.codes(app)[make.PHONE], clock.now()
    said_now = {"consents": [refusal(), refusal("bozuk")]}
    said_then = {"consents": [refusal(consentDate=format_wire_date(at))]}

    def refuse_again():
        answers = [
            program.post(BULK, body, idempotency_key=f"ret-{make.PHONE}-{key}") for key, body in enumerate(again)
        ]
        return [each.json["requestId"] for each in answers], rows.one(Consent).status

    again = [said_then, said_now]
    first, _ = refuse_again()
    with time_machine.travel(at + timedelta(hours=5)):
        make.Person(browser, link).decides(MESAJ="ONAY")
    with time_machine.travel(at + timedelta(hours=6)):
        second, refused = refuse_again()
    with time_machine.travel(at + timedelta(hours=6, seconds=30)):
        third, _ = refuse_again()

    assert refused == Status.REFUSED
    assert (second[0] == first[0], second[1] == first[1], third) == (True, False, second)


@pytest.mark.parametrize("what", ["a file refuses", "İYS holds a grant"])
def test_a_refusal_is_recorded_anew_where_what_stands_may_end_without_the_person(app, browser, program, rows, what):
    """A file can be taken back, and a grant that İYS holds goes on; the answer said that the refusal is written."""
    link, at = make.codes(app)[make.PHONE], clock.now().replace(microsecond=0)

    def post(seconds: int):
        with time_machine.travel(at + timedelta(seconds=seconds)):
            return program.post(CONSENTS, refusal(), idempotency_key="the same refusal").json["requestId"]

    first = [post(0), post(20)]
    then = at + timedelta(seconds=40)
    if what == "a file refuses":
        with time_machine.travel(then - timedelta(seconds=10)):
            make.Person(browser, link).decides(MESAJ="ONAY")
    with app.app_context(), time_machine.travel(then):
        if what == "a file refuses":
            brand, run = db.session.scalars(select(Brand)).one(), ImportRun(None, None, then, then, then)
            source = Source.PROVIDER_DECISION
            individual, refused = RecipientType.INDIVIDUAL, Status.REFUSED
            entry = Entry(1, addresses.parse(make.PHONE), Channel.SMS, individual, refused, source, then)
            bulk_import.apply_import(db.session, vault(), brand, [entry], run)
        else:
            db.session.execute(update(Consent).values(iys_status="ONAY", iys_as_of=then))
        db.session.commit()
    again = [post(45), post(50)]

    assert first[0] == first[1] != again[0] == again[1]
    stands = rows.one(Decision, Decision.id == rows.one(Consent).decision_id)
    assert (stands.status, stands.origin) == (Status.REFUSED, DecisionOrigin.API)


def test_a_refusal_that_comes_again_later_ends_a_grant_that_only_iys_knows_yet(
    app, program, sandbox, iys, rows, may_send
):
    """Its key is made of the content, and İYS lists what people do there about an hour late."""
    start = clock.now()
    sandbox.acts(make.PHONE, "MESAJ", "ONAY", at=start - timedelta(minutes=90))

    def post(**after):
        with time_machine.travel(start + timedelta(**after)):
            answer = program.post(CONSENTS, refusal(), idempotency_key=f"ret-{make.PHONE}-MESAJ").json
            make.forward_all(app, iys)
        return answer["requestId"]

    def pull():
        with app.app_context():
            while feeds.pull_next_page(iys):
                pass

    first = [post(), post(seconds=50)]
    with time_machine.travel(start + timedelta(hours=2)):
        pull()
        sandbox.acts(make.PHONE, "MESAJ", "ONAY")
    again = [post(hours=2, minutes=20), post(hours=2, minutes=20, seconds=50)]
    with time_machine.travel(start + timedelta(hours=4)):
        pull()

    assert first[0] == first[1] != again[0] == again[1]
    (consent,), told = rows(Consent), [each["status"] for each in sandbox.movements()]
    assert (consent.status, consent.iys_status, may_send(consent), told[-1]) == ("RET", "RET", False, "RET")


def test_a_refusal_is_recorded_anew_by_a_machine_whose_clock_is_behind_too(app, browser, program, rows):
    link, at = make.codes(app)[make.PHONE], clock.now()
    first = program.post(CONSENTS, refusal(), idempotency_key="the same refusal")
    with time_machine.travel(at + timedelta(seconds=5)):
        make.Person(browser, link).decides(MESAJ="ONAY")
    with time_machine.travel(at - timedelta(seconds=3)):
        again = program.post(CONSENTS, refusal(), idempotency_key="the same refusal")

    assert rows.one(Consent).status == Status.REFUSED and again.json["requestId"] != first.json["requestId"]


def test_repeats_of_a_refusal_at_once_all_answer_what_the_writing_one_did(app, browser, program, rows, monkeypatch):
    link, find_need, others = make.codes(app)[make.PHONE], consent_requests.would_refuse, []

    def post():
        return Program(app, program.key).post(CONSENTS, refusal(), idempotency_key="the same refusal").json

    def find_need_first(*given, **kept):
        monkeypatch.setattr(consent_requests, "would_refuse", find_need)
        need = find_need(*given, **kept)
        with ThreadPoolExecutor(1) as pool:
            others.append(pool.submit(post).result())
        return need

    post()
    with time_machine.travel(clock.now() + timedelta(seconds=5)):
        make.Person(browser, link).decides(MESAJ="ONAY")
    monkeypatch.setattr(consent_requests, "would_refuse", find_need_first)
    with time_machine.travel(clock.now() + timedelta(seconds=10)):
        answers = [post(), *others, post()]

    assert answers == 3 * [answers[0]] and answers[0]["results"][0]["decisionId"] == str(rows.one(Consent).decision_id)
    assert (rows.count(Decision), rows.count(ApiRequest)) == (3, 2)


def test_beside_a_refusal_that_is_recorded_anew_nothing_of_its_request_is_done_again(app, browser, program, rows):
    """A grant that a program's fast clock dated counted as of its request; a reference named who had the number."""
    links, at = make.codes(app), clock.now().replace(microsecond=0)
    body = {"consents": [grant(ago=timedelta(seconds=-50), reference="ESKI"), refusal(make.EMAIL)]}

    def write():
        return program.post(BULK, body, idempotency_key="a list of both").json["results"]

    with time_machine.travel(at, tick=False):
        first = write()
    with time_machine.travel(at + timedelta(seconds=20)):
        browser.post(f"/k/{links[make.PHONE]}/ben-degilim")
        make.Person(browser, links[make.EMAIL]).decides(EPOSTA="ONAY")
    with time_machine.travel(at + timedelta(minutes=5)):
        again = write()
        asked = program.get(f"{CONSENTS}/MESAJ/{make.PHONE}").json

    assert again[0] == first[0] and again[1]["decisionId"] != first[1]["decisionId"] and again[1]["index"] == 1
    assert {(each.channel, each.line) for each in rows(Decision) if each.batch_id} == {("MESAJ", 0), ("EPOSTA", 1)}
    assert {each.status for each in rows(Consent)} == {Status.REFUSED} and asked["reference"] is None


def test_of_two_equal_requests_at_once_the_second_writes_nothing(app, program, rows, monkeypatch):
    """The first is stored between the second's look for it and its own writing."""
    row, again, look = grant(), "a-key-of-this-act", consent_requests.find_answer
    looks = []

    def find_late(session, vault, incoming):
        looks.append(incoming)
        if len(looks) == 1:
            monkeypatch.setattr(consent_requests, "find_answer", look)
            program.post(CONSENTS, row, idempotency_key=again)
            monkeypatch.setattr(consent_requests, "find_answer", find_late)
            return None
        return look(session, vault, incoming)

    monkeypatch.setattr(consent_requests, "find_answer", find_late)
    second = program.post(CONSENTS, row, idempotency_key=again)

    assert second.json["results"][0]["result"] == "grant"
    assert (rows.count(Decision), rows.count(ApiRequest)) == (1, 1)


def test_what_cannot_be_kept_can_be_tried_again(program, rows, monkeypatch):
    monkeypatch.setattr(consent_requests, "commit_request", lambda *_, **__: False)
    answer = program.post(CONSENTS, grant())

    assert (answer.status_code, answer.json["retryable"], rows.count(Decision)) == (500, True, 0)
