"""What a file says of a key meets what is known of it: the newest wins, refusals always, and nothing is said twice."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import update

from portal.core import addresses, business_days, clock
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Channel, RecipientType, Source, Status
from portal.core.models import Consent, Decision, DecisionOrigin, Lane, Leaf, Outcome, Recipient, Submission
from portal.core.models.decision import leaf_digest
from portal.domain.consents import annulments, bulk_import, history, recipients
from tests import make
from tests.portal.domain.consents.import_entries import bring, entry, import_run

A, B, C, MAIL = "+905321000001", "+905321000002", "+905321000003", "elif@example.com"
LONG_AGO = timedelta(days=60)
RET = Status.REFUSED


@pytest.fixture
def brand(app):
    with app.app_context():
        yield make.brand()


def head_of(rows, **which) -> Consent:
    return rows.one(Consent, *(getattr(Consent, name) == value for name, value in which.items()))


def test_a_grant_of_somebody_new_is_written_whole(brand, rows):
    at = clock.now()

    assert bring(brand, entry(A, line=12), at=at, grants_due_at=at + timedelta(minutes=10)) == ["grant"]

    decision, told, head = rows.one(Decision), rows.one(Submission), rows.one(Consent)
    assert (decision.batch_id, decision.line, decision.origin) == (7, 12, DecisionOrigin.IMPORT)
    assert head.decision_id == decision.id and head.status == Status.GRANTED
    assert head.effective_at == head.consent_date == decision.consent_date
    assert (told.lane, told.outcome, told.batch_id) == (Lane.BULK, Outcome.WAITING, 7)
    assert told.due_at == at + timedelta(minutes=10) and told.endpoint.endswith("/consents/request")
    assert rows.one(Leaf).digest == leaf_digest(vars(decision), decision.salt)
    payload = json.loads(vault().open(told.payload, Submission.PLACE, told.provider_id, told.id))
    assert payload["recipient"] == A and payload["status"] == "ONAY"
    person = rows.one(Recipient)
    assert recipients.address_of(vault(), person) == A


def test_what_was_brought_before_is_known(brand, rows):
    entries = [entry(A), entry(B, RET), entry(C, date=clock.now() - LONG_AGO)]
    assert bring(brand, *entries) == ["grant", "first_refusal", "late_grant"]

    assert bring(brand, *entries) == ["known", "known", "known"]
    assert rows.count(Decision) == 3
    assert rows.count(Submission) == 2


@pytest.mark.parametrize("moment", ["closed_at", "reassigned_at"])
def test_a_grant_from_before_the_number_changed_hands_is_no_ones_now(brand, rows, moment):
    now = clock.now()
    bring(brand, entry(A, date=now - timedelta(hours=5)))
    db.session.execute(update(Recipient).values({moment: now - timedelta(hours=2)}))
    db.session.commit()

    calls = {"channel": Channel.CALL}
    earlier, later = entry(A, date=now - timedelta(hours=3), **calls), entry(A, date=now - timedelta(hours=1), **calls)
    assert bring(brand, earlier) == ["earlier_holder"]
    assert rows.one(Consent, Consent.channel == Channel.CALL).status is None
    assert rows.count(Submission) == 1 and rows.count(Decision) == 2
    assert bring(brand, earlier, later) == ["known", "grant"]


def test_the_newest_wins_and_older_facts_are_kept_only(brand, rows):
    now = clock.now()
    bring(brand, entry(A, date=now - timedelta(hours=5)), entry(B, RET, now - timedelta(hours=5)))

    effects = bring(
        brand,
        entry(A, RET, now - timedelta(hours=6)),
        entry(A, RET, now - timedelta(hours=4)),
        entry(B, date=now - timedelta(hours=6)),
        entry(B, date=now - timedelta(hours=4)),
    )

    assert effects == ["older", "refusal", "older", "grant"]
    assert rows.count(Submission) == 4 and rows.count(Decision) == 6
    assert [each.status for each in rows(Consent)] == [RET, Status.GRANTED]


def test_a_refusal_of_the_same_second_wins_and_is_dated_a_second_later(brand, rows):
    moment = clock.now().replace(microsecond=0) - timedelta(hours=2)
    bring(brand, entry(A, date=moment))

    assert bring(brand, entry(A, RET, moment)) == ["refusal"]
    assert rows.one(Consent).consent_date == moment + timedelta(seconds=1)
    assert bring(brand, entry(A, RET, moment), entry(A, date=moment)) == ["known", "known"]
    assert bring(brand, entry(A, date=moment + timedelta(seconds=1))) == ["older"]


def test_what_stands_already_is_the_same_unless_iys_does_not_hold_the_grant(brand, rows):
    now = clock.now()
    bring(brand, entry(A, date=now - timedelta(hours=5)), entry(B, RET, now - timedelta(hours=5)))

    again = [entry(A, date=now - timedelta(hours=2)), entry(B, RET, now - timedelta(hours=6))]
    assert bring(brand, *again) == ["same", "same"]

    parked = {"outcome": Outcome.PARKED, "due_at": None}
    db.session.query(Submission).update(parked)
    db.session.commit()
    assert bring(brand, *again) == ["grant", "same"]

    db.session.query(Submission).update(parked)
    db.session.query(Consent).update({"iys_status": "ONAY"})
    db.session.commit()
    assert bring(brand, entry(A, date=now - timedelta(hours=1))) == ["same"]


def test_a_newer_refusal_of_what_is_refused_is_told_and_the_same_line_again_is_not(brand, rows):
    now = clock.now()
    bring(brand, entry(A, RET, now - timedelta(hours=5)))
    newer, other_source = (
        entry(A, RET, now - timedelta(hours=2)),
        entry(A, RET, now - timedelta(hours=2), source=Source.WEB),
    )

    assert bring(brand, newer) == ["refusal"]
    assert bring(brand, newer, other_source, entry(A, RET, now - timedelta(hours=3))) == ["known", "same", "same"]
    assert rows.one(Consent).decision_id == rows(Decision)[-1].id
    assert [told.outcome for told in rows(Submission)] == [Outcome.WAITING, Outcome.WAITING]


def test_a_second_refusal_of_a_file_is_taken_back_to_the_persons_own(app, brand, browser, rows):
    db.session.commit()
    fatma = make.Person(browser, make.codes(app, A)[A])
    fatma.decides(MESAJ="RET")
    with time_machine.travel(clock.now() + timedelta(seconds=5)):
        assert bring(brand, entry(A, RET, clock.now())) == ["refusal"]
        _, imported = rows(Decision)
        annulments.annul_decisions(db.session, vault(), [imported.id], None, clock.now())
        db.session.commit()

    assert (rows.one(Consent).status, rows.one(Consent).decision_id) == (RET, rows(Decision)[0].id)


def test_a_grant_from_between_two_refusals_is_older(app, brand, browser, rows):
    """Whether the person refused twice, or two files said so: the second refusal is a decision like the first."""
    db.session.commit()
    fatma, now = make.Person(browser, make.codes(app, A)[A]), clock.now()
    for hours in (5, 1):
        with time_machine.travel(now - timedelta(hours=hours)):
            fatma.decides(MESAJ="RET")
    for ago in (timedelta(days=27), timedelta(hours=1)):
        bring(brand, entry(B, RET, now - ago))

    grants = [entry(each, date=now - timedelta(hours=3)) for each in (A, B)]
    assert bring(brand, *grants) == ["older", "older"]
    assert {each.status for each in rows(Consent, Consent.channel == Channel.SMS)} == {RET}


def test_a_refusal_withdraws_what_iys_may_hold_and_is_only_kept_where_nobody_granted(brand, rows):
    old = clock.now() - LONG_AGO
    bring(brand, entry(A), entry(B, date=old))
    assert bring(brand, entry(A, RET, clock.now()), entry(B, RET, old + timedelta(days=1)), entry(C, RET, old)) == [
        "refusal", "first_refusal", "first_refusal",
    ]  # fmt: skip

    assert bring(brand, entry(MAIL, date=old, channel=Channel.EMAIL)) == ["late_grant"]
    db.session.query(Consent).update({"iys_status": "ONAY"})
    db.session.commit()
    assert bring(brand, entry(MAIL, RET, old, channel=Channel.EMAIL)) == ["old_refusal"]
    told = rows(Submission)[-1]
    assert told.lenient_deadline > clock.now() and told.lane == Lane.REFUSALS


def test_merchants_and_the_grants_from_before_2015_are_always_sent(brand, rows):
    old = clock.now() - LONG_AGO
    merchant = entry(A, date=old, recipient_type=RecipientType.MERCHANT)
    before = entry(B, date=clock.istanbul(clock.now()).replace(2015, 5, 1, 0, 0, 0), source=Source.BEFORE_2015)

    assert bring(brand, merchant, before) == ["late_merchant", "grant"]
    assert all(each.lenient_deadline > clock.now() + timedelta(days=365) for each in rows(Submission))


def test_what_has_a_last_minute_carries_that_of_its_date(brand, rows):
    now = clock.now()
    yesterday = (now - timedelta(days=1)).replace(microsecond=0)
    bring(brand, entry(A, date=yesterday), entry(B, date=yesterday, recipient_type=RecipientType.MERCHANT), at=now)

    individual, merchant = rows(Submission)
    assert individual.safe_deadline == business_days.safe_deadline(yesterday)
    assert individual.lenient_deadline == business_days.lenient_deadline(yesterday)
    assert merchant.safe_deadline == business_days.safe_deadline(now)


@pytest.mark.parametrize(("left", "waits"), [(timedelta(minutes=59), False), (timedelta(hours=1), True)])
def test_a_grant_whose_last_minute_comes_soon_after_the_wait_is_told_at_once(brand, rows, left, waits):
    at = clock.now()
    said = (at - timedelta(hours=2)).replace(microsecond=0)
    wait_ends = business_days.lenient_deadline(said) - left

    bring(brand, entry(A, date=said), at=at, grants_due_at=wait_ends)

    assert rows.one(Submission).due_at == (wait_ends if waits else at)


def test_a_grant_goes_with_the_lists_of_its_brand_and_a_refusal_by_itself(app, rows):
    with app.app_context():
        make.provider(iys_code=700002, brand_code=700003)
        bring(make.brand(), entry(A), entry(B, RET))

    consents = "/v2/sps/700002/brands/700003/consents"
    assert [each.endpoint for each in rows(Submission)] == [f"{consents}/request", consents]


def test_a_refusal_that_is_taken_back_leaves_the_consent_on_the_grant_before_it(brand, rows):
    now = clock.now()
    bring(brand, entry(A, date=now - timedelta(hours=5)), entry(A, RET, now - timedelta(hours=3)))
    granted, refused = rows(Decision)

    assert annulments.annul_decisions(db.session, vault(), [refused.id], None, now) == [refused.id]
    db.session.commit()

    consent = rows.one(Consent)
    assert (consent.decision_id, consent.status) == (granted.id, Status.GRANTED)
    assert consent.consent_date == consent.effective_at == granted.consent_date
    assert [each.outcome for each in rows(Submission)] == [Outcome.WAITING, Outcome.ANNULLED]


def test_a_grant_that_came_too_late_does_not_stand_where_a_refusal_is_taken_back(brand, rows):
    bring(brand, entry(A, date=clock.now() - LONG_AGO), entry(A, RET))
    _, refused = rows(Decision)

    annulments.annul_decisions(db.session, vault(), [refused.id], None, clock.now())
    db.session.commit()

    consent = rows.one(Consent)
    assert (consent.decision_id, consent.status, consent.effective_at) == (None, None, None)


def test_a_refusal_applies_to_every_type_that_is_held(brand, rows):
    now = clock.now()
    both = [entry(A, date=now - timedelta(hours=3), recipient_type=each) for each in RecipientType]
    bring(brand, *both)

    assert bring(brand, entry(A, RET, now - timedelta(hours=1))) == ["refusal"]
    assert [each.status for each in rows(Consent)] == [RET, RET]
    assert [each.batch_id for each in rows(Decision)] == [7] * 4  # Taken back together;
    assert [each.batch_id for each in rows(Submission)] == [7] * 3 + [None]  # but one entry of the file.
    late = entry(B, RET, now - timedelta(hours=1)), entry(B, date=now - timedelta(hours=2), recipient_type="TACIR")
    assert bring(brand, *reversed(late)) == ["grant", "first_refusal"]
    assert all(each.status == RET for each in rows(Consent))
    older = entry(C, RET, now), entry(C, date=now - timedelta(hours=2), recipient_type=RecipientType.MERCHANT)
    bring(brand, older[0])
    assert bring(brand, older[1]) == ["older"]


@pytest.mark.parametrize("kind", RecipientType)
def test_a_merchants_grant_without_a_date_is_older_than_any_refusal(brand, rows, kind):
    at = clock.now()
    undated = replace(entry(A, date=at, recipient_type=RecipientType.MERCHANT), is_dated=False)
    assert bring(brand, undated, at=at) == ["grant"]

    refusal = entry(A, RET, at - timedelta(hours=20), recipient_type=kind)
    bring(brand, refusal, at=at)

    merchant = rows.one(Consent, Consent.recipient_type == RecipientType.MERCHANT)
    told = rows(Submission, Submission.consent_id == merchant.id)[-1]
    assert (merchant.status, told.status) == (RET, RET)
    assert told.consent_date > undated.consent_date, "or İYS would not take it (H178)"
    assert bring(brand, undated, refusal)[0] == "known" and merchant.status == RET


def test_several_lines_of_one_key_count_by_their_dates(brand, rows):
    now = clock.now().replace(microsecond=0)
    three = [entry(A, RET, now - timedelta(hours=1), line=1), entry(A, date=now - timedelta(hours=3), line=2)]
    three.append(entry(A, date=now - timedelta(minutes=10), line=3))

    assert bring(brand, *three) == ["refusal", "grant", "grant"]
    assert [each.line for each in rows(Decision)] == [2, 1, 3]
    assert rows.one(Consent).status == Status.GRANTED


def test_what_is_read_before_the_locks_is_planned_anew_where_somebody_decided_meanwhile(app, brand, rows):
    """As a person does between the worker's look and its transaction."""
    from portal.core.extensions import read_session

    entries = [entry(A), entry(B)]
    run = import_run()
    ready = bulk_import.prepare_import(read_session(), vault(), brand, entries, run)
    bring(brand, entry(A, RET, clock.now()))

    effects = bulk_import.apply_import(db.session, vault(), brand, entries, run, ready).effects
    db.session.commit()

    assert [effect.value for effect in effects] == ["older", "grant"]
    assert [each.status for each in rows(Consent)] == [RET, Status.GRANTED]
    assert rows.count(Recipient) == 2


def test_refusals_are_told_in_blocks_or_with_room_between_them(brand, rows):
    now = clock.now()
    many = [f"+90532200{number:04}" for number in range(8)]
    bring(brand, *[entry(text, date=now - timedelta(hours=2)) for text in many[:4]])
    db.session.query(Consent).update({"iys_status": "ONAY"})
    db.session.commit()

    bring(brand, *[entry(text, RET, now) for text in many], at=now)

    due = [each.due_at - now for each in rows(Submission, Submission.status == RET)]
    assert sorted(due) == [timedelta(0)] * 5 + [timedelta(milliseconds=250 * step) for step in (1, 2, 3)]


def test_a_provider_that_need_tell_nobody_is_brought_all_the_same(app, rows):
    from portal.core.models import Provider
    from portal.domain.providers import sandbox_mode

    with app.app_context():
        brand = make.brand()
        db.session.query(Provider).update({"iys_code": sandbox_mode.EXEMPT_CODES.start})
        db.session.commit()
        assert bring(brand, entry(A), entry(B, RET)) == ["grant", "first_refusal"]
        assert bring(brand, entry(A, date=clock.now())) == ["same"]
    assert all(each.outcome == Outcome.NOT_NEEDED and each.due_at is None for each in rows(Submission))


def test_history_tells_what_a_file_said(brand, rows):
    bring(brand, entry(A), entry(A, RET, clock.now()))
    known = recipients.find(db.session, vault(), brand.provider_id, addresses.parse(A))

    told = history.list_decisions(db.session, known.id, clock.now())

    assert [each.status for each in told] == [RET, Status.GRANTED]
