"""The one rule that says whether commercial messages may go out on a consent; for pages, exports and campaigns."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache, lru_cache
from typing import Any, Protocol

from sqlalchemy import (
    ColumnElement,
    Row,
    ScalarSelect,
    Select,
    SQLColumnExpression,
    and_,
    case,
    exists,
    false,
    func,
    literal,
    not_,
    or_,
    select,
)
from sqlalchemy.orm import Session, aliased

from portal.core import business_days
from portal.core.database import is_one_of
from portal.core.iys_protocol import Channel, RecipientType, Status, parse_wire_date
from portal.core.iys_protocol.dates import FIRST_DATE
from portal.core.models import (
    Brand,
    Consent,
    Decision,
    Feed,
    Provider,
    Recipient,
    has_mailbox_refusal,
    may_have_refused,
)
from portal.core.models.trial_refusals import has_unrepeated
from portal.domain.providers import sandbox_mode


class Verdict(StrEnum):
    """Whether messages may be sent. UNKNOWN does not allow any."""

    MAY = "may"
    MAY_NOT = "may_not"
    UNKNOWN = "unknown"


class Reason(StrEnum):
    """What the verdict rests on."""

    REFUSED = "refused"  # Here: obeyed at once, whatever İYS holds.
    UNREAD_REPLY = "unread_reply"  # may_have_refused(): on every channel, until somebody has read it at the desk.
    SANDBOX_ENDED = "sandbox_ended"  # Decided in sandbox mode; İYS never had such a brand.
    EXEMPT = "exempt"  # The provider need not report to İYS: its own records decide.
    REFUSED_AT_IYS = "refused_at_iys"  # As this recipient type: LockedConsent.is_refused_at_iys_only.
    MERCHANT = "merchant"  # Need not be asked first (Regulation art. 6/3); İYS holds no refusal.
    # A merchant whose refusal must be looked for first (Regulation art. 6/6): at İYS, or in an exempt firm's records.
    UNCHECKED = "unchecked"
    GRANTED = "granted"  # Here, and İYS holds it.
    UNREGISTERED = "unregistered"  # Granted here; İYS is not known to hold it (Regulation art. 5/3).
    EXPIRED = "expired"  # As before, and the term to register it is over (Regulation art. 7/11 and 7/12).
    NOT_GRANTED = "not_granted"
    NOT_PULLED = "not_pulled"  # Allowed when İYS last had told all changes (of it), which it did not in time since.


@dataclass(frozen=True)
class MaySendAnswer:
    """Whether messages may be sent on one consent.

    `valid_until` says when a copy of the answer must be asked for again, though nobody decides anew: a refusal must be
    obeyed within three business days (Law 6563 art. 8/3), also one said at İYS, which pulls tell. None: only what is
    allowed may be kept.
    """

    verdict: Verdict
    reason: Reason
    valid_until: datetime | None = None


ONAY, RET = Status.GRANTED.value, Status.REFUSED.value
MERCHANT = RecipientType.MERCHANT


class BrandFacts(Protocol):
    """What the rule asks of a brand, whoever read it."""

    @property
    def is_sandbox(self) -> bool: ...
    @property
    def closed_at(self) -> datetime | None: ...


BEFORE_2015 = parse_wire_date(FIRST_DATE)  # İYS takes grants of this date (HS_2015) any time.
RULE_VERSION = "7"  # Stands in signed certificates: another RULE has another version.
# The first line counts whose facts are all true of a consent.
RULE: tuple[tuple[dict[str, Any], Verdict, Reason], ...] = (
    ({"status": Status.REFUSED}, Verdict.MAY_NOT, Reason.REFUSED),
    ({"status": None, "is_refused_otherwise": True}, Verdict.MAY_NOT, Reason.REFUSED),  # What stands granted is newer.
    ({"has_ended": True}, Verdict.MAY_NOT, Reason.SANDBOX_ENDED),
    ({"is_exempt": True, "status": Status.GRANTED, "has_unread_reply": False}, Verdict.MAY, Reason.EXEMPT),
    ({"iys_status": RET}, Verdict.MAY_NOT, Reason.REFUSED_AT_IYS),
    ({"has_unread_reply": True}, Verdict.MAY_NOT, Reason.UNREAD_REPLY),
    ({"status": Status.GRANTED, "iys_status": ONAY, "is_unanswered": True}, Verdict.UNKNOWN, Reason.NOT_PULLED),
    ({"recipient_type": MERCHANT, "iys_status": ONAY, "is_unanswered": True}, Verdict.UNKNOWN, Reason.NOT_PULLED),
    ({"recipient_type": MERCHANT, "iys_status": ONAY}, Verdict.MAY, Reason.MERCHANT),
    ({"recipient_type": MERCHANT}, Verdict.UNKNOWN, Reason.UNCHECKED),
    ({"status": Status.GRANTED, "iys_status": ONAY}, Verdict.MAY, Reason.GRANTED),
    ({"status": Status.GRANTED}, Verdict.UNKNOWN, Reason.UNREGISTERED),
    ({}, Verdict.MAY_NOT, Reason.NOT_GRANTED),
)
REFUSALS = (Reason.REFUSED, Reason.REFUSED_AT_IYS)
BY_IYS = (Reason.MERCHANT, Reason.GRANTED)  # Good as long as İYS tells what changed: NOT_PULLED.
PERMISSIONS = (Reason.EXEMPT, *BY_IYS)
WHOSE = aliased(Recipient)


def answer_of(
    consent: Consent | Row[*tuple[Any, ...]], brand: BrandFacts, iys_code: int, at: datetime, *,
    has_unread_reply: bool, pulled_at: datetime | None, is_refused_otherwise: bool = False,
) -> MaySendAnswer:  # fmt: skip
    """Answer for one consent, or a row of its columns, of a provider with this İYS code at a moment;
    `has_unread_reply` is may_have_refused() of its recipient. `is_refused_otherwise`: on this channel as another
    recipient type, or is_refused_elsewhere(), which is asked only where nothing was decided as this one. `pulled_at`:
    last_pull() of the brand."""
    facts = {
        "status": consent.status,
        "has_unread_reply": has_unread_reply,
        "is_refused_otherwise": is_refused_otherwise,
        "iys_status": consent.iys_status,
        "is_unanswered": consent.iys_as_of is None,
        "recipient_type": consent.recipient_type,
        **_facts_of(brand, iys_code),
    }
    return _answer(facts, consent.consent_date, at, pulled_at)


def answers(
    session: Session, brand: Brand, recipient_ids: Collection[int], channel: Channel, recipient_type: RecipientType,
    at: datetime,
) -> dict[int, MaySendAnswer]:  # fmt: skip
    """Answer for many recipients of a brand, by id; those of whom nothing is known are missing. One statement: call
    with ≤ 5,000."""
    common = {
        "recipient_type": recipient_type,
        **_facts_of(brand, session.get_one(Provider, brand.provider_id).iys_code),
    }
    asked = select(
        Consent.recipient_id, Consent.recipient_type, Consent.status, Consent.iys_status,
        Consent.iys_as_of.is_(None), may_have_refused(Consent.recipient_id), Consent.consent_date,
        last_pull(literal(brand.id)), is_refused_elsewhere(),
    ).where(
        Consent.brand_id == brand.id, is_one_of(session, Consent.recipient_id, recipient_ids),
        Consent.channel == channel,
    )  # fmt: skip
    rows = session.execute(asked).all()
    refused = {row.recipient_id for row in rows if row.status == Status.REFUSED or row[-1]}
    known: dict[tuple[Any, ...], MaySendAnswer] = {}
    found = dict.fromkeys(refused, answer_without_consent(recipient_type, is_refused=True))
    for recipient_id, its_type, status, iys_status, is_unanswered, is_unread, date, pulled_at, _ in rows:
        if its_type != recipient_type:
            continue
        key = (status, iys_status, is_unanswered, is_unread, date, recipient_id in refused)
        if key not in known:
            facts = {"status": status, "iys_status": iys_status, "is_unanswered": bool(is_unanswered)}
            facts |= {"has_unread_reply": bool(is_unread), "is_refused_otherwise": key[-1]}
            known[key] = _answer(common | facts, date, at, pulled_at)
        found[recipient_id] = known[key]
    return found


def answer_without_consent(recipient_type: RecipientType, *, is_refused: bool = False) -> MaySendAnswer:
    """Answer where nothing is known of an address as this recipient type; `is_refused` as another one."""
    if is_refused:
        return MaySendAnswer(Verdict.MAY_NOT, Reason.REFUSED)
    if recipient_type == MERCHANT:
        return MaySendAnswer(Verdict.UNKNOWN, Reason.UNCHECKED)
    return MaySendAnswer(Verdict.MAY_NOT, Reason.NOT_GRANTED)


def _facts_of(brand: BrandFacts, iys_code: int) -> dict[str, Any]:
    return {
        "has_ended": brand.is_sandbox and brand.closed_at is not None,
        "is_exempt": iys_code in sandbox_mode.EXEMPT_CODES,
    }


def _answer(facts: dict[str, Any], date: datetime | None, at: datetime, pulled_at: datetime | None) -> MaySendAnswer:
    verdict, reason = next((verdict, reason) for its, verdict, reason in RULE if its.items() <= facts.items())
    if verdict == Verdict.MAY:
        known_at = min(at, pulled_at) if pulled_at and reason in BY_IYS else at
        until = business_days.safe_deadline(known_at)
        is_known = at <= until
        return MaySendAnswer(verdict, reason, until) if is_known else MaySendAnswer(Verdict.UNKNOWN, Reason.NOT_PULLED)
    if reason != Reason.UNREGISTERED or date is None or date == BEFORE_2015:
        return MaySendAnswer(verdict, reason)
    is_late = at > business_days.lenient_deadline(date)
    return MaySendAnswer(Verdict.MAY_NOT, Reason.EXPIRED) if is_late else MaySendAnswer(verdict, reason)


def is_unpulled(session: Session, brand: Brand, at: datetime) -> bool:
    """Whether İYS has not told all changes of a brand for so long that its grants are NOT_PULLED."""
    is_exempt = session.get_one(Provider, brand.provider_id).iys_code in sandbox_mode.EXEMPT_CODES
    pulled_at = session.scalar(select(last_pull(literal(brand.id))))
    return pulled_at is not None and not is_exempt and at > business_days.safe_deadline(pulled_at)


def last_pull(brand_id: ColumnElement[int] | Any) -> ScalarSelect[datetime]:
    """Up to when İYS has told all of a brand's changes, or when it was to be asked first; None where it is not asked
    yet. In a statement, so that it costs none of its own."""
    return select(func.min(Feed.answered_at())).where(Feed.brand_id == brand_id).scalar_subquery()


def decided_consents(recipient_ids: Collection[int], *columns: Any) -> Select[*tuple[Any, ...]]:
    """Select what answer_of() takes: the consents of these recipients that a decision stands behind, with brand,
    provider, may_have_refused() and last_pull(); then columns of the decision, if its rows are still there."""
    return (
        select(Consent, Brand, Provider, may_have_refused(Consent.recipient_id), last_pull(Brand.id), *columns)
        .join(Brand, Brand.id == Consent.brand_id)
        .join(Provider, Provider.id == Brand.provider_id)
        .outerjoin(Decision, Decision.id == Consent.decision_id)
        .where(Consent.recipient_id.in_(recipient_ids), Consent.status.is_not(None))
    )


def may_send(at: datetime) -> ColumnElement[bool]:
    """The condition that messages may be sent on a consent; the statement joins its brand."""
    return reason_column(at).in_(PERMISSIONS)


def is_refused(at: datetime) -> ColumnElement[bool]:
    """The condition that a consent is refused, here or as İYS holds it; the statement joins its brand."""
    return reason_column(at).in_(REFUSALS)


@cache
def is_refused_elsewhere() -> ColumnElement[bool]:
    """The condition that nothing was decided on a consent, and that its person refused where it does not show, by
    another spelling of their mailbox or before the firm was admitted."""
    by_mailbox = exists().where(WHOSE.id == Consent.recipient_id, has_mailbox_refusal(WHOSE, Consent.brand_id))
    before = has_unrepeated(Consent.brand_id, Consent.recipient_id, [Consent.channel])
    return case((Consent.status.is_(None), or_(by_mailbox.correlate_except(WHOSE), before)), else_=false())


def standing(at: datetime) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """The conditions that a consent is refused and that messages may be sent on it, for campaigns."""
    return is_refused(at), may_send(at)


def reason_column(at: datetime) -> ColumnElement[str]:
    """The reason in SQL. What is EXPIRED stays UNREGISTERED here: neither allows messages."""
    return _reason_column(business_days.earliest_in_time(at))


@lru_cache(maxsize=4)  # Made once a day: it costs as much as the rest of a statement.
def _reason_column(earliest_pull: datetime) -> ColumnElement[str]:
    codes, other = sandbox_mode.EXEMPT_CODES, aliased(Consent)
    refused_as_other = exists().where(
        other.brand_id == Consent.brand_id, other.recipient_id == Consent.recipient_id,
        other.channel == Consent.channel, other.status == Status.REFUSED,
    )  # fmt: skip
    exempt_providers = select(Provider.id).where(Provider.iys_code.between(codes.start, codes.stop - 1))
    facts: dict[str, SQLColumnExpression[Any]] = {
        "status": Consent.status,
        "has_unread_reply": may_have_refused(Consent.recipient_id),
        "is_refused_otherwise": or_(refused_as_other.correlate(Consent), is_refused_elsewhere()),
        "iys_status": Consent.iys_status,
        "is_unanswered": Consent.iys_as_of.is_(None),
        "recipient_type": Consent.recipient_type,
        "has_ended": not_(Brand.has_not_ended()),
        "is_exempt": Brand.provider_id.in_(exempt_providers),
    }
    *earlier, (_, _, otherwise) = RULE
    lapsed = Consent.brand_id.in_(select(Feed.brand_id).where(Feed.answered_at() < earliest_pull))
    by_iys = {each: case((lapsed, literal(Reason.NOT_PULLED.value)), else_=literal(each.value)) for each in BY_IYS}
    cases = (
        (and_(*(facts[name] == value for name, value in its.items())), by_iys.get(reason, literal(reason.value)))
        for its, _, reason in earlier
    )
    return case(*cases, else_=literal(otherwise.value))
