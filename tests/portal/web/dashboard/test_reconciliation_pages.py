"""The days of a brand on the dashboard: its calendar, a day with its proof, and what is done about a difference."""

import hashlib

import pytest

from portal.core import clock
from portal.core.extensions import db, limiter, vault
from portal.core.models import (
    Attempt,
    AuditEntry,
    Consent,
    DayState,
    Decision,
    DecisionOrigin,
    Difference,
    DifferenceKind,
    Outcome,
    ReconciledDay,
    Settlement,
    Submission,
)
from portal.domain.consents import difference_resolution
from portal.services.iys import reconciliation
from tests import make
from tests.portal.services.iys.reconciliation.conftest import story  # noqa: F401 - a fixture
from tests.portal.services.iys.reconciliation.story import AYSEGUL, DAY, connect_on, the_day
from tests.portal.services.iys.reconciliation.test_day_reconciliation import a_day_with_three_differences, at_iys
from tests.portal.web.dashboard.staff import StaffBrowser, skip_sign_in

pytestmark = [pytest.mark.slow, pytest.mark.alike]

STRANGER = "+905441112233"  # In İYS's file, unknown here.


class Ayse(StaffBrowser):
    """Ayşe, who signs in anew when her session has ended in a night."""

    def opens(self, path: str):
        self._comes_back()
        return super().opens(path)

    def posts(self, path: str, data: dict | None = None):
        self._comes_back()
        return super().posts(path, data)

    def _comes_back(self) -> None:
        if self.browser.get("/dashboard/day/0").status_code == 302:
            skip_sign_in(self.browser)


@pytest.fixture
def ayse(app, story):  # noqa: F811
    connect_on(app, clock.now())
    return Ayse(app.test_client())


@pytest.fixture
def different(story, ayse):  # noqa: F811
    """A Monday with one row altered, one missing and one too many."""
    a_day_with_three_differences(story)
    story.steps()
    return story


def difference(rows, kind: DifferenceKind) -> Difference:
    return rows.one(Difference, Difference.kind == kind)


def settles(ayse, rows, kind: DifferenceKind, origin: str, **more):
    address = f"/dashboard/differences/{difference(rows, kind).id}/settlement"
    return ayse.posts(address, {"settlement": origin, **more})


def test_three_differences_are_found_shown_and_settled_and_the_confirmed_hash_is_the_files(different, ayse, rows):
    page = ayse.opens(f"/dashboard/day/{the_day(rows).id}").text
    for words in ("İYS&#39;de farklı", "Yalnız bizde var", "Yalnız İYS&#39;de var", "3 fark çözülmeyi bekliyor"):
        assert words in page
    assert STRANGER not in page and make.PHONE not in page and "+90 5•• ••• •• 33" in page

    settles(ayse, rows, DifferenceKind.ONLY_AT_IYS, "take_theirs")
    settles(ayse, rows, DifferenceKind.ONLY_HERE, "send_again")
    settles(ayse, rows, DifferenceKind.ALTERED, "explained", explanation="İYS tarihi sonradan düzeltti.")
    different.forwards()
    different.steps()

    day = the_day(rows)
    file = at_iys(different, f"changes/{DAY}/file").content
    assert day.state == DayState.AGREED
    assert day.file_hash == hashlib.sha384(file).hexdigest()
    assert at_iys(different, f"agreements/{DAY}").json() == {
        "processStatus": "completed", "hashValue": day.file_hash, "hashMethod": "SHA-384", "agreementStatus": True,
    }  # fmt: skip
    entries = rows(AuditEntry, AuditEntry.act == "difference.settled")
    assert [each.facts["settlement"] for each in entries] == ["take_theirs", "send_again", "explained"]
    assert {each.actor for each in entries} == {"user"}


def test_a_page_past_the_end_still_shows_what_waits(different, ayse, rows):
    for path in ("/dashboard/differences", f"/dashboard/day/{the_day(rows).id}"):
        for number in ("2", "-1", "9" * 30, "x"):
            assert ayse.opens(f"{path}?page={number}").text.count("Farka bak") == 3, (path, number)


def test_nothing_is_confirmed_while_one_difference_waits(different, ayse, rows):
    settles(ayse, rows, DifferenceKind.ONLY_AT_IYS, "take_theirs")
    settles(ayse, rows, DifferenceKind.ONLY_HERE, "send_again")
    ayse.posts(f"/dashboard/day/{the_day(rows).id}/comparison")
    different.steps()

    assert the_day(rows).state == DayState.DIFFERENT
    assert at_iys(different, f"agreements/{DAY}").json()["agreementStatus"] is False
    assert "1 fark çözülmeyi bekliyor" in ayse.opens(f"/dashboard/day/{the_day(rows).id}").text


def test_taking_iyss_word_makes_it_a_decision_of_another_sender(different, ayse, rows):
    settles(ayse, rows, DifferenceKind.ONLY_AT_IYS, "take_theirs")

    decision = rows.one(Decision, Decision.origin == DecisionOrigin.OTHER_SENDER)
    assert (decision.status, decision.source) == ("ONAY", "HS_ATM")
    assert rows.count(Submission) == 3, "what İYS told is not told back"


def test_sending_again_sends_the_same_bytes(different, ayse, rows):
    missing = difference(rows, DifferenceKind.ONLY_HERE).submission_id
    before = rows.one(Submission, Submission.id == missing)
    settles(ayse, rows, DifferenceKind.ONLY_HERE, "send_again")
    assert rows.one(Submission, Submission.id == missing).outcome == Outcome.WAITING
    different.forwards()

    after = rows.one(Submission, Submission.id == missing)
    assert (after.payload, after.outcome) == (before.payload, Outcome.ACCEPTED)
    assert after.transaction_id == before.transaction_id
    assert len(rows(Attempt, Attempt.submission_id == missing)) == 2


def test_a_grant_that_is_too_old_is_not_sent_again_and_the_page_says_why(different, ayse, rows):
    different.night_falls(nights=5)  # Saturday: the third business day was Thursday.
    address = f"/dashboard/differences/{difference(rows, DifferenceKind.ONLY_HERE).id}"
    assert "Üç iş günü geçti" in ayse.opens(address).text

    answer = settles(ayse, rows, DifferenceKind.ONLY_HERE, "send_again")
    assert answer.location == address
    assert "Üç iş günü geçti" in ayse.opens(address).text
    assert difference(rows, DifferenceKind.ONLY_HERE).settled_at is None


def test_a_refusal_that_iys_tells_as_a_grant_is_said_anew(story, ayse, rows):  # noqa: F811
    story.decides_at_noon(MESAJ="ONAY")
    story.decides_at_noon(MESAJ="RET")
    story.sandbox.tamper(transactionId=story.transaction_of("RET"), alter={"status": "ONAY"})
    story.night_falls()
    story.steps()
    settles(ayse, rows, DifferenceKind.ALTERED, "send_again")

    renewed = rows.one(Decision, Decision.origin == DecisionOrigin.RENEWAL)
    head = rows.one(Consent, Consent.id == renewed.consent_id)
    assert (renewed.status, renewed.source, head.decision_id) == ("RET", "HS_KARAR", renewed.id)
    story.forwards()  # Only the file was wrong: İYS holds the refusal, and is asked before it is told.
    assert rows.one(Submission, Submission.decision_id == renewed.id).outcome == Outcome.NOT_NEEDED


def test_a_refusal_here_outlives_iyss_older_grant_that_is_taken(story, ayse, rows, may_send):  # noqa: F811
    story.decides_at_noon(MESAJ="ONAY")
    story.decides_at_noon(MESAJ="RET")
    story.sandbox.tamper(transactionId=story.transaction_of("RET"), alter={"status": "ONAY"})
    story.night_falls()
    story.steps()
    settles(ayse, rows, DifferenceKind.ALTERED, "take_theirs")

    head = rows.one(Consent, Consent.channel == "MESAJ")
    assert (head.status, may_send(head)) == ("RET", False)


def test_a_refusal_that_only_iys_tells_stops_messages_before_anybody_settles_it(story, ayse, rows, may_send):  # noqa: F811
    story.decides_at_noon(MESAJ="ONAY")
    story.sandbox.tamper(
        brandCode=make.BRAND_CODE, day=DAY.isoformat(),
        add={"recipient": make.PHONE, "status": "RET", "source": "IYS_WEB", "creationDate": f"{DAY} 18:00:00"},
    )  # fmt: skip
    story.night_falls()
    story.steps()

    head = rows.one(Consent, Consent.channel == "MESAJ")
    assert (head.status, head.iys_status, may_send(head)) == ("ONAY", "RET", False)
    settles(ayse, rows, DifferenceKind.ONLY_AT_IYS, "take_theirs")
    assert rows.one(Consent, Consent.channel == "MESAJ").status == "RET"


def test_an_explanation_needs_words(different, ayse, rows):
    answer = settles(ayse, rows, DifferenceKind.ALTERED, "explained", explanation=" ")

    assert answer.status_code == 422
    assert answer.text.count("Bu farkın neden sorun olmadığını yazın.") == 3, "a hint, what is missing, the summary"
    assert difference(rows, DifferenceKind.ALTERED).settled_at is None


def test_an_explanation_stands_with_who_gave_it(different, ayse, rows):
    settles(ayse, rows, DifferenceKind.ALTERED, "explained", explanation="Düzeltildi <b>bugün</b>.")
    page = ayse.opens(f"/dashboard/differences/{difference(rows, DifferenceKind.ALTERED).id}").text

    assert "Düzeltildi &lt;b&gt;bugün&lt;/b&gt;." in page and "Ayşe" in page
    assert "settlement" not in page


def test_what_is_settled_is_settled_once(different, ayse, rows):
    for origin in ("take_theirs", "explained"):
        settles(ayse, rows, DifferenceKind.ONLY_AT_IYS, origin, explanation="Biliyoruz.")

    assert difference(rows, DifferenceKind.ONLY_AT_IYS).settlement == "take_theirs"
    assert len(rows(AuditEntry, AuditEntry.act == "difference.settled")) == 1
    assert "zaten çözülmüş" in ayse.opens("/dashboard/differences").text


def test_a_way_that_is_not_open_settles_nothing(different, ayse, rows):
    for kind, origin in (
        (DifferenceKind.ONLY_HERE, "take_theirs"),
        (DifferenceKind.ONLY_AT_IYS, "send_again"),
        (DifferenceKind.ALTERED, "gone"),
        (DifferenceKind.ALTERED, ""),
    ):
        answer = settles(ayse, rows, kind, origin)

        assert answer.status_code in (303, 400), (kind, origin)
        assert difference(rows, kind).settled_at is None, (kind, origin)


def test_the_calendar_tells_each_day_and_how_long_is_left(different, ayse, rows):
    page = ayse.opens("/dashboard/days").text

    assert "Kasım 2026" in page and "Ekim 2026" not in page
    assert f'href="/dashboard/day/{the_day(rows).id}"' in page
    assert "7 gün kaldı" in page
    assert page.count("Fark var") >= 3  # In the table, in the legend, and on the day.
    assert ayse.opens(f"/dashboard/days/{the_day(rows).brand_id}").status_code == 200


def test_a_day_that_nobody_fetched_in_time_is_told_as_missed(story, ayse, rows):  # noqa: F811
    story.decides_at_noon(MESAJ="ONAY")
    story.night_falls(nights=9)
    story.steps()
    page = ayse.opens("/dashboard/days").text

    assert "Dosyası alınamadı: <strong>2 gün</strong>" in page
    assert "Hareket yok: <strong>7 gün</strong>" in page


def test_a_provider_without_days_is_told_what_will_come(ayse):
    page = ayse.opens("/dashboard/days").text

    assert "Bakmanız gereken bir gün yok" in page


def test_the_archived_file_and_its_stamp_can_be_taken_and_the_taking_is_noted(different, ayse, rows):
    day = the_day(rows)
    file = ayse.opens(f"/dashboard/day/{day.id}/file.csv")
    stamp = ayse.opens(f"/dashboard/day/{day.id}/timestamp.tsr")

    assert hashlib.sha384(file.data).hexdigest() == day.file_hash
    assert f"iys-{DAY}.csv" in file.headers["Content-Disposition"]
    assert stamp.data == day.timestamp
    assert rows.one(AuditEntry, AuditEntry.act == "day.file_taken").subject_id == day.id


ODD_COUNTS = {
    "no list": {"changeStats": "none"},
    "words in it": {"changeStats": ["none", None, {"consents": 7}, {"consents": ["none"]}]},
    "an odd total": {"changeStats": [{"type": {}, "consents": [{"source": [], "total": {"of": "all"}}]}]},
    "half a letter": {"changeStats": [{"type": "\ud83d", "consents": [{"source": "\ud83d", "total": 2}]}]},
}


def test_counts_that_are_not_as_documented_hide_no_day(app, different, ayse, rows):
    for name, odd in ODD_COUNTS.items():
        with app.app_context():
            db.session.execute(db.update(ReconciledDay).values(summary={"BIREYSEL": odd}))
            db.session.commit()

        assert ayse.opens(f"/dashboard/day/{the_day(rows).id}").status_code == 200, name


def test_a_day_without_file_offers_none(story, ayse, rows):  # noqa: F811
    story.night_falls()
    story.steps()
    day = the_day(rows)

    assert "İYS bu gün için hareket olmadığını söyledi" in ayse.opens(f"/dashboard/day/{day.id}").text
    for part in ("file.csv", "timestamp.tsr"):
        assert ayse.opens(f"/dashboard/day/{day.id}/{part}").status_code == 404


def test_a_confirmed_day_is_not_compared_again(story, ayse, rows):  # noqa: F811
    story.decides_at_noon(MESAJ="ONAY")
    story.night_falls()
    story.steps()
    day = the_day(rows)

    assert ayse.posts(f"/dashboard/day/{day.id}/comparison").status_code == 400
    assert the_day(rows).due_at is None


def test_files_are_taken_and_days_compared_only_so_often(different, ayse, rows, monkeypatch):
    day = the_day(rows).id
    ayse.opens("/dashboard/")
    monkeypatch.setattr(limiter, "enabled", True)
    limiter.reset()

    taken = [ayse.browser.get(f"/dashboard/day/{day}/file.csv").status_code for _ in range(31)]
    compared = [ayse.posts(f"/dashboard/day/{day}/comparison").status_code for _ in range(31)]

    assert taken == [200] * 30 + [429]
    assert compared == [303] * 30 + [429]


def test_two_people_settle_one_difference_once(app, different, rows):
    mine = difference(rows, DifferenceKind.ONLY_AT_IYS).id
    with app.app_context():
        first = db.session.get(Difference, mine)
        who = {"user_id": 1, "at": clock.now()}
        difference_resolution.settle(db.session, vault(), first, Settlement.TAKE_THEIRS, **who)
        db.session.commit()
        with pytest.raises(difference_resolution.AlreadySettled):
            difference_resolution.settle(db.session, vault(), first, Settlement.EXPLAINED, **who)
        db.session.rollback()


def test_what_is_settled_after_the_window_is_not_confirmed_but_shown_as_settled(different, ayse, rows):
    different.night_falls(nights=10)
    different.steps()
    for kind in (DifferenceKind.ONLY_AT_IYS, DifferenceKind.ONLY_HERE, DifferenceKind.ALTERED):
        settles(ayse, rows, kind, "explained", explanation="Geç fark edildi.")
    different.steps()

    assert (the_day(rows).state, the_day(rows).code) == (DayState.DIFFERENT, "H502")
    assert "Farklar çözüldü: <strong>1 gün</strong>" in ayse.opens("/dashboard/days").text


def test_a_day_looked_at_by_hand_does_not_wait_for_its_night(app, story, ayse, rows):  # noqa: F811
    story.decides_at_noon(AYSEGUL, MESAJ="ONAY")
    story.hours_pass(13)  # Past midnight, before three.
    with app.app_context():
        day_id = reconciliation.find_or_add_day(make.BRAND_CODE, DAY)
        reconciliation.reconcile_day(story.iys, day_id, waits_for_feeds=False)

    assert rows.one(ReconciledDay).state == DayState.AGREED


@pytest.fixture
def many(story, ayse):  # noqa: F811
    """A Monday on which three rows of İYS are unknown here, one of them added after the preview in its test."""
    story.decides_at_noon(MESAJ="ONAY")
    for number in range(3):
        added = {"recipient": f"+90544111223{number}", "source": "HS_ATM"}
        story.sandbox.tamper(brandCode=make.BRAND_CODE, day=DAY.isoformat(), add=added)
    story.sandbox.tamper(transactionId=story.transaction_of("ONAY"), drop=True)
    story.night_falls()
    story.steps()
    return story


def test_all_differences_of_a_kind_are_previewed_counted_and_settled_at_once(many, ayse, rows):
    day = the_day(rows).id
    chosen = {"kind": "only_at_iys", "settlement": "take_theirs", "day": str(day)}
    address = f"/dashboard/differences/bulk?kind=only_at_iys&settlement=take_theirs&day={day}"
    assert address.replace("&", "&amp;") in ayse.opens(f"/dashboard/day/{day}").text

    page = ayse.opens(address).text
    ids = [each.id for each in rows(Difference, Difference.kind == DifferenceKind.ONLY_AT_IYS)]
    assert "3 farkı çöz" in page and f'name="until" value="{max(ids)}"' in page
    ayse.posts("/dashboard/differences/bulk", chosen | {"until": str(sorted(ids)[1])})  # The third came afterwards.
    assert "1 farkı çöz" in ayse.opens(address).text
    ayse.posts("/dashboard/differences/bulk", chosen | {"until": str(max(ids))})

    assert len(rows(Decision, Decision.origin == DecisionOrigin.OTHER_SENDER)) == 3
    assert "Bu türden açık fark kalmadı" in ayse.opens(address).text
    entries = rows(AuditEntry, AuditEntry.act == "difference.settled")
    assert sorted(each.subject_id for each in entries) == sorted(ids)
    assert {(each.actor, each.facts["in_bulk"]) for each in entries} == {("user", True)}
    assert rows.one(Difference, Difference.kind == DifferenceKind.ONLY_HERE).settled_at is None


def test_in_bulk_nothing_is_settled_that_one_by_one_could_not_be(many, ayse, rows):
    address = "/dashboard/differences/bulk"
    assert "İzinlink iletmedi" in ayse.opens(f"{address}?kind=only_at_iys&settlement=send_again").text
    ayse.posts(address, {"kind": "only_at_iys", "settlement": "send_again", "until": "9" * 18})
    unexplained = ayse.posts(address, {"kind": "only_here", "settlement": "explained", "until": "9" * 18})
    odd = ayse.posts(address, {"kind": "only_here", "settlement": "gone", "until": "9" * 18})

    assert (unexplained.status_code, odd.status_code) == (422, 400)
    assert {each.settled_at for each in rows(Difference)} == {None}
    told = {"kind": "only_here", "settlement": "explained", "until": "9" * 18, "explanation": "İYS dosyayı düzeltti."}
    ayse.posts(address, told)
    assert rows.one(Difference, Difference.kind == DifferenceKind.ONLY_HERE).explanation == "İYS dosyayı düzeltti."
