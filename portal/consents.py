"""Deciding: what a person chose becomes facts, the head of each consent, and rows for İYS, all in one transaction.

Nothing here commits; the door that calls ends the transaction, and answers the person only after that.
"""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from portal import clock, registry, workdays
from portal.models import (
    Actor,
    AuditEntry,
    CampaignKind,
    Consent,
    Decision,
    Lane,
    Leaf,
    Outcome,
    Receipt,
    ReceiptDecision,
    Recipient,
    Submission,
    Way,
)
from portal.models.decision import leaf_digest
from portal.models.ids import new_id
from portal.models.invitation import Invitation
from portal.models.upsert import insert_missing
from portal.registry import Channel, RecipientType, Status
from portal.vault import Vault

SECOND = timedelta(seconds=1)
NONCE_BITS = 63

Choices = Mapping[Channel, Status]


@dataclass(frozen=True)
class ServedForm:
    """The form a person filled: which text it showed, in which language, when; its digest lets it decide once."""

    text_id: int
    language: str
    served_at: datetime
    digest: bytes


@dataclass(frozen=True)
class Act:
    """What came of one POST: its receipt (None where nothing was decided) and the grants that must be asked again."""

    receipt_id: int | None
    nonce: int | None
    asks_again: tuple[Channel, ...] = ()


class TooSoon(Exception):
    """The key was decided within the last second; its next date would run more than a second ahead of the clock."""


def decide(
    session: Session, vault: Vault, invitation: Invitation, choices: Choices, form: ServedForm | None,
    *, language: str, seen: str, at: datetime,
) -> Act:  # fmt: skip
    """Record what a person chose on a link's page.

    `form` is None where its token could not be trusted: refusals count all the same, grants are asked again. So they
    are on a link that no longer may ask, and for other choices on a form that has decided already. `seen` (IP address
    and user agent) is kept sealed. Raises TooSoon.
    """
    heads = _lock_heads(session, invitation, list(choices), at)
    earlier = _receipts_of(session, form)
    for receipt in earlier:
        if receipt.choices == _spelled(choices):
            return Act(receipt.id, receipt.nonce)
    may_grant = form is not None and not earlier and _may_ask(invitation, at)
    taken = {channel: status for channel, status in choices.items() if may_grant or status == Status.REFUSED}
    asks_again = tuple(channel for channel in choices if channel not in taken)
    if not taken:
        return Act(None, None, asks_again)
    receipt = _receipt(vault, invitation, taken, form, language, seen, at)
    made, spoken_of = _new_decisions(heads, taken, invitation, receipt, at)
    _write(session, vault, invitation, receipt, made, spoken_of, at)
    return Act(receipt["id"], receipt["nonce"], asks_again)


def _may_ask(invitation: Invitation, at: datetime) -> bool:
    return invitation.kind == CampaignKind.ASK and (invitation.expires_at is None or at < invitation.expires_at)


def _lock_heads(session: Session, invitation: Invitation, channels: list[Channel], at: datetime) -> list[Consent]:
    """The heads of the address at this brand, locked in one order; an individual's is made where there is none."""
    theirs = (
        select(Consent)
        .where(
            Consent.brand_id == invitation.brand_id,
            Consent.recipient_id == invitation.recipient_id,
            Consent.channel.in_(channels),
        )
        .order_by(Consent.id)
        .with_for_update()
    )
    heads = list(session.scalars(theirs))
    missing = [each for each in channels if each not in {head.channel for head in heads}]
    if missing:
        insert_missing(session, Consent, [_empty_head(invitation, channel) for channel in missing])
        heads = list(session.scalars(theirs))
    return heads


def _empty_head(invitation: Invitation, channel: Channel) -> dict:
    return {
        "id": new_id(),
        "provider_id": invitation.provider_id,
        "brand_id": invitation.brand_id,
        "recipient_id": invitation.recipient_id,
        "channel": channel,
        "recipient_type": RecipientType.INDIVIDUAL,
    }


def _receipts_of(session: Session, form: ServedForm | None) -> list[Receipt]:
    if form is None:
        return []
    return list(session.scalars(select(Receipt).where(Receipt.token_digest == form.digest)))


def _receipt(vault: Vault, invitation: Invitation, taken: Choices, form, language: str, seen: str, at: datetime) -> dict:
    receipt_id = new_id()
    return {
        "id": receipt_id,
        "nonce": secrets.randbits(NONCE_BITS),
        "provider_id": invitation.provider_id,
        "recipient_id": invitation.recipient_id,
        "link_id": invitation.link_id,
        "text_id": form.text_id if form else invitation.text_id,
        "language": form.language if form else language,
        "served_at": form.served_at if form else None,
        "decided_at": at,
        "token_digest": form.digest if form else None,
        "choices": _spelled(taken),
        "seen": vault.seal(seen, Receipt.PLACE, invitation.provider_id, receipt_id),
    }


def _new_decisions(heads, taken: Choices, invitation: Invitation, receipt: dict, at: datetime) -> tuple[list, list]:
    """The decisions to write, and the ids of all that the receipt speaks of.

    A refusal applies to every recipient type held for the address and channel; a second refusal changes nothing, so
    its receipt speaks of the first one.
    """
    made, spoken_of = [], []
    for head in heads:
        status = taken.get(head.channel)
        if status is None or (status == Status.GRANTED and head.recipient_type != RecipientType.INDIVIDUAL):
            continue
        if status == Status.REFUSED and head.status == Status.REFUSED:
            spoken_of.append(head.decision_id)
            continue
        decision = _decision(head, status, invitation, receipt, at)
        made.append(decision)
        spoken_of.append(decision["id"])
        head.decision_id, head.status = decision["id"], status
        head.consent_date, head.effective_at = decision["consent_date"], decision["effective_at"]
    return made, spoken_of


def _decision(head: Consent, status: Status, invitation: Invitation, receipt: dict, at: datetime) -> dict:
    consent_date = next_consent_date(head.consent_date, at)
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
        "recorded_at": at,
        "effective_at": consent_date,
        "source": invitation.source,
        "way": Way.LINK,
        "text_id": receipt["text_id"],
        "salt": secrets.token_bytes(16),
    }


def next_consent_date(last: datetime | None, at: datetime) -> datetime:
    """The date of a key's next decision: to the second, strictly later than the last (İYS: H178, and one movement of a
    key per second). Raises TooSoon where it would run more than a second ahead of the clock (H162)."""
    whole = at.replace(microsecond=0)
    date = max(whole, last + SECOND) if last else whole
    if date > at + SECOND:
        raise TooSoon
    return date


def _write(session, vault, invitation: Invitation, receipt: dict, made: list, spoken_of: list, at: datetime) -> None:
    session.execute(insert(Receipt.__table__), receipt)
    if made:
        session.execute(insert(Decision.__table__), made)
        session.execute(insert(Leaf.__table__), [_leaf(decision) for decision in made])
        address = vault.read(invitation.address, Recipient.PLACE, invitation.provider_id, invitation.recipient_id)
        session.execute(
            insert(Submission.__table__), [_submission(vault, invitation, address, decision, at) for decision in made]
        )
    session.execute(
        insert(ReceiptDecision.__table__),
        [{"receipt_id": receipt["id"], "decision_id": decision_id} for decision_id in spoken_of],
    )
    session.execute(
        insert(AuditEntry.__table__),
        {
            "id": new_id(),
            "provider_id": invitation.provider_id,
            "at": at,
            "actor": Actor.RECIPIENT,
            "actor_id": invitation.recipient_id,
            "act": "decision.made",
            "subject": "receipt",
            "subject_id": receipt["id"],
            "facts": {"choices": receipt["choices"], "new": len(made)},
        },
    )


def _leaf(decision: dict) -> dict:
    return {
        "decision_id": decision["id"],
        "provider_id": decision["provider_id"],
        "day": clock.day(decision["recorded_at"]),
        "digest": leaf_digest(decision, decision["salt"]),
    }


def _submission(vault: Vault, invitation: Invitation, address: str, decision: dict, at: datetime) -> dict:
    submission_id = new_id()
    payload = registry.freeze(
        recipient=address,
        channel=decision["channel"],
        recipient_type=decision["recipient_type"],
        status=decision["status"],
        source=decision["source"],
        consent_date=decision["consent_date"],
    )
    return {
        "id": submission_id,
        "provider_id": decision["provider_id"],
        "consent_id": decision["consent_id"],
        "decision_id": decision["id"],
        "lane": Lane.REFUSALS if decision["status"] == Status.REFUSED else Lane.PEOPLE,
        "status": decision["status"],
        "consent_date": decision["consent_date"],
        "endpoint": registry.add_path(invitation.iys_code, invitation.brand_code),
        "payload": vault.seal(payload, Submission.PLACE, decision["provider_id"], submission_id),
        "outcome": Outcome.WAITING,
        "due_at": max(at, decision["consent_date"]),  # İYS refuses a date that is still to come.
        "attempts": 0,
        "safe_deadline": workdays.safe_deadline(decision["consent_date"]),
        "lenient_deadline": workdays.lenient_deadline(decision["consent_date"]),
        "created_at": at,
    }


def _spelled(choices: Choices) -> str:
    return " ".join(f"{channel}={status}" for channel, status in sorted(choices.items()))


def seen_of(ip: str | None, user_agent: str) -> str:
    """The facts of a POST that are kept as evidence, as one text."""
    return json.dumps({"ip": ip, "user_agent": user_agent[:300]})
