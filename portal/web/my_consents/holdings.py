"""What this portal holds of one address: at each brand, what was decided, since when, and what İYS knows of it.

Of an address that changed hands nothing is shown from before: it is another person's.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.addresses import Address
from portal.core.iys_protocol import Channel, RecipientType, Status
from portal.core.models import (
    Brand,
    Consent,
    ConsentRequest,
    Decision,
    DecisionOrigin,
    Outcome,
    Provider,
    Recipient,
    Submission,
)
from portal.core.vault import Vault
from portal.domain import address_proofs
from portal.domain.providers import sandbox_mode
from portal.domain.providers.sandbox_mode import Destination

BEGINNING = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class HeldConsent:
    """What holds for one channel, for one recipient type."""

    channel: Channel
    recipient_type: RecipientType
    status: Status
    since: datetime
    origin: DecisionOrigin
    outcome: Outcome | None  # How far it has come at İYS; None where nobody need tell it.
    accepted_at: datetime | None
    iys_status: str | None
    iys_as_of: datetime | None


@dataclass(frozen=True)
class HeldBrand:
    """One brand at whose provider the address is known."""

    brand: Brand
    provider: Provider
    recipient: Recipient
    channels: tuple[Channel, ...]
    heads: tuple[HeldConsent, ...]

    @property
    def hearer(self) -> Destination:
        return sandbox_mode.find_destination(self.provider.iys_code, self.brand.brand_code)

    @property
    def is_granted(self) -> bool:
        return any(head.status == Status.GRANTED for head in self.heads)

    @property
    def is_refused(self) -> bool:
        """Whether there is nothing left to refuse."""
        return all(self.is_refused_on(channel) for channel in self.channels)

    def comes_first(self, since: datetime) -> bool:
        """Whether it may send; or might, before this visit refused it: what one acts on stays where it is."""
        refused_now = any(
            head.origin == DecisionOrigin.MINE and head.since >= since.replace(microsecond=0) for head in self.heads
        )
        return self.is_granted or refused_now

    def is_refused_on(self, channel: Channel) -> bool:
        held = self.on(channel)
        return bool(held) and all(head.status == Status.REFUSED for head in held)

    def on(self, channel: Channel) -> list[HeldConsent]:
        """What holds on a channel, as a person's own before a merchant's."""
        return sorted((head for head in self.heads if head.channel == channel), key=lambda head: head.recipient_type)


@dataclass(frozen=True)
class Holdings:
    """Everything of one address. `brands` are also those without a decision yet, which may be refused as well."""

    address: Address
    recipients: list[Recipient]
    brands: list[HeldBrand]
    shown: list[HeldBrand]  # Who may send first, then by name.

    def of(self, brand_id: int) -> HeldBrand | None:
        """What holds at a brand, if the address is known there."""
        return next((held for held in self.brands if held.brand.id == brand_id), None)


def find_holdings(session: Session, vault: Vault, address: Address, since: datetime) -> Holdings:
    """Look the address up at all providers, and read what holds there. `since` is when this visit began."""
    recipients = address_proofs.find_holders(session, vault, address)
    by_provider = {recipient.provider_id: recipient for recipient in recipients}
    ids = [recipient.id for recipient in recipients]
    heads, asked = _consents_by_brand(session, by_provider), _asked_brand_ids(session, ids)
    brands = [
        HeldBrand(brand, provider, by_provider[provider.id], address.channels, tuple(heads.get(brand.id, ())))
        for brand, provider in _open_brands(session, by_provider)
    ]
    told = {held.provider.id for held in brands if held.heads or held.brand.id in asked}
    shown = [
        held
        for held in brands
        if held.heads or held.brand.id in asked or held.provider.id not in told and held.brand.closed_at is None
    ]
    shown.sort(key=lambda held: (not held.comes_first(since), held.brand.name.casefold(), held.brand.id))
    return Holdings(address, recipients, brands, shown)


def owned_since(recipient: Recipient) -> datetime:
    """From when on what is kept of the address is its present owner's."""
    return recipient.reassigned_at or BEGINNING


def _open_brands(session: Session, provider_ids: Iterable[int]):
    theirs = select(Brand, Provider).join(Provider, Provider.id == Brand.provider_id)
    theirs = theirs.where(Brand.provider_id.in_(provider_ids), sandbox_mode.brand_has_not_ended())
    return session.execute(theirs.order_by(Brand.id)).all()


def _asked_brand_ids(session: Session, recipient_ids: list[int]) -> set[int]:
    return set(
        session.scalars(
            select(ConsentRequest.brand_id).where(ConsentRequest.recipient_id.in_(recipient_ids)).distinct()
        )
    )


def _consents_by_brand(session: Session, by_provider: dict[int, Recipient]) -> dict[int, list[HeldConsent]]:
    rows = session.execute(
        select(Consent, Decision.origin, Submission)
        .outerjoin(Decision, Decision.id == Consent.decision_id)
        .outerjoin(Submission, Submission.decision_id == Consent.decision_id)
        .where(Consent.recipient_id.in_([each.id for each in by_provider.values()]), Consent.status.is_not(None))
    )
    found: dict[int, list[HeldConsent]] = {}
    for consent, origin, submission in rows:
        told = sandbox_mode.submission_to_iys(submission)
        found.setdefault(consent.brand_id, []).append(
            HeldConsent(
                channel=consent.channel, recipient_type=consent.recipient_type, status=consent.status, origin=origin,
                since=max(consent.effective_at, owned_since(by_provider[consent.provider_id])),
                outcome=told.outcome if told else None, accepted_at=told.accepted_at if told else None,
                iys_status=consent.iys_status, iys_as_of=consent.iys_as_of,
            )
        )  # fmt: skip
    return found
