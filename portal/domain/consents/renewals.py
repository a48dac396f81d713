"""Renew a refusal that İYS could not take in time: the provider's own decision (HS_KARAR), dated now.

İYS takes nothing older than three business days (H467), so a grant it holds would stand against the person's word for
ever. İYS's source for what a provider decides itself is HS_KARAR, which may only refuse.
"""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.business_days import holiday_calendar
from portal.core.iys_protocol import Source, Status
from portal.core.models import Consent, Decision, DecisionOrigin, Recipient
from portal.core.vault import Vault
from portal.domain.consents import locking, recipients, writer
from portal.domain.consents.writer import BrandEndpoints, DecisionRows

NOT_BEFORE = timedelta(days=1)  # Whatever İYS answers, one key is renewed once a day at most.


def renewal_due_at(
    session: Session, decision_id: int, consent_id: int, consent_date: datetime, at: datetime
) -> datetime | None:
    """When an expired decision may be renewed; None where it was a grant, or the person decided anew since."""
    current = select(Consent.decision_id).where(Consent.id == consent_id, Consent.status == Status.REFUSED)
    if session.scalar(current) != decision_id:
        return None
    return max(at, consent_date + NOT_BEFORE)


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
