"""Limits on how often something may be done: one table of them, and one function that counts.

Hits are rows, so all processes count together and a restart forgets nothing. An act that leaves a row anyway (a code,
a mailed link, a complaint) is counted by it; failed attempts to sign in leave a ThrottleHit. A refused act leaves no
row, so retrying too early prolongs nothing. Bursts from one address are limited in portal/web/shared/limits.py.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, ScalarSelect, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from portal.core import clock
from portal.core.models import ThrottleHit

QUARTER_HOUR, HOUR = timedelta(minutes=15), timedelta(hours=1)
DAY, WEEK = timedelta(days=1), timedelta(days=7)


class Limit(StrEnum):
    """An act, and by what it is counted."""

    PASSWORDS_OF_ACCOUNT = "passwords_of_account"
    PASSWORDS_OF_NETWORK = "passwords_of_network"
    FACTORS_OF_PERSON = "factors_of_person"
    DEAD_LINKS_OF_NETWORK = "dead_links_of_network"
    RESETS_OF_PERSON = "resets_of_person"
    CODES_OF_ADDRESS = "codes_of_address"
    CODES_OF_BLOCK = "codes_of_block"
    CODES_OF_MAIL_DOMAIN = "codes_of_mail_domain"
    CODES_OF_NETWORK = "codes_of_network"
    CODES_OF_CONSENT_POINT = "codes_of_consent_point"
    UNANSWERED_CODES = "unanswered_codes"
    COMPLAINTS_OF_ADDRESS = "complaints_of_address"
    WORDS_OF_COMPLAINT = "words_of_complaint"
    REOPENINGS_OF_COMPLAINT = "reopenings_of_complaint"
    MESSAGES_OF_COMPLAINT = "messages_of_complaint"


@dataclass(frozen=True)
class Rate:
    """Not more than `most` within a time. None: on one day as Istanbul counts it."""

    most: int
    within: timedelta | None

    def started_at(self, at: datetime) -> datetime:
        """From when on hits count."""
        return clock.start_of_day(clock.day(at)) if self.within is None else at - self.within

    def ends_at(self, hit_at: datetime) -> datetime:
        """When a hit counts no more."""
        return clock.start_of_day(clock.day(hit_at) + DAY) if self.within is None else hit_at + self.within


# The first rate that is reached says when to come back.
RATES: dict[Limit, tuple[Rate, ...]] = {
    Limit.PASSWORDS_OF_ACCOUNT: (Rate(10, QUARTER_HOUR),),  # OWASP ASVS 5.0, 6.3.1; wherever from.
    Limit.PASSWORDS_OF_NETWORK: (Rate(30, QUARTER_HOUR),),  # A /24 or /64, here and below.
    # Six digits with a minute's tolerance give each guess three in a million; the day's limit is against patience.
    Limit.FACTORS_OF_PERSON: (Rate(30, DAY), Rate(5, QUARTER_HOUR)),
    Limit.DEAD_LINKS_OF_NETWORK: (Rate(30, QUARTER_HOUR),),
    Limit.RESETS_OF_PERSON: (Rate(3, HOUR),),  # Nobody's mailbox is flooded from here.
    Limit.CODES_OF_ADDRESS: (Rate(3, HOUR), Rate(6, DAY)),  # Over all purposes: a telephone rings no oftener.
    # Of ten thousand numbers: who pumps SMS rents numbers in ranges, and is paid for each message there.
    Limit.CODES_OF_BLOCK: (Rate(30, HOUR), Rate(100, DAY)),
    Limit.CODES_OF_MAIL_DOMAIN: (Rate(1000, HOUR), Rate(10_000, DAY)),  # So no mail server is flooded through us.
    Limit.CODES_OF_NETWORK: (Rate(100, HOUR), Rate(500, DAY)),  # Behind a mobile operator's sit many thousand people.
    Limit.CODES_OF_CONSENT_POINT: (),  # Each point has its own daily budget.
    Limit.UNANSWERED_CODES: (Rate(100, HOUR),),  # Over all; beyond it new codes get longer, and nobody is refused.
    Limit.COMPLAINTS_OF_ADDRESS: (Rate(5, DAY),),  # At one provider.
    Limit.WORDS_OF_COMPLAINT: (Rate(10, DAY),),  # Messages of its person.
    Limit.REOPENINGS_OF_COMPLAINT: (Rate(1, WEEK),),  # By staff: each closing sends the person a message.
    Limit.MESSAGES_OF_COMPLAINT: (Rate(2, WEEK),),  # To its person; beyond it a case is closed without one.
}


class TooManyRequests(Exception):
    """A limit is reached; from `again_at` on one more is taken."""

    def __init__(self, limit: Limit, again_at: datetime):
        super().__init__(limit.value)
        self.limit, self.again_at = limit, again_at

    @property
    def again_at_minute(self) -> datetime:
        """The same for people to read: rounded up to whole minutes, never too early."""
        return self.again_at.replace(second=0, microsecond=0) + timedelta(minutes=1)


class Counted:
    """The rows that one limit counts: the column that says when each was made, and which of them."""

    def __init__(
        self, limit: Limit, made_at: InstrumentedAttribute[datetime], *where: ColumnElement[bool],
        rates: Sequence[Rate] | None = None,
    ):  # fmt: skip
        self.limit, self.rates = limit, RATES[limit] if rates is None else rates
        self._made_at, self._where = made_at, where

    def last_but(self, number: int) -> ScalarSelect[datetime]:
        """When the newest row but so many was made."""
        newest_first = select(self._made_at).where(*self._where).order_by(self._made_at.desc())
        return newest_first.limit(1).offset(number).scalar_subquery()


def check(
    session: Session, counted: Sequence[Counted], at: datetime, *, keys: Iterable[bytes] = (),
    tolerated: Collection[Limit] = (),
) -> bool:  # fmt: skip
    """Raise TooManyRequests where a limit is reached, unless it is tolerated; whether one of those is reached.

    The caller adds the next row in the same transaction; whoever counts by one of the same `keys` (digests) waits until
    that has ended.
    """
    _lock_keys(session, keys)
    rates = [(each, rate) for each in counted for rate in each.rates]
    moments = session.execute(select(*(each.last_but(rate.most - 1) for each, rate in rates))).one()
    is_tolerated = False
    for (each, rate), moment in zip(rates, moments, strict=True):
        if moment is not None and moment > rate.started_at(at):
            if each.limit not in tolerated:
                raise TooManyRequests(each.limit, rate.ends_at(moment))
            is_tolerated = True
    return is_tolerated


def _lock_keys(session: Session, keys: Iterable[bytes]) -> None:
    """Let others who lock one of these digests wait for the end of this transaction. SQLite has a single writer and
    needs no lock."""
    if session.get_bind(ThrottleHit).dialect.name == "sqlite":
        return
    for key in sorted({int.from_bytes(each[:8], signed=True) for each in keys}):  # In one order, or two deadlock.
        session.execute(select(func.pg_advisory_xact_lock(key)))
