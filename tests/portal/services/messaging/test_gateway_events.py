"""What gateways tell is kept once and done once, also by two workers, after a crash, and where it was not pushed."""

import json
import threading
from datetime import timedelta
from urllib.parse import quote_from_bytes, urlencode

import pytest
import time_machine
from sqlalchemy import update

from portal.core import clock
from portal.core.extensions import db, limiter, vault
from portal.core.iys_protocol import Channel, Status
from portal.core.models import (
    Consent,
    Decision,
    DecisionOrigin,
    Delivery,
    EventKind,
    EventOutcome,
    GatewayEvent,
    Message,
    MessageGateway,
    MessageKind,
    MessageState,
    Recipient,
)
from portal.domain.consents import recipients
from portal.domain.notifications import gateways
from portal.services.messaging import event_contents, gateway_events, gateway_sweeps, sweep_rows
from portal.services.messaging.gateways import verimor
from portal.services.messaging.gateways.protocol import ErrorClass, GatewayError, InboundMessage, SendError
from portal.services.messaging.gateways.vendor_push import VendorPush
from tests import grants, make
from tests.portal.services.messaging import test_gateway_delivery as delivery
from tests.portal.services.messaging.vendor_pushes import work

pytestmark = pytest.mark.slow


def test_a_push_that_comes_twice_at_once_is_kept_and_done_once(app, vendor, rows):
    push = VendorPush(
        b'[{"type":"inbound","message_id":5,"source_addr":"905321234567","content":"RET"}]', "application/json"
    )
    both, at = threading.Barrier(2), clock.now()

    def takes_part() -> None:
        with app.app_context():
            row = db.session.get_one(MessageGateway, vendor.gateway_id)
            db.session.rollback()
            both.wait()
            gateway_events.keep_push(row, vendor.secret, push, at)
            db.session.commit()
            both.wait()
            while gateway_events.work_due(gateway_events.NEWS):
                pass

    threads = [threading.Thread(target=takes_part) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(each.kind for each in rows(GatewayEvent)) == ["push", "reply"]
    assert len(rows(Decision)) == 1


@pytest.mark.parametrize(
    ("known", "has_granted", "refusals"),
    [
        ({"message_id": 7}, True, 2),
        ({"received_at": "%Y-%m-%d %H:%M"}, True, 2),
        ({}, False, 1),
        ({"received_at": "%Y-%m-%d %H:%M", "message_id": 7}, False, 1),
        ({"received_at": "%Y-%m-%d %H:%M:%S", "message_id": 7}, True, 1),
    ],
)
def test_a_refusal_said_again_in_a_minute_counts_where_the_first_does_not_stand(
    app, browser, vendor, rows, known, has_granted, refusals
):  # fmt: skip
    """What the vendor dates to the second is the same reply, and one that changes nothing is no other."""
    person = make.Person(browser, make.codes(app, f"{make.PHONE}\n")[make.PHONE])
    start = (clock.now() + timedelta(days=1)).replace(second=6, microsecond=0)
    reply = {"type": "inbound", "source_addr": make.PHONE.removeprefix("+"), "content": "RET"} | known
    if told_at := known.get("received_at"):
        reply["received_at"] = f"{start.astimezone(clock.ISTANBUL):{told_at}}"
    with time_machine.travel(start) as traveller:
        for grants_now in (has_granted, False, False):
            vendor.pushes(reply)
            work(app)
            traveller.shift(10)
            if grants_now:
                person.decides(MESAJ="ONAY")
            traveller.shift(5)

    assert [each.origin for each in rows(Decision)].count(DecisionOrigin.REPLY) == refusals
    assert len(rows(GatewayEvent, GatewayEvent.outcome == EventOutcome.REFUSED)) == refusals
    stands = Status.GRANTED if has_granted and refusals == 1 else Status.REFUSED
    assert rows.one(Consent, Consent.channel == Channel.SMS).status == stands


def test_only_the_secret_address_takes_pushes(app, browser, vendor, rows, quiet_logs, monkeypatch):
    for secret in (vendor.secret[:-1], vendor.secret.swapcase(), "x"):
        for method in ("GET", "POST"):
            assert browser.open(f"/callbacks/messages/{secret}?content=RET", method=method).status_code == 404
    assert browser.get(f"/callbacks/messages/{vendor.secret}").status_code == 200
    assert rows.count(GatewayEvent) == 0

    assert vendor.brings("RET").text == "OK"
    assert browser.get(f"/callbacks/messages/{vendor.secret}?content=RET").status_code == 200
    assert rows.count(GatewayEvent) == 2
    assert not [line for line in quiet_logs if vendor.secret in line or "content=" in line]

    monkeypatch.setattr(limiter, "enabled", True)
    limiter.reset()
    answers = [browser.post(f"/callbacks/messages/{number}", data=b"x").status_code for number in range(62)]
    assert answers[0] == 404 and answers[-1] == 429
    assert vendor.brings("RET").status_code == 200


def test_a_push_that_is_too_large_is_not_kept_and_the_account_says_so(app, browser, vendor, rows):
    pushed = browser.post(f"/callbacks/messages/{vendor.secret}", data=b"x" * (2 * 1024 * 1024 + 1))

    noted = rows.one(GatewayEvent)
    assert (pushed.status_code, noted.kind, noted.outcome) == (413, EventKind.SWEEP, EventOutcome.UNREADABLE)
    with app.app_context():
        assert "HTTP 413 (2097153 B)" in sweep_rows.find_last_reports(vendor.gateway_id)[EventOutcome.UNREADABLE]


def test_a_push_that_cannot_be_read_holds_up_nothing(app, browser, vendor, rows):
    browser.post(f"/callbacks/messages/{vendor.secret}", data=b"{not json", content_type="application/json")
    vendor.brings("RET")
    work(app)

    assert EventOutcome.UNREADABLE in {each.outcome for each in rows(GatewayEvent)}
    assert len(rows(Decision)) == 1


def _item(sender: str, text: object) -> dict:
    return {
        "type": "inbound",
        "message_id": 5,
        "received_at": "2026-11-20 10:00:00",
        "source_addr": sender,
        "content": text,
    }


LIST = json.dumps([_item("905321000100", "RET"), _item("905321000101", "İPTAL lütfen artık")], ensure_ascii=False)
FORM = f"type=inbound&source_addr=905321000100&content={quote_from_bytes('İPTAL'.encode('iso-8859-9'))}"


@pytest.mark.parametrize(
    ("body", "content_type", "refused"),
    [
        (LIST.encode("windows-1254"), "application/json", 2),
        (LIST.encode("iso-8859-9"), "application/json; charset=ISO-8859-9", 2),
        (LIST.encode("utf-8-sig"), "application/json", 2),
        (LIST.encode("utf-16"), "application/json", 2),
        (LIST.encode().replace(b"RET", b"RET \xfe"), "application/json", 1),  # The first is for a person, by its text.
        (LIST.replace("artık", "\n artık").encode(), "application/json", 2),
        (LIST.replace("]", ', null, ["x"]]').encode(), "application/json", 2),
        (LIST.replace("]", r', {"null": "RET \ud83d"}]').encode(), "application/json", 2),
        (FORM.encode(), "application/x-www-form-urlencoded", 1),
    ],
    ids=["1254", "declared", "BOM", "UTF-16", "one byte", "line break", "bad rows", "half an emoji", "form"],
)  # fmt: skip
def test_no_byte_and_no_row_hides_the_replies_beside_it(app, browser, vendor, rows, body, content_type, refused):
    browser.post(f"/callbacks/messages/{vendor.secret}", data=body, content_type=content_type)
    work(app)

    assert len(rows(Decision)) == refused
    waiting = rows(GatewayEvent, GatewayEvent.settled_at.is_(None))
    assert len(waiting) == (1 if "null" in body.decode("latin-1") or b"RET \xfe" in body else 0)


@pytest.mark.parametrize(
    ("body", "query"),
    [
        ('[{"source_addr": "905321000100", "content": "artık "yeter" yazmayın"}]', {}),
        ("<mo><from>+905321000100</from><text>Tom & Jerry: yazma</text></mo>", {}),
        ("0532 100 01 00;yeter", {}),
        ('{"kind": "mo", "msisdn": 905321000100, "said": "ret"}', {}),
        ("", {"msisdn": "5321000100", "message": "İPTAL"}),
        ('{"type": "outbound", "status": "MO", "dest": "905321000100", "content": "RET"}', {}),
        ('[{"type": "inbound", "msisdn": "905321000100", "content": "RET"}]', {}),
    ],
    ids=["broken JSON", "broken XML", "lines", "unknown names", "unknown query", "as a report", "no sender"],
)
def test_what_cannot_be_read_waits_for_a_person_and_holds_the_numbers_in_it(app, browser, vendor, rows, body, query):
    browser.post(f"/callbacks/messages/{vendor.secret}", data=body.encode(), query_string=query)
    work(app)

    (kept,) = rows(GatewayEvent, GatewayEvent.kind == EventKind.REPLY)
    assert (kept.outcome, kept.settled_at) == (EventOutcome.LIKELY_REFUSAL, None)
    with app.app_context():
        address = recipients.address_of(vault(), db.session.get_one(Recipient, kept.recipient_id))
        said = event_contents.read_reply(db.session.get_one(GatewayEvent, kept.id))
    assert (address, said.is_whole) == ("+905321000100", False)


ROWS = [_item("905321000100", "RET"), {"x": "x" * 5000}, _item("905321000100", "kargom nerede")]


@pytest.mark.parametrize("form", ["cut off", "lines"])
def test_each_place_of_a_number_is_kept_of_what_cannot_be_read_and_lines_are_rows(app, browser, vendor, rows, form):
    body = json.dumps(ROWS)[:-1] if form == "cut off" else "\n".join(map(json.dumps, ROWS))
    browser.post(f"/callbacks/messages/{vendor.secret}", data=body, content_type="application/json")
    work(app)

    kept = rows(GatewayEvent, GatewayEvent.kind == EventKind.REPLY)
    with app.app_context():
        said = [event_contents.read_reply(each).text for each in kept]
    if form == "lines":
        assert said == ["RET", "kargom nerede"]
    else:
        assert len(said) == 1 and '"RET"' in said[0] and "kargom nerede" in said[0] and said[0].endswith("…")


def test_a_push_at_which_an_adapter_fails_waits_for_a_person(app, vendor, rows, monkeypatch):
    monkeypatch.setattr(verimor.Verimor, "read_push", lambda *_: {}["x"])
    vendor.brings("RET")
    work(app)

    assert {(each.kind, each.outcome) for each in rows(GatewayEvent, GatewayEvent.kind != EventKind.SWEEP)} == {
        ("push", "unreadable"), ("reply", "likely_refusal"),
    }  # fmt: skip


REPORT = {"type": "outbound", "message_custom_id": "77", "campaign_id": "7", "status": "DELIVERED"}
ODD = {
    "type": {"type": "mo", "source_addr": "905321000100", "content": "kargom nerede"},
    "no type": {"source_addr": "905321000100", "content": "RET"},
    "names": {"type": "inbound", "source": "905321000100", "body": "kargom nerede"},
    "nested": {"type": "inbound", "message": {"from": "905321000100", "text": "RET"}},
    "values": {"type": "inbound", "source_addr": {"number": "905321000100"}, "content": ["RET"]},
    "all": {"kind": "mo", "msisdn": "905321000100", "said": "RET"},
}


@pytest.mark.parametrize("odd", ODD)
def test_a_row_that_nobody_can_read_hides_behind_no_other(app, vendor, rows, odd):
    """Nor do other rows behind it."""
    vendor.pushes(REPORT, ODD[odd], _item("905321000101", "kargom nerede"), {"kind": "dlr", "to": "905321000102"})
    work(app)

    kept = rows(GatewayEvent, GatewayEvent.kind == EventKind.REPLY, GatewayEvent.settled_at.is_(None))
    with app.app_context():
        found = [
            (recipients.address_of(vault(), db.session.get_one(Recipient, each.recipient_id)), each.outcome.value)
            for each in kept
        ]
    assert sorted(found) == [("+905321000100", "likely_refusal"), ("+905321000101", "review")]


HELLO, RET = _item("905321000101", "merhaba"), _item("905321000100", "RET")
HIDDEN = {
    "repeated fields": "type=inbound&source_addr=905321000100&content=RET&source_addr=905321000101&content=merhaba",
    "within a reply": HELLO | {"previous": [RET]},
    "within a report": REPORT | {"replies": [{"source_addr": "905321000100", "content": "RET"}]},
    "as a report": REPORT | {"source_addr": "905321000100", "content": "RET"},
    "a text of another": REPORT
    | {"dest": "905321000102", "source_addr": "905321000100", "said": "lütfen RET istiyorum"},
    "an unknown state": REPORT
    | {"status": "MO", "dest": "905321000102", "source_addr": "905321000100", "content": "RETRO ayakkabım nerede"},
    "a field of a report": REPORT | {"msisdn": "905321000100", "said": "RET"},
    "in a string": [REPORT, {"payload": json.dumps({"from": "905321000100", "text": "İPTAL"})}],
    "in a form": urlencode({"data": json.dumps({"source_addr": "905321000100", "content": "İPTAL"})}),
    "beside JSON": ("{}", RET),
    "beside null": ("null", RET),
    "beside XML": ("<a/>", RET),
    "beside rows": ([HELLO], RET),
    "beside another": (HELLO, RET),
    "beside nothing known": ("ping", RET),
    "twice in the query": ("", f"{urlencode(RET)}&{urlencode(HELLO)}"),
}


@pytest.mark.parametrize("name", HIDDEN)
def test_a_refusal_hides_nowhere_in_a_push(app, browser, vendor, rows, name):
    """It is taken, or waits for a person and holds its sender."""
    body, query = HIDDEN[name] if isinstance(HIDDEN[name], tuple) else (HIDDEN[name], "")
    body = body if isinstance(body, str) else json.dumps(body)
    browser.post(f"/callbacks/messages/{vendor.secret}", data=body, query_string=query)
    work(app)

    found = []
    with app.app_context():
        for each in rows(GatewayEvent, GatewayEvent.kind == EventKind.REPLY):
            address = recipients.address_of(vault(), db.session.get_one(Recipient, each.recipient_id))
            text = event_contents.read_reply(each).text
            found += [each.outcome.value] if address == "+905321000100" and ("RET" in text or "İPTAL" in text) else []
    assert found in (["refused"], ["likely_refusal"])


@pytest.mark.parametrize("sender", ["4917012345678", "+4917012345678", "02122345678"])
def test_what_cannot_be_read_is_of_the_number_in_it_also_abroad_or_at_a_landline(app, browser, vendor, rows, sender):
    """Not of the number to which it came."""
    odd = {"kind": "mo", "from_no": sender, "dest": "908500000001", "said": "ret", "id": "20261120100000"}
    browser.post(f"/callbacks/messages/{vendor.secret}", json=[odd])
    work(app)

    (kept,) = rows(GatewayEvent, GatewayEvent.kind == EventKind.REPLY)
    with app.app_context():
        said = event_contents.read_reply(db.session.get_one(GatewayEvent, kept.id))
    assert said.sender.endswith(sender.lstrip("+0")) and said.sender.startswith("+")


def test_reports_that_nobody_knows_hold_nobody(app, browser, vendor, rows):
    browser.post(
        f"/callbacks/messages/{vendor.secret}", json=[{"kind": "dlr", "to": "905321000100", "state": "CLICKED"}]
    )
    work(app)

    assert [each.outcome for each in rows(GatewayEvent, GatewayEvent.kind != EventKind.SWEEP)] == ["unreadable"]


@pytest.mark.parametrize("kind", [EventKind.PUSH, EventKind.REPLY])
def test_what_a_killed_worker_held_is_done_once_its_lease_has_ended(app, vendor, rows, monkeypatch, kind):
    """It dies with all its writes made, but none committed."""
    vendor.brings("RET")
    commit, dies = db.session.commit, {kind}

    def dying():
        busy = [each for each in db.session if isinstance(each, GatewayEvent) and each.kind in dies]
        if busy:
            dies.clear()
            raise SystemExit
        commit()

    with app.app_context():
        monkeypatch.setattr(db.session, "commit", dying)
        with pytest.raises(SystemExit):
            while gateway_events.work_due(gateway_events.NEWS):
                pass
        db.session.rollback()
    monkeypatch.undo()
    work(app)
    assert len(rows(Decision)) == 0

    with time_machine.travel(clock.now() + 2 * gateway_sweeps.MINUTE):
        work(app)
    assert len(rows(Decision)) == 1


@pytest.mark.parametrize("vendor_name", delivery.LOGINS)
def test_a_sweep_hears_what_was_not_pushed(app, vendors, rows, vendor_name):
    """Reports of everything, a reply, and who left by the vendor's own list."""
    with app.app_context():
        gateway_id = delivery.add(vendor_name)
    make.codes(app, "\n".join(("+905321110001", "+905321110002", "+905321110012")), delivery=Delivery.GATEWAY)
    has_list = vendor_name != "netgsm"
    if has_list:
        vendors.control("blocked", vendor=vendor_name, number="905321119999", source="ret_web")
    with time_machine.travel(clock.now()) as at, app.app_context():
        delivery.send_all(at, 5)
        for _ in range(3):
            vendors.control("clock", forward=120)
            at.shift(timedelta(minutes=2))
            work(app, *EventKind)

        gateway = db.session.get_one(MessageGateway, gateway_id)
        assert clock.now() - gateway.swept_at <= timedelta(minutes=2)
        db.session.rollback()
    invitations = rows(Message, Message.kind == MessageKind.INVITATION)
    assert sorted(each.state for each in invitations) == [
        "delivered", "delivered", "failed" if vendor_name == "iletimerkezi" else "expired",
    ]  # fmt: skip
    assert len({each.recipient_id for each in rows(Decision)}) == (2 if has_list else 1)


def test_a_vendor_that_does_not_answer_is_asked_from_the_same_moment_again(app, vendors, rows):
    with app.app_context():
        gateway_id = delivery.add("verimor")
    vendors.control("faults", vendor="verimor", code="503", times=2, any_call=True)

    with time_machine.travel(clock.now()) as at, app.app_context():
        for expected in (False, True):
            work(app, EventKind.SWEEP)
            assert (db.session.get_one(MessageGateway, gateway_id).swept_at is not None) is expected
            db.session.rollback()
            at.shift(timedelta(minutes=2))
            work(app, EventKind.SWEEP)


def test_a_sweep_hears_part_of_a_list_and_a_reply_that_is_listed_late(app, rows, monkeypatch):
    """One that heard no more than a part asks from the same moment again."""
    start = clock.now().replace(minute=10, second=0, microsecond=0)
    said_at = start + timedelta(minutes=1)
    first, late = (InboundMessage(phone, phone, "", "RET", said_at) for phone in grants.phones(2))

    def list_replies(_self, since, until):
        if clock.now() < said_at:
            raise GatewayError(SendError(ErrorClass.TEMPORARY), [first])
        is_listed = clock.now() > said_at + timedelta(minutes=90) and since <= said_at <= until
        return [late] if is_listed else []

    monkeypatch.setattr(verimor.Verimor, "inbound", list_replies)
    monkeypatch.setattr(verimor.Verimor, "blocked", lambda *_: [])
    heard = []
    with time_machine.travel(start, tick=False) as at:
        with app.app_context():
            gateway_id = delivery.add("verimor")
        for minutes in (0, 30, 80):  # The last one at the full hour.
            at.shift(timedelta(minutes=minutes))
            for _ in range(2):
                work(app, *EventKind)
            swept_at = rows.one(MessageGateway, MessageGateway.id == gateway_id).swept_at
            heard.append((len({each.recipient_id for each in rows(Decision)}), swept_at))

    assert heard == [(1, None), (1, start + timedelta(minutes=30)), (2, start + timedelta(minutes=110))]


@time_machine.travel(clock.now().replace(minute=30))
@pytest.mark.parametrize("days", [3, 300])
def test_an_account_that_follows_another_one_reads_on_its_inbox_and_leaves_it_its_reports(
    app, vendors, rows, monkeypatch, days
):
    """Also where the removed one could not be read for days; of the last month at most, as grants may be younger."""
    asked = []
    monkeypatch.setattr(verimor.Verimor, "reports", lambda *_: asked.append("reports") or [])
    monkeypatch.setattr(verimor.Verimor, "blocked", lambda *_: [])
    monkeypatch.setattr(verimor.Verimor, "inbound", lambda _self, since, _at: asked.append(since) or [])
    with app.app_context():
        vendor_id, read_at = delivery.add("verimor"), clock.now() - timedelta(days=days)
    delivery.launch(app, 1)
    with app.app_context():
        taken = {"gateway_id": vendor_id, "state": MessageState.ACCEPTED, "vendor_ref": "7", "called_at": clock.now()}
        db.session.execute(update(Message).values(taken | {"due_at": None}))
        old = db.session.get_one(MessageGateway, vendor_id)
        old.swept_at = read_at
        gateways.remove(db.session, old, clock.now())
        db.session.commit()
        delivery.add("verimor")
    work(app, EventKind.SWEEP)
    work(app, EventKind.SWEEP)

    since, reports = sorted(asked, key=str)
    expected = max(read_at, clock.now() - timedelta(days=30)) - gateway_sweeps.OVERLAP
    assert abs(since - expected) < timedelta(minutes=2) and reports == "reports"
