"""A refusal applies to every recipient type of its address and channel, also to a grant that is heard of later."""

from collections.abc import Collection, Mapping
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
        each for each in consents
        if each.status == Status.GRANTED and (refused_at := refusals.refused_at(each))
        and each.is_older_than(Status.REFUSED, refused_at)
    ]  # fmt: skip
    if not over:
        return []
    holiday_calendar.refresh_corrections(session, at)
    codes = select(Brand.id, Provider.iys_code, Brand.brand_code).join(Provider, Provider.id == Brand.provider_id)
    of_brands = session.execute(codes.where(Brand.id.in_({each.brand_id for each in over})))
    endpoints = {brand_id: BrandEndpoints.of(iys_code, brand_code) for brand_id, iys_code, brand_code in of_brands}
    for consent in over:
        refused_at, refusal_id = refusals[consent.brand_id, consent.recipient_id, consent.channel]
        # Right after a grant of the refusal's very moment (late_refusals), while İYS takes that: what the person said
        # later may still be heard.
        is_taken = consent.effective_at == refused_at and business_days.safe_deadline(refused_at) > at
        decision = writer.decide_now(
            consent, Status.REFUSED, source=Source.PROVIDER_DECISION, origin=DecisionOrigin.RENEWAL,
            renews_id=refusal_id, at=at, renewed_from=refused_at if is_taken else None,
        )  # fmt: skip
        address = recipients.known_or_opened(session, vault, consent.recipient_id, addresses)
        rows.add(decision, writer.submission_row(vault, decision, endpoints[consent.brand_id], address=address))
    return over
