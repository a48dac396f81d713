"""What İYS tells becomes movements, and decisions where somebody else made them."""

import threading
from datetime import timedelta
from itertools import permutations

import pytest
import time_machine

from portal.core import clock, iys_protocol
from portal.core.addresses import parse
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Channel, RecipientType, Status
from portal.core.models import (
    AuditEntry,
    Consent,
    Decision,
    DecisionOrigin,
    FeedSource,
    Leaf,
    Movement,
    Outcome,
    ReceivedVia,
    Recipient,
    Submission,
)
from portal.domain import complaints
from portal.domain.consents import movement_rows, movements, recipients
from tests import make
from tests.portal.domain.consents.iys_movements import AN_HOUR, MovementReceiver, row

pytestmark = pytest.mark.slow


@pytest.fixture
def receiver(app):
    return MovementReceiver(app)


def test_what_a_person_does_at_iys_is_obeyed_and_never_sent_back(receiver, rows):
    taken = receiver.receives(row("RET"))

    decision, head = rows.one(Decision), rows.one(Consent)
    assert (taken.new, taken.decisions) == (1, 1)
    assert (decision.origin, decision.source) == (DecisionOrigin.AT_IYS, "IYS_WEB")
    assert (head.decision_id, head.status, head.iys_status) == (decision.id, Status.REFUSED, "RET")
    assert rows.count(Submission) == 0
    assert rows.count(Leaf) == 1


def test_it_is_effective_when_iys_recorded_it_and_not_when_we_heard(receiver, rows):
    said = row("RET", ago=timedelta(hours=3))
    receiver.receives(said)

    assert rows.one(Decision).effective_at == iys_protocol.parse_wire_date(said["creationDate"])
    assert rows.one(Decision).recorded_at > rows.one(Decision).effective_at


def test_what_iys_accepted_without_a_date_gets_the_date_that_iys_lists(app, fatma, receiver, rows):
    fatma.decides(MESAJ="ONAY")
    with app.app_context():
        taken = {"outcome": Outcome.ACCEPTED, "due_at": None, "accepted_at": clock.now(), "transaction_id": "t1"}
        db.session.execute(db.update(Submission).values(**taken))
        db.session.commit()
    said = row("ONAY", ago=timedelta(seconds=3), source="HS_WEB", transactionId="t1")

    receiver.receives(said)

    assert rows.one(Submission).accepted_at == iys_protocol.parse_wire_date(said["creationDate"])


def test_what_is_told_twice_is_heard_once(receiver, rows):
    said = row("ONAY")

    taken = [receiver.receives(said, said), receiver.receives(said, by=ReceivedVia.PUSH)]

    assert [each.new for each in taken] == [1, 0]
    assert (rows.one(Movement).received_via, rows.count(Decision)) == (ReceivedVia.PULL, 1)


@pytest.mark.parametrize("dates", [{}, {"consentDate": None}])
@pytest.mark.parametrize("order", list(permutations((("RET", 5), ("ONAY", 4), ("RET", 3)))))
def test_a_later_refusal_under_the_name_of_an_earlier_one_is_heard_and_once(fatma, receiver, rows, order, dates):
    """İYS says that movements of one second share a transactionId, and of others nothing. Feeds tell in any order."""
    told = [row(status, ago=hours * AN_HOUR, transactionId="7" * 64, **dates) for status, hours in order]
    for each in told:
        receiver.receives(each)
    receiver.receives(*told, by=ReceivedVia.PUSH)
    assert (rows.one(Consent).status, rows.count(Decision), rows.count(Movement)) == (Status.REFUSED, 3, 3)

    fatma.decides(MESAJ="ONAY")
    receiver.receives(*told)
    assert (rows.one(Consent).status, rows.count(Decision)) == (Status.GRANTED, 4)


@pytest.mark.parametrize("source", ["IYS_WEB", "HS_WEB"])
@pytest.mark.parametrize("moment", ["dün", None, "a minute ahead", "a minute ahead, alone"])
def test_a_later_refusal_under_an_earlier_ones_name_counts_once_whatever_its_moment(receiver, rows, moment, source):
    """One that cannot be read has a consentDate. İYS's clock may be ahead: what is decided in between counts."""
    receiver.receives(row("RET", ago=5 * AN_HOUR, transactionId="7" * 64), row("ONAY", ago=4 * AN_HOUR))
    ahead = iys_protocol.format_wire_date(clock.now() + timedelta(minutes=1))
    dates = {
        "a minute ahead": {"consentDate": ahead, "creationDate": ahead},
        "a minute ahead, alone": {"consentDate": None, "creationDate": ahead},
    }.get(moment, {"creationDate": moment})
    told = row("RET", ago=3 * AN_HOUR, transactionId="7" * 64, source=source) | dates
    told = {name: value for name, value in told.items() if value is not None}
    receiver.receives(told)
    assert (rows.one(Consent).status, rows.count(Decision)) == (Status.REFUSED, 3)

    with time_machine.travel(clock.now() + timedelta(seconds=5)):
        receiver.receives(told, row("ONAY", ago=timedelta(0)))
    for seconds in (20, 30, 90):
        with time_machine.travel(clock.now() + timedelta(seconds=seconds)):
            receiver.receives(told)
    assert (rows.one(Consent).status, rows.count(Decision)) == (Status.GRANTED, 4)


@pytest.mark.parametrize("is_under_its_name", [True, False])
def test_a_persons_later_refusal_with_an_earlier_ones_consent_date_is_heard(receiver, rows, is_under_its_name):
    """When İYS stored it tells it from others: a consentDate may be what a sender told once."""
    name, date = "7" * 64, iys_protocol.format_wire_date(clock.now() - 8 * AN_HOUR)
    receiver.receives(row("RET", ago=9 * AN_HOUR, transactionId=name))
    sender = {"source": "HS_WEB", "consentDate": date, "transactionId": name if is_under_its_name else "8" * 64}
    receiver.receives(row("RET", ago=8 * AN_HOUR, **sender), row("ONAY", ago=4 * AN_HOUR))

    told = row("RET", ago=2 * AN_HOUR, transactionId=name, consentDate=date)
    for _ in range(2):
        receiver.receives(told)

    assert (rows.one(Consent).status, rows.count(Decision)) == (Status.REFUSED, 4)


@pytest.mark.parametrize("order", list(permutations(("ours", "grant", "theirs"))))
def test_another_senders_later_refusal_under_the_name_of_ours_is_heard(app, fatma, receiver, rows, order):
    """Whenever it is told: feeds tell in any order."""
    with time_machine.travel(clock.now() - 9 * AN_HOUR):
        fatma.decides(MESAJ="RET")
    sent = accepted(app, "7" * 64)
    told = {
        "ours": own(sent, transactionId=sent.transaction_id),
        "grant": row("ONAY", ago=5 * AN_HOUR),
        "theirs": row("RET", ago=3 * AN_HOUR, source="HS_CAGRI_MERKEZI", transactionId=sent.transaction_id),
    }

    for _ in range(2):
        for each in order:
            receiver.receives(told[each])
        assert (rows.one(Consent).status, rows.count(Decision)) == (Status.REFUSED, 3)


def test_who_hears_the_same_row_at_once_makes_one_decision(app, receiver, rows):
    with app.app_context():
        make.brand()
        db.session.rollback()
    said = [row("RET", recipient=f"+9053212345{each}") for each in range(10, 40)]
    threads = [threading.Thread(target=receiver.receives, args=said[:: each % 2 * 2 - 1]) for each in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert rows.count(Decision) == rows.count(Movement) == rows.count(Consent) == rows.count(Recipient) == 30


def test_a_decision_made_here_meanwhile_stays_and_is_still_sent(fatma, receiver, rows):
    fatma.decides(MESAJ="ONAY")
    receiver.receives(row("RET"))

    ours, theirs = sorted(rows(Decision), key=lambda each: each.origin != DecisionOrigin.LINK)
    assert rows.one(Consent).decision_id == ours.id
    assert theirs.effective_at < ours.effective_at
    assert rows.one(Submission).outcome == Outcome.WAITING


def test_a_newer_word_at_iys_overtakes_what_waits_here(fatma, receiver, rows):
    fatma.decides(MESAJ="ONAY")
    receiver.receives(row("RET", at=rows.one(Decision).consent_date))

    head, submission = rows.one(Consent), rows.one(Submission)
    assert head.status == Status.REFUSED
    assert (submission.outcome, submission.due_at) == (Outcome.OVERTAKEN, None)


def test_at_one_moment_the_refusal_counts(receiver, rows):
    at = clock.now() - AN_HOUR
    receiver.receives(row("RET", at=at))
    receiver.receives(row("ONAY", at=at))

    assert rows.one(Consent).status == Status.REFUSED
    assert rows.one(Consent).iys_status == "RET"
    assert rows.count(Decision) == 2


@pytest.mark.parametrize("order", [1, -1])
def test_the_order_of_telling_changes_nothing(receiver, rows, order):
    told = [row(status, ago=timedelta(hours=ago)) for ago, status in ((3, "ONAY"), (2, "RET"), (1, "ONAY"))]
    for each in told[::order]:
        receiver.receives(each)

    assert rows.one(Consent).status == Status.GRANTED
    assert rows.one(Consent).effective_at == iys_protocol.parse_wire_date(told[-1]["creationDate"])
    assert rows.count(Decision) == 3


def test_our_own_row_verifies_its_submission(fatma, receiver, rows):
    fatma.decides(MESAJ="ONAY")
    sent = accepted(receiver.app, "0a" * 32)

    taken = receiver.receives(own(sent, transactionId="0a" * 32), feed=FeedSource.PROVIDER)

    assert (taken.new, taken.decisions, taken.verified) == (1, 0, 1)
    assert rows.one(Submission).outcome == Outcome.VERIFIED
    assert rows.one(Submission).verified_at is not None
    assert rows.one(Movement).decision_id == rows.one(Decision).id


def test_our_own_row_is_known_by_its_date_where_the_answer_was_lost(fatma, receiver, rows):
    fatma.decides(MESAJ="ONAY")
    sent = rows.one(Submission)
    with receiver.app.app_context():
        db.session.execute(db.update(Submission).values(attempts=1, outcome=Outcome.SENT))
        db.session.commit()

    receiver.receives(own(sent, transactionId="0b" * 32))

    submission = rows.one(Submission)
    assert (submission.outcome, submission.transaction_id, submission.due_at) == (Outcome.VERIFIED, "0b" * 32, None)
    assert submission.accepted_at is not None


def test_what_another_sender_told_iys_becomes_a_decision_of_its_date(receiver, rows):
    said = row(
        "ONAY", source="HS_CAGRI_MERKEZI", consentDate=iys_protocol.format_wire_date(clock.now() - timedelta(days=1))
    )
    receiver.receives(said)

    decision = rows.one(Decision)
    assert decision.origin == DecisionOrigin.OTHER_SENDER
    assert decision.effective_at == iys_protocol.parse_wire_date(said["consentDate"])


def test_a_grant_that_iys_stored_after_a_refusal_and_heard_before_it_passes_none(fatma, receiver, rows):
    fatma.decides(MESAJ="RET")
    dates = (iys_protocol.format_wire_date(clock.now() + timedelta(seconds=each)) for each in (-60, 60))
    receiver.receives(row("ONAY", source="IYS_CM", **dict(zip(("consentDate", "creationDate"), dates, strict=True))))

    assert rows.one(Consent).status == Status.REFUSED


def test_another_senders_old_grant_passes_no_newer_refusal(receiver, rows):
    receiver.receives(row("RET", ago=timedelta(hours=10)))
    receiver.receives(
        row("ONAY", source="HS_WEB", consentDate=iys_protocol.format_wire_date(clock.now() - timedelta(days=1)))
    )

    assert rows.one(Consent).status == Status.REFUSED


@pytest.mark.parametrize("is_dated", [True, False])
def test_an_older_grant_of_another_type_is_refused_at_iys_too(fatma, receiver, rows, is_dated):
    """It is heard after the person refused: as an individual, since they were known as nothing else."""
    fatma.decides(MESAJ="RET")
    said = clock.now() - AN_HOUR if is_dated else clock.now()
    undated = {} if is_dated else {"source": None, "consentDate": None}

    receiver.receives(row("ONAY", at=said, recipientType="TACIR", **{"source": "HS_WEB"} | undated))

    merchants = rows.one(Consent, Consent.recipient_type == RecipientType.MERCHANT)
    told = rows.one(Submission, Submission.consent_id == merchants.id)
    assert (merchants.status, merchants.iys_status) == (Status.REFUSED, "ONAY")
    assert (told.decision_id, told.outcome) == (merchants.decision_id, Outcome.WAITING)


def test_a_refusal_heard_from_iys_ends_older_grants_of_every_type_and_no_newer_ones(receiver, rows):
    grants = ((AN_HOUR * 5, make.PHONE), (AN_HOUR / 2, "+905321234568"))
    for ago, phone in grants:
        receiver.receives(row("ONAY", ago=ago, recipientType="TACIR", source="HS_WEB", recipient=phone))
        receiver.receives(row("RET", recipient=phone))

    merchants = rows(Consent, Consent.recipient_type == RecipientType.MERCHANT)
    assert [each.status for each in merchants] == [Status.REFUSED, Status.GRANTED]
    assert rows.one(Submission).consent_id == merchants[0].id


def test_a_closed_line_closes_what_iys_does_not_list(receiver, rows):
    call, merchants = {"type": "ARAMA"}, {"recipientType": "TACIR"}
    receiver.receives(*(row("ONAY", ago=timedelta(hours=5), **each) for each in ({}, call, merchants)))

    receiver.receives(row("RET", source=movements.LINE_CLOSED))

    assert {head.status for head in rows(Consent)} == {Status.REFUSED}
    assert rows.count(Consent) == 3
    assert len(rows(Movement, Movement.source == movements.LINE_CLOSED)) == 1
    assert rows.count(Submission) == 0


@pytest.mark.parametrize(
    "source", ["iys_ahs_hat_kapatma", "İYS_AHS_HAT_KAPATMA", "ıys_ahs_hat_kapatma", "İYS_AHS_HAT_KAPATMA".lower()]
)
def test_a_closed_line_closes_every_channel_however_its_source_is_spelled(receiver, rows, source):
    receiver.receives(*(row("ONAY", ago=2 * AN_HOUR, type=channel) for channel in ("ARAMA", "MESAJ")))

    receiver.receives(row("RET", source=source))

    assert {head.channel: head.status for head in rows(Consent)} == {
        Channel.SMS: Status.REFUSED, Channel.CALL: Status.REFUSED,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("source", "feed", "origin"),
    [
        ("iys_web", FeedSource.PROVIDER, DecisionOrigin.AT_IYS),
        ("İys_Web", FeedSource.PROVIDER, DecisionOrigin.AT_IYS),
        ("hs_web", FeedSource.PEOPLE, DecisionOrigin.OTHER_SENDER),
    ],
)
def test_who_refused_is_known_by_the_source_however_it_is_spelled(receiver, rows, source, feed, origin):
    receiver.receives(row("RET", source=source), feed=feed)

    assert rows.one(Decision).origin == origin


def test_a_closed_line_told_of_the_next_channel_later_is_one_decision(receiver, rows):
    receiver.receives(*(row("ONAY", ago=timedelta(hours=5), type=channel) for channel in ("ARAMA", "MESAJ")))
    at = clock.now() - AN_HOUR
    for channel in ("ARAMA", "MESAJ"):
        receiver.receives(row("RET", at=at, source=movements.LINE_CLOSED, type=channel, transactionId=channel))

    assert len(rows(Decision, Decision.status == Status.REFUSED)) == 2
    assert len(rows(Movement, Movement.status == Status.REFUSED)) == 2


def test_a_grant_newer_than_the_closed_line_stays(fatma, receiver, rows):
    fatma.decides(MESAJ="ONAY")
    receiver.receives(row("RET", source=movements.LINE_CLOSED, type="ARAMA"))

    assert {head.channel: head.status for head in rows(Consent)} == {
        Channel.SMS: Status.GRANTED, Channel.CALL: Status.REFUSED,
    }  # fmt: skip


def test_a_merchants_first_record_has_neither_source_nor_date(receiver, rows):
    receiver.receives(
        row("ONAY", recipientType="TACIR", source=None, consentDate=""),
        row("ONAY", recipientType="TACIR", source="", consentDate=None, recipient="+905321234568"),
    )

    assert {(movement.consent_date, movement.source) for movement in rows(Movement)} == {(None, "")}
    assert {(decision.consent_date, decision.source) for decision in rows(Decision)} == {(None, None)}
    assert {decision.origin for decision in rows(Decision)} == {DecisionOrigin.OTHER_SENDER}
    assert {head.recipient_type for head in rows(Consent)} == {RecipientType.MERCHANT}


def test_a_source_that_nobody_knows_is_kept_as_it_is(receiver, rows):
    receiver.receives(
        row("RET", source="IYS_UZAY_MEKIGI"), row("RET", source="YENI", transactionId="y"), feed=FeedSource.PEOPLE
    )

    assert {decision.source for decision in rows(Decision)} == {"IYS_UZAY_MEKIGI", "YENI"}
    assert {decision.origin for decision in rows(Decision)} == {DecisionOrigin.AT_IYS}


UNUSABLE = {
    "no row": "RET",
    "a status we do not know": row("BEKLIYOR"),
    "a grant on a channel we do not know": row("ONAY", type="GUVERCIN"),
    "a grant to an address of the other kind": row("ONAY", type="EPOSTA"),
    "an address that is none": row(recipient="0532"),
    "no address": row(recipient=None),
    "a grant to a type of recipient we do not know": row("ONAY", recipientType="KURUMSAL"),
    "a grant in small letters": row("onay"),
    "a grant of no moment": row("ONAY", creationDate=None),
    "a grant of a moment that never was": row("ONAY", creationDate="2026-13-01 00:00:00"),
    "a grant of a moment that is spelled otherwise": row("ONAY", creationDate="2026-11-01T00:00:00Z"),
    "a grant without a name": row("ONAY", transactionId=None),
    "a grant with an endless name": row("ONAY", transactionId="x" * 81),
    "a grant from a source that is a number": row("ONAY", source=7),
    "a grant that no database keeps": row("ONAY", transactionId="a\x00b"),
}


@pytest.mark.parametrize("unusable", UNUSABLE)
def test_a_row_that_says_nothing_we_can_use_is_none(unusable):
    assert movement_rows.read_rows([UNUSABLE[unusable]], clock.now()) == ([], 1)


def test_a_date_that_cannot_be_read_takes_nothing_from_a_refusal():
    (told,) = movement_rows.read_row(row("RET", consentDate="2018-02-10T09:30Z"), clock.now())

    assert (told.status, told.consent_date) == (Status.REFUSED, None)


ODD = {
    "a type of recipient we do not know": {"recipientType": "KURUMSAL"},
    "a type in small letters": {"recipientType": "bireysel"},
    "a type that is a number": {"recipientType": 1},
    "a status in small letters": {"status": " ret"},
    "a channel in small letters": {"type": "mesaj"},
    "an address that is a number": {"recipient": int(make.PHONE)},
    "no moment": {"creationDate": None},
    "a moment that never was": {"creationDate": "2026-13-01 00:00:00"},
    "a moment that is a number": {"creationDate": 1_790_000_000_000},
    "a day without an hour": {"creationDate": "2026-11-30"},
    "no moment, as a database writes it": {"creationDate": "1900-01-01 00:00:00"},
    "no moment, as Unix writes it": {"creationDate": "1970-01-01T00:00:00Z"},
    "no moment, as a program writes it": {"creationDate": "0001-01-01T00:00:00Z"},
    "a moment of the last day that a calendar has": {"creationDate": "9999-12-31 00:00:00"},
    "no name": {"transactionId": None},
    "a name that is a number": {"transactionId": 77},
    "an endless name": {"transactionId": "x" * 81},
    "a name that no database keeps": {"transactionId": "a\x00b"},
    "a source that is a number": {"source": 7},
    "a source that no database keeps": {"source": "\ud800"},
}


@pytest.mark.parametrize("odd", ODD)
def test_a_refusal_counts_however_it_is_spelled_and_once(fatma, receiver, rows, odd):
    fatma.decides(MESAJ="ONAY")
    said = row("RET", at=clock.now() + timedelta(minutes=1)) | ODD[odd]
    said = {name: value for name, value in said.items() if value is not None}

    with time_machine.travel(clock.now() + timedelta(minutes=2)):
        assert [receiver.receives(said, feed=FeedSource.PEOPLE).new for _ in range(2)] == [1, 0]

    assert {head.status for head in rows(Consent, Consent.channel == Channel.SMS)} == {Status.REFUSED}


@pytest.mark.parametrize("channel", ["GUVERCIN", "SMS", "EPOSTA", "", None, 7])
@pytest.mark.parametrize("name", ["ab" * 32, None])
def test_a_refusal_on_a_channel_that_nobody_knows_counts_for_each_of_its_address_and_once(
    receiver, rows, channel, name
):
    phone = [{"type": each} for each in ("ARAMA", "MESAJ")]
    mail = {"type": "EPOSTA", "recipient": make.EMAIL}
    receiver.receives(*(row("ONAY", ago=2 * AN_HOUR, **each) for each in (*phone, mail)))
    said = row("RET", transactionId=name) | {"type": channel}

    assert [receiver.receives(said).new for _ in range(2)] == [2, 0]

    assert {head.channel: head.status for head in rows(Consent)} == {
        Channel.CALL: Status.REFUSED, Channel.SMS: Status.REFUSED, Channel.EMAIL: Status.GRANTED,
    }  # fmt: skip


@pytest.mark.parametrize("outcome", [Outcome.WAITING, Outcome.SENT])
def test_a_refusal_on_a_channel_that_nobody_knows_does_not_stand_for_one_of_ours(fatma, receiver, rows, outcome):
    """İYS may have meant the other channel: what the person refused here is still sent."""
    fatma.decides(MESAJ="RET", ARAMA="RET")
    with receiver.app.app_context():
        db.session.execute(db.update(Submission).values(outcome=outcome, attempts=1 if outcome == Outcome.SENT else 0))
        db.session.commit()
    ours = iys_protocol.format_wire_date(rows(Submission)[0].consent_date)

    receiver.receives(row("RET", type="GUVERCIN", ago=-AN_HOUR, consentDate=ours, source="HS_WEB"))
    receiver.receives(row("RET", type="GUVERCIN", ago=-AN_HOUR, transactionId="ab" * 32))

    assert {sent.outcome for sent in rows(Submission)} == {outcome}


def test_a_refusal_of_an_unknown_type_of_recipient_ends_the_grants_of_every_type(receiver, rows):
    receiver.receives(*(row("ONAY", ago=2 * AN_HOUR, recipientType=each) for each in RecipientType))

    receiver.receives(row("RET", recipientType="KURUMSAL"))

    assert {head.recipient_type: head.status for head in rows(Consent)} == dict.fromkeys(RecipientType, Status.REFUSED)


@pytest.mark.parametrize("name", [None, "0", 0, "-", "null", "00000000-0000-0000-0000-000000000000"])
def test_refusals_without_names_are_told_apart_by_their_moments(receiver, rows, name):
    receiver.receives(row("RET", ago=3 * AN_HOUR, transactionId=name))
    receiver.receives(row("ONAY", ago=2 * AN_HOUR))

    assert receiver.receives(row("RET", transactionId=name)).new == 1
    assert rows.one(Consent).status == Status.REFUSED


@pytest.mark.parametrize("moment", [None, "dün", "1900-01-01 00:00:00", "9999-12-31 00:00:00"])
def test_a_refusal_without_name_and_moment_is_another_one_on_another_day(receiver, rows, moment):
    refusal = row("RET", creationDate=moment, consentDate=moment, transactionId="-")
    receiver.receives(refusal)

    with time_machine.travel(clock.now() + timedelta(days=1)):
        receiver.receives(row("ONAY"))
        assert receiver.receives(refusal).new == 1

    assert rows.one(Consent).status == Status.REFUSED


@pytest.mark.parametrize("date", ["dün", "1900-01-01 00:00:00"])
def test_a_refusal_of_another_sender_that_has_no_date_is_of_the_moment_iys_recorded_it(receiver, rows, date):
    receiver.receives(row("RET", ago=3 * AN_HOUR), row("ONAY", ago=2 * AN_HOUR))

    receiver.receives(row("RET", source="HS_WEB", consentDate=date))

    assert rows.one(Consent).status == Status.REFUSED


def test_an_e_mail_in_capitals_is_the_same_recipient(receiver, rows):
    receiver.receives(row("ONAY", type="EPOSTA", recipient="FATMA@example.com", ago=timedelta(hours=2)))
    receiver.receives(row("RET", type="EPOSTA", recipient="fatma@example.com"))

    assert rows.count(Recipient) == rows.count(Consent) == 1


def test_nothing_is_effective_later_than_it_was_heard(receiver, rows):
    receiver.receives(row("RET", ago=-timedelta(days=2)))

    assert rows.one(Decision).effective_at <= clock.now()
    assert rows.one(Consent).iys_as_of <= clock.now()


def test_a_date_far_ahead_delays_no_refusal(receiver, fatma, rows):
    receiver.receives(row("ONAY", source="HS_WEB", consentDate="9999-12-31 23:59:59"))

    fatma.decides(MESAJ="RET")

    assert rows.one(Consent).status == Status.REFUSED
    assert rows.one(Submission).due_at < clock.now() + timedelta(hours=2)


def test_a_page_of_a_thousand_is_heard_at_once(receiver, rows):
    taken = receiver.receives(*(row("RET", recipient=f"+90532{each:07}") for each in range(1000)))

    assert taken.new == rows.count(Decision) == rows.count(Consent) == 1000


def test_what_was_heard_is_noted_without_an_address(receiver, rows):
    receiver.receives(row("RET"))

    entry = rows.one(AuditEntry, AuditEntry.act == "movements.heard")
    assert entry.facts == {"by": "pull", "decisions": 1, "verified": 0}


def accepted(app, transaction_id: str) -> Submission:
    """The one submission, as İYS's answer leaves it."""
    with app.app_context():
        sent = db.session.scalars(db.select(Submission)).one()
        sent.outcome, sent.due_at, sent.transaction_id = Outcome.ACCEPTED, None, transaction_id
        db.session.commit()
        db.session.refresh(sent)
        db.session.expunge(sent)
    return sent


def own(sent: Submission, **facts) -> dict:
    """The row that İYS lists for a submission of ours."""
    date = iys_protocol.format_wire_date(sent.consent_date)
    return row(sent.status.value, source="HS_WEB", consentDate=date, creationDate=date, **facts)


def test_a_line_that_is_given_up_takes_nothing_from_others(receiver, rows):
    others = row("ONAY", recipient="+905321234599", ago=timedelta(hours=2))
    mail = row("ONAY", recipient=make.EMAIL, type="EPOSTA", ago=timedelta(hours=2))

    receiver.receives(others, mail, row("RET", source="IYS_AHS_HAT_KAPATMA"))

    assert sorted(each.status for each in rows(Consent)) == [Status.GRANTED, Status.GRANTED, Status.REFUSED]
    assert rows.count(Decision) == 3


@pytest.mark.parametrize("is_sandbox", [False, True])
def test_a_closed_line_is_closed_at_all_firms_unless_only_the_sandbox_says_so(app, rows, is_sandbox):
    received = MovementReceiver(app)
    received.receives(row("ONAY", ago=2 * AN_HOUR))
    with app.app_context():
        make.brand().is_sandbox = is_sandbox
        other = make.provider(iys_code=make.IYS_CODE + 1, brand_code=make.BRAND_CODE + 1, email="oteki@firma.example")
        (whose,) = recipients.gather(db.session, vault(), other.id, [parse(make.PHONE)], clock.now()).values()
        firm = db.session.get_one(Recipient, whose)
        before = complaints.request_erasure(db.session, firm, language="tr", at=clock.now() - 2 * AN_HOUR).id
        db.session.commit()

    received.receives(row("RET", source=movements.LINE_CLOSED))

    with app.app_context():
        firm = db.session.get_one(Recipient, whose)
        case = complaints.request_erasure(db.session, firm, language="tr", at=clock.now()).id
        closed = {each.id == whose: each.closed_at is not None for each in rows(Recipient)}
    assert closed == {False: True, True: not is_sandbox}
    assert (case == before) == is_sandbox
