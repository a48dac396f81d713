"""Grants count while İYS has told everything: to the last page, and after a long gap by a sweep of all consents."""

import json
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from sqlalchemy import select, update

from portal.core import clock
from portal.core.extensions import db, read_session, vault
from portal.core.iys_protocol import Channel, RecipientType
from portal.core.models import (
    Brand,
    Connection,
    Consent,
    Difference,
    Feed,
    FeedSource,
    ForwardingHold,
    ReceivedVia,
    Recipient,
    Sweep,
)
from portal.domain.consents import may_send, recipients
from portal.domain.consents.brand_lapses import list_lapses
from portal.domain.consents.pull_lapses import lapsed_pulls
from portal.domain.consents.reconciliation_lapses import lapsed_reconciliations
from portal.services import exports
from portal.services.exports import ExportFilter, ExportKind
from portal.services.iys.client import Client, IysAnswer
from portal.services.iys.inflow import sweeps
from portal.services.iys.reconciliation import schedule
from tests import make
from tests.grants import insert_decisions, phones
from tests.portal.domain.consents.iys_movements import MovementReceiver, row
from tests.portal.services.iys.forwarding.partly_failing import says
from tests.portal.services.iys.forwarding.scripted import TOKEN

pytestmark = pytest.mark.slow

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
PEOPLE = update(Feed).where(Feed.source == FeedSource.PEOPLE)  # The other feed is told all in time.
PAGES = 3
REFUSER, GRANTER = phones(2)
UNKNOWN, MAY, REFUSED = ("unknown", "not_pulled"), ("may", "granted"), ("may_not", "refused")


class Told(Client):
    """An İYS that tells of pages of refusals, the last of which has the refuser's; page `failing` and, while they are
    blocked, sweeps fail. Of all consents it holds the granter's only. `on_calls`: its answer about calls; `wrong`: an
    address that it names as invalid."""

    def __init__(self, pages):
        super().__init__("http://iys.example")
        self.failing, self.is_blocked, self.on_calls, self.wrong = None, True, None, None
        said = [row("RET", recipient=each, at=clock.now() - 4 * DAY) for each in (*phones(pages - 1, 50), REFUSER)]
        self.pages = said[-pages:] if pages else []

    def ask(self, method, path, *, body=None, **_):
        if path.endswith("token"):
            return says(200, TOKEN)
        if method == "POST":
            if self.on_calls and path.endswith(Channel.CALL):
                return says(*self.on_calls)
            asked = json.loads(body)["recipients"]
            if self.wrong in asked:
                return says(422, {"errors": [{"code": "H121", "location": ["recipients", asked.index(self.wrong)]}]})
            granted = [each for each in asked if each == GRANTER]
            return says(403, {"errors": [{"code": "H353"}]}) if self.is_blocked else says(200, {"list": granted})
        query = parse_qs(urlsplit(path).query)
        page = int(query.get("after", ["0"])[0])
        if query["source"] == ["HS"]:
            return IysAnswer(204, b"")
        if page == self.failing:
            return says(500, {})
        if page == len(self.pages):
            return IysAnswer(204, b"")
        return says(200, {"list": [self.pages[page]], "after": str(page + 1)})


@pytest.fixture(autouse=True)
def tuesday():
    """The six days before it have three business days."""
    with time_machine.travel(datetime(2026, 3, 3, 9, tzinfo=UTC)) as traveller:
        yield traveller


@pytest.fixture
def gap(app, inflow, tuesday):
    """gap(pages, days): two grants, and a pull that comes after so many days. The İYS that is asked, its clock."""

    def ends(pages=0, **ago):
        inflow.iys = Told(0)
        inflow.pulls()
        inflow.iys, last = Told(pages), clock.now() - timedelta(**ago)
        with app.app_context():
            insert_decisions(make.brand(), [REFUSER, GRANTER], clock.now() - 20 * DAY, lane=None, held="ONAY")
            db.session.execute(PEOPLE.values(pulled_at=last, created_at=last, due_at=clock.now()))
            db.session.execute(update(Connection).values(forwarding_enabled_at=last))
            db.session.commit()
        return inflow

    return ends


def add_calls() -> None:
    """Both granted calls, too."""
    at = clock.now() - 20 * DAY
    insert_decisions(make.brand(), [REFUSER, GRANTER], at, channel=Channel.CALL, lane=None, held="ONAY")


def answers_by_sms(app) -> dict[str, tuple[str, str]]:
    """By address, also where only some grants are unknown."""
    with app.app_context():
        brand = make.brand()
        blind = recipients.blind_indexes(vault(), brand.provider_id, [REFUSER, GRANTER])
        ids = recipients.find_known_ids(db.session, vault(), brand.provider_id, blind)
        own = may_send.answers(db.session, brand, ids.values(), Channel.SMS, RecipientType.INDIVIDUAL, clock.now())
        db.session.rollback()
    return {each: (own[its_id].verdict.value, own[its_id].reason.value) for each, its_id in ids.items()}


def may_be_called(app) -> list[tuple[str, str]]:
    """The refuser and the granter, in no order; exports agree."""
    at = clock.now()
    with app.app_context():
        brand = make.brand()
        blind = recipients.blind_indexes(vault(), brand.provider_id, [REFUSER, GRANTER])
        ids = recipients.find_known_ids(db.session, vault(), brand.provider_id, blind).values()
        found = may_send.answers(db.session, brand, ids, Channel.CALL, RecipientType.INDIVIDUAL, at).values()
        its = ExportFilter(ExportKind.CONSENTS, brand.provider_id, brand.id)
        exported = [
            each.may_send for each in exports.rows(db.session, vault(), its, at) if each.channel == Channel.CALL
        ]
        said = sorted((each.verdict.value, each.reason.value) for each in found)
        assert sorted(exported) == [each == MAY for each in sorted(said, key=lambda each: each == MAY)]
    return said


def answers(app) -> dict[str, tuple[str, str]]:
    """By address; exports, alarms and reconciliation agree."""
    at, found = clock.now(), answers_by_sms(app)
    with app.app_context():
        brand = make.brand()
        its = ExportFilter(ExportKind.CONSENTS, brand.provider_id, brand.id)
        listed = exports.rows(db.session, vault(), its, at)
        exported = {each.address: each.may_send for each in listed if each.channel == Channel.SMS}
        is_unknown = UNKNOWN in found.values()
        assert {each: exported[each] for each in found} == {each: said == MAY for each, said in found.items()}
        assert bool(list_lapses(read_session(), lapsed_pulls(at), 5)) == is_unknown
        assert may_send.is_unpulled(db.session, brand, at) == is_unknown
        yesterday = schedule.BrandDay(brand.provider_id, brand.id, clock.day(at) - DAY)
        assert schedule.are_feeds_behind(read_session(), yesterday) == is_unknown
        db.session.rollback()
    return found


def codes(app) -> set[str | None]:
    with app.app_context():
        return {each.code for each in list_lapses(read_session(), lapsed_pulls(clock.now()), 5)}


def order_sweep(app) -> None:
    with app.app_context():
        brand = make.brand()
        sweeps.order_sweep(db.session, brand.provider_id, brand.id, clock.now())
        db.session.commit()


def lapsed_sweeps(app) -> set[str | None]:
    """The codes that doctor and mails tell of."""
    with app.app_context():
        return {each.code for each in list_lapses(read_session(), lapsed_reconciliations(clock.now()), 5)}


def go_on(app, tuesday, inflow) -> None:
    tuesday.shift(11 * MINUTE)
    with app.app_context():
        db.session.execute(PEOPLE.values(due_at=clock.now()))
        db.session.execute(update(ForwardingHold).values(until=clock.now()))
        db.session.commit()
    inflow.pulls()


@pytest.mark.parametrize("failing", range(PAGES + 1))
def test_nothing_is_known_before_the_last_of_several_pages(app, gap, tuesday, rows, failing):
    inflow = gap(PAGES, days=5, hours=20)
    inflow.iys.failing = failing
    assert set(answers(app).values()) == {UNKNOWN}

    for _ in range(2):
        go_on(app, tuesday, inflow)
        assert answers(app) == {REFUSER: UNKNOWN if failing < PAGES else REFUSED, GRANTER: UNKNOWN}

    inflow.iys.failing = None
    go_on(app, tuesday, inflow)
    assert answers(app) == {REFUSER: REFUSED, GRANTER: MAY}
    assert rows.count(Sweep) == 0


def test_after_a_long_gap_nothing_is_known_before_a_sweep_has_ended(app, gap, tuesday, rows):
    """Also while İYS gives none."""
    inflow = gap(days=10)
    inflow.pulls()
    assert (set(answers(app).values()), codes(app)) == ({UNKNOWN}, {"not_swept"})

    for _ in range(2):
        tuesday.shift(DAY)
        inflow.sweeps()
        go_on(app, tuesday, inflow)
        assert (set(answers(app).values()), rows.one(Sweep).ended_at) == ({UNKNOWN}, None)

    inflow.iys.is_blocked = False
    tuesday.shift(11 * MINUTE)
    inflow.sweeps()
    inflow.pulls()
    assert answers(app) == {REFUSER: ("may_not", "refused_at_iys"), GRANTER: MAY}
    assert rows.count(Sweep) == 1 and {each.code for each in rows(Feed)} == {None}


@pytest.mark.parametrize(
    ("ago", "values", "is_known"),
    [
        (1, {"ended_at": clock.now(), "due_at": None}, True),
        (1, {}, False),
        (8, {"ended_at": clock.now(), "due_at": None}, False),
        (8, {"position": 2**60}, False),
    ],
)
def test_only_a_sweep_that_began_within_iyss_window_and_ended_tells_of_a_gap(app, gap, rows, ago, values, is_known):
    """One that stands at its end, but began before, begins anew."""
    inflow = gap(days=10)
    with app.app_context():
        brand = make.brand()
        began = sweeps.order_sweep(db.session, brand.provider_id, brand.id, clock.now() - ago * DAY)
        db.session.execute(update(Sweep).where(Sweep.id == began).values(values or {"asked": 0}))
        db.session.commit()

    inflow.pulls()
    assert set(answers(app).values()) == {MAY if is_known else UNKNOWN}

    inflow.iys.is_blocked = False
    inflow.sweeps()
    inflow.pulls()
    assert answers(app) == {REFUSER: MAY if is_known else ("may_not", "refused_at_iys"), GRANTER: MAY}


def test_a_feed_that_was_never_told_all_has_a_gap_since_it_was_made(app, gap, rows):
    inflow = gap(days=10)
    with app.app_context():
        db.session.execute(PEOPLE.values(pulled_at=None))
        db.session.commit()

    inflow.pulls()

    assert set(answers(app).values()) == {UNKNOWN}
    assert rows.one(Feed, Feed.source == FeedSource.PEOPLE).pulled_at is None and rows.count(Sweep) == 1


@pytest.mark.parametrize(
    "on_calls",
    [
        (404, {"errors": [{"code": "H355"}]}),
        (422, {"errors": [{"code": "H121"}]}),
        (422, {"errors": [{"code": "H121", "location": ["recipients", each]} for each in range(2)]}),
        (200, {"list": ["?"]}),
        (404, {}),
        (501, {}),
    ],
)
def test_a_sweep_goes_on_without_what_iys_gives_no_answer_about_and_only_that_stays_unknown(
    app, gap, tuesday, rows, on_calls
):  # fmt: skip
    """Until the next sweep, a day later, has an answer."""
    inflow = gap(days=10)
    with app.app_context():
        add_calls()
    inflow.iys.is_blocked, inflow.iys.on_calls = False, on_calls
    inflow.pulls()

    for _ in range(3):
        inflow.sweeps()
        tuesday.shift(11 * MINUTE)
    inflow.pulls()
    assert (rows.one(Sweep).left_out, rows.one(Sweep).ended_at is None) == ("not_answered", False)
    assert answers(app) == {REFUSER: ("may_not", "refused_at_iys"), GRANTER: MAY}
    assert may_be_called(app) == [UNKNOWN, UNKNOWN]

    inflow.iys.on_calls = None
    tuesday.shift(DAY)
    for _ in range(2):
        inflow.sweeps()
    inflow.pulls()
    assert may_be_called(app) == [MAY, ("may_not", "refused_at_iys")]
    assert [each.left_out for each in rows(Sweep)] == ["not_answered", None]


def test_only_failures_in_a_row_that_concern_a_list_let_a_sweep_go_on_without_it(app, gap, tuesday, rows):
    inflow, unplaced = gap(days=10), (422, {"errors": [{"code": "H121"}]})
    with app.app_context():
        add_calls()
    inflow.iys.is_blocked = False
    inflow.pulls()

    for answer in ((500, {}), unplaced, unplaced, (500, {}), unplaced, unplaced):
        inflow.iys.on_calls = answer
        inflow.sweeps()
        tuesday.shift(11 * MINUTE)
        assert rows.one(Sweep).ended_at is None

    inflow.sweeps()
    assert rows.one(Sweep).ended_at and rows.one(Sweep).left_out == "not_answered"


def test_a_sweep_says_that_iys_calls_an_address_wrong_and_comes_again_in_a_week(app, gap, tuesday, rows):
    """The rest of its list is answered. Who has a wrong address is no cause for a sweep each day, and a mail."""
    inflow = gap(days=10)
    inflow.iys.is_blocked, inflow.iys.wrong = False, GRANTER
    inflow.pulls()
    inflow.sweeps()
    inflow.pulls()
    assert answers_by_sms(app) == {REFUSER: ("may_not", "refused_at_iys"), GRANTER: UNKNOWN}
    assert (rows.one(Sweep).left_out, rows.one(Sweep).ended_at is None) == ("wrong_addresses", False)

    inflow.iys.wrong = None
    for days, count in ((1, 1), (4, 1), (2, 2)):
        tuesday.shift(days * DAY)
        for step in (inflow.pulls, inflow.sweeps, inflow.sweeps):
            step()
        assert rows.count(Sweep) == count
    assert answers_by_sms(app) == {REFUSER: ("may_not", "refused_at_iys"), GRANTER: MAY}
    assert [each.left_out for each in rows(Sweep)] == ["wrong_addresses", None]


def test_what_stops_a_sweep_is_said_beside_what_it_went_on_without(app, gap, tuesday, rows, monkeypatch):
    monkeypatch.setattr(sweeps, "CHUNK", 2)  # One consent of the two at once.
    inflow = gap(days=10)
    inflow.iys.is_blocked, inflow.iys.wrong = False, REFUSER
    inflow.pulls()
    with app.app_context():
        sweeps.sweep_next_chunk(inflow.iys)

    for is_blocked, code in ((True, "H353"), (False, None)):
        inflow.iys.is_blocked = is_blocked
        inflow.sweeps()
        sweep = rows.one(Sweep)
        assert (sweep.code, sweep.left_out, sweep.ended_at is None) == (code, "wrong_addresses", is_blocked)
        tuesday.shift(11 * MINUTE)


def test_an_old_row_read_after_the_sweep_brings_no_unanswered_grant_back(app, gap, tuesday):
    """Such as a push from before the gap; one of a moment that pulls still tell of does."""
    inflow = gap(days=10)
    with app.app_context():
        add_calls()
    inflow.iys.is_blocked, inflow.iys.on_calls = False, (404, {"errors": [{"code": "H355"}]})
    for step in (inflow.pulls, inflow.sweeps, inflow.pulls):
        step()

    for ago, expected in ((12, [UNKNOWN, UNKNOWN]), (5, [MAY, UNKNOWN])):
        told = row("ONAY", recipient=GRANTER, type="ARAMA", ago=ago * DAY)
        MovementReceiver(app).receives(told, by=ReceivedVia.PUSH)
        assert may_be_called(app) == expected


@pytest.mark.parametrize("wrong", [None, GRANTER])
def test_a_sweep_that_goes_on_without_something_leaves_what_pulls_tell_of_and_is_told(
    app, inflow, tuesday, rows, wrong
):  # fmt: skip
    """Until one has an answer, also where İYS calls an address wrong in it."""
    inflow.iys = Told(0)
    inflow.pulls()
    inflow.iys.is_blocked, inflow.iys.on_calls = False, (404, {"errors": [{"code": "H355"}]})
    with app.app_context():
        add_calls()
    order_sweep(app)

    inflow.sweeps()
    assert (rows.one(Sweep).left_out, may_be_called(app)) == ("not_answered", [MAY, MAY])

    tuesday.shift(4 * DAY)
    inflow.pulls()
    assert lapsed_sweeps(app) == {"not_answered"}
    order_sweep(app)
    inflow.iys.on_calls, inflow.iys.wrong = None, wrong
    inflow.sweeps()
    assert lapsed_sweeps(app) == set()


def test_a_merchant_of_whom_iys_alone_holds_a_grant_is_swept_like_all(app, gap, tuesday, rows):
    """What stood behind it was undone before İYS was told; meanwhile one of the two refused at İYS."""

    def merchants() -> list[tuple[str, str]]:
        with app.app_context():
            ids, brand = db.session.scalars(select(Recipient.id).order_by(Recipient.id)).all(), make.brand()
            found = may_send.answers(db.session, brand, ids, Channel.SMS, RecipientType.MERCHANT, clock.now())
            said = [(found[each].verdict.value, found[each].reason.value) for each in ids]
            alike = select(may_send.reason_column(clock.now())).join(Brand, Brand.id == Consent.brand_id)
            assert sorted(db.session.scalars(alike)) == sorted(reason for _, reason in said)
        return said

    inflow, nothing = gap(days=5), dict.fromkeys(("decision_id", "status", "effective_at", "consent_date"))
    with app.app_context():
        db.session.execute(update(Consent).values(recipient_type=RecipientType.MERCHANT, **nothing))
        db.session.commit()
    assert merchants() == 2 * [("may", "merchant")]

    inflow.iys.is_blocked, inflow.iys.wrong = False, GRANTER
    tuesday.shift(5 * DAY)
    for _ in range(2):
        go_on(app, tuesday, inflow)
        inflow.sweeps()
    go_on(app, tuesday, inflow)
    assert merchants() == [("may_not", "refused_at_iys"), UNKNOWN]

    inflow.iys.wrong = None
    order_sweep(app)
    inflow.sweeps()
    assert merchants() == [("may_not", "refused_at_iys"), ("may", "merchant")]
    assert rows.count(Difference) == 0
