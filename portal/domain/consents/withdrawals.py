"""Withdraw consents away from a link's own form: by one click in a mail program, from a person's overview, or because
the address is somebody else's now. One act is one receipt, at however many providers. Nothing here commits."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.addresses import Address
from portal.core.iys_protocol import Channel, Source, Status
from portal.core.models import Brand, DecisionOrigin, Provider, Recipient
from portal.core.vault import Vault
from portal.domain.consents import writer
from portal.domain.consents.refusals import NothingToRefuse, refuse_brands

__all__ = ["NothingToRefuse", "Part", "Withdrawn", "disown", "withdraw"]


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
