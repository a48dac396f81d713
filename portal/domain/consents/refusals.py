"""Refuse for a person: asked of staff, by one click in a mail program, from an overview, because the address is someone
else's now, or anew where İYS did not take a refusal in time.

Nobody grants for somebody else. One act is one receipt, at however many providers. Nothing here commits.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.addresses import Address
from portal.core.business_days import holiday_calendar
from portal.core.iys_protocol import Channel, Source, Status
from portal.core.models import Brand, Consent, Decision, DecisionOrigin, Provider, Recipient
from portal.core.vault import Vault
from portal.domain.consents import annulments, locking, recipients, writer
from portal.domain.consents.locking import LockedConsent
from portal.domain.consents.writer import BrandEndpoints, DecisionRows

# How a person may have told the provider; HS_KARAR where nobody asked and the provider itself decided so.
SOURCES = (
    Source.CALL_CENTRE, Source.EMAIL, Source.SMS, Source.PHYSICAL_PLACE, Source.SIGNED_FORM, Source.SOCIAL_MEDIA,
    Source.WEB, Source.ELECTRONIC, Source.EVENT, Source.PROVIDER_DECISION,
)  # fmt: skip


class NothingToRefuse(ValueError):
    """None of the channels that were chosen is one of this address."""


@dataclass
class Refusals:
    """What came of it, as decision ids: keys that are refused anew, and those that were so already."""

    made: list[int] = field(default_factory=list)
    stood: list[int] = field(default_factory=list)


def refuse(
    session: Session, vault: Vault, recipient: Recipient, brands: Iterable[Brand], channels: Iterable[Channel],
    *, address: Address, source: Source, user_id: int, at: datetime,
) -> Refusals:  # fmt: skip
    """Stop messages of these brands on these channels, for every recipient type that is held. A second refusal changes
    nothing, unless the first stood in a file: files may be taken back, a person's word not. Raises NothingToRefuse."""
    sources = dict.fromkeys(brands, source)
    return refuse_brands(
        session, vault, recipient, sources, channels, address=address, origin=DecisionOrigin.STAFF, user_id=user_id,
        at=at,
    )  # fmt: skip


def refuse_brands(
    session: Session, vault: Vault, recipient: Recipient, sources: Mapping[Brand, str], channels: Iterable[Channel],
    *, address: Address, origin: DecisionOrigin, at: datetime, user_id: int | None = None,
) -> Refusals:  # fmt: skip
    """The same by any origin, with what İYS is told of where it was said, brand by brand."""
    chosen = [channel for channel in channels if channel in address.channels]
    if not chosen or not sources:
        raise NothingToRefuse
    holiday_calendar.refresh_corrections(session, at)
    refusals = Refusals()
    iys_code = session.scalars(select(Provider.iys_code).where(Provider.id == recipient.provider_id)).one()
    for brand in sorted(sources, key=lambda brand: brand.id):
        consents = locking.lock_channels(session, recipient.provider_id, brand.id, recipient.id, chosen)
        imported = _imported_refusals(session, consents)
        moving = [each for each in consents if each.status != Status.REFUSED or each.decision_id in imported]
        refusals.stood += [each.decision_id for each in consents if each not in moving and each.decision_id is not None]
        annulments.void_waiting_grants(session, moving, at)
        endpoints, rows = BrandEndpoints.of(iys_code, brand.brand_code), DecisionRows()
        for consent in moving:
            decision = writer.decide_now(
                consent, Status.REFUSED, source=sources[brand], origin=origin, user_id=user_id, at=at
            )
            rows.add(decision, writer.submission_row(vault, decision, endpoints, address=address.text))
        writer.write_decisions(session, moving, rows)
        refusals.made += [decision["id"] for decision in rows.decisions]
    return refusals


def _imported_refusals(session: Session, consents: Iterable[LockedConsent]) -> set[int]:
    """Which of the consents' decisions stood in a file."""
    ids = [consent.decision_id for consent in consents if consent.status == Status.REFUSED]
    theirs = select(Decision.id).where(Decision.id.in_(ids), Decision.batch_id.is_not(None))
    return set(session.scalars(theirs)) if ids else set()


@dataclass(frozen=True)
class Part:
    """What is refused at one provider: some of its brands, on some channels of the address."""

    recipient: Recipient
    address: Address
    brands: Sequence[Brand]
    channels: Sequence[Channel]


@dataclass(frozen=True)
class Withdrawn:
    """What came of an act: the receipt's first row, its number, and how many keys are refused anew."""

    receipt_id: int
    nonce: int
    number: str
    refused: int


def withdraw(
    session: Session,
    vault: Vault,
    parts: Iterable[Part],
    *,
    origin: DecisionOrigin,
    language: str,
    request_metadata: str,
    at: datetime,
    link_id: int | None = None,
) -> Withdrawn:
    """Refuse these brands on these channels, for every recipient type that is held; an earlier refusal stays.

    `request_metadata` (IP address and user agent) is encrypted. What a mail program posts İYS is told as HS_EPOSTA,
    everything else as the brand's own pages. Raises NothingToRefuse.
    """
    number, refused, receipts = writer.new_receipt_number(), 0, []
    for part in sorted(parts, key=lambda part: part.recipient.id):  # In one order, or two such acts deadlock.
        chosen = [channel for channel in part.channels if channel in part.address.channels]
        sources = _sources_of(session, part.brands, origin)
        refusals = refuse_brands(
            session, vault, part.recipient, sources, chosen, address=part.address, origin=origin, at=at
        )  # fmt: skip
        receipt = writer.receipt_row(
            vault, part.recipient.provider_id, part.recipient.id, origin=origin, number=number, language=language,
            choices=" ".join(f"{channel}={Status.REFUSED}" for channel in sorted(chosen)),
            request_metadata=request_metadata, at=at, link_id=link_id,
        )  # fmt: skip
        writer.write_receipt(session, receipt, refusals.made + refusals.stood, len(refusals.made))
        receipts.append(receipt)
        refused += len(refusals.made)
    if not receipts:
        raise NothingToRefuse
    return Withdrawn(receipts[0]["id"], receipts[0]["nonce"], number, refused)


def disown(
    session: Session, vault: Vault, recipient: Recipient, address: Address, *, language: str,
    request_metadata: str, at: datetime, link_id: int | None = None,
) -> Withdrawn:  # fmt: skip
    """Refuse all brands of a provider on every channel, since who has the address says that it is not, or is no more,
    the person whom the provider means. What was decided before is shown to nobody who proves the address."""
    theirs = select(Brand).where(Brand.provider_id == recipient.provider_id).order_by(Brand.id)
    part = Part(recipient, address, session.scalars(theirs).all(), address.channels)
    withdrawn = withdraw(
        session, vault, [part], origin=DecisionOrigin.NOT_MINE, language=language,
        request_metadata=request_metadata, at=at, link_id=link_id,
    )  # fmt: skip
    recipient.reassigned_at = at
    return withdrawn


def _sources_of(session: Session, brands: Sequence[Brand], origin: DecisionOrigin) -> dict[Brand, str]:
    """What İYS is told of where it was said."""
    if origin == DecisionOrigin.ONE_CLICK:
        return dict.fromkeys(brands, Source.EMAIL)
    theirs = select(Provider.id, Provider.source).where(Provider.id.in_({brand.provider_id for brand in brands}))
    usual = dict(session.execute(theirs).all())
    return {brand: brand.source or usual[brand.provider_id] for brand in brands}


RENEWAL_INTERVAL = timedelta(days=1)  # Whatever İYS answers, one key is renewed once a day at most.


def renewal_due_at(
    session: Session, decision_id: int, consent_id: int, consent_date: datetime, at: datetime
) -> datetime | None:
    """When an expired decision may be renewed; None where it was a grant, or the person decided anew since."""
    current = select(Consent.decision_id).where(Consent.id == consent_id, Consent.status == Status.REFUSED)
    if session.scalar(current) != decision_id:
        return None
    return max(at, consent_date + RENEWAL_INTERVAL)


def lock_recipient_of(session: Session, consent_id: int) -> None:
    """Lock the recipient of a consent, as deciding does: before any other row."""
    recipient_ids = session.scalars(select(Consent.recipient_id).where(Consent.id == consent_id)).all()
    locking.lock_recipients(session, recipient_ids)


def renew(session: Session, vault: Vault, decision_id: int, codes: tuple[int, int], at: datetime) -> int | None:
    """Refuse anew what an expired refusal withdraws, if its consent still stands on it; the new decision's id.

    The recipient is locked; `codes` are İYS's numbers of the provider and the brand. Raises TooSoon."""
    its_id = select(Decision.consent_id).where(Decision.id == decision_id).scalar_subquery()
    (consent,) = locking.read_consents(session, Consent.id == its_id)
    if consent.decision_id != decision_id or consent.status != Status.REFUSED:
        return None
    locking.next_consent_date(consent.consent_date, at)  # Raises TooSoon: a renewal can wait, a person's word cannot.
    decision = writer.decide_now(
        consent, Status.REFUSED, source=Source.PROVIDER_DECISION, origin=DecisionOrigin.RENEWAL, renews_id=decision_id,
        at=at,
    )  # fmt: skip
    address = recipients.address_of(vault, session.get_one(Recipient, consent.recipient_id))
    holiday_calendar.refresh_corrections(session, at)
    rows = DecisionRows()
    rows.add(decision, writer.submission_row(vault, decision, BrandEndpoints.of(*codes), address=address))
    writer.write_decisions(session, [consent], rows)
    writer.write_audit_entry(
        session, "decision.renewed", "decision", decision_id, provider_id=consent.provider_id,
        facts={"by": decision["id"]}, at=at,
    )  # fmt: skip
    return consent.decision_id
