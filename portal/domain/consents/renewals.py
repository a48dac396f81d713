"""A refusal that İYS could not take in time is said anew: the provider's own decision (HS_KARAR), dated now.

İYS takes nothing older than three business days (H467), so a grant it holds would stand against the person's word for
ever. İYS's source for what a provider decides itself is HS_KARAR, which may only refuse.
"""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.business_days import holiday_calendar
from portal.core.iys_protocol import Source, Status
from portal.core.models import Actor, AuditEntry, Consent, Decision, DecisionOrigin, Recipient
from portal.core.vault import Vault
from portal.domain.consents import writer
from portal.domain.consents.locking import RECIPIENT, next_consent_date

NOT_BEFORE = timedelta(days=1)  # Whatever İYS answers, one key is renewed once a day at most.


def due_at(
    session: Session, decision_id: int, consent_id: int, consent_date: datetime, at: datetime
) -> datetime | None:
    """When an expired decision may be renewed; None where it was a grant, or the person decided anew since."""
    head = select(Consent.decision_id).where(Consent.id == consent_id, Consent.status == Status.REFUSED)
    if session.scalar(head) != decision_id:
        return None
    return max(at, consent_date + NOT_BEFORE)


def lock(session: Session, consent_id: int) -> None:
    """Hold the recipient of a key, as deciding does: before any other row, so that nobody waits in a circle."""
    recipient_id = session.scalar(select(Consent.recipient_id).where(Consent.id == consent_id))
    session.execute(RECIPIENT, {"recipient_id": recipient_id})


def renew(session: Session, vault: Vault, decision_id: int, codes: tuple[int, int], at: datetime) -> int | None:
    """Refuse anew what an expired refusal withdraws, if it is still the head of its key; the new decision's id.

    `codes` are İYS's numbers of the provider and the brand.
    """
    expired = session.get_one(Decision, decision_id)
    head = session.get_one(Consent, expired.consent_id, populate_existing=True)
    if head.decision_id != decision_id or head.status != Status.REFUSED:
        return None
    consent_date = next_consent_date(head.consent_date, at)
    made = writer.decision(
        head, Status.REFUSED, consent_date=consent_date, effective_at=consent_date, recorded_at=at,
        source=Source.PROVIDER_DECISION, origin=DecisionOrigin.RENEWAL, renews_id=decision_id,
    )  # fmt: skip
    recipient = session.get_one(Recipient, head.recipient_id)
    address = vault.read(recipient.address, Recipient.PLACE, recipient.provider_id, recipient.id)
    holiday_calendar.keep_current(session, at)
    told = writer.submission_of(vault, made, address=address, iys_code=codes[0], brand_code=codes[1], at=at)
    writer.insert_decisions(session, [made], [told])
    head.decision_id, head.consent_date, head.effective_at = made["id"], consent_date, consent_date
    session.add(
        AuditEntry(
            provider_id=head.provider_id, at=at, actor=Actor.SYSTEM, act="decision.renewed", subject="decision",
            subject_id=decision_id, facts={"by": made["id"]},
        )
    )  # fmt: skip
    return made["id"]
