"""Answers that İYS should never give: whatever comes, it is kept or asked for again, and nothing stands in the way."""

from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine

from portal.core import clock, iys_protocol
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Operation, RecipientType, Status
from portal.core.models import Attempt, BulkRequest, Consent, Decision, Lane, Outcome, Recipient, Submission
from portal.domain.consents import recipients
from tests import grants, make
from tests.portal.domain.consents import import_entries
from tests.portal.services.iys.forwarding.scripted import iys_that_says

pytestmark = [pytest.mark.slow, pytest.mark.alike]

HALF = "\ud800"  # Half a character, which JSON may spell and no database keeps.


def of_each(app, cases: list, **facts) -> dict[str, object]:
    """One decision for each case, a minute ago: the case by its phone."""
    phones = grants.phones(len(cases))
    with app.app_context():
        grants.insert_decisions(make.brand(), phones, clock.now() - timedelta(minutes=1), lane=None, **facts)
    return dict(zip(phones, cases, strict=True))


def outcomes(app, answers: dict[str, tuple], **others) -> dict[str, Submission]:
    """What became of each, by its phone, when İYS has answered once about each."""
    with iys_that_says(**others) as iys:
        make.forward_all(app, iys, rounds=len(answers) + 1)
    with app.app_context():
        rows = db.session.query(Recipient, Submission).join(Decision, Decision.recipient_id == Recipient.id)
        found = rows.join(Submission, Submission.decision_id == Decision.id).order_by(Decision.id)
        told = {recipients.address_of(vault(), recipient): submission for recipient, submission in found}
        db.session.expunge_all()
    assert told.keys() == answers.keys()
    return told


KEPT = [
    ("a\x00b", "ab"), (f"a{HALF}", "a"), ("a" * 300, "a" * 80), (10**60, str(10**60)), ("a", "a"),
    ("0b" * 32, "0b" * 32), ("0B" * 32, "0B" * 32), ("0" * 63 + "ş", "0" * 63 + "ş"), ("ab" * 16, "ab" * 16),
]  # fmt: skip


def test_a_transaction_of_any_name_is_kept(app):
    cases = of_each(app, KEPT)

    names = {phone: (200, {"transactionId": name, "creationDate": ["?"]}) for phone, (name, _) in cases.items()}
    told = outcomes(app, names, consents=names)

    assert {each.outcome for each in told.values()} == {Outcome.ACCEPTED}
    assert {cases[phone][0]: each.transaction_id for phone, each in told.items()} == dict(KEPT)


def test_without_a_name_of_a_transaction_nothing_is_accepted(app):
    cases = of_each(app, [None, "", "\x00", {}, [1], True, 1.5])

    answers = {phone: (200, {"transactionId": name}) for phone, name in cases.items()}
    told = outcomes(app, answers, consents=answers)

    assert [(cases[phone], each.outcome) for phone, each in told.items() if each.outcome != Outcome.SENT] == []


BEFORE = "2025-10-26 20:33:44"
DATES = [
    BEFORE, "2025-10-26T20:33:44", "2025-10-26 20:33:44.000+03:00", "26.10.2025 20:33:44", 1761500024000, None,
    "missing", "2099-01-01 00:00:00", "9999-12-31 23:59:59",
]  # fmt: skip
UNSURE = [BEFORE, None, "9999-12-31 23:59:59"]


@pytest.mark.parametrize(("code", "dates"), [("H178", DATES), ("H174", UNSURE), ("H175", UNSURE)])
def test_a_grant_of_before_overtakes_no_refusal_however_its_date_is_spelled(app, code, dates):
    """Nor does one with no date, or with one that cannot be true: nobody can say that it is newer. Nor where İYS says
    at once that it holds the refusal, or no grant."""
    cases = of_each(app, dates, status=Status.REFUSED)
    held = {
        phone: (200, {"status": "ONAY"} | ({} if spelled == "missing" else {"consentDate": spelled}))
        for phone, spelled in cases.items()
    }

    granted, refused = (200, {"list": list(cases)}), (400, {"errors": [{"code": code}]})
    told = outcomes(app, held, MESAJ=granted, consents=refused, status=held)

    assert {cases[phone]: each.outcome for phone, each in told.items()} == dict.fromkeys(dates, Outcome.EXPIRED)
    # One renewal a day, whatever İYS answers.
    assert min(each.due_at for each in told.values()) > clock.now() + timedelta(hours=23)
    assert {each.code for each in told.values()} == {"H178"} or code != "H178"


@pytest.mark.parametrize(
    ("code", "answers"),
    [("H178", [(200, {"status": status}) for status in (None, "", "BEKLIYOR", 1, ["RET"], "ON\x00AY")])]
    + [("H174", [(200, {"status": "BEKLIYOR"}), (200, {}), (204, {})])]
    + [("H174", [(404, page)]) for page in (b"<html>Not Found</html>", b"", {}, {"message": "no Route matched"})]
    + [("H174", [(404, {"errors": [{"code": code}]}) for code in ("H001", "H018", "H058", "H096")])]
    + [("H174", [(status, {})]) for status in (401, 403, 500)]
    + [("H175", [(200, {}), (404, {})])],
)
def test_a_refusal_is_not_given_up_for_an_answer_that_tells_no_state(app, rows, code, answers):
    cases = of_each(app, answers, status=Status.REFUSED)

    granted, refused = (200, {"list": list(cases)}), (400, {"errors": [{"code": code}]})
    told = outcomes(app, cases, MESAJ=granted, consents=refused, status=cases)

    given_up = [cases[phone] for phone, each in told.items() if not each.due_at]
    assert given_up == [] and {each.outcome for each in told.values()} <= {Outcome.WAITING, Outcome.BLOCKED}
    assert {each.iys_status for each in rows(Consent)} == {"ONAY"}
    assert len(rows(Attempt, Attempt.question == Operation.STATUS.value)) == len(answers)


@pytest.mark.parametrize(
    "answer",
    [
        (202, {"requestId": "x", "list": []}), (200, {"list": [], "after": "abc"}),
        (200, {"list": [], "hasMore": True}),
        (200, {"list": [], "errors": [{"code": "H999", "location": ["recipients", 0]}]}),
    ],
)  # fmt: skip
def test_a_refusal_is_sent_where_iys_does_not_say_that_its_list_is_whole(app, fatma, rows, answer):
    fatma.decides(MESAJ="RET")

    taken = (200, {"transactionId": "t" * 64, "creationDate": BEFORE})
    with iys_that_says(MESAJ=answer, consents=taken) as iys:
        make.forward_all(app, iys, rounds=4)

    assert rows.one(Submission).outcome == Outcome.ACCEPTED


@pytest.mark.parametrize("code", ["H174", "H175"])
def test_a_refusal_that_iys_states_after_all_ends_one_that_withdraws_a_listed_grant(app, fatma, rows, code):
    fatma.decides(MESAJ="RET")
    granted, none = {"list": [make.PHONE]}, {"errors": [{"code": code}]}
    held = {"status": "RET", "consentDate": BEFORE}

    with iys_that_says(MESAJ=(200, granted), consents=(400, none), status=(200, held)) as iys:
        make.forward_all(app, iys)

    assert (rows.one(Submission).outcome, rows.one(Consent).iys_status) == (Outcome.NOT_NEEDED, "RET")


def test_a_merchants_grant_without_a_date_needs_no_other_where_iys_holds_a_dated_one(app, rows):
    with app.app_context():
        dated = import_entries.entry(make.PHONE, recipient_type=RecipientType.MERCHANT)
        undated = replace(dated, is_dated=False, source=None)
        import_entries.bring(make.brand(), undated, grant_lane=Lane.PEOPLE)
    held = {"status": "ONAY", "consentDate": "2025-10-26 20:33:44"}

    with iys_that_says(consents=(400, {"errors": [{"code": "H174"}]}), status=(200, held)) as iys:
        make.forward_all(app, iys)

    assert rows.one(Submission).outcome == Outcome.NOT_NEEDED


def test_iys_that_names_no_transaction_of_what_it_holds_is_believed_without(app, fatma, rows):
    fatma.decides(MESAJ="ONAY")
    date = iys_protocol.format_wire_date(rows.one(Submission).consent_date)

    with iys_that_says(
        consents=(400, {"errors": [{"code": "H178"}]}),
        status=(200, {"status": "ONAY", "consentDate": date, "transactionId": None}),
    ) as iys:
        make.forward_all(app, iys)

    assert (rows.one(Submission).outcome, rows.one(Submission).transaction_id) == (Outcome.ACCEPTED, None)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, b"<html>Request Rejected</html>"), (405, b"Bad Request"), (409, b""), (413, {}), (422, {"message": "?"}),
        (451, {}),
    ],
)  # fmt: skip
def test_a_refusal_is_not_given_up_for_a_4xx_that_names_no_code(app, fatma, rows, status, body):
    fatma.decides(MESAJ="RET")
    granted, taken = {"list": [make.PHONE]}, {"transactionId": "a-1"}

    with iys_that_says(MESAJ=(200, granted), consents=[(status, body), (200, taken)]) as iys:
        make.forward_all(app, iys)
        waiting = rows.one(Submission)
        with time_machine.travel(waiting.due_at + timedelta(seconds=2)):
            make.forward_all(app, iys)

    assert (waiting.outcome, rows.one(Submission).outcome) == (Outcome.SENT, Outcome.ACCEPTED)


def test_what_a_proxy_never_lets_pass_is_tried_every_ten_minutes(app, fatma, rows):
    fatma.decides(MESAJ="ONAY")
    with app.app_context():
        db.session.query(Submission).update({"attempts": 50})
        db.session.commit()

    with iys_that_says(consents=(400, {})) as iys:
        make.forward_all(app, iys, rounds=1)

    assert rows.one(Submission).due_at > clock.now() + timedelta(minutes=7)


@pytest.mark.parametrize("place", [-1, True, 99, "x"])
def test_an_error_that_points_at_nothing_parks_nobody(app, fatma, rows, place):
    fatma.decides(MESAJ="RET")
    error = {"errors": [{"code": "H464", "location": ["recipients", place]}]}

    with iys_that_says(MESAJ=(422, error), consents=(400, {"errors": [{"code": "H175"}]})) as iys:
        make.forward_all(app, iys)

    assert rows.one(Submission).outcome == Outcome.NOT_NEEDED


LONG_CODE = "A-CODE-OF-A-PROXY-THAT-IS-LONGER-THAN-OURS"


@pytest.mark.parametrize("code", [LONG_CODE, "H1\x0020", f"H120{HALF}"])
def test_an_item_may_fail_with_any_code(app, rows, code):
    bring(app, 2)
    wrong = {"errors": [{"index": 0, "code": code}]}
    taken = {"requestId": "a-1", "subRequests": []}

    with iys_that_says(request=[(422, wrong), (202, taken)]) as iys:
        make.forward_all(app, iys)

    assert sorted(each.outcome for each in rows(Submission)) == [Outcome.PARKED, Outcome.SENT]


@pytest.mark.parametrize("name", [f"r{HALF}\x00", "r" * 50, 17])
def test_a_list_of_any_name_is_kept(app, rows, name):
    bring(app, 1)
    item = {"recipient": grants.phones(1)[0], "type": "MESAJ", "recipientType": "BIREYSEL"}
    names = [item | {"subRequestId": f"s{HALF}\x00"}]

    with iys_that_says(request=(202, {"requestId": name, "subRequests": names})) as iys:
        make.forward_all(app, iys)

    assert rows.one(BulkRequest).request_id in ("r", "r" * 40, "17")
    assert rows.one(Submission).sub_request_id == "s"


ODD_ROWS = [
    {"index": {}}, {"index": [0]}, {"index": True}, {"index": -1}, {"subRequestId": {}}, None, 7, [[]],
    {"index": 0, "status": "success", "transactionId": {}},
    {"index": 0, "status": "failure", "error": {"code": []}} | {"status": "enqueue"},
]  # fmt: skip


def test_odd_rows_of_a_result_take_nothing_from_the_others(app, rows):
    bring(app, 3)
    row = {"index": 1, "status": "success", "transactionId": "a\x00b", "creationDate": "2026-13-99 00:00:00"}
    fails = {"index": 2, "status": "failure", "error": {"code": f"{LONG_CODE}\x00{HALF}"}}

    with iys_that_says(request=(202, {"requestId": "a-1"}), result=(200, [*ODD_ROWS, row, fails])) as iys:
        make.forward_all(app, iys)
        with time_machine.travel(clock.now() + timedelta(seconds=310)):
            make.forward_all(app, iys)

    answered = sorted(rows(Submission), key=lambda each: each.bulk_index)
    assert [each.outcome for each in answered] == [Outcome.SENT, Outcome.ACCEPTED, Outcome.PARKED]
    assert (answered[1].transaction_id, answered[2].code) == ("ab", LONG_CODE[:20])


def bring(app, count: int) -> None:
    with app.app_context():
        grants.insert_decisions(make.brand(), grants.phones(count), clock.now() - timedelta(minutes=1))
