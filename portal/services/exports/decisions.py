"""Export of decisions: all that are still kept, with their outcome at İYS and their line in an imported file.

A decision is kept for three years from the end of its validity. A grant ends with a refusal of its key (a closed line
is one) or with its expiry at İYS; a later grant does not end it, and one that still counts has no end. A refusal ends
with a later grant that counted: until then it tells whose word the consent stands on, and the consent alone would take
a file's grant for the person's (models.own_refusals). An annulled decision never counted.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, not_, or_, select
from sqlalchemy.orm import Session, aliased

from portal.core.iys_protocol import Channel, RecipientType, Status
from portal.core.models import Annulment, Brand, Decision, DecisionOrigin, Outcome, Recipient, Submission, is_void
from portal.core.models.own_refusals import was_current
from portal.core.vault import Vault
from portal.services.exports.filters import ExportFilter
from portal.services.exports.paging import AddressReader, read_pages

YEARS_KEPT = 3


@dataclass(frozen=True, slots=True)
class ExportedDecision:
    address: str | None = field(repr=False)  # None: it cannot be opened.
    id: int
    recorded_at: datetime
    brand_name: str
    channel: Channel
    recipient_type: RecipientType
    status: Status
    consent_date: datetime | None
    source: str | None
    origin: DecisionOrigin
    outcome: Outcome | None  # None: it is not sent to İYS.
    code: str | None
    transaction_id: str | None
    accepted_at: datetime | None
    batch_id: int | None
    line: int | None
    annulled_at: datetime | None
    retailer_code: int | None
    retailer_access: list[int] | None


def count(session: Session, wanted: ExportFilter, at: datetime) -> int:
    facts = select(func.count()).select_from(Decision)
    if wanted.outcome is not None:
        facts = facts.join(Submission, Submission.decision_id == Decision.id)
    return session.execute(facts.where(*_conditions(wanted, at))).scalar_one()


def rows(session: Session, vault: Vault, wanted: ExportFilter, at: datetime) -> Iterator[ExportedDecision]:
    """In the order in which they were recorded."""
    addresses = AddressReader(vault, wanted.provider_id)
    for page in read_pages(session, _statement(wanted, at), Decision.recorded_at, Decision.id):
        for recipient_id, sealed, *facts in page:
            yield ExportedDecision(addresses.read(recipient_id, sealed), *facts)


def _statement(wanted: ExportFilter, at: datetime) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Decision.recipient_id, Recipient.address, Decision.id, Decision.recorded_at, Brand.name, Decision.channel,
            Decision.recipient_type, Decision.status, Decision.consent_date, Decision.source, Decision.origin,
            Submission.outcome, Submission.code, Submission.transaction_id, Submission.accepted_at, Decision.batch_id,
            Decision.line, Annulment.at, Decision.retailer_code, Decision.retailer_access,
        )
        .join(Brand, Brand.id == Decision.brand_id)
        .join(Recipient, Recipient.id == Decision.recipient_id)
        .outerjoin(Submission, Submission.decision_id == Decision.id)
        .outerjoin(Annulment, Annulment.decision_id == Decision.id)
        .where(*_conditions(wanted, at))
    )  # fmt: skip


def _conditions(wanted: ExportFilter, at: datetime) -> Iterator[ColumnElement[bool]]:
    yield Decision.provider_id == wanted.provider_id
    yield is_kept(at)
    yield from wanted.key_conditions(Decision)
    if wanted.status is not None:
        yield Decision.status == wanted.status
    void = aliased(Annulment)
    yield from wanted.day_conditions(Decision.recorded_at, wanted.last_of(void.at, void.decision_id == Decision.id))
    yield from wanted.brand_conditions(Decision.brand_id)
    if wanted.outcome is not None:
        yield Submission.outcome == wanted.outcome


def kept_since(at: datetime) -> datetime:
    """Decisions that ended before this are no longer kept."""
    if (at.month, at.day) == (2, 29):
        at = at.replace(month=3, day=1)
    return at.replace(year=at.year - YEARS_KEPT)


def is_kept(at: datetime) -> ColumnElement[bool]:
    """The condition that a decision is kept. A grant ends with a refusal of its key (a closed line is one) or where
    İYS never took it (H467), a refusal with a grant that counted; only for old decisions that is looked up."""
    first = kept_since(at)
    later = aliased(Decision)
    ended = exists().where(
        later.consent_id == Decision.consent_id,
        later.status != Decision.status,
        later.effective_at > Decision.effective_at,
        later.effective_at < first,
        was_current(later),
    )
    expired = (
        exists()
        .where(
            Submission.decision_id == Decision.id, Submission.outcome == Outcome.EXPIRED, Submission.ended_at < first
        )
        .correlate(Decision)
    )
    lasts = and_(not_(is_void()), not_(ended), or_(Decision.status == Status.REFUSED, not_(expired)))
    return or_(Decision.effective_at >= first, lasts)
