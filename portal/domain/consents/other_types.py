"""A refusal applies to every recipient type of its address and channel, also to a grant that is heard of later."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.business_days import holiday_calendar
from portal.core.iys_protocol import Source, Status
from portal.core.models import Brand, DecisionOrigin, Provider
from portal.core.vault import Vault
from portal.domain.consents import writer
from portal.domain.consents.locking import LockedConsent
from portal.domain.consents.writer import BrandEndpoints, DecisionRows


def newest_refusals(consents: Sequence[LockedConsent]) -> dict[tuple[int, int, str], LockedConsent]:
    """By brand, recipient and channel the consent of whichever type that was refused last."""
    newest: dict[tuple[int, int, str], LockedConsent] = {}
    refused = [(each.effective_at, each) for each in consents if each.status == Status.REFUSED and each.effective_at]
    for _, consent in sorted(refused, key=lambda pair: pair[0]):
        newest[consent.brand_id, consent.recipient_id, consent.channel] = consent
    return newest


def refuse_other_types(
    session: Session, vault: Vault, brand: Brand, consents: Sequence[LockedConsent], addresses: Mapping[int, str],
    rows: DecisionRows, at: datetime,
) -> list[LockedConsent]:  # fmt: skip
    """Refuse, as of now, what a refusal of another type is newer than, and tell İYS; which consents these were. They
    are all that is held of their recipients at the brand, and locked; `addresses` are canonical, by recipient."""
    refusals = newest_refusals(consents)
    over = [
        (each, refusal) for each in consents
        if each.status == Status.GRANTED and each.brand_id == brand.id
        and (refusal := refusals.get((brand.id, each.recipient_id, each.channel)))
        and refusal.effective_at and each.is_older_than(Status.REFUSED, refusal.effective_at)
    ]  # fmt: skip
    if not over:
        return []
    holiday_calendar.refresh_corrections(session, at)
    iys_code = session.scalars(select(Provider.iys_code).where(Provider.id == brand.provider_id)).one()
    endpoints = BrandEndpoints.of(iys_code, brand.brand_code)
    for consent, refusal in over:
        decision = writer.decide_now(
            consent, Status.REFUSED, source=Source.PROVIDER_DECISION, origin=DecisionOrigin.RENEWAL,
            renews_id=refusal.decision_id, at=at,
        )  # fmt: skip
        submission = writer.submission_row(vault, decision, endpoints, address=addresses[consent.recipient_id])
        rows.add(decision, submission)
    return [consent for consent, _ in over]
