"""Build and insert the rows of decisions: the one writer for links, one-click, points, staff, files, İYS and renewals.

A decision comes with its Merkle leaf, its consent, its submission where İYS must be told, and an audit entry. Nothing
here commits. Rows are dicts of column values, so that a file's many thousands go without the ORM.
"""

import secrets
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from portal.core import business_days, clock, iys_protocol, journal
from portal.core.ids import new_id
from portal.core.iys_protocol import NO_RETAILERS, Retailers, Source, Status
from portal.core.models import (
    ORIGINS_AT_IYS,
    PROVIDERS_RECORDS,
    Actor,
    AuditEntry,
    Decision,
    DecisionOrigin,
    Lane,
    Leaf,
    Outcome,
    Receipt,
    ReceiptDecision,
    Submission,
)
from portal.core.models.decision import leaf_digest
from portal.core.models.inserts import insert_rows
from portal.core.vault import Vault
from portal.domain.consents import locking
from portal.domain.consents.locking import LockedConsent, next_consent_date
from portal.domain.providers import sandbox_mode

NONCE_BITS = 63
SALT_BYTES = 16
NUMBER_LETTERS = 16  # Of 32: 80 random bits.
LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: none is taken for another.
NO_WAIT = timedelta(0)

Row = dict[str, Any]


@dataclass(frozen=True)
class BrandEndpoints:
    """Where a brand's submissions go; `unsent` is the code that says why they go nowhere, if they do not."""

    single: str
    bulk: str
    unsent: str | None

    @classmethod
    def of(cls, iys_code: int, brand_code: int) -> "BrandEndpoints":
        return cls(
            iys_protocol.add_path(iys_code, brand_code),
            iys_protocol.bulk_add_path(iys_code, brand_code),
            sandbox_mode.find_unsent_code(iys_code, brand_code),
        )


@dataclass
class DecisionRows:
    """Decisions with their leaves and submissions, complete before anything is locked where there are many."""

    decisions: list[Row] = field(default_factory=list)
    leaves: list[Row] = field(default_factory=list)
    submissions: list[Row] = field(default_factory=list)

    def add(self, decision: Row, submission: Row | None = None) -> None:
        """Add a decision; without a submission where İYS need not be told."""
        self.decisions.append(decision)
        self.leaves.append(leaf_row(decision))
        if submission is not None:
            self.submissions.append(submission)


def write_decisions(session: Session, consents: Iterable[LockedConsent], rows: DecisionRows) -> None:
    """Insert decisions and save the consents that they, or something learned of İYS, changed. Call with ≤ 5,000."""
    decided = {decision["consent_id"] for decision in rows.decisions}
    changed = [each for each in consents if each.has_changed or each.id in decided]
    locking.insert_new_consents(session, changed)
    insert_rows(session, Decision, rows.decisions)
    insert_rows(session, Leaf, rows.leaves)
    write_submissions(session, rows.submissions)
    locking.save_consents(session, changed)
    _note_for_journal(session, rows)


def write_submissions(session: Session, submissions: Sequence[Row]) -> None:
    """Insert the submissions of decisions that stand already."""
    insert_rows(session, Submission, submissions)


def _note_for_journal(session: Session, rows: DecisionRows) -> None:
    """What comes by nobody else again: people's own decisions and every refusal, but for what İYS's feeds told us, no
    user took. A file's grants, which allow messages, are with the firm and at İYS."""
    kept = [each for each in rows.decisions if is_journalled(each)]
    if ids := {each["id"] for each in kept}:
        journal.note(session, Decision, kept)
        journal.note(session, Submission, (each for each in rows.submissions if each["decision_id"] in ids))


def is_journalled(decision: Row) -> bool:
    origin, is_by_feed = decision["origin"], decision["origin"] in ORIGINS_AT_IYS and decision["user_id"] is None
    is_refusal = decision["status"] == Status.REFUSED
    return not is_by_feed and (is_refusal or origin not in (*PROVIDERS_RECORDS, *ORIGINS_AT_IYS))


def decide_now(
    consent: LockedConsent, status: Status, *, source: str, origin: DecisionOrigin, at: datetime,
    chosen_at: datetime | None = None, text_id: int | None = None, user_id: int | None = None,
    renews_id: int | None = None, renewed_from: datetime | None = None,
) -> Row:  # fmt: skip
    """Move a consent by a decision that is made here and now; the decision's row. A grant counts from `chosen_at`, if
    that was before, a renewal from `renewed_from`. Raises TooSoon for a grant."""
    is_refusal = status == Status.REFUSED
    date = next_consent_date(
        consent.consent_date, at, is_refusal=is_refusal, chosen_at=renewed_from if is_refusal else chosen_at
    )
    decision = decision_row(
        consent, status, consent_date=date, effective_at=date, recorded_at=at, source=source, origin=origin,
        text_id=text_id, user_id=user_id, renews_id=renews_id,
    )  # fmt: skip
    consent.move_to(decision["id"], status, consent_date=date, effective_at=date)
    return decision


def decision_row(
    consent: LockedConsent, status: Status, *, consent_date: datetime | None, effective_at: datetime,
    recorded_at: datetime, source: str | None, origin: DecisionOrigin, text_id: int | None = None,
    user_id: int | None = None, renews_id: int | None = None, batch_id: int | None = None, line: int | None = None,
    decision_id: int | None = None, retailers: Retailers = NO_RETAILERS,
) -> Row:  # fmt: skip
    return {
        "id": decision_id or new_id(),
        "provider_id": consent.provider_id,
        "brand_id": consent.brand_id,
        "recipient_id": consent.recipient_id,
        "consent_id": consent.id,
        "channel": consent.channel,
        "recipient_type": consent.recipient_type,
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
        "batch_id": batch_id,
        "line": line,
        "retailer_code": retailers.code,
        "retailer_access": retailers.access or None,
    }


def leaf_row(decision: Row) -> Row:
    return {
        "decision_id": decision["id"],
        "provider_id": decision["provider_id"],
        "day": clock.day(decision["recorded_at"]),
        "digest": leaf_digest(decision, decision["salt"]),
    }


def submission_row(
    vault: Vault, decision: Row, endpoints: BrandEndpoints, *, address: str, lane: Lane | None = None,
    undo_period: timedelta = NO_WAIT, due_at: datetime | None = None,
    deadlines: tuple[datetime, datetime] | None = None, batch_id: int | None = None, submission_id: int | None = None,
) -> Row:  # fmt: skip
    """What İYS must be told of a decision, its payload and endpoint frozen.

    It is due at once if `due_at` says nothing else, but a grant waits for the `undo_period` first; where nobody is told
    of it, it ends when that wait does. `deadlines` (safe, lenient) are those of its date unless they are given.
    """
    submission_id = submission_id or new_id()
    status, recorded_at = decision["status"], decision["recorded_at"]
    date = decision["consent_date"] or decision["effective_at"]
    lane = lane or (Lane.REFUSALS if status == Status.REFUSED else Lane.PEOPLE)
    waits_until = recorded_at + (undo_period if status == Status.GRANTED else NO_WAIT)
    safe, lenient = deadlines or (business_days.safe_deadline(date), business_days.lenient_deadline(date))
    unsent = endpoints.unsent
    payload = _frozen_payload(decision, address)
    return {
        "id": submission_id,
        "provider_id": decision["provider_id"],
        "consent_id": decision["consent_id"],
        "decision_id": decision["id"],
        "lane": lane,
        "status": status,
        "consent_date": date,
        "endpoint": endpoints.bulk if lane == Lane.BULK else endpoints.single,
        "payload": vault.seal(payload, Submission.PLACE, decision["provider_id"], submission_id),
        "outcome": Outcome.NOT_NEEDED if unsent else Outcome.WAITING,
        "due_at": None if unsent else max(due_at or waits_until, date),  # İYS refuses a date that is still to come.
        "attempts": 0,
        "code": unsent,
        "batch_id": batch_id,
        "ended_at": waits_until if unsent else None,
        "safe_deadline": safe,
        "lenient_deadline": lenient,
        "created_at": recorded_at,
    }


def _frozen_payload(decision: Row, address: str) -> bytes:
    return iys_protocol.freeze_payload(
        recipient=address, channel=decision["channel"], recipient_type=decision["recipient_type"],
        status=decision["status"], source=Source(decision["source"]) if decision["source"] else None,
        consent_date=decision["consent_date"],
        retailers=Retailers(decision["retailer_code"], decision["retailer_access"] or ()),
    )  # fmt: skip


def receipt_row(
    vault: Vault, provider_id: int, recipient_id: int, *, origin: DecisionOrigin, number: str, choices: str,
    language: str, request_metadata: str, at: datetime, name: str = "", link_id: int | None = None,
    text_id: int | None = None, served_at: datetime | None = None, token_digest: bytes | None = None,
) -> Row:  # fmt: skip
    """The receipt of an act at one provider; an act at several has a row at each, with the same number."""
    receipt_id = new_id()
    return {
        "id": receipt_id,
        "nonce": secrets.randbits(NONCE_BITS),
        "number": number,
        "origin": origin,
        "provider_id": provider_id,
        "recipient_id": recipient_id,
        "link_id": link_id,
        "text_id": text_id,
        "language": language,
        "served_at": served_at,
        "decided_at": at,
        "token_digest": token_digest,
        "choices": choices,
        "request_metadata": vault.seal(request_metadata, Receipt.PLACE, provider_id, receipt_id),
        "name": vault.seal(name, Receipt.NAME, provider_id, receipt_id) if name else None,
    }


def new_receipt_number() -> str:
    """80 random bits that can be read aloud, as 16 of Crockford's letters."""
    bits = secrets.randbits(5 * NUMBER_LETTERS)
    return "".join([LETTERS[bits >> 5 * place & 31] for place in range(NUMBER_LETTERS)])


def write_receipts(session: Session, acts: Sequence[tuple[Row, Collection[int]]]) -> None:
    """Insert the receipts of acts' decisions, which are there already, with their audit entries. Who works for the
    provider is named by the entry of the page where they act. Call with ≤ 1,000."""
    lines = [{"receipt_id": receipt["id"], "decision_id": each} for receipt, ids in acts for each in ids]
    for model, rows in ((Receipt, [receipt for receipt, _ in acts]), (ReceiptDecision, lines)):
        insert_rows(session, model, rows)
        journal.note(session, model, rows)
    entries = [
        audit_row(
            "decision.made", "receipt", receipt["id"], provider_id=receipt["provider_id"],
            recipient_id=receipt["recipient_id"], facts={"choices": receipt["choices"], "new": len(decision_ids)},
            at=receipt["decided_at"],
        )
        for receipt, decision_ids in acts if receipt["origin"] != DecisionOrigin.STAFF
    ]  # fmt: skip
    insert_rows(session, AuditEntry, entries)


def write_audit_entry(
    session: Session, act: str, subject: str, subject_id: int, *, provider_id: int, facts: dict[str, Any], at: datetime,
    recipient_id: int | None = None,
) -> None:  # fmt: skip
    """Insert what a recipient did, or the system where no recipient did it, for the provider's audit log."""
    entry = audit_row(act, subject, subject_id, provider_id=provider_id, facts=facts, at=at, recipient_id=recipient_id)
    insert_rows(session, AuditEntry, [entry])


def audit_row(
    act: str, subject: str, subject_id: int, *, provider_id: int, facts: dict[str, Any], at: datetime,
    recipient_id: int | None = None,
) -> Row:  # fmt: skip
    return {
        "id": new_id(),
        "provider_id": provider_id,
        "at": at,
        "actor": Actor.SYSTEM if recipient_id is None else Actor.RECIPIENT,
        "actor_id": recipient_id,
        "act": act,
        "subject": subject,
        "subject_id": subject_id,
        "facts": facts,
    }
