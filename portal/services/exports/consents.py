"""Export of consents: the current state of each key, İYS's state of it, and whether messages may be sent."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, case, exists, false, func, or_, select
from sqlalchemy.orm import Session, aliased

from portal.core.iys_protocol import Channel, RecipientType, Status
from portal.core.models import Brand, Consent, Decision, Difference, Recipient, Tallied, count_rows
from portal.core.vault import Vault
from portal.domain.consents.evidence import evidence_column, has_strength
from portal.domain.consents.may_send import is_refused, may_send
from portal.services.exports.filters import SPELLED_DECISION, ExportFilter
from portal.services.exports.paging import AddressReader, read_pages

WHOSE = aliased(Recipient)
# The table's primary key within a brand.
ORDER = (Consent.recipient_id, Consent.channel, Consent.recipient_type)


@dataclass(frozen=True, slots=True)
class ExportedConsent:
    address: str | None = field(repr=False)  # None: it cannot be opened.
    brand_name: str
    channel: Channel
    recipient_type: RecipientType
    status: Status | None  # None: nothing that was decided here stands.
    consent_date: datetime | None
    source: str | None
    iys_status: str | None
    iys_as_of: datetime | None
    may_send: bool
    evidence: str | None  # The value of an Evidence, of a grant.
    retailer_code: int | None
    retailer_access: list[int] | None


def count(session: Session, wanted: ExportFilter, at: datetime) -> int:
    is_by_rule = wanted.may_send is not None or wanted.status == Status.REFUSED
    if not is_by_rule and wanted.strength is None and not (wanted.since or wanted.until):
        return _count_kept(session, wanted) + (_count_by_iys_only(session, wanted, at) if wanted.status is None else 0)
    theirs = Brand.provider_id == wanted.provider_id, *_conditions(wanted, at)
    current = select(func.count()).select_from(Consent).join(Brand, Brand.id == Consent.brand_id).where(*theirs)
    if wanted.strength is not None:
        current = current.join(Decision, Decision.id == Consent.decision_id)
    return session.execute(current).scalar_one()


def _count_kept(session: Session, wanted: ExportFilter) -> int:
    """By kept counts, where these know what is wanted."""
    of_brand = select(Brand.id).where(Brand.provider_id == wanted.provider_id, *wanted.brand_conditions(Brand.id))
    brands = set(map(str, session.scalars(of_brand)))
    key = (wanted.channel, wanted.recipient_type, wanted.status)
    return sum(
        count
        for (brand, *its), count in count_rows(session, Tallied.CONSENTS, wanted.provider_id).items()
        if brand in brands and all(each in (None, its[place]) for place, each in enumerate(key))
    )


def _count_by_iys_only(session: Session, wanted: ExportFilter, at: datetime) -> int:
    theirs = Consent.provider_id == wanted.provider_id, Consent.status.is_(None), *_conditions(wanted, at)
    return session.execute(select(func.count()).select_from(Consent).where(*theirs)).scalar_one()


def rows(session: Session, vault: Vault, wanted: ExportFilter, at: datetime) -> Iterator[ExportedConsent]:
    """Brand by brand, recipient by recipient."""
    addresses = AddressReader(vault, wanted.provider_id)
    theirs = select(Brand.id).where(Brand.provider_id == wanted.provider_id).order_by(Brand.id)
    for brand_id in session.scalars(theirs).all():
        if wanted.brand_id in (None, brand_id):
            yield from _brand_rows(session, addresses, wanted, brand_id, at)


def _brand_rows(
    session: Session, addresses: AddressReader, wanted: ExportFilter, brand_id: int, at: datetime
) -> Iterator[ExportedConsent]:
    for page in read_pages(session, _statement(wanted, at).where(Consent.brand_id == brand_id), *ORDER):
        for recipient_id, sealed, *facts in page:
            yield ExportedConsent(addresses.read(recipient_id, sealed), *facts)


def _statement(wanted: ExportFilter, at: datetime) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Consent.recipient_id, Recipient.address, Brand.name, Consent.channel, Consent.recipient_type,
            Consent.status, Decision.consent_date, Decision.source, Consent.iys_status, Consent.iys_as_of, may_send(at),
            evidence_column(), Decision.retailer_code, Decision.retailer_access,
        )
        .join(Brand, Brand.id == Consent.brand_id)
        .join(Recipient, Recipient.id == Consent.recipient_id)
        .outerjoin(Decision, Decision.id == Consent.decision_id)
        .where(*_conditions(wanted, at))
    )  # fmt: skip


def _conditions(wanted: ExportFilter, at: datetime) -> Iterator[ColumnElement[bool]]:
    """Those of which something is known; and with a first day also what is known no more, as a mirror would keep it.
    Refused is whatever the rule calls so, though the consent's own status says otherwise or nothing."""
    if wanted.status == Status.REFUSED:
        yield is_refused(at)
    elif wanted.status is not None:
        yield Consent.status == wanted.status
    elif wanted.since is None:
        yield or_(Consent.status.is_not(None), Consent.iys_status.is_not(None))
    yield from wanted.key_conditions(Consent)
    told = aliased(Decision)
    differs = wanted.last_of(Difference.found_at, Difference.consent_id == Consent.id)  # A day's file may be days old.
    decided = wanted.moments_of(told, told.consent_id == Consent.id)
    yield from wanted.day_conditions(*decided, Consent.iys_as_of, differs, elsewhere=[_is_decided_elsewhere(wanted)])
    yield from wanted.brand_conditions(Consent.brand_id)
    if wanted.may_send is not None:
        yield may_send(at) if wanted.may_send else ~may_send(at)
    if wanted.strength is not None:
        yield has_strength(wanted.strength)


def _is_decided_elsewhere(wanted: ExportFilter) -> ColumnElement[bool]:
    """The condition that nothing is decided on a consent, and that in the days asked for something was that the rule
    reads then: as another recipient type, or by another spelling of the mailbox."""
    other = aliased(Decision)
    as_other_type = wanted.moments_of(
        other, other.recipient_id == Consent.recipient_id, other.brand_id == Consent.brand_id,
        other.channel == Consent.channel,
    )  # fmt: skip
    by_mailbox = exists().where(
        WHOSE.id == Consent.recipient_id,
        wanted.is_in_days_of_mailbox(WHOSE, SPELLED_DECISION.brand_id == Consent.brand_id),
    )
    is_new = or_(*(moment.is_not(None) for moment in as_other_type), by_mailbox.correlate_except(WHOSE))
    return case((Consent.status.is_(None), is_new), else_=false())
