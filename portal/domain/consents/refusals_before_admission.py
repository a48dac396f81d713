"""What real people refused while their firm was in sandbox mode: a vendor told it of a real account, or a mail program
posted to a link in a mail that they got, so it is no trial.

It is recorded at the trial brand, which ends with the admission, and once more at each brand with İYS's code that the
firm has or opens then, dated when it was said. So is a click in a mail of the trial that comes after the admission.
Whatever is decided here by hand or by a page stays a trial. Nothing here commits.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.core.business_days import holiday_calendar
from portal.core.database import is_one_of
from portal.core.iys_protocol import Channel, Status
from portal.core.models import Brand, Decision, Provider, Receipt, ReceiptDecision
from portal.core.models.trial_refusals import NEW_BRAND, TRIAL, TRIAL_BRAND, TRIAL_CONSENT, select_unrepeated
from portal.core.vault import Vault
from portal.domain.consents import annulments, locking, refusal_forwarding, writer
from portal.domain.consents.locking import LockedConsent
from portal.domain.consents.writer import DecisionRows, Row


@dataclass(frozen=True)
class TrialRefusal:
    """A refusal at a trial brand, and the receipt of its act, if that is still there."""

    decision: Decision
    receipt: Receipt | None


def list_unrepeated(session: Session) -> list[tuple[int, int]]:
    """Brands and recipients whose refusals are to be repeated, whenever the firm was admitted or the brand opened."""
    theirs = select_unrepeated(NEW_BRAND.id, TRIAL.recipient_id)
    theirs = theirs.join(Provider, Provider.id == NEW_BRAND.provider_id)
    theirs = theirs.where(Provider.admitted_at.is_not(None)).distinct()
    ended = select(TRIAL_BRAND.id).where(TRIAL_BRAND.is_sandbox, TRIAL_BRAND.closed_at.is_not(None))
    trials = session.scalars(ended).all()
    # One by one, so that databases read the consents of trial brands alone.
    found = [
        session.execute(theirs.where(TRIAL_BRAND.id == each, TRIAL_CONSENT.brand_id == each)).all() for each in trials
    ]
    return [(row[0], row[1]) for rows in found for row in rows]


def find_unrepeated(
    session: Session, brand: Brand, recipient_ids: Collection[int]
) -> list[tuple[int, Channel, datetime]]:  # fmt: skip
    """Of these recipients, on which channels each refused before the admission what is not refused at the brand yet,
    and when. One statement: call with ≤ 5,000."""
    if brand.is_sandbox or not recipient_ids:
        return []
    theirs = select_unrepeated(TRIAL.recipient_id, TRIAL.channel, func.max(TRIAL.effective_at))
    theirs = theirs.where(NEW_BRAND.id == brand.id, is_one_of(session, TRIAL_CONSENT.recipient_id, recipient_ids))
    found = session.execute(theirs.group_by(TRIAL.recipient_id, TRIAL.channel))
    return [(its_id, channel, at) for its_id, channel, at in found]


def repeat_refusals(session: Session, vault: Vault, brand: Brand, recipient_id: int, at: datetime) -> int:
    """Refuse at a brand what somebody refused at trial brands of its firm; how many decisions were made. What was
    decided there later stays. Nobody is told but İYS: nothing ends by it. Raises CannotOpen."""
    locking.lock_recipients(session, [recipient_id])
    refused = _read_unrepeated(session, brand, recipient_id)
    if not refused:
        return 0
    consents, _ = locking.lock_channels(session, brand.provider_id, brand.id, recipient_id, refused.keys())
    ended = [each for each in consents if each.is_older_than(Status.REFUSED, _said_at(refused, each))]
    annulments.void_waiting_grants(session, ended, at)
    holiday_calendar.refresh_corrections(session, at)
    codes = session.get_one(Provider, brand.provider_id).iys_code, brand.brand_code
    rows, acts = DecisionRows(), defaultdict[Receipt | None, list[Row]](list)
    for consent in consents:
        decision = _repeat(consent, refused[consent.channel].decision, at)
        told = refusal_forwarding.tell_after_admission(session, vault, decision, codes, at)
        rows.add(decision, told if consent.decision_id == decision["id"] else None)
        acts[refused[consent.channel].receipt].append(decision)
    writer.write_decisions(session, consents, rows)
    writer.write_receipts(
        session, [(_receipt_row(vault, act, its), [each["id"] for each in its]) for act, its in acts.items() if act]
    )
    return len(rows.decisions)


def _read_unrepeated(session: Session, brand: Brand, recipient_id: int) -> dict[Channel, TrialRefusal]:
    """The newest of each channel."""
    theirs = (
        select_unrepeated(TRIAL, Receipt)
        .outerjoin(ReceiptDecision, ReceiptDecision.decision_id == TRIAL.id)
        .outerjoin(Receipt, Receipt.id == ReceiptDecision.receipt_id)
        .where(NEW_BRAND.id == brand.id, TRIAL_CONSENT.recipient_id == recipient_id)
        .order_by(TRIAL.effective_at, TRIAL.id)
    )
    return {decision.channel: TrialRefusal(decision, receipt) for decision, receipt in session.execute(theirs)}


def _said_at(refused: dict[Channel, TrialRefusal], consent: LockedConsent) -> datetime:
    return refused[consent.channel].decision.effective_at


def _repeat(consent: LockedConsent, trial: Decision, at: datetime) -> Row:
    """The decision, on which the consent stands then unless something newer is known."""
    is_current = consent.is_older_than(Status.REFUSED, trial.effective_at)
    last = consent.consent_date if is_current else None
    date = locking.next_consent_date(last, trial.effective_at, is_refusal=True)
    decision = writer.decision_row(
        consent, Status.REFUSED, consent_date=date, effective_at=date, recorded_at=at, source=trial.source,
        origin=trial.origin, user_id=trial.user_id,
    )  # fmt: skip
    if is_current:
        consent.move_to(decision["id"], Status.REFUSED, consent_date=date, effective_at=date)
    return decision


def _receipt_row(vault: Vault, act: Receipt, decisions: list[Row]) -> Row:
    """That of the same act, as it was."""
    refused = sorted({each["channel"] for each in decisions})
    return writer.receipt_row(
        vault, act.provider_id, act.recipient_id, origin=act.origin, number=writer.new_receipt_number(),
        choices=" ".join(f"{channel}={Status.REFUSED}" for channel in refused), language=act.language,
        request_metadata=vault.read(act.request_metadata, Receipt.PLACE, act.provider_id, act.id), at=act.decided_at,
    )  # fmt: skip
