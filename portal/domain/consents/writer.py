"""The rows that one act leaves behind: receipt, decisions with their leaves, what İYS must hear, and an audit entry."""

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import insert
from sqlalchemy.orm import Session

from portal.core import business_days, clock, iys_protocol
from portal.core.business_days import holiday_calendar
from portal.core.database import at_once
from portal.core.iys_protocol import Status
from portal.core.models import (
    Actor,
    AuditEntry,
    Consent,
    Decision,
    DecisionOrigin,
    Lane,
    Leaf,
    Message,
    Outcome,
    Receipt,
    ReceiptDecision,
    Recipient,
    Submission,
)
from portal.core.models.decision import leaf_digest
from portal.core.models.ids import new_id
from portal.core.models.link_context import LinkContext
from portal.core.vault import Vault
from portal.domain.consents.locking import next_consent_date
from portal.domain.notifications import messages
from portal.domain.providers import sandbox_mode

NONCE_BITS = 63
SALT_BYTES = 16
NUMBER_LETTERS = 16  # Of 32: 80 random bits.
LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: none is taken for another.

RECEIPT, DECISION, LEAF, SUBMISSION, SPOKEN_OF, AUDIT, MESSAGE = (
    insert(model.__table__) for model in (Receipt, Decision, Leaf, Submission, ReceiptDecision, AuditEntry, Message)
)


def receipt_of(
    vault: Vault, invitation: LinkContext, form, *, choices: str, language: str, seen: str, at: datetime,
    origin: DecisionOrigin = DecisionOrigin.LINK, name: str = "",
) -> dict:  # fmt: skip
    """The receipt of an act; `form` is the ServedForm, or None where its token could not be trusted."""
    facts = receipt(
        vault, invitation.provider_id, invitation.recipient_id, origin=origin, number=new_number(), choices=choices,
        language=form.language if form else language, seen=seen, at=at, name=name,
    )  # fmt: skip
    return facts | {
        "link_id": invitation.link_id,
        "text_id": form.text_id if form else None,
        "served_at": form.served_at if form else None,
        "token_digest": form.digest if form else None,
    }


def receipt(
    vault: Vault,
    provider_id: int,
    recipient_id: int,
    *,
    origin: DecisionOrigin,
    number: str,
    choices: str,
    language: str,
    seen: str,
    at: datetime,
    name: str = "",
) -> dict:
    """The row of a receipt at one provider; an act at several has a row at each, with the same number."""
    receipt_id = new_id()
    return {
        "id": receipt_id,
        "nonce": secrets.randbits(NONCE_BITS),
        "number": number,
        "origin": origin,
        "provider_id": provider_id,
        "recipient_id": recipient_id,
        "link_id": None,
        "text_id": None,
        "language": language,
        "served_at": None,
        "decided_at": at,
        "token_digest": None,
        "choices": choices,
        "seen": vault.seal(seen, Receipt.PLACE, provider_id, receipt_id),
        "name": vault.seal(name, Receipt.NAME, provider_id, receipt_id) if name else None,
    }


def new_number() -> str:
    """A receipt's number: 80 random bits that can be read aloud, as 16 of Crockford's letters."""
    return "".join(secrets.choice(LETTERS) for _ in range(NUMBER_LETTERS))


def decision_of(
    head: Consent,
    status: Status,
    invitation: LinkContext,
    text_id: int | None,
    at: datetime,
    origin: DecisionOrigin = DecisionOrigin.LINK,
) -> dict:
    """A decision on a key, made by a link. Raises TooSoon."""
    consent_date = next_consent_date(head.consent_date, at, is_refusal=status == Status.REFUSED)
    return decision(
        head, status, consent_date=consent_date, effective_at=consent_date, recorded_at=at, source=invitation.source,
        origin=origin, text_id=text_id,
    )  # fmt: skip


def decision(
    head: Consent,
    status: Status,
    *,
    consent_date: datetime,
    effective_at: datetime,
    recorded_at: datetime,
    source: str,
    origin: DecisionOrigin,
    text_id: int | None = None,
    user_id: int | None = None,
    renews_id: int | None = None,
) -> dict:
    """The row of a decision on a key, by whichever way it came."""
    return {
        "id": new_id(),
        "provider_id": head.provider_id,
        "brand_id": head.brand_id,
        "recipient_id": head.recipient_id,
        "consent_id": head.id,
        "channel": head.channel,
        "recipient_type": head.recipient_type,
        "status": status,
        "consent_date": consent_date,
        "recorded_at": recorded_at,
        "effective_at": effective_at,
        "source": source,
        "origin": origin,
        "text_id": text_id,
        "user_id": user_id,
        "salt": secrets.token_bytes(SALT_BYTES),
        "renews_id": renews_id,
    }


def write(
    session: Session, vault: Vault, invitation: LinkContext, receipt: dict, made: list[dict], spoken_of: list[int],
    at: datetime, undo: timedelta,
) -> None:  # fmt: skip
    """Insert everything of one act. `spoken_of` are the decisions that the receipt tells of, new or not; grants wait
    `undo` before they are told to İYS. Who granted is told so at once (Regulation art. 7, the same day)."""
    address = vault.read(invitation.address, Recipient.PLACE, invitation.provider_id, invitation.recipient_id)
    holiday_calendar.keep_current(session, at)
    with at_once(session):
        session.execute(RECEIPT, receipt)
        codes = {"iys_code": invitation.iys_code, "brand_code": invitation.brand_code}
        told = [submission_of(vault, each, address=address, at=at, undo=undo, **codes) for each in made]
        insert_decisions(session, made, told)
        speaks = [{"receipt_id": receipt["id"], "decision_id": decision_id} for decision_id in spoken_of]
        session.execute(SPOKEN_OF, speaks)
        session.execute(AUDIT, audit_entry(receipt, len(made), at))
        if any(each["status"] == Status.GRANTED for each in made):
            session.execute(MESSAGE, messages.confirmation(receipt, invitation.campaign_id, at))


def write_receipt(session: Session, receipt: dict, spoken_of: Iterable[int], made: int, at: datetime) -> None:
    """Insert the receipt of decisions that are there already, with its entry in the log; `made` of them are new."""
    session.execute(RECEIPT, receipt)
    session.execute(SPOKEN_OF, [{"receipt_id": receipt["id"], "decision_id": each} for each in spoken_of])
    session.execute(AUDIT, audit_entry(receipt, made, at))


def insert_decisions(session: Session, made: list[dict], submissions: list[dict] = ()) -> None:
    """Insert decisions with their leaves, and what İYS must hear of them. A few thousand at a time."""
    if made:
        session.execute(DECISION, made)
        session.execute(LEAF, [_leaf(each) for each in made])
    if submissions:
        session.execute(SUBMISSION, submissions)


def submission_of(
    vault: Vault, decision: dict, *, address: str, iys_code: int, brand_code: int, at: datetime,
    lane: Lane | None = None, undo: timedelta = timedelta(0),
) -> dict:  # fmt: skip
    """The row that takes a decision to İYS, with its payload and endpoint frozen. `address` is canonical, in clear. A
    grant waits `undo`, a refusal for nothing; where nobody is told of it, it ends when the wait does."""
    submission_id = new_id()
    usual = Lane.REFUSALS if decision["status"] == Status.REFUSED else Lane.PEOPLE
    payload = iys_protocol.freeze(
        recipient=address,
        channel=decision["channel"],
        recipient_type=decision["recipient_type"],
        status=decision["status"],
        source=decision["source"],
        consent_date=decision["consent_date"],
    )
    path = iys_protocol.bulk_add_path if lane == Lane.BULK else iys_protocol.add_path
    unsent = sandbox_mode.why_unsent(iys_code, brand_code)
    wait = undo if decision["status"] == Status.GRANTED else timedelta(0)
    return {
        "id": submission_id,
        "provider_id": decision["provider_id"],
        "consent_id": decision["consent_id"],
        "decision_id": decision["id"],
        "lane": lane or usual,
        "status": decision["status"],
        "consent_date": decision["consent_date"],
        "endpoint": path(iys_code, brand_code),
        "payload": vault.seal(payload, Submission.PLACE, decision["provider_id"], submission_id),
        "outcome": Outcome.NOT_NEEDED if unsent else Outcome.WAITING,
        "due_at": None if unsent else max(at + wait, decision["consent_date"]),  # İYS refuses a date to come.
        "ended_at": at + wait if unsent else None,
        "code": unsent,
        "attempts": 0,
        "safe_deadline": business_days.safe_deadline(decision["consent_date"]),
        "lenient_deadline": business_days.lenient_deadline(decision["consent_date"]),
        "created_at": at,
    }


def _leaf(decision: dict) -> dict:
    return {
        "decision_id": decision["id"],
        "provider_id": decision["provider_id"],
        "day": clock.day(decision["recorded_at"]),
        "digest": leaf_digest(decision, decision["salt"]),
    }


def audit_entry(receipt: dict, made: int, at: datetime) -> dict:
    """What a recipient did, for the log of its provider."""
    return {
        "id": new_id(),
        "provider_id": receipt["provider_id"],
        "at": at,
        "actor": Actor.RECIPIENT,
        "actor_id": receipt["recipient_id"],
        "act": "decision.made",
        "subject": "receipt",
        "subject_id": receipt["id"],
        "facts": {"choices": receipt["choices"], "new": made},
    }
