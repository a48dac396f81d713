"""Deciding: what a person chose becomes facts, the head of each consent, and rows for İYS, all in one transaction.

Nothing here commits; the door that calls ends the transaction, and answers the person only after that.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Row, and_, bindparam, or_, select
from sqlalchemy.orm import Session

from portal.core.iys_protocol import Channel, RecipientType, Status
from portal.core.models import CampaignKind, Consent, DecisionOrigin, Receipt
from portal.core.models.link_context import LinkContext
from portal.core.vault import Vault
from portal.domain.consents import annulments, locking, writer
from portal.domain.consents.locking import TooSoon

__all__ = ["Act", "Choices", "ServedForm", "TooMany", "TooSoon", "decide", "describe_request"]

Choices = Mapping[Channel, Status]

MINUTE = timedelta(minutes=1)
MOST_A_MINUTE = 30  # On one link, counted by their receipts, whichever process took them.
EARLIER = select(Receipt.id, Receipt.nonce, Receipt.choices, Receipt.token_digest, Receipt.decided_at).where(
    or_(
        Receipt.token_digest == bindparam("digest"),
        and_(Receipt.link_id == bindparam("link_id"), Receipt.decided_at > bindparam("since")),
    )
)


class TooMany(Exception):
    """One link decided MOST_A_MINUTE times within a minute; a refusal that is new is taken all the same."""


@dataclass(frozen=True)
class ServedForm:
    """The form a person filled: which text it showed, in which language, when; its digest lets it decide once."""

    text_id: int | None  # None: no campaign's, but the usual words of refusing.
    language: str
    served_at: datetime
    digest: bytes


@dataclass(frozen=True)
class Act:
    """What came of one POST: its receipt (None where nothing was decided) and the grants that must be asked again."""

    receipt_id: int | None
    nonce: int | None
    asks_again: tuple[Channel, ...] = ()


def decide(
    session: Session,
    vault: Vault,
    invitation: LinkContext,
    choices: Choices,
    form: ServedForm | None,
    *,
    is_live: bool,
    language: str,
    request_metadata: str,
    at: datetime,
    undo: timedelta = timedelta(0),
    origin: DecisionOrigin = DecisionOrigin.LINK,
    name: str = "",
) -> Act:
    """Record what a person chose on a link's page.

    `form` is None where its token could not be trusted: refusals count all the same, grants are asked again. So they
    are on a link that may not ask (any more: `is_live`), for other choices on a form that has decided already, and
    where they come too soon beside a refusal.
    `request_metadata` (IP address and user agent) and the person's `name` are kept sealed. A grant waits `undo` before
    it is told to İYS, and may be taken back until then (annulments.undo); a refusal goes at once, and voids a grant
    that still waits. Raises TooMany, and TooSoon where only grants are chosen.
    """
    locked = locking.lock(session, invitation, choices)
    earlier, are_too_many = _earlier(session, invitation, form, at)
    if are_too_many and _still_refused(locked, choices):
        raise TooMany
    if _spelled(choices) in earlier and _still_refused(locked, choices):
        return _again(earlier[_spelled(choices)])
    is_asked = is_live and invitation.kind == CampaignKind.ASK
    may_grant = form is not None and not earlier and is_asked and not are_too_many
    taken = _taken(locked, choices, at) if may_grant else _refusals(choices)
    asks_again = tuple(channel for channel in choices if channel not in taken)
    if not taken:
        return Act(None, None, asks_again)
    spent = earlier.get(_spelled(taken))
    if spent and _still_refused(locked, taken):
        return _again(spent, asks_again)
    receipt = writer.receipt_of(
        vault, invitation, None if spent else form, choices=_spelled(taken), language=language,
        request_metadata=request_metadata, at=at, origin=origin, name=name,
    )  # fmt: skip
    refused_now = [head for head in locked if taken.get(head.channel) == Status.REFUSED != head.status]
    annulments.overtake(session, refused_now, at)
    made, spoken_of = _move_heads(session, locked, taken, invitation, receipt, at)
    writer.write(session, vault, invitation, receipt, made, spoken_of, at, undo)
    return Act(receipt["id"], receipt["nonce"], asks_again)


def _refusals(choices: Choices) -> Choices:
    return {channel: status for channel, status in choices.items() if status == Status.REFUSED}


def _taken(locked: list[Consent], choices: Choices, at: datetime) -> Choices:
    """The choices but for grants that come too soon, where a refusal beside them is taken all the same."""
    wait = _hasty(locked, choices, at) if _refusals(choices) else ()
    return {channel: status for channel, status in choices.items() if channel not in wait}


def _again(receipt: Row, asks_again: tuple[Channel, ...] = ()) -> Act:
    """The same form sent again is the same act."""
    return Act(receipt.id, receipt.nonce, asks_again)


def _still_refused(locked: list[Consent], choices: Choices) -> bool:
    """Whether every refusal among the choices stands, if there is any. One that was undone since counts as a new
    word."""
    refused = _refusals(choices)
    return all(head.status == Status.REFUSED for head in locked if head.channel in refused)


def _hasty(locked: list[Consent], choices: Choices, at: datetime) -> set[Channel]:
    """The channels that were decided so lately that a grant must wait a moment."""
    granted = {channel for channel, status in choices.items() if status == Status.GRANTED}
    of_persons = (head for head in locked if head.recipient_type == RecipientType.INDIVIDUAL)
    return {
        head.channel for head in of_persons if head.channel in granted and locking.is_too_soon(head.consent_date, at)
    }


def _earlier(
    session: Session, invitation: LinkContext, form: ServedForm | None, at: datetime
) -> tuple[dict[str, Row], bool]:  # fmt: skip
    """What this form decided already, by its choices; and whether its link decided too often just now."""
    digest = form.digest if form else None
    asked = {"digest": digest, "link_id": invitation.link_id, "since": at - MINUTE}
    receipts = session.execute(EARLIER, asked).all()
    are_too_many = sum(receipt.decided_at > at - MINUTE for receipt in receipts) >= MOST_A_MINUTE
    return {receipt.choices: receipt for receipt in receipts if digest and receipt.token_digest == digest}, are_too_many


def _move_heads(
    session: Session, locked: list[Consent], taken: Choices, invitation: LinkContext, receipt: dict, at: datetime
) -> tuple[list[dict], list[int]]:
    """The decisions to write, and the ids of all that the receipt speaks of.

    A refusal applies to every recipient type held for the address and channel. A second refusal changes nothing: its
    receipt speaks of the first one.
    """
    made, spoken_of = [], []
    for head in locked:
        status = taken.get(head.channel)
        if status is None or (status == Status.GRANTED and head.recipient_type != RecipientType.INDIVIDUAL):
            continue
        if status == Status.REFUSED and head.status == Status.REFUSED:
            spoken_of.append(head.decision_id)
            continue
        decision = writer.decision_of(head, status, invitation, receipt["text_id"], at, receipt["origin"])
        session.add(head)
        head.decision_id, head.status = decision["id"], status
        head.consent_date, head.effective_at = decision["consent_date"], decision["effective_at"]
        made.append(decision)
        spoken_of.append(decision["id"])
    return made, spoken_of


def _spelled(choices: Choices) -> str:
    return " ".join(f"{channel}={status}" for channel, status in sorted(choices.items()))


def describe_request(ip: str | None, user_agent: str) -> str:
    """The facts of a POST that are kept as evidence, as one text."""
    return json.dumps({"ip": ip, "user_agent": user_agent[:300]})
