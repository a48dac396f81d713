"""Who is on a vendor's list of refusals, by its reports, answers or list: a decision, where that is certain."""

import json
from collections.abc import Collection
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Status
from portal.core.models import (
    Decision,
    DecisionOrigin,
    EventOutcome,
    GatewayEvent,
    GatewayState,
    Message,
    MessageGateway,
    MessageState,
    Recipient,
    may_have_refused,
)
from portal.domain.consents import recipients
from portal.domain.notifications import gateways, messages
from portal.services.messaging import event_contents, feedback, gateway_accounts, gateway_events, message_outcomes
from portal.services.messaging.gateways.protocol import (
    Batch,
    ErrorClass,
    Feedback,
    OutgoingMessage,
    Reason,
    Report,
    ReportState,
    SendError,
    SendResult,
)
from portal.services.messaging.news_keeping import keep_news
from tests import make
from tests.grants import insert_decisions, phones
from tests.portal.services.messaging import test_gateway_delivery as delivery
from tests.portal.services.messaging.gateways.test_sample_descriptions import drafted
from tests.portal.services.messaging.vendor_pushes import Vendor, accepted, work


def test_who_is_on_the_vendors_list_has_refused_sms(app, vendor, rows):
    accepted(app, vendor)

    for _ in range(2):
        vendor.reports(rows.one(Message), "BLACKLISTED_DESTINATION_ADDRESS", size=len(rows(GatewayEvent)))
    work(app)

    assert rows.one(Message).state == MessageState.BLOCKED
    assert [(each.channel, each.status, each.source, each.origin) for each in rows(Decision)] == [
        ("MESAJ", "RET", "HS_MESAJ", "feedback")
    ]


BLOCKED = SendError(ErrorClass.PERMANENT, Reason.BLOCKED_BY_VENDOR, "21610")


def answers(app, vendor, *calls: dict[Message, SendError | None], alone: Collection[Message] = ()) -> None:
    """What the vendor answers to calls, with an error or none of each message; `alone` as a call was halved."""
    with app.app_context():
        adapter = gateway_accounts.adapter_of(db.session.get_one(MessageGateway, vendor.gateway_id))
        for errors in calls:
            sent = [OutgoingMessage(each.id, "+905320000000", "Merhaba") for each in errors]
            call = message_outcomes.Call(adapter, vendor.gateway_id, Batch(5, "DENEME", sent), frozenset())
            results = [
                SendResult(each.id, "" if error else "7", error, each in alone) for each, error in errors.items()
            ]
            message_outcomes.record(call, results)


@pytest.mark.parametrize("later", [False, True])
def test_who_is_on_the_vendors_list_by_its_answer_to_the_call_has_refused_sms(app, vendor, rows, later):
    accepted(app, vendor, 2, state=MessageState.WAITING, batch_id=5)
    left, other = rows(Message)
    answers(app, vendor, *([{left: BLOCKED}, {other: None}] if later else [{left: BLOCKED, other: None}]))
    vendor.reports(left, "BLACKLISTED_DESTINATION_ADDRESS")  # It tells it twice.
    work(app)

    assert [each.state for each in rows(Message)] == [MessageState.BLOCKED, MessageState.ACCEPTED]
    assert [(each.recipient_id, each.channel, each.status, each.origin) for each in rows(Decision)] == [
        (left.recipient_id, "MESAJ", "RET", "feedback")
    ]


@pytest.fixture
def described(app, browser) -> Vendor:
    """A vendor that is told by a description alone, as the form guesses it."""
    description = drafted(
        "https://api.example.com/v1?to=5321234567&text=x&key=a", answer='{"id": "7"}', error='{"code": "10"}',
        faults="10 No credit\n21610 Recipient opted out",
        report='{"id": "7", "to": "905321234567", "status": "DELIVERED"}',
        states="DELIVERED, UNDELIVERED, BLACKLISTED",
    )  # fmt: skip
    with app.app_context():
        login = {"description": json.dumps(description), "secret.token": "x"}
        gateway_id = delivery.add(gateways.GENERIC, login=login)
    return Vendor(app, browser, gateway_id)


def sent(app, vendor: Vendor, phones: int) -> dict[str, int]:
    """Numbers with their recipients, to each of whom a message left."""
    accepted(app, vendor, phones)
    with app.app_context():
        everybody = db.session.scalars(select(Recipient)).all()
        return {recipients.address_of(vault(), each).removeprefix("+"): each.id for each in everybody}


def waiting_words(app, rows) -> dict[int | None, str]:
    """Of likely refusals that wait at the desk, whose they are and what the vendor said."""
    held = rows(GatewayEvent, GatewayEvent.outcome == EventOutcome.LIKELY_REFUSAL)
    with app.app_context():
        said = [event_contents.read_reply(each) for each in held]
    return {each.recipient_id: json.loads(reply.text)["word"] for each, reply in zip(held, said, strict=True)}


def test_what_a_described_vendors_report_means_decides_nothing_by_itself(app, described, rows):
    """The meaning may be guessed, or chosen in haste: it would refuse all of a campaign's people."""
    people = sent(app, described, 2)
    described.pushes(*({"id": "7", "to": each, "status": "BLACKLISTED"} for each in people))
    described.pushes({"id": "99", "to": "905321119999", "status": "BLACKLISTED"})  # Forgotten here.
    with time_machine.travel(clock.now() + gateway_events.KNOWN_AFTER + timedelta(seconds=1)):
        work(app)

    (forgotten,) = {each.id for each in rows(Recipient)} - {*people.values()}
    assert waiting_words(app, rows) == dict.fromkeys([*people.values(), forgotten], "BLACKLISTED")
    assert rows.count(Decision) == 0 and {each.state for each in rows(Message)} == {MessageState.BLOCKED}


def test_what_a_described_vendors_answer_means_decides_nothing_by_itself(app, described, rows):
    """Also where the next answer shows that it is no refusal of the account."""
    accepted(app, described, 4, state=MessageState.WAITING, batch_id=5)
    one, alone, *others = rows(Message)
    answers(app, described, {others[0]: None, one: BLOCKED, others[1]: None}, {alone: BLOCKED})
    answers(app, described, {others[0]: None})
    work(app)

    assert waiting_words(app, rows) == {one.recipient_id: "21610", alone.recipient_id: "21610"}
    assert rows.count(Decision) == 0


def test_a_code_of_a_refusal_beside_a_state_that_says_failed_waits(app, described, rows):
    """The code is one that the vendor answers calls with; elsewhere the same number is none."""
    (left, other), (her, _) = zip(*sent(app, described, 2).items(), strict=True)
    described.pushes(
        {"id": "7", "to": left, "status": "UNDELIVERED", "ErrorCode": "21610"},
        {"id": "7", "to": other, "status": "UNDELIVERED", "ErrorCode": "30003", "cost": "21610"},
    )
    work(app)

    assert waiting_words(app, rows) == {her: "UNDELIVERED/21610"} and rows.count(Decision) == 0


@pytest.mark.parametrize("status", ["UNDELIVERED", "who knows"])
@pytest.mark.parametrize(
    "code",
    [{"error_code": 21610}, {"err-code": "9"}, {"error": {"code": 63014}}],
)  # fmt: skip
def test_a_code_of_a_refusal_by_a_well_known_vendors_documents_waits_where_no_sample_has_it(
    app, described, rows, code, status
):
    (left, other), (her, _) = zip(*sent(app, described, 2).items(), strict=True)
    described.pushes(
        {"id": "7", "to": "ORNEK", "msisdn": left, "status": status} | code,
        {"id": "7", "to": other, "status": status, "error_code": "9", "err-code": "6", "errors": [{"code": "40300"}]},
        {"id": "7", "to": other, "status": "DELIVERED"} | code,
    )
    work(app)

    assert waiting_words(app, rows).keys() == {her} and rows.count(Decision) == 0


def test_a_code_that_means_a_list_or_something_else_waits_also_where_the_vendor_is_known(app, browser, rows):
    with app.app_context():
        gateway_id = delivery.add("netgsm")
    netgsm = Vendor(app, browser, gateway_id)
    (one, other), (her, _) = zip(*sent(app, netgsm, 2).items(), strict=True)
    codes = {one: ("3", "106"), other: ("11", "102")}  # "Refused or block list"; the phone is off.
    reports = [{"jobid": "7", "number": to, "status": word, "errorCode": code} for to, (word, code) in codes.items()]
    netgsm.browser.post(f"/callbacks/messages/{netgsm.secret}", json={"jobs": reports})
    work(app)

    waits = rows(GatewayEvent, GatewayEvent.outcome == EventOutcome.LIKELY_REFUSAL)
    assert [each.recipient_id for each in waits] == [her] and rows.count(Decision) == 0
    assert {each.reason for each in rows(Message)} == {"bad_address", "unreachable"}
    with app.app_context():  # Also where we asked for the report.
        told = Report(ReportState.FAILED, "7", to=f"+{other}", code="11/106", may_refuse=True)
        keep_news(db.session.get_one(MessageGateway, gateway_id), Feedback((told,)), clock.now())
        db.session.commit()
    work(app)
    assert len(rows(GatewayEvent, GatewayEvent.outcome == EventOutcome.LIKELY_REFUSAL)) == 2


@pytest.mark.parametrize("ago", [timedelta(days=1), timedelta(minutes=5)])
def test_a_vendors_guess_of_who_has_refused_waits_where_that_was_before(app, described, rows, ago):
    ((number, recipient_id),) = sent(app, described, 1).items()
    with app.app_context():
        at, origin = clock.now() - ago, DecisionOrigin.REPLY
        insert_decisions(make.brand(), [f"+{number}"], at, status=Status.REFUSED, origin=origin)
    described.pushes({"id": "7", "to": number, "status": "BLACKLISTED"})
    work(app)

    waits = {recipient_id: "BLACKLISTED"} if ago > feedback.TOLD_WITHIN else {}
    assert waiting_words(app, rows) == waits and rows.count(Decision) == 1


def test_a_vendor_that_takes_nothing_refuses_the_account_and_no_person(app, vendor, rows):
    accepted(app, vendor, 40, state=MessageState.WAITING, batch_id=5)
    messages = rows(Message)
    answers(app, vendor, *({each: BLOCKED} for each in messages[:9]), dict.fromkeys(messages[9:], BLOCKED))

    for _ in range(2):
        work(app)
    assert rows.one(MessageGateway).state == GatewayState.STOPPED and rows.count(Decision) == 0
    assert len(rows(GatewayEvent, GatewayEvent.outcome == EventOutcome.LIKELY_REFUSAL)) == 40


def test_of_refusals_in_a_row_somebody_reads_whether_they_are(app, vendor, rows):
    """The vendor may have refused the account for a while: nothing is sent to them meanwhile. One alone counts."""
    accepted(app, vendor, 40, state=MessageState.WAITING, batch_id=5)
    messages = rows(Message)
    for place, said in enumerate("rrr-r-r--rr-"):  # "r": refused.
        answers(app, vendor, {messages[place]: BLOCKED if said == "r" else None})
    answers(app, vendor, dict.fromkeys(messages[12:14], BLOCKED), {messages[14]: None})
    work(app)

    held = rows(GatewayEvent, GatewayEvent.outcome == EventOutcome.LIKELY_REFUSAL)
    assert {each.recipient_id for each in held} == {messages[each].recipient_id for each in (0, 1, 2, 9, 10, 12, 13)}
    assert {each.recipient_id for each in rows(Decision)} == {messages[each].recipient_id for each in (4, 6)}


@pytest.mark.parametrize(
    ("said", "doubtful", "certain"),
    [
        ("--rr-", [], [2, 3]), ("-rrr", [1, 2, 3], []), ("rr--", [0, 1], []), ("-r-r", [3], [1]),
        ("r-rr|-", [2, 3], [0]), ("--r|-", [], [2]), ("--r|r-", [2, 3], []), ("r|rr-r-", [0, 1, 2], [4]),
        ("-RR-", [1, 2], []), ("-R-rr-", [], [1, 3, 4]),
    ],
)  # fmt: skip
def test_refusals_of_one_call_are_judged_by_their_neighbours_answers(app, vendor, rows, said, doubtful, certain):
    """The vendor may refuse the account from one of them on, or up to one ("|": the next call; "R": refused alone)."""
    accepted(app, vendor, 6, state=MessageState.WAITING, batch_id=5)
    left = rows(Message)
    theirs = dict(enumerate(left))
    calls = [[(left.pop(0), BLOCKED if each in "rR" else None) for each in call] for call in said.split("|")]
    alone = [theirs[place] for place, each in enumerate(said.replace("|", "")) if each == "R"]
    answers(app, vendor, *map(dict, calls), alone=alone)
    for minutes in (0, 4, 4):
        with time_machine.travel(clock.now() + timedelta(minutes=minutes)):
            work(app)

    held = rows(GatewayEvent, GatewayEvent.outcome == EventOutcome.LIKELY_REFUSAL)
    assert {each.recipient_id for each in held} == {theirs[each].recipient_id for each in doubtful}
    assert {each.recipient_id for each in rows(Decision)} == {theirs[each].recipient_id for each in certain}


def test_one_refusal_after_which_nothing_is_sent_is_read_by_somebody(app, vendor, rows):
    accepted(app, vendor, 1, state=MessageState.WAITING, batch_id=5)
    answers(app, vendor, {rows.one(Message): BLOCKED})
    for minutes in (1, 4):
        with time_machine.travel(clock.now() + timedelta(minutes=minutes)):
            for _ in range(2):
                work(app)
        with app.app_context():  # From the first moment.
            assert db.session.scalars(select(Recipient.id).where(may_have_refused(Recipient.id))).all()
        held = rows(GatewayEvent, GatewayEvent.outcome == EventOutcome.LIKELY_REFUSAL)
        assert (len(held), rows.count(Decision)) == (int(minutes > 3), 0)


@pytest.mark.parametrize("resumed", [True, False])
def test_a_message_that_is_taken_much_later_makes_no_refusal_certain(app, vendor, rows, resumed):
    """Nor one that is refused after the account was resumed."""
    accepted(app, vendor, 3, state=MessageState.WAITING, batch_id=5)
    first, second, third = rows(Message)
    answers(app, vendor, {first: BLOCKED})
    with app.app_context():
        if resumed:
            gateways.mark_tested(db.session.query(MessageGateway).one(), clock.now())
            db.session.commit()
    with time_machine.travel(clock.now() + timedelta(minutes=1 if resumed else 60)):
        answers(app, vendor, *([{second: BLOCKED}, {third: BLOCKED}] if resumed else [{second: None}]))
        for _ in range(2):
            work(app)

    held = rows(GatewayEvent, GatewayEvent.outcome == EventOutcome.LIKELY_REFUSAL)
    assert (len(held), rows.count(Decision)) == (3 if resumed else 1, 0)


def test_who_is_on_the_vendors_list_has_refused_sms_also_where_the_message_is_unknown(app, vendor, rows):
    """Its report may come before the call is answered: the number counts once that is ruled out."""
    vendor.pushes(
        {"type": "outbound", "message_custom_id": "77", "dest": "905321110001", "campaign_id": "9",
         "status": "BLACKLISTED_DESTINATION_ADDRESS"}
    )  # fmt: skip
    work(app)
    assert rows.count(Decision) == 0

    with time_machine.travel(clock.now() + gateway_events.KNOWN_AFTER + timedelta(seconds=1)):
        work(app)
    assert [(each.channel, each.status, each.origin) for each in rows(Decision)] == [("MESAJ", "RET", "feedback")]


@pytest.mark.parametrize("dest", ["", "ORNEK"])
@pytest.mark.parametrize("phones", [1, 2])
def test_a_listed_person_is_known_by_the_vendors_id_of_the_message_or_somebody_reads_of_it(
    app, vendor, rows, phones, dest
):
    """By one that no other message has."""
    accepted(app, vendor, phones)
    listed = {"type": "outbound", "campaign_id": "7", "dest": dest, "status": "BLACKLISTED_DESTINATION_ADDRESS"}
    vendor.pushes(listed)
    with time_machine.travel(clock.now() + gateway_events.KNOWN_AFTER + timedelta(seconds=1)):
        for _ in range(2):
            work(app)

    assert [each.state for each in rows(Message)] == [[MessageState.BLOCKED], [MessageState.ACCEPTED] * 2][phones - 1]
    assert rows.count(Decision) == 2 - phones
    waiting = rows(GatewayEvent, GatewayEvent.outcome == EventOutcome.LIKELY_REFUSAL)
    assert [each.recipient_id for each in waiting] == [None] * (phones - 1)


@pytest.mark.parametrize("code", ["2050", "2051"])
def test_whose_number_or_text_may_be_on_a_list_waits(app, vendor, rows, code):
    (one, other), (her, _) = zip(*sent(app, vendor, 2).items(), strict=True)
    report = {"type": "outbound", "campaign_id": "7", "status": "NOT_DELIVERED"}
    vendor.pushes(report | {"dest": one, "gsm_error": code}, report | {"dest": other, "gsm_error": "6"})
    work(app)

    held = [each.recipient_id for each in rows(GatewayEvent, GatewayEvent.outcome == EventOutcome.LIKELY_REFUSAL)]
    assert held == [her] and rows.count(Decision) == 0
    assert {each.reason for each in rows(Message)} == {"content", "unreachable"}


def test_a_report_that_repeats_what_we_sent_holds_nobody_and_other_words_do(app, vendor, rows):
    (one, other), (his, her) = zip(*sent(app, vendor, 2).items(), strict=True)
    with app.app_context():
        text = messages.read_text(vault(), rows.one(Message, Message.recipient_id == his))
    report = {"type": "outbound", "campaign_id": "7", "status": "DELIVERED"}
    vendor.pushes(report | {"dest": one, "note": text})
    work(app)
    assert rows(GatewayEvent, GatewayEvent.outcome == EventOutcome.LIKELY_REFUSAL) == []

    vendor.pushes(report | {"dest": other, "note": f"{text} Yazmayin."})
    work(app)
    held = {each.recipient_id for each in rows(GatewayEvent, GatewayEvent.outcome == EventOutcome.LIKELY_REFUSAL)}
    assert her in held and rows.count(Decision) == 0


def test_a_message_of_which_a_report_may_say_that_its_recipient_is_on_a_list_holds_them(app, vendor, rows):
    accepted(app, vendor)
    vendor.reports(rows.one(Message), "NOT_DELIVERED", note="Numara kara listede")
    work(app)

    held = [each.recipient_id for each in rows(GatewayEvent, GatewayEvent.outcome == EventOutcome.LIKELY_REFUSAL)]
    assert rows.one(Message).recipient_id in held and rows.count(Decision) == 0


def test_vendors_write_numbers_abroad_without_their_plus_as_those_of_here(app, vendor, rows):
    """A reply refuses, another one holds, and the vendor's list is heard."""
    abroad = [f"491701234567{digit}" for digit in range(3)]
    with app.app_context():
        make.brand()
        db.session.commit()
    vendor.brings("RET", abroad[0])
    vendor.brings("kargom nerede", abroad[1])
    vendor.pushes({"type": "outbound", "dest": abroad[2], "status": "BLACKLISTED_DESTINATION_ADDRESS"})
    with time_machine.travel(clock.now() + gateway_events.KNOWN_AFTER + timedelta(seconds=1)):
        work(app)

    with app.app_context():
        ids = {recipients.address_of(vault(), each): each.id for each in db.session.scalars(select(Recipient))}
    reply, listed, unread = (ids.get(f"+{abroad[place]}") for place in (0, 2, 1))
    assert [(each.recipient_id, each.origin) for each in rows(Decision)] == [
        (reply, DecisionOrigin.REPLY), (listed, DecisionOrigin.FEEDBACK)
    ]  # fmt: skip
    assert rows.one(GatewayEvent, GatewayEvent.outcome == EventOutcome.REVIEW).recipient_id == unread is not None


def test_a_persons_refusal_at_the_vendor_is_a_decision_also_where_a_file_said_one_before(app, vendor, rows):
    """Else a file with a grant from between the two would win, as would taking back the file with the refusal."""
    accepted(app, vendor)
    with app.app_context():
        said = clock.now() - timedelta(days=1)
        insert_decisions(make.brand(), phones(1, 1_000_100), said, status=Status.REFUSED, origin=DecisionOrigin.IMPORT)

    for _ in range(2):
        vendor.reports(rows.one(Message), "BLACKLISTED_DESTINATION_ADDRESS", size=len(rows(GatewayEvent)))
    work(app)

    assert [each.origin for each in rows(Decision)] == [DecisionOrigin.IMPORT, DecisionOrigin.FEEDBACK]
