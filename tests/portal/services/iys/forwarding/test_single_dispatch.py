"""Outbox to İYS, held against an İYS in a box."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select, update

from portal.core import clock
from portal.core.extensions import db
from portal.core.models import Attempt, Consent, Credential, Decision, ForwardingHold, Lane, Outcome, Submission
from portal.services.iys import tokens
from portal.services.iys.client import Client
from portal.services.iys.forwarding import claims
from tests import make
from tests.grants import insert_decisions
from tests.make import Person

pytestmark = pytest.mark.slow

SECOND = timedelta(seconds=1)


def in_turn(person, *statuses, channel="MESAJ"):
    """Decide several times, two seconds apart; the clock then stands after the last."""
    start = clock.now()
    for step, status in enumerate(statuses):
        with time_machine.travel(start + timedelta(seconds=2 * step), tick=False):
            person.decides(**{channel: status})
    return start + timedelta(seconds=2 * len(statuses))


def forward_at(app, iys, at):
    """Five steps, more than a second apart, however long they take: of one key only one is sent within a second."""
    for _ in range(5):
        with time_machine.travel(at, tick=True):
            make.forward_all(app, iys)
            at = clock.now() + 1.5 * SECOND


def outcomes(rows):
    return [s.outcome for s in sorted(rows(Submission), key=lambda s: s.consent_date)]


def test_movements_equal_decisions_in_order(app, fatma, sandbox, iys, rows):
    later = in_turn(fatma, "ONAY", "RET", "ONAY", "RET")

    forward_at(app, iys, later)

    assert [m["status"] for m in sandbox.movements()] == ["ONAY", "RET", "ONAY", "RET"]
    dates = [m["consentDate"] for m in sandbox.movements()]
    assert dates == sorted(set(dates))
    assert outcomes(rows) == [Outcome.ACCEPTED] * 4


def test_a_first_refusal_is_asked_first_and_never_counts_as_a_failure(app, fatma, sandbox, iys, rows):
    fatma.decides(MESAJ="RET")

    make.forward_all(app, iys)

    ledger = sandbox.ledger()
    assert rows.one(Submission).outcome == Outcome.NOT_NEEDED
    assert ledger["movements"] == [] and ledger["failures"] == 0
    assert ledger["requests"]["multi_status"] == 1 and ledger["requests"]["add"] == 0


def test_a_refusal_of_what_iys_holds_is_sent_at_once(app, fatma, sandbox, iys, rows):
    later = in_turn(fatma, "ONAY", "RET")

    forward_at(app, iys, later)

    assert sandbox.ledger()["requests"]["multi_status"] == 0
    assert rows.one(Consent).iys_status == "RET"


@pytest.mark.parametrize(
    ("code", "outcome"),
    [("174", "not_needed"), ("178", "overtaken"), ("467", "expired"), ("123", "sent"), ("121", "parked")],
)
def test_a_single_grant_of_an_address_with_a_code_ends_as_the_documentation_says(app, iys, rows, code, outcome):
    with app.app_context():
        insert_decisions(make.brand(), [f"+905000000{code}"], clock.now(), lane=Lane.PEOPLE)

    make.forward_all(app, iys)

    assert (rows.one(Submission).outcome, rows.one(Submission).code) == (outcome, f"H{code}")


@pytest.mark.alike
@pytest.mark.parametrize(
    "kind", ["500-after-apply", "reset-after-apply", "500", "503", "reset", "H123", "html", "cut", "empty"]
)
def test_a_passing_fault_is_sent_again_byte_for_byte_and_held_once(app, fatma, sandbox, iys, rows, kind):
    sandbox.fault("add", kind, count=1)
    fatma.decides(MESAJ="ONAY")

    make.forward_all(app, iys)
    forward_at(app, iys, clock.now() + timedelta(minutes=2))

    assert len(sandbox.movements()) == 1
    assert rows.one(Submission).outcome == Outcome.ACCEPTED
    assert rows.one(Submission).transaction_id == sandbox.movements()[0]["transactionId"]
    assert rows.count(Attempt) == 2


@pytest.mark.alike
@pytest.mark.parametrize("kind", ["429", "H124", "H083"])
def test_too_many_a_second_waits_and_is_no_failed_attempt(app, fatma, sandbox, iys, rows, kind):
    sandbox.fault("add", kind, count=1)
    fatma.decides(MESAJ="ONAY")

    make.forward_all(app, iys)
    assert rows.one(Submission).attempts == 0
    forward_at(app, iys, clock.now() + timedelta(seconds=5))

    assert rows.one(Submission).outcome == Outcome.ACCEPTED


def test_bad_data_is_parked_with_its_code(app, fatma, sandbox, iys, rows):
    sandbox.fault("add", "H121")
    fatma.decides(MESAJ="ONAY")

    make.forward_all(app, iys)

    assert rows.one(Submission).outcome == Outcome.PARKED
    assert rows.one(Submission).code == "H121"
    assert sandbox.ledger()["requests"]["add"] == 1


def test_too_old_is_expired(app, fatma, sandbox, iys, rows):
    sandbox.fault("add", "H467")
    fatma.decides(MESAJ="ONAY")

    make.forward_all(app, iys)

    assert rows.one(Submission).outcome == Outcome.EXPIRED


def test_past_the_lenient_day_nothing_is_sent(app, fatma, sandbox, iys, rows):
    fatma.decides(MESAJ="ONAY")

    forward_at(app, iys, rows.one(Submission).lenient_deadline + timedelta(seconds=1))

    assert rows.one(Submission).outcome == Outcome.EXPIRED
    assert sandbox.ledger()["requests"]["add"] == 0


def test_missing_rights_stop_the_brand_and_resume_by_themselves(app, browser, sandbox, iys, rows):
    codes = make.codes(app)
    sandbox.fault("add", "H353", count=1)
    for code in codes.values():
        Person(browser, code).decides(MESAJ="ONAY", EPOSTA="ONAY")

    make.forward_all(app, iys)
    blocked = [s.outcome for s in rows(Submission)]
    calls = sandbox.ledger()["requests"]["add"]
    forward_at(app, iys, clock.now() + timedelta(minutes=11))

    assert sorted(blocked) == [Outcome.BLOCKED, Outcome.WAITING]
    assert calls == 1
    assert outcomes(rows) == [Outcome.ACCEPTED] * 2
    assert rows(ForwardingHold) == []


def test_a_token_that_iys_forgot_is_fetched_once_more(app, fatma, sandbox, iys, rows):
    sandbox.fault("add", "H351", count=1)
    fatma.decides(MESAJ="ONAY")

    make.forward_all(app, iys)
    forward_at(app, iys, clock.now() + timedelta(minutes=1))

    assert rows.one(Submission).outcome == Outcome.ACCEPTED
    assert sandbox.ledger()["token_calls"] == 2


def test_a_restarted_forwarder_asks_for_no_new_token(app, fatma, sandbox, iys):
    fatma.decides(MESAJ="ONAY")
    make.forward_all(app, iys)
    fatma.decides(ARAMA="ONAY")

    make.forward_all(app, type(iys)(sandbox.url))

    assert len(sandbox.movements()) == 2
    assert sandbox.ledger()["token_calls"] == 1


def test_the_hourly_token_limit_is_honoured_for_the_whole_hour(app, fatma, sandbox, iys, rows):
    sandbox.fault("token", "H084", count=1)
    fatma.decides(MESAJ="ONAY")

    make.forward_all(app, iys)
    forward_at(app, iys, clock.now() + timedelta(minutes=59))
    within = sandbox.ledger()["token_calls"]
    forward_at(app, iys, clock.now() + timedelta(minutes=61))

    assert within == 1
    assert rows.one(Submission).outcome == Outcome.ACCEPTED


def test_the_token_is_kept_sealed(app, fatma, iys, rows):
    fatma.decides(MESAJ="ONAY")

    make.forward_all(app, iys)

    kept = rows.one(Credential)
    assert kept.access_token and b"." not in kept.access_token[:2]
    with app.app_context():
        from portal.core.extensions import vault

        opened = vault().read(kept.access_token, Credential.ACCESS, kept.provider_id, kept.id)
    assert opened.encode() not in kept.access_token


def test_iys_away_for_a_day_loses_nothing(app, fatma, sandbox, iys, rows):
    sandbox.fault("*", "reset")
    later = in_turn(fatma, "ONAY", "RET")
    for hours in (0, 6, 12, 23):
        forward_at(app, iys, later + timedelta(hours=hours))
    away = outcomes(rows)
    sandbox.mend()

    for minutes in (0, 2, 4, 6):
        forward_at(app, iys, later + timedelta(hours=24, minutes=minutes))

    assert not any(outcome == Outcome.ACCEPTED for outcome in away)
    assert [m["status"] for m in sandbox.movements()] == ["ONAY", "RET"]


def test_a_refusal_does_not_wait_for_a_grant_that_failed_twice(app, fatma, sandbox, iys, rows):
    fatma.decides(MESAJ="ONAY")
    sandbox.fault("add", "500")
    for minutes in (0, 2):
        forward_at(app, iys, clock.now() + timedelta(minutes=minutes))
    sandbox.mend()
    postpone_grants(app)

    with time_machine.travel(clock.now() + timedelta(minutes=3)):
        fatma.decides(MESAJ="RET")
        make.forward_all(app, iys)

    refusal = rows.one(Submission, Submission.status == "RET")
    assert sandbox.ledger()["requests"]["multi_status"] == 1, "the refusal was asked before the grant had ended"
    assert refusal.outcome == Outcome.WAITING, "and goes again when the grant ends"


def postpone_grants(app):
    with app.app_context():
        later = clock.now() + timedelta(hours=1)
        for submission in db.session.query(Submission).filter_by(status="ONAY"):
            submission.due_at = later
        db.session.commit()


def test_a_refusal_that_went_past_a_grant_goes_again_when_the_grant_ends(app, fatma, sandbox, iys, rows):
    test_a_refusal_does_not_wait_for_a_grant_that_failed_twice(app, fatma, sandbox, iys, rows)

    for hours in (2, 3):
        forward_at(app, iys, clock.now() + timedelta(hours=hours))

    assert [m["status"] for m in sandbox.movements()] == ["ONAY", "RET"]
    assert outcomes(rows) == [Outcome.ACCEPTED] * 2


def test_refusals_go_first(app, browser, sandbox, iys, rows):
    codes = make.codes(app)
    email, phone = Person(browser, codes[make.EMAIL]), Person(browser, codes[make.PHONE])
    later = in_turn(phone, "ONAY")
    forward_at(app, iys, later)
    with time_machine.travel(later, tick=False):
        email.decides(EPOSTA="ONAY")
    with time_machine.travel(later + timedelta(minutes=1), tick=False):
        phone.decides(MESAJ="RET")

    forward_at(app, iys, later + timedelta(minutes=2))

    assert [m["status"] for m in sandbox.movements()] == ["ONAY", "RET", "ONAY"]


def test_two_forwarders_never_hold_one_submission(app, fatma, rows):
    fatma.decides(MESAJ="ONAY")

    with app.app_context():
        at = clock.now()
        first = make.claim(at)
        db.session.commit()
        second = make.claim(at)
        db.session.commit()

    assert first is not None and second is None


def test_a_killed_forwarders_work_comes_back_when_its_lease_ends(app, fatma, sandbox, iys, rows):
    fatma.decides(MESAJ="ONAY")
    with app.app_context():
        killed = make.claim(clock.now())
        db.session.commit()

    make.forward_all(app, iys)
    meanwhile = len(sandbox.movements())
    forward_at(app, iys, clock.now() + claims.LEASE + timedelta(seconds=1))

    assert killed is not None and meanwhile == 0
    assert rows.one(Submission).outcome == Outcome.ACCEPTED


def test_a_late_answer_of_a_lost_lease_changes_nothing(app, fatma, rows):
    fatma.decides(MESAJ="ONAY")
    with app.app_context():
        late = make.claim(clock.now())
        db.session.commit()
        make.claim(clock.now() + claims.LEASE + timedelta(seconds=1))
        db.session.commit()

        kept = claims.end_lease(db.session, late, outcome=Outcome.PARKED, due_at=None)
        db.session.rollback()

    assert not kept


def test_a_newer_decision_at_iys_overtakes_ours(app, fatma, sandbox, iys, rows):
    fatma.decides(MESAJ="ONAY")
    citizen_refuses_later(sandbox, rows.one(Decision))

    make.forward_all(app, iys)

    assert rows.one(Submission).outcome == Outcome.OVERTAKEN
    assert rows.one(Consent).iys_status in ("ONAY", "RET")


def citizen_refuses_later(sandbox, decision):
    """Somebody else of the provider tells İYS a later decision of the same key (within what İYS's clock allows)."""
    import requests

    from portal.core import iys_protocol

    token = requests.post(
        f"{sandbox.url}/oauth2/token",
        json={"username": make.USERNAME, "password": make.PASSWORD, "grant_type": "password"}, timeout=5,
    ).json()["access_token"]  # fmt: skip
    with time_machine.travel(decision.consent_date + timedelta(minutes=1)):
        body = iys_protocol.freeze_payload(
            recipient=make.PHONE, channel=decision.channel, recipient_type=decision.recipient_type,
            status="ONAY", source="HS_CAGRI_MERKEZI", consent_date=decision.consent_date + timedelta(seconds=30),
        )  # fmt: skip
        answer = requests.post(
            sandbox.url + iys_protocol.add_path(make.IYS_CODE, make.BRAND_CODE), data=body,
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"}, timeout=5,
        )  # fmt: skip
    assert answer.status_code == 200, answer.text


def test_calls_keep_the_pace_over_all_processes(app, fatma, iys):
    from portal.services.iys import rate_limit

    with app.app_context():
        at = clock.now()
        slots = [rate_limit.take_slot(db.session, at, 8) for _ in range(9)]
        db.session.rollback()

    assert slots[8] - slots[0] == timedelta(seconds=1)


def test_an_iys_that_does_not_know_multi_status_gets_the_refusal_at_once(app, fatma, rows):
    from tests import servers

    seen = []

    def bare_iys(environ, start_response):
        seen.append(environ["PATH_INFO"])
        if environ["PATH_INFO"] == "/oauth2/token":
            start_response("200 OK", [("Content-Type", "application/json")])
            return [b'{"access_token":"t","expires_in":7200,"refresh_token":"r","refresh_expires_in":14400}']
        if environ["PATH_INFO"].startswith("/v2/"):
            start_response("400 Bad Request", [("Content-Type", "application/json")])
            return [b'{"errors":[{"code":"H175","message":"-"}]}']
        start_response("404 Not Found", [])
        return [b""]

    fatma.decides(MESAJ="RET")
    with servers.serving(bare_iys) as url:
        make.forward_all(app, Client(url))

    assert seen[-1].startswith("/v2/")
    assert rows.one(Submission).outcome == Outcome.NOT_NEEDED


def test_one_payload_that_cannot_be_opened_parks_and_the_others_go_on(app, browser, sandbox, iys, rows):
    codes = make.codes(app)
    for code in codes.values():
        Person(browser, code).decides(MESAJ="ONAY", EPOSTA="ONAY")
    with app.app_context():
        damaged = db.session.query(Submission).order_by(Submission.due_at).first()
        damaged.payload = damaged.payload[:-1] + bytes((damaged.payload[-1] ^ 1,))
        db.session.commit()

    make.forward_all(app, iys)

    assert sorted(outcomes(rows)) == [Outcome.ACCEPTED, Outcome.PARKED]


def test_tokens_that_are_refused_again_and_again_cost_two_calls_and_hold_the_brand(app, fatma, sandbox, iys, rows):
    sandbox.fault("add", "H351")
    fatma.decides(MESAJ="ONAY")

    for seconds in (0, 10, 20, 30, 40):
        forward_at(app, iys, clock.now() + timedelta(seconds=seconds))

    assert sandbox.ledger()["token_calls"] == 2
    assert (rows.one(Credential).blocked_code, rows.one(ForwardingHold).code) == (None, "H351")


def test_the_hourly_token_limit_is_everybodys(app, fatma, sandbox, iys, rows):
    with app.app_context():
        make.provider(iys_code=800001, brand_code=800001, email="cem@example.com")
    sandbox.fault("token", "429", count=1)
    fatma.decides(MESAJ="ONAY")
    make.forward_all(app, iys)

    with app.app_context(), pytest.raises(tokens.NoToken):
        tokens.access_token(
            iys, rows.one(Credential, Credential.provider_id != rows.one(Submission).provider_id).provider_id
        )

    assert sandbox.ledger()["token_calls"] == 1


def test_wrong_credentials_are_told_to_the_provider(app, fatma, sandbox, iys, rows):
    with app.app_context():
        db.session.query(Credential).one().username = "somebody else"
        db.session.commit()
    fatma.decides(MESAJ="ONAY")

    make.forward_all(app, iys)

    assert rows.one(Credential).blocked_code == "invalid_request"
    assert rows.one(Submission).outcome == Outcome.WAITING


def test_a_used_up_quota_stops_grants_and_lets_refusals_pass(app, browser, sandbox, iys, rows):
    codes = make.codes(app)
    phone, email = Person(browser, codes[make.PHONE]), Person(browser, codes[make.EMAIL])
    later = in_turn(phone, "ONAY")
    forward_at(app, iys, later)
    sandbox.fault("add", "H525", count=1)
    with time_machine.travel(later + timedelta(seconds=2)):
        email.decides(EPOSTA="ONAY")
        make.forward_all(app, iys)
        phone.decides(MESAJ="RET")
        make.forward_all(app, iys)

    assert [m["status"] for m in sandbox.movements()] == ["ONAY", "RET"]
    assert rows.one(Submission, Submission.code == "H525").outcome == Outcome.BLOCKED


def test_a_code_of_any_length_is_kept_short(app, fatma, rows):
    from tests import servers

    def proxy(environ, start_response):
        start_response("400 Bad Request", [("Content-Type", "application/json")])
        return [b'{"error":"temporarily_unavailable_because_of_everything","error_description":"-"}']

    fatma.decides(MESAJ="ONAY")
    with servers.serving(proxy) as url:
        make.forward_all(app, Client(url))

    assert rows.one(Credential).blocked_code == "temporarily_unavaila"


def test_iys_that_holds_the_same_grant_needs_no_other(app, fatma, sandbox, iys, rows):
    fatma.decides(MESAJ="ONAY")
    make.forward_all(app, iys)
    sandbox.fault("add", "H174", count=1)
    with time_machine.travel(clock.now() + timedelta(seconds=3)):
        fatma.decides(MESAJ="ONAY")
        make.forward_all(app, iys)

    assert outcomes(rows) == [Outcome.ACCEPTED, Outcome.NOT_NEEDED]


def test_a_grant_that_moved_into_a_list_since_it_was_seen_is_not_sent_by_itself(app, fatma):
    fatma.decides(MESAJ="ONAY")
    with app.app_context():
        seen = db.session.scalar(select(Submission.id))
        db.session.execute(update(Submission).values(lane=Lane.BULK))
        db.session.commit()

        taken = claims.lease_submissions(db.session, [seen], clock.now())
        db.session.rollback()

    assert taken == []


def test_a_refusal_does_not_wait_for_a_grant_that_the_quota_holds(app, fatma, sandbox, iys):
    sandbox.acts(make.PHONE, "MESAJ", "ONAY", at=clock.now() - timedelta(hours=1))
    with app.app_context():
        make.hold("H525", until=clock.now() + timedelta(minutes=10))
    later = in_turn(fatma, "ONAY", "RET")

    forward_at(app, iys, later)

    assert [movement["status"] for movement in sandbox.movements()] == ["ONAY", "RET"]
