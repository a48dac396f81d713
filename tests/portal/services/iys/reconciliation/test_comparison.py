"""A day's file beside our own movements, row by row."""

from collections import Counter
from datetime import timedelta

import pytest

from portal.core import clock
from portal.core.extensions import db, read_session, vault
from portal.core.models import (
    Consent,
    DayState,
    Decision,
    DecisionOrigin,
    Difference,
    DifferenceKind,
    Movement,
    Outcome,
    ReconciledDay,
    Settlement,
    Submission,
)
from portal.domain.consents import difference_resolution
from portal.services.iys.reconciliation import comparison, day_file, schedule
from tests import make
from tests.portal.domain.consents.iys_movements import AN_HOUR, MovementReceiver, row
from tests.portal.services.iys.reconciliation.story import AYSEGUL, DAY, the_day

pytestmark = [pytest.mark.slow, pytest.mark.alike]


def find(story, rows, *falsified) -> list[comparison.FoundDifference]:
    """Compare İYS's ledger of the day with ours; each `falsified` changes the rows as a file would show them."""
    movements = [{name: row[name] for name in day_file.COLUMNS} for row in story.sandbox.movements()]
    for falsify in falsified:
        movements = falsify(movements)
    body = "\n".join([",".join(day_file.COLUMNS), *(",".join(row.values()) for row in movements), ""]).encode()
    submission = rows(Submission)[0]
    with story.app.app_context():
        brand_day = schedule.BrandDay(submission.provider_id, make.brand().id, DAY)
        chunks = comparison.compare_day(
            read_session(), vault(), brand_day, day_file.read_lines(body), set(), clock.now()
        )
        return [found for chunk in chunks for found in chunk.found]


def take_theirs(story, difference_id: int) -> None:
    with story.app.app_context():
        found = db.session.get(Difference, difference_id)
        difference_resolution.settle(db.session, vault(), found, Settlement.TAKE_THEIRS, user_id=1, at=clock.now())
        db.session.commit()
    story.steps()


def added(row, changes):
    return lambda movements: movements + [row | each for each in changes]


def changed(**fields):
    return lambda movements: [movements[0] | fields, *movements[1:]]


def test_what_is_the_same_makes_no_difference(story, rows):
    story.decides_at_noon(MESAJ="ONAY")
    story.decides_at_noon(make.EMAIL, EPOSTA="ONAY")

    assert find(story, rows) == []


OTHERWISE = (
    ("status", "RET"), ("status", "BEKLIYOR"), ("type", "ARAMA"), ("recipientType", "TACIR"), ("source", "HS_ATM"),
    ("consentDate", "2026-11-23 11:59:59"), ("consentDate", ""), ("creationDate", "2026-11-23 12:00:09"),
)  # fmt: skip


def test_every_field_is_compared(story, rows):
    story.decides_at_noon(MESAJ="ONAY")

    for field, value in OTHERWISE:
        (found,) = find(story, rows, changed(**{field: value}))
        assert found.kind == DifferenceKind.ALTERED, field
        assert set(found.facts) == {"transactionId", field}
        assert found.facts[field][1] == value


def test_another_address_is_a_difference_without_naming_either(story, rows):
    story.decides_at_noon(MESAJ="ONAY")

    (found,) = find(story, rows, changed(recipient=AYSEGUL))
    assert found.facts["recipient"] == [None, None]
    assert "5321234567" not in repr(found) and "5339876543" not in repr(found)


def test_an_address_in_capitals_is_the_same_address(story, rows):
    story.decides_at_noon(make.EMAIL, EPOSTA="ONAY")

    assert find(story, rows, changed(recipient=make.EMAIL.upper())) == []


def test_one_row_twice_is_one_too_many(story, rows):
    story.decides_at_noon(MESAJ="ONAY")

    (found,) = find(story, rows, lambda movements: movements * 2)
    assert found.kind == DifferenceKind.ONLY_AT_IYS


def test_a_row_that_comes_again_much_later_is_one_too_many(story, rows):
    story.decides_at_noon(MESAJ="ONAY")

    found = find(story, rows, lambda movements: movements + strangers_rows(comparison.CHUNK) + movements)
    assert Counter(each.kind for each in found) == {DifferenceKind.ONLY_AT_IYS: comparison.CHUNK + 1}


def strangers_rows(count):
    row = dict.fromkeys(day_file.COLUMNS, "") | {"recipient": AYSEGUL}
    return [row | {"transactionId": f"a-{number}"} for number in range(count)]


@pytest.mark.parametrize("second", [{}, {"consentDate": "2026-11-23 11:00:00"}], ids=["same", "altered"])
@pytest.mark.parametrize("answer", ["heard", "lost"])
def test_a_day_with_a_second_row_of_one_submission_waits_for_a_person(story, rows, second, answer):
    if answer == "lost":
        story.sandbox.fault("add", "reset-after-apply", count=1)
    story.decides_at_noon(MESAJ="ONAY")
    (held,) = story.sandbox.movements()
    row = {name: held[name] for name in day_file.COLUMNS} | second
    story.sandbox.tamper(brandCode=make.BRAND_CODE, day=str(DAY), add=row)
    story.night_falls()
    story.steps()

    assert rows.one(Submission).outcome == Outcome.VERIFIED
    assert rows.one(Difference).kind == DifferenceKind.ONLY_AT_IYS
    assert (the_day(rows).state, the_day(rows).agreed_at) == (DayState.DIFFERENT, None)


def test_a_file_in_any_order_is_compared_alike(story, rows):
    story.decides_at_noon(MESAJ="ONAY")
    story.decides_at_noon(AYSEGUL, MESAJ="ONAY")

    assert find(story, rows, lambda movements: movements[::-1]) == []


def test_what_a_person_did_at_iys_agrees_once_it_was_pulled(story, rows):
    story.decides_at_noon(MESAJ="ONAY")
    story.sandbox.acts(make.PHONE, "MESAJ", "RET")
    assert [each.kind for each in find(story, rows)] == [DifferenceKind.ONLY_AT_IYS]

    story.hours_pass(2)
    story.pulls()
    assert find(story, rows) == []


def test_a_movement_that_was_pulled_but_is_not_in_the_file_is_only_here(story, rows):
    story.decides_at_noon(MESAJ="ONAY")
    story.sandbox.acts(make.PHONE, "MESAJ", "RET")
    story.hours_pass(2)
    story.pulls()

    (found,) = find(story, rows, lambda movements: movements[:1])
    assert (found.kind, found.facts["source"]) == (DifferenceKind.ONLY_HERE, ["IYS_WEB", None])
    assert found.ours.submission_id is None


@pytest.mark.parametrize("earlier", [3, 20], ids=["of the day", "of the day before"])
def test_a_later_refusal_under_an_earlier_ones_name_agrees_by_its_own_row(story, rows, earlier):
    story.decides_at_noon(AYSEGUL, MESAJ="ONAY")
    name = {"transactionId": "7" * 64}
    told = [row(status, ago=hours * AN_HOUR, **its) for status, hours, its in (
        ("RET", earlier, name), ("ONAY", 2, {}), ("RET", 1, name),
    )]  # fmt: skip
    for each in told:
        MovementReceiver(story.app).receives(each)
    of_day = [{column: each[column] for column in day_file.COLUMNS} for each in told[earlier == 20 :]]

    assert find(story, rows, lambda movements: movements + of_day) == []
    if earlier == 20:
        (found,) = find(story, rows, lambda movements: movements + of_day[:1])
        assert (found.kind, found.facts["transactionId"]) == (DifferenceKind.ONLY_HERE, ["7" * 64, None])


@pytest.mark.parametrize("whose", ["theirs", "ours"])
def test_a_later_refusal_under_a_used_name_that_only_the_file_tells_stops_what_is_sent(story, rows, whose):
    """Theirs is of the day before, whose file has its row; of ours the file has the later one in its place."""
    if whose == "theirs":
        told = [row("RET", ago=20 * AN_HOUR, transactionId="7" * 64), row("ONAY", ago=2 * AN_HOUR)]
        MovementReceiver(story.app).receives(*told)
        later = row("RET", transactionId="7" * 64)
        for each in (told[1], later):
            story.sandbox.tamper(brandCode=make.BRAND_CODE, day=str(DAY), add=each)
        story.decides_at_noon(AYSEGUL, MESAJ="ONAY")
    else:
        story.decides_at_noon(MESAJ="ONAY")
        for choice in ("RET", "ONAY"):
            story.hours_pass(1)
            story.decides_at_noon(MESAJ=choice)
        later = row("RET", ago=-AN_HOUR)
        dates = {name: later[name] for name in ("creationDate", "consentDate")}
        story.sandbox.tamper(transactionId=story.transaction_of("RET"), alter=dates)
    story.night_falls()
    story.pulls()
    story.steps()

    found = {each.kind: each for each in rows(Difference)}
    assert set(found) == {DifferenceKind.ONLY_AT_IYS, *([] if whose == "theirs" else [DifferenceKind.ONLY_HERE])}
    assert found[DifferenceKind.ONLY_AT_IYS].facts["creationDate"] == [None, later["creationDate"]]
    its = Consent.id == found[DifferenceKind.ONLY_AT_IYS].consent_id
    assert (rows.one(Consent, its).status, rows.one(Consent, its).iys_status) == ("ONAY", "RET")

    take_theirs(story, found[DifferenceKind.ONLY_AT_IYS].id)
    assert rows.one(Consent, its).status == "RET"
    assert whose == "ours" or the_day(rows).state == DayState.AGREED


def test_a_refusal_is_compared_with_the_very_act_alone(story, rows, monkeypatch):
    story.decides_at_noon(AYSEGUL, MESAJ="ONAY")
    told = row("RET", transactionId="7" * 64)
    MovementReceiver(story.app).receives(told)
    listed = {column: told[column] for column in day_file.COLUMNS}
    later = dict.fromkeys(("creationDate", "consentDate"), f"{DAY} 11:30:00")
    for of_file, kind, differing in (
        ([later, {}], DifferenceKind.ONLY_AT_IYS, None),
        ([{"type": "ARAMA"}, {}], DifferenceKind.ONLY_AT_IYS, None),
        ([{"recipient": AYSEGUL}, {}], DifferenceKind.ONLY_AT_IYS, None),
        ([{"status": "ONAY"}, {}], DifferenceKind.ONLY_AT_IYS, None),
        ([{"source": "IYS_CM"}], DifferenceKind.ALTERED, {"transactionId", "source"}),
        ([{"consentDate": ""}], DifferenceKind.ALTERED, {"transactionId", "consentDate"}),
        ([{"type": "mesaj", "status": "ret"}], DifferenceKind.ALTERED, {"transactionId", "type", "status"}),
    ):
        (found,) = find(story, rows, added(listed, of_file))
        assert (found.kind, differing and set(found.facts)) == (kind, differing), of_file

    monkeypatch.setattr(comparison, "CHUNK", 1)
    (found,) = find(story, rows, added(listed, [later, {}]))
    assert found.kind == DifferenceKind.ONLY_AT_IYS


def test_a_day_waits_for_the_feeds_so_that_what_is_on_its_way_is_no_difference(story, rows):
    story.decides_at_noon(MESAJ="ONAY")
    story.hours_pass(2)
    story.pulls()
    story.sandbox.acts(make.PHONE, "MESAJ", "RET")
    story.night_falls()
    story.steps()
    assert (the_day(rows).state, the_day(rows).code) == (DayState.WAITING, "feeds_behind")

    story.pulls()
    story.hours_pass(1)
    story.steps()
    assert (the_day(rows).state, rows(Difference)) == (DayState.AGREED, [])


def test_a_day_does_not_wait_for_feeds_beyond_its_last_chance(story, rows):
    story.decides_at_noon(MESAJ="ONAY")
    story.hours_pass(2)
    story.pulls()
    story.sandbox.acts(make.PHONE, "MESAJ", "RET")
    story.night_falls(nights=7)
    story.steps()

    assert the_day(rows).state == DayState.DIFFERENT


def test_a_row_of_our_submission_is_verified_although_its_answer_was_lost(story, rows):
    story.sandbox.fault("add", "reset-after-apply")
    story.decides_at_noon(MESAJ="ONAY")
    assert rows.one(Submission).outcome == Outcome.SENT
    story.night_falls()
    story.steps()

    submission, movement = rows.one(Submission), rows.one(Movement)
    assert (submission.outcome, submission.transaction_id) == (Outcome.VERIFIED, movement.transaction_id)
    assert rows(Decision, Decision.origin == DecisionOrigin.OTHER_SENDER) == rows(Difference) == []
    assert the_day(rows).state == DayState.AGREED


def test_a_day_that_iys_has_no_file_of_although_we_sent_is_different_after_some_patience(story, rows):
    story.decides_at_noon(MESAJ="ONAY")
    story.sandbox.tamper(transactionId=story.transaction_of("ONAY"), drop=True)
    story.night_falls()
    story.steps()
    assert (the_day(rows).state, the_day(rows).code) == (DayState.WAITING, "no_file")

    for _ in range(3):
        story.hours_pass(1)
        story.steps()
    assert the_day(rows).state == DayState.DIFFERENT
    assert rows.one(Difference).kind == DifferenceKind.ONLY_HERE


def test_a_brand_has_days_of_its_own(story, rows):
    story.decides_at_noon(MESAJ="ONAY")
    with story.app.app_context():
        make.provider(700002, 700002, "cem@example.com")
        db.session.rollback()
    story.sandbox.add_account("cem", make.PASSWORD, 700002, [700002])
    story.night_falls()
    story.steps()

    days = rows(ReconciledDay, ReconciledDay.day == DAY)
    assert len({day.brand_id for day in days}) == 2
    assert timedelta(0) == days[0].day - days[1].day


def test_a_row_that_was_taken_over_is_no_difference_any_more(story, rows):
    story.decides_at_noon(MESAJ="ONAY")
    story.sandbox.tamper(transactionId=story.transaction_of("ONAY"), alter={"status": "RET"})
    story.night_falls()
    story.steps()
    take_theirs(story, rows.one(Difference).id)

    assert len(rows(Difference)) == 1
    assert (rows.one(Consent, Consent.channel == "MESAJ").status, the_day(rows).state) == ("RET", DayState.AGREED)
