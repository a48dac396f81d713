"""A refusal applies to every recipient type of its address and channel, also to a grant that is heard of later."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import business_days
from portal.core.business_days import holiday_calendar
from portal.core.database import is_one_of
from portal.core.iys_protocol import Source, Status
from portal.core.models import Brand, Decision, DecisionOrigin, Provider, is_void
from portal.core.vault import Vault
from portal.domain.consents import recipients, writer
from portal.domain.consents.locking import LockedConsent
from portal.domain.consents.writer import BrandEndpoints, DecisionRows


class NewestRefusals(dict[tuple[int, int, str], tuple[datetime, int]]):
    """By brand, recipient and channel the newest refusal as whatever type: when it took effect, and its decision.

    It is one of all decisions that are not void, whether its consent still stands on it or was granted anew. A renewal
    is none: what it renews is, and a grant from between the two was said later."""

    def note(self, consent: LockedConsent, effective_at: datetime, decision_id: int) -> None:
        """Add a refusal that is no row yet."""
        self.note_at((consent.brand_id, consent.recipient_id, consent.channel), effective_at, decision_id)

    def note_at(self, key: tuple[int, int, str], effective_at: datetime, decision_id: int = 0) -> None:
        self[key] = max(self.get(key, (effective_at, decision_id)), (effective_at, decision_id))

    def refused_at(self, consent: LockedConsent) -> datetime | None:
        found = self.get((consent.brand_id, consent.recipient_id, consent.channel))
        return found[0] if found else None


def newest_refusals(session: Session, consents: Collection[LockedConsent]) -> NewestRefusals:
    """The newest refusals among the decisions of these consents; one statement."""
    if not consents:
        return NewestRefusals()
    columns = Decision.brand_id, Decision.recipient_id, Decision.channel, Decision.effective_at, Decision.id
    refused = select(*columns).where(
        is_one_of(session, Decision.consent_id, [each.id for each in consents]), ~is_void(),
        Decision.status == Status.REFUSED, Decision.origin != DecisionOrigin.RENEWAL,
    ).order_by(Decision.effective_at, Decision.id)  # fmt: skip
    return NewestRefusals(
        {(brand, person, on): (at, its_id) for brand, person, on, at, its_id in session.execute(refused)}
    )


def refuse_other_types(
    session: Session, vault: Vault, consents: Collection[LockedConsent], refusals: NewestRefusals, rows: DecisionRows,
    at: datetime, addresses: Mapping[int, str] = recipients.NONE_KNOWN,
) -> list[LockedConsent]:  # fmt: skip
    """Refuse, as of now, what a refusal of another type is newer than, and tell İYS; which consents these were. They
    are all that is held of their recipients at a brand, and locked; `addresses` are canonical, by recipient, as far as
    they are known. Raises CannotOpen for others."""
    over = [
        (each, refusals[each.brand_id, each.recipient_id, each.channel][1]) for each in consents
        if each.status == Status.GRANTED and (refused_at := refusals.refused_at(each))
        and each.is_older_than(Status.REFUSED, refused_at)
    ]  # fmt: skip
    return refuse_anew(session, vault, over, rows, at, addresses)


def refuse_anew(
    session: Session, vault: Vault, over: Sequence[tuple[LockedConsent, int]], rows: DecisionRows, at: datetime,
    addresses: Mapping[int, str] = recipients.NONE_KNOWN, *, right_after_grants: bool = False,
) -> list[LockedConsent]:  # fmt: skip
    """Refuse locked consents by the refusals with these ids, and tell İYS; which consents these were. As of now, or of
    the second after each grant where İYS takes that still: what the person said since then may be heard later. Raises
    CannotOpen."""
    if not over:
        return []
    holiday_calendar.refresh_corrections(session, at)
    codes = select(Brand.id, Provider.iys_code, Brand.brand_code).join(Provider, Provider.id == Brand.provider_id)
    of_brands = session.execute(codes.where(Brand.id.in_({each.brand_id for each, _ in over})))
    endpoints = {brand_id: BrandEndpoints.of(iys_code, brand_code) for brand_id, iys_code, brand_code in of_brands}
    for consent, refusal_id in over:
        granted_at = consent.effective_at if right_after_grants else None
        is_in_time = granted_at is not None and business_days.safe_deadline(granted_at) > at
        decision = writer.decide_now(
            consent, Status.REFUSED, source=Source.PROVIDER_DECISION, origin=DecisionOrigin.RENEWAL,
            renews_id=refusal_id, at=at, renewed_from=granted_at if is_in_time else None,
        )  # fmt: skip
        address = recipients.known_or_opened(session, vault, consent.recipient_id, addresses)
        rows.add(decision, writer.submission_row(vault, decision, endpoints[consent.brand_id], address=address))
    return [consent for consent, _ in over]
