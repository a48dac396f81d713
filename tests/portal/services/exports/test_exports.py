"""What is taken away: every row once, only a provider's own, only what is still kept; a damaged seal loses one cell."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from portal.core import clock
from portal.core.addresses import parse
from portal.core.extensions import db, read_session, vault
from portal.core.iys_protocol import Channel, RecipientType, Status
from portal.core.models import (
    Annulment,
    Brand,
    Consent,
    Decision,
    Difference,
    DifferenceKind,
    Feed,
    FeedSource,
    Outcome,
    Provider,
    Recipient,
)
from portal.domain.consents import recipients
from portal.services import exports
from portal.services.exports import ExportFilter, ExportKind, decisions, wire_rows
from portal.web.dashboard.records.exports import _consent_line
from tests import make
from tests.portal.services.exports.held_consents import Holder, submission

pytestmark = pytest.mark.slow

YEAR = timedelta(days=365)
OTHER_PHONE = "+905329876543"


@pytest.fixture
def holder(app):
    with app.app_context():
        make.provider()
        db.session.rollback()
    return Holder(app)


def told(app, kind: ExportKind, **wanted) -> list:
    """The rows of Ayşe's provider, which are as many as was said before."""
    with app.app_context():
        provider_id = db.session.scalar(select(Provider.id).where(Provider.iys_code == make.IYS_CODE))
        wanted = ExportFilter(kind, provider_id, **wanted)
        at = clock.now()
        rows = list(exports.rows(read_session(), vault(), wanted, at))
        assert exports.count(read_session(), wanted, at) == len(rows)
        return rows


def test_a_consent_says_what_holds_and_whether_a_message_may_go_out(app, holder):
    holder.grants()
    holder.decides(make.EMAIL, Status.GRANTED, channel=Channel.EMAIL)
    holder.grants(OTHER_PHONE, ago=timedelta(hours=2))
    holder.decides(OTHER_PHONE, Status.REFUSED)

    found = {row.address: row for row in told(app, ExportKind.CONSENTS)}

    assert {address: (row.status, row.may_send) for address, row in found.items()} == {
        make.PHONE: (Status.GRANTED, True), make.EMAIL: (Status.GRANTED, False), OTHER_PHONE: (Status.REFUSED, False)
    }  # fmt: skip
    assert (found[make.PHONE].source, found[make.PHONE].brand_name) == ("HS_WEB", "Örnek Mağaza")


def test_nobody_may_be_messaged_once_iys_tells_no_changes_of_the_brand_for_three_business_days(app, holder):
    holder.grants()
    with app.app_context():
        brand, long_ago = make.brand(), clock.now() - timedelta(days=9)
        own = {"provider_id": brand.provider_id, "brand_id": brand.id, "created_at": long_ago}
        db.session.add_all(Feed(source=each, pulled_at=clock.now(), **own) for each in FeedSource)
        db.session.commit()
    assert [row.may_send for row in told(app, ExportKind.CONSENTS, may_send=True)] == [True]

    with app.app_context():
        db.session.execute(update(Feed).where(Feed.source == FeedSource.PEOPLE).values(pulled_at=None))
        db.session.commit()

    assert told(app, ExportKind.CONSENTS, may_send=True) == []
    assert [row.may_send for row in told(app, ExportKind.CONSENTS)] == [False]
    assert [row.may_send for row in told(app, ExportKind.RECIPIENTS)] == [()]


def test_what_was_granted_in_a_practice_that_is_over_lets_nobody_send(app, holder):
    holder.grants()
    with app.app_context():
        db.session.execute(update(Brand).values(is_sandbox=True, closed_at=clock.now()))
        db.session.commit()

    assert [row.may_send for row in told(app, ExportKind.CONSENTS)] == [False]
    assert [row.may_send for row in told(app, ExportKind.RECIPIENTS)] == [()]
    assert told(app, ExportKind.CONSENTS, may_send=True) == []


def test_a_decision_says_where_it_stood_and_what_iys_made_of_it(app, holder):
    kept = holder.decides(batch_id=7, line=12, outcome=Outcome.PARKED, code="H121")
    void = holder.decides(ago=timedelta(hours=2), annulled=True, outcome=None)

    first, second = told(app, ExportKind.DECISIONS)

    assert (first.id, second.id) == (void, kept)
    assert (second.batch_id, second.line, second.outcome, second.code) == (7, 12, Outcome.PARKED, "H121")
    assert first.outcome is None and first.annulled_at is not None and second.annulled_at is None


def test_a_recipient_is_told_with_its_channels(app, holder):
    holder.grants(channel=Channel.CALL)
    holder.grants()
    holder.decides(make.EMAIL, Status.REFUSED, channel=Channel.EMAIL)

    found = {row.address: (row.may_send, row.refused) for row in told(app, ExportKind.RECIPIENTS)}

    assert found == {make.PHONE: ((Channel.SMS, Channel.CALL), ()), make.EMAIL: ((), (Channel.EMAIL,))}


def test_a_recipient_whose_line_was_closed_is_told_with_the_day(app, holder):
    holder.grants()
    at = clock.now().replace(microsecond=0)
    with app.app_context():
        db.session.execute(update(Recipient).values(closed_at=at))
        db.session.commit()

    assert [row.held_since for row in told(app, ExportKind.RECIPIENTS)] == [at]


@pytest.mark.parametrize("kind", ExportKind)
def test_an_address_whose_seal_is_damaged_is_left_out_and_nothing_else(app, holder, kind):
    holder.grants()
    holder.grants(OTHER_PHONE)
    with app.app_context():
        found = select(Recipient.id).order_by(Recipient.id).limit(1).scalar_subquery()
        db.session.execute(update(Recipient).where(Recipient.id == found).values(address=b"damaged"))
        db.session.commit()

    addresses = {row.address for row in told(app, kind)}

    assert len(addresses) == 2
    assert None in addresses


@pytest.mark.parametrize("kind", ExportKind)
def test_nothing_of_another_provider_is_told(app, holder, kind):
    with app.app_context():
        make.provider(700002, 700002, "cem@example.com")
        db.session.rollback()
    holder.grants(OTHER_PHONE, brand_code=700002)

    assert told(app, kind) == []


@pytest.mark.slow
@pytest.mark.parametrize("kind", ExportKind)
def test_many_pages_have_every_row_once(app, holder, kind):
    with app.app_context():
        brand = make.brand()
        at = clock.now()
        rows = 4_001  # Three pages; many of the same moment.
        first = {"provider_id": brand.provider_id, "created_at": at}
        people = [first | {"id": each, "kind": "phone", "address": b""} for each in range(1, rows)]
        db.session.execute(Recipient.__table__.insert(), people)
        key = {"provider_id": brand.provider_id, "brand_id": brand.id, "channel": "MESAJ", "status": "ONAY"}
        heads = [key | {"id": each, "recipient_id": each, "recipient_type": "BIREYSEL"} for each in range(1, rows)]
        db.session.execute(Consent.__table__.insert(), heads)
        fact = {
            "consent_date": at,
            "recorded_at": at,
            "effective_at": at,
            "source": "HS_WEB",
            "origin": "import",
            "salt": b"",
        }
        db.session.execute(Decision.__table__.insert(), [each | fact | {"consent_id": each["id"]} for each in heads])
        db.session.commit()

    assert len(told(app, kind)) == rows - 1


NARROWED = [
    ({"channel": Channel.CALL}, 1), ({"channel": Channel.EMAIL}, 0), ({"status": Status.REFUSED}, 1),
    ({"recipient_type": RecipientType.MERCHANT}, 1), ({"brand_id": 1}, 0), ({}, 4),
]  # fmt: skip


@pytest.mark.parametrize("kind", [ExportKind.CONSENTS, ExportKind.DECISIONS])
def test_choices_narrow_it_down(app, holder, kind):
    holder.grants()
    holder.grants(channel=Channel.CALL)
    holder.decides(recipient_type=RecipientType.MERCHANT)
    holder.decides(OTHER_PHONE, Status.REFUSED)

    assert [len(told(app, kind, **narrowed)) for narrowed, _ in NARROWED] == [count for _, count in NARROWED]


def test_decisions_are_narrowed_down_by_outcome_and_consents_by_may_send(app, holder):
    holder.grants()
    holder.decides(OTHER_PHONE, outcome=Outcome.PARKED)

    assert len(told(app, ExportKind.DECISIONS, outcome=Outcome.PARKED)) == 1
    assert [row.address for row in told(app, ExportKind.CONSENTS, may_send=False)] == [OTHER_PHONE]


@pytest.mark.parametrize("kind", [ExportKind.CONSENTS, ExportKind.DECISIONS])
def test_both_days_are_included_as_istanbul_counts_them(app, holder, kind):
    day = clock.day(clock.now() - timedelta(days=10))
    holder.grants(ago=clock.now() - clock.start_of_day(day) - timedelta(hours=12))

    assert len(told(app, kind, since=day, until=day)) == 1
    assert told(app, kind, since=day + timedelta(days=1)) == told(app, kind, until=day - timedelta(days=1)) == []


@pytest.mark.parametrize("kind", ExportKind)
def test_a_fetch_since_a_day_has_what_may_have_been_open_at_its_midnight(app, holder, kind):
    midnight = clock.start_of_day(clock.day(clock.now() - timedelta(days=10)))
    day, minute = clock.day(midnight), timedelta(minutes=1)
    for address, before in ((make.PHONE, minute), (OTHER_PHONE, 10 * minute)):
        holder.grants(address, ago=clock.now() - midnight + before)

    assert [row.address for row in told(app, kind, since=day)] == [make.PHONE]
    assert told(app, kind, since=day, until=day) == []


@pytest.mark.parametrize("kind", ExportKind)
def test_who_takes_what_is_new_each_night_misses_nothing_that_was_recorded_late(app, holder, kind):
    """Told late, taken back, learned at İYS or from its file of days ago, or of a line that
    changed hands: each is new on the day it was noted."""
    before, today = timedelta(days=10), clock.day(clock.now())
    taken_back, same, changed, of_file = "+905321112233", "+905321112244", "+905321112255", "+905321112266"
    for address in (make.PHONE, OTHER_PHONE, taken_back, same, changed, of_file):
        holder.grants(address, ago=before)
    void = holder.decides(taken_back, Status.REFUSED, ago=timedelta(days=9))
    holder.decides(make.PHONE, Status.REFUSED, ago=timedelta(days=3), recorded_at=clock.now())
    with app.app_context():
        at, of = clock.now(), db.session.get_one(Decision, void).provider_id
        db.session.add(Annulment(decision_id=void, provider_id=of, at=at))
        learned, closed, late = (
            recipients.find(db.session, vault(), of, parse(each)) for each in (OTHER_PHONE, changed, of_file)
        )
        for each, as_of in ((learned, at), (late, at - timedelta(days=2))):
            learns = update(Consent).where(Consent.recipient_id == each.id)
            db.session.execute(learns.values(iys_status="RET", iys_as_of=as_of))
        closed.closed_at = at
        consent = db.session.scalars(select(Consent).where(Consent.recipient_id == late.id)).one()
        facts = {"provider_id": of, "brand_id": consent.brand_id, "consent_id": consent.id}
        db.session.add(Difference(**facts, kind=DifferenceKind.ONLY_AT_IYS, found_at=at))
        db.session.commit()

    expected = {
        ExportKind.CONSENTS: {make.PHONE, taken_back, OTHER_PHONE, of_file},
        ExportKind.DECISIONS: {make.PHONE, taken_back},
        ExportKind.RECIPIENTS: {make.PHONE, taken_back, OTHER_PHONE, of_file, changed},
    }
    assert {row.address for row in told(app, kind, since=today)} == expected[kind]
    assert {row.address for row in told(app, kind, since=today, until=today)} == expected[kind]
    assert make.PHONE in {
        row.address for row in told(app, kind, until=today - timedelta(days=4))
    }  # Recorded then, too.


def test_a_mirror_hears_that_a_grant_was_taken_back_and_what_only_iys_holds(app, holder):
    holder.decides(annulled=True, outcome=None)
    holder.decides(OTHER_PHONE, ago=YEAR, annulled=True, outcome=None)
    with app.app_context():
        provider_id = db.session.scalars(select(Provider.id)).one()
        other = recipients.find(db.session, vault(), provider_id, parse(OTHER_PHONE))
        learns = update(Consent).where(Consent.recipient_id == other.id)
        db.session.execute(learns.values(iys_status="RET", iys_as_of=clock.now()))
        db.session.commit()

    new = told(app, ExportKind.CONSENTS, since=clock.day(clock.now() - timedelta(hours=2)))
    whole = told(app, ExportKind.CONSENTS)

    assert {row.address: (row.status, row.iys_status, row.may_send) for row in new} == {
        make.PHONE: (None, None, False), OTHER_PHONE: (None, "RET", False)
    }  # fmt: skip
    assert [row.address for row in whole] == [OTHER_PHONE]
    assert [line[3] for line in wire_rows.lines(whole)] == [""] == [_consent_line(row)[4] for row in whole]


def test_what_counts_is_kept_however_old_and_what_ended_for_three_years(app, holder):
    still = holder.grants(ago=5 * YEAR)
    ended_lately = holder.grants(OTHER_PHONE, ago=5 * YEAR)
    ended_it = holder.decides(OTHER_PHONE, Status.REFUSED, ago=YEAR)
    holder.grants("+905321112233", ago=5 * YEAR)  # Ended more than three years ago, by a refusal as old.
    stands = {holder.decides("+905321112233", Status.REFUSED, ago=4 * YEAR)}
    void = holder.grants("+905321112244", ago=5 * YEAR)  # What ended it was taken back: it counts still.
    holder.decides("+905321112244", Status.REFUSED, ago=4 * YEAR, annulled=True)
    holder.decides("+905321112255", ago=4 * YEAR, annulled=True)
    renewed = {holder.grants("+905321112266", ago=ago * YEAR) for ago in (5, 4)}  # A later grant ends none.
    kind = {"recipient_type": RecipientType.MERCHANT}
    other_type = holder.grants("+905321112277", ago=5 * YEAR)
    stands |= {holder.decides("+905321112277", Status.REFUSED, ago=4 * YEAR, **kind)}
    expired = holder.grants("+905321112288", ago=5 * YEAR, outcome=Outcome.EXPIRED)
    with app.app_context():
        submission(expired).ended_at = clock.now() - 4 * YEAR
        db.session.commit()
    holder.decides("+905321112299", Status.REFUSED, ago=5 * YEAR)  # Ended more than three years ago, by a grant.
    renewed |= {holder.grants("+905321112299", ago=4 * YEAR)}
    stands |= {holder.decides("+905321112200", Status.REFUSED, ago=5 * YEAR)}  # This grant came too late for İYS.
    late = holder.decides("+905321112200", ago=4 * YEAR, outcome=None, batch_id=7, line=1)

    kept = {row.id for row in told(app, ExportKind.DECISIONS)}

    assert kept == {still, ended_lately, ended_it, void, *renewed, other_type, *stands, late}


@pytest.mark.parametrize(
    ("at", "first"),
    [
        (datetime(2026, 11, 24, 11, tzinfo=UTC), datetime(2023, 11, 24, 11, tzinfo=UTC)),
        (datetime(2028, 2, 29, 11, tzinfo=UTC), datetime(2025, 3, 1, 11, tzinfo=UTC)),
    ],
)
def test_three_years_are_years_of_the_calendar(at, first):
    assert decisions.kept_since(at) == first
