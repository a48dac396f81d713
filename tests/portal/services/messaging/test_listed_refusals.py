"""A vendor's list of refusals, asked each minute for some minutes and each hour for a day, that tells no times."""

import json
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import time_machine
from sqlalchemy import update

from portal.core import clock
from portal.core.extensions import db
from portal.core.iys_protocol import Channel, Status
from portal.core.models import Consent, Decision, EventKind, GatewayEvent, MessageGateway, Recipient, may_have_refused
from portal.services.messaging import event_contents
from portal.services.messaging.gateways import iletimerkezi
from portal.services.messaging.gateways.protocol import BlockedAddress, ErrorClass, Feedback, GatewayError, SendError
from portal.services.messaging.news_keeping import keep_news
from tests import make
from tests.portal.domain.consents.import_entries import bring, entry
from tests.portal.services.messaging import test_gateway_delivery as delivery
from tests.portal.services.messaging.vendor_pushes import work

pytestmark = pytest.mark.slow
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
SELDOM = 7.5 * MINUTE  # Still so often that no question asks for what one of before missed.
GRANTED, REFUSED, HELD = "granted", "refused", "held"


class ListOfRefusals:
    """Of one person at one account, who grants and refuses by the vendor. Times are hours since nine o'clock."""

    def __init__(self, app, rows, monkeypatch):
        self.app, self.rows = app, rows
        self.nine = clock.istanbul(clock.now()).replace(hour=9, minute=0, second=10, microsecond=0)
        self.refused_at = list[datetime]()
        self.is_whole = self.answers = True
        monkeypatch.setattr(iletimerkezi.IletiMerkezi, "inbound", lambda *_: [])
        monkeypatch.setattr(iletimerkezi.IletiMerkezi, "blocked", lambda _, since: self.told(since))
        with app.app_context():
            bring(make.brand(), entry(make.PHONE, Status.GRANTED, self.nine - 24 * HOUR))
        with time_machine.travel(self.nine - HOUR), app.app_context():
            self.gateway_id = delivery.add("iletimerkezi")

    def told(self, since: datetime) -> list[BlockedAddress]:
        """It has a number once, however often that refused."""
        if not self.answers:
            raise GatewayError(SendError(ErrorClass.TEMPORARY))
        found = [BlockedAddress(make.PHONE, None) for each in self.refused_at[-1:] if since <= each <= clock.now()]
        if not self.is_whole:
            raise GatewayError(SendError(ErrorClass.TEMPORARY), found)
        return found

    def refuses(self, hours: float) -> None:
        self.refused_at.append(self.nine + hours * HOUR)

    def grants(self, hours: float) -> None:
        with time_machine.travel(self.nine + hours * HOUR), self.app.app_context():
            bring(make.brand(), replace(entry(make.PHONE, Status.GRANTED, clock.now()), is_vouched=True))

    def is_swept(self, first: float, last: float, pause: timedelta = 5 * MINUTE) -> str:
        """How the person stands after these hours."""
        at = self.nine + round(first * HOUR / pause) * pause  # Also at full hours.
        while at <= self.nine + last * HOUR:
            with time_machine.travel(at):
                work(self.app, *EventKind)
            at += pause
        return self.stands()

    def is_forgotten(self) -> None:
        """Nobody knows its last answers any more."""
        with self.app.app_context():
            row = db.session.query(GatewayEvent).filter_by(kind=EventKind.SWEEP, gateway_id=self.gateway_id).one()
            event_contents.write_content(row, {})
            db.session.commit()

    def is_told(self, hours: float, blocked: BlockedAddress) -> str:
        """Of an account whose last answer nobody knows."""
        with time_machine.travel(self.nine + hours * HOUR):
            with self.app.app_context():
                gateway = db.session.get_one(MessageGateway, self.gateway_id)
                keep_news(gateway, Feedback(blocked=(blocked,)), clock.now(), read_until=clock.now())
                db.session.commit()
            work(self.app)
        return self.stands()

    def stands(self) -> str:
        with self.app.app_context():
            if db.session.query(Recipient.id).filter(may_have_refused(Recipient.id)).count():
                return HELD
        status = self.rows.one(Consent, Consent.channel == Channel.SMS).status
        return GRANTED if status == Status.GRANTED else REFUSED


@pytest.fixture
def listing(app, rows, monkeypatch):
    return ListOfRefusals(app, rows, monkeypatch)


def test_who_is_still_listed_after_a_grant_refuses_nothing_anew(listing, rows):
    """Not in the minutes after it, at no full hour and not on the next day."""
    listing.refuses(10.49)
    assert listing.is_swept(10.4, 10.6) == REFUSED
    listing.grants(10.62)

    assert listing.is_swept(10.63, 11.3) == GRANTED
    assert listing.is_swept(11.4, 36, SELDOM) == GRANTED
    assert len(rows(Decision, Decision.status == Status.REFUSED)) == 1


def test_what_an_hourly_sweep_hears_first_is_no_other_refusal_a_few_minutes_later(listing, rows):
    """Nor after a grant in between, nor past midnight."""
    listing.is_swept(0.7, 0.9)
    listing.refuses(0.95)
    assert listing.is_swept(1, 1) == REFUSED
    listing.grants(1.02)

    assert listing.is_swept(1.05, 1.2) == GRANTED
    assert listing.is_swept(1.2, 26, SELDOM) == GRANTED
    assert len(rows(Decision, Decision.status == Status.REFUSED)) == 1


def test_who_comes_on_a_list_again_just_before_an_hourly_sweep_refuses_again(listing):
    """It has them, but for a day: the next sweep, of some minutes, tells that they came back."""
    listing.refuses(0.3)
    listing.is_swept(0.2, 1.95, SELDOM)
    listing.grants(2)
    assert listing.is_swept(2.05, 2.9, SELDOM) == GRANTED
    listing.refuses(2.95)

    assert listing.is_swept(3, 3.1) == REFUSED


@pytest.mark.parametrize("hours", [3.3, 20])
@pytest.mark.parametrize("is_whole", [True, False])
def test_who_comes_on_a_list_again_after_a_grant_refuses_again(listing, hours, is_whole):
    listing.refuses(0.3)
    assert listing.is_swept(0.2, 0.6) == REFUSED
    listing.grants(2)
    listing.is_swept(0.7, 3, SELDOM)
    assert listing.is_swept(3.1, hours, SELDOM) == GRANTED
    listing.refuses(hours + 0.05)
    listing.is_whole = is_whole

    assert listing.is_swept(hours + 0.1, hours + 0.15) == REFUSED


def test_who_refuses_grants_and_refuses_within_minutes_waits_for_a_reader(listing):
    """The list has them all the time, but to a question of later than the first refusal it would not tell that one."""
    listing.refuses(0.3)
    assert listing.is_swept(0.2, 0.34) == REFUSED
    listing.grants(0.36)
    listing.refuses(0.4)

    assert listing.is_swept(0.42, 0.7, MINUTE) == HELD


@pytest.mark.parametrize("hours", [2, 2.6])
@pytest.mark.parametrize("refuses_by_night", [True, False])
def test_who_refuses_grants_and_refuses_while_a_list_is_not_told_waits_for_a_reader(listing, hours, refuses_by_night):
    """It is told again for minutes, or for a day, also after midnight."""
    night = 14 if refuses_by_night else 0
    listing.is_swept(night + 0.1, night + 0.2)
    listing.refuses(night + 0.3)
    assert listing.is_swept(night + 0.25, night + 0.4) == REFUSED
    listing.answers = False
    listing.is_swept(night + 0.45, night + 0.6)
    listing.grants(night + 0.7)
    listing.refuses(night + hours - 0.4)
    assert listing.is_swept(night + 0.8, night + hours - 0.3) == GRANTED
    listing.answers = True

    assert listing.is_swept(night + hours, night + hours + 0.3) == HELD


def test_a_second_refusal_stands_over_a_grant_of_before_it_that_is_heard_later(listing):
    listing.refuses(0.3)
    listing.is_swept(0.2, 0.6)
    listing.refuses(6)
    listing.is_swept(5.9, 6.2)
    listing.grants(5)

    assert listing.stands() == REFUSED


def test_who_may_have_been_listed_before_a_grant_waits_for_a_reader(listing):
    entry_of_list = BlockedAddress(make.PHONE, None)
    assert listing.is_told(0, entry_of_list) == REFUSED
    assert listing.is_told(1, entry_of_list) == REFUSED
    listing.grants(3)

    assert listing.is_told(6, entry_of_list) == HELD


def test_a_list_that_tells_days_refuses_anew_what_it_tells_hours_after_a_refusal(listing, rows):
    today = BlockedAddress(make.PHONE, clock.start_of_day(clock.day(listing.nine)))
    assert listing.is_told(0, BlockedAddress(make.PHONE, listing.nine)) == REFUSED
    listing.is_told(6, today)
    listing.grants(5)

    assert listing.stands() == REFUSED


def test_of_the_first_answer_for_a_day_somebody_reads_who_refuses_again(listing):
    """As after the account's login was changed: what was listed hours ago is not known to be new."""
    listing.refuses(0.3)
    assert listing.is_swept(0.2, 0.6) == REFUSED
    listing.is_forgotten()
    listing.grants(0.7)

    assert listing.is_swept(0.75, 0.95) == GRANTED
    assert listing.is_swept(1, 1.1) == HELD


def test_what_a_first_answer_for_a_day_did_not_tell_is_not_new_on_the_next_one(listing):
    listing.refuses(0.3)
    assert listing.is_swept(0.2, 0.6) == REFUSED
    listing.is_forgotten()
    listing.grants(0.7)
    listing.is_swept(0.75, 0.95)
    listing.answers = False
    listing.is_swept(1, 1)
    listing.answers = True

    assert listing.is_swept(1.05, 1.9) == GRANTED
    assert listing.is_swept(2, 2.1) == HELD


def test_what_a_first_answer_did_not_tell_is_not_new_on_the_next_one(listing):
    listing.refuses(0.3)
    assert listing.is_swept(0.2, 0.34) == REFUSED
    listing.is_forgotten()
    listing.grants(0.35)
    listing.answers = False
    assert listing.is_swept(0.38, 0.43) == GRANTED
    listing.answers = True

    assert listing.is_swept(0.45, 0.5) == HELD


def test_a_row_that_somebody_reads_is_read_again_where_it_comes_again(app, listing, rows, monkeypatch):
    """Of two numbers in it nobody knows which one refuses."""
    row = json.dumps({"number": make.PHONE, "by": "+905321112233"})
    told = lambda _, since: [replace(each, address=row) for each in listing.told(since)]  # noqa: E731
    monkeypatch.setattr(iletimerkezi.IletiMerkezi, "blocked", told)
    listing.refuses(0.3)
    assert listing.is_swept(0.2, 0.6) == HELD
    with app.app_context():
        db.session.query(GatewayEvent).filter_by(kind=EventKind.REPLY).update(
            {"settled_at": clock.now(), "due_at": None}
        )
        db.session.commit()
    listing.grants(30)
    assert listing.is_swept(30, 33, pause=HOUR) == GRANTED
    listing.refuses(50.3)

    assert listing.is_swept(50.25, 51.5) == HELD


def test_an_account_that_is_added_anew_goes_on_from_the_list_of_before(listing, rows):
    """It has the same login: who granted meanwhile is not refused by the same entry, and one that comes is another."""
    listing.refuses(0.3)
    assert listing.is_swept(0.2, 0.6) == REFUSED
    listing.grants(0.7)
    with time_machine.travel(listing.nine + 0.72 * HOUR), listing.app.app_context():
        db.session.execute(update(MessageGateway).values(removed_at=clock.now()))
        db.session.commit()
        delivery.add("iletimerkezi")

    assert listing.is_swept(0.75, 1.1) == GRANTED
    assert len(rows(Decision, Decision.status == Status.REFUSED)) == 1
    listing.refuses(1.2)
    assert listing.is_swept(1.2, 1.3) == REFUSED
