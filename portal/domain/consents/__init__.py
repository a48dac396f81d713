"""Record what a person decides on a link's page: decisions, consents and what İYS must be told, in one transaction.

Nothing here commits; the view ends the transaction, and answers the person only after that.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, and_, bindparam, or_, select
from sqlalchemy.orm import Session

from portal.core.addresses import AddressKind, read_canonical
from portal.core.business_days import holiday_calendar
from portal.core.iys_protocol import Channel, RecipientType, Status
from portal.core.models import Brand, DecisionOrigin, Receipt, Recipient
from portal.core.models.inserts import in_few_statements
from portal.core.models.link_context import LinkContext
from portal.core.vault import Vault
from portal.domain.consents import annulments, link_contexts, locking, spellings, writer
from portal.domain.consents.locking import LockedConsent, TooSoon
from portal.domain.consents.writer import BrandEndpoints, DecisionRows
from portal.domain.notifications import messages

__all__ = ["Choices", "DecisionResult", "ServedForm", "TooMany", "TooSoon", "decide", "describe_request"]

Choices = Mapping[Channel, Status]

MINUTE = timedelta(minutes=1)
MOST_A_MINUTE = 30  # On one link, counted by their receipts, whichever process took them.
# Of this form, or of the last minute on this link (where a post without a form's token is one act, however often).
EARLIER_RECEIPTS = select(
    Receipt.id, Receipt.nonce, Receipt.choices, Receipt.token_digest, Receipt.decided_at
).where(
    or_(
        Receipt.token_digest == bindparam("digest"),
        and_(Receipt.link_id == bindparam("link_id"), Receipt.decided_at > bindparam("since")),
    )
).order_by(Receipt.decided_at)  # fmt: skip


class TooMany(Exception):
    """One link decided MOST_A_MINUTE times within a minute; a refusal that is new is taken all the same."""


@dataclass(frozen=True)
class ServedForm:
    """The form a person filled: which text it showed, in which language, when; its digest lets it grant once.

    `chosen_at`: where an address had to be proved after the choice, or a reply waited; None: chosen now."""

    text_id: int | None  # None: no campaign's, but the usual words of refusing.
    language: str
    served_at: datetime
    digest: bytes
    chosen_at: datetime | None = None


@dataclass(frozen=True)
class DecisionResult:
    """What came of one POST: its receipt (None where nothing was decided) and the grants that must be asked again."""

    receipt_id: int | None
    nonce: int | None
    asks_again: tuple[Channel, ...] = ()


def decide(
    session: Session, vault: Vault, link_context: LinkContext, choices: Choices, form: ServedForm | None, *,
    is_live: bool, language: str, request_metadata: str, at: datetime, undo_period: timedelta = timedelta(0),
    origin: DecisionOrigin = DecisionOrigin.LINK, name: str = "",
) -> DecisionResult:  # fmt: skip
    """Record what a person chose on a link's page. A grant counts from when it was chosen.

    `form` is None where its token could not be trusted: refusals count, grants are asked again. So they are on a link
    that may not ask (`is_live`), for other choices on a form that decided already, where they were refused since they
    were chosen, and where they come too soon beside a refusal. `request_metadata` (IP address and user agent) and the
    person's `name` are encrypted. A grant may be taken back for the `undo_period`, and waits for that; a refusal goes
    at once and voids one that waits. Refusing what is refused is a decision, too: İYS may hold a grant unknown to us.
    The same refusals within a minute are one act, grants by one form always. Raises TooMany; of grants alone TooSoon.
    """
    key = (link_context.provider_id, link_context.brand_id, link_context.recipient_id)
    consents, had_any = locking.lock_channels(session, *key, choices)
    earlier, are_too_many = _earlier_receipts(session, link_context, form, at) if had_any else ({}, False)
    if are_too_many and _are_still_refused(consents, choices):
        raise TooMany
    repeated = earlier.get(_choices_text(choices))
    if repeated and _is_same_act(repeated, consents, choices, at):
        return DecisionResult(repeated.id, repeated.nonce)
    may_grant = is_live and not earlier and not are_too_many and _takes_grants(session, link_context, choices)
    refused = _refused_since(session, vault, link_context, consents, form, at) if form and may_grant else set(Channel)
    accepted = _without_untimely_grants(consents, choices, refused, at)
    asks_again = tuple(channel for channel in choices if channel not in accepted)
    if not accepted:
        return DecisionResult(None, None, asks_again)
    repeated = earlier.get(_choices_text(accepted))
    if repeated and _is_same_act(repeated, consents, accepted, at):
        return DecisionResult(repeated.id, repeated.nonce, asks_again)
    receipt = _receipt(
        vault, link_context, form, is_repeat=repeated is not None, choices=_choices_text(accepted), language=language,
        request_metadata=request_metadata, at=at, origin=origin, name=name,
    )  # fmt: skip
    before = {each.status for each in consents if each.channel in accepted}
    annulments.void_waiting_grants(session, _refused_by(accepted, consents), at)
    made = _move_consents(consents, accepted, link_context, receipt, form)
    _write(session, vault, link_context, receipt, consents, made, undo_period, before)
    return DecisionResult(receipt["id"], receipt["nonce"], asks_again)


def describe_request(ip: str | None, user_agent: str) -> str:
    """The facts of a POST that are kept as evidence, as one text."""
    return json.dumps({"ip": ip, "user_agent": user_agent[:300]})


def _earlier_receipts(
    session: Session, link_context: LinkContext, form: ServedForm | None, at: datetime
) -> tuple[dict[str, Row[*tuple[Any, ...]]], bool]:
    """What this form (or no form, within a minute) decided already, the last of the same choices; and whether its link
    decided too often just now. Whatever a link decided left a consent at its brand."""
    digest = form.digest if form else None
    asked = {"digest": digest, "link_id": link_context.link_id, "since": at - MINUTE}
    receipts = session.connection().execute(EARLIER_RECEIPTS, asked).all()
    are_too_many = sum(receipt.decided_at > at - MINUTE for receipt in receipts) >= MOST_A_MINUTE
    by_form = {receipt.choices: receipt for receipt in receipts if receipt.token_digest == digest}
    repeats = {each.choices: each for each in receipts if each.token_digest is None and each.choices in by_form}
    return by_form | repeats, are_too_many


def _takes_grants(session: Session, link_context: LinkContext, choices: Choices) -> bool:
    is_asked = link_context.kind.takes_grants and Status.GRANTED in choices.values()
    return is_asked and not locking.has_changed_hands(session, link_context)


def _choices_text(choices: Choices) -> str:
    return " ".join(f"{channel}={status}" for channel, status in sorted(choices.items()))


def _refusals(choices: Choices) -> Choices:
    return {channel: status for channel, status in choices.items() if status == Status.REFUSED}


def _are_still_refused(consents: list[LockedConsent], choices: Choices) -> bool:
    """Whether every refusal among the choices stands, if there is any. One that was undone since counts as new."""
    refused = _refusals(choices)
    return all(consent.status == Status.REFUSED for consent in consents if consent.channel in refused)


def _is_same_act(earlier: Row[*tuple[Any, ...]], consents: list[LockedConsent], choices: Choices, at: datetime) -> bool:
    """Whether the same choices are the same act. A refusal is so for a minute: later İYS may hold a grant anew."""
    is_recent = earlier.decided_at > at - MINUTE or not _refusals(choices)
    return is_recent and _are_still_refused(consents, choices)


def _refused_by(accepted: Choices, consents: list[LockedConsent]) -> list[LockedConsent]:
    return [consent for consent in consents if accepted.get(consent.channel) == Status.REFUSED]


def _refused_since(
    session: Session, vault: Vault, link_context: LinkContext, consents: list[LockedConsent], form: ServedForm,
    at: datetime,
) -> set[Channel]:  # fmt: skip
    """The channels that were refused since the form's choices, to the second as the dates of refusals are; e-mail also
    by another spelling of the mailbox."""
    if not form.chosen_at:
        return set()
    refused = [(each.channel, each.effective_at) for each in consents if each.status == Status.REFUSED]
    text = vault.read(link_context.address, Recipient.PLACE, link_context.provider_id, link_context.recipient_id)
    if read_canonical(text).kind == AddressKind.EMAIL:
        brand, mails = session.get_one(Brand, link_context.brand_id), {text: link_context.recipient_id}
        by_mailbox = spellings.find_refusals_at(session, vault, brand, mails, at)
        refused += [(Channel.EMAIL, each) for each in by_mailbox.values()]
    since = form.chosen_at.replace(microsecond=0)
    return {channel for channel, refused_at in refused if refused_at and refused_at >= since}


def _without_untimely_grants(
    consents: list[LockedConsent], choices: Choices, refused: Collection[Channel], at: datetime
) -> Choices:
    """The choices but for grants of channels that were refused since."""
    newer = {channel: status for channel, status in choices.items() if channel not in refused}
    return _without_hasty_grants(consents, {**newer, **_refusals(choices)}, at)


def _without_hasty_grants(consents: list[LockedConsent], choices: Choices, at: datetime) -> Choices:
    """The choices but for grants that come too soon, where a refusal beside them is taken all the same."""
    if not _refusals(choices):
        return choices
    hasty = {
        consent.channel for consent in consents
        if consent.recipient_type == RecipientType.INDIVIDUAL and choices.get(consent.channel) == Status.GRANTED
        and locking.is_too_soon(consent.consent_date, at)
    }  # fmt: skip
    return {channel: status for channel, status in choices.items() if channel not in hasty}


def _receipt(
    vault: Vault, link_context: LinkContext, form: ServedForm | None, *, is_repeat: bool, language: str, **values: Any
) -> writer.Row:
    return writer.receipt_row(
        vault, link_context.provider_id, link_context.recipient_id, number=writer.new_receipt_number(),
        link_id=link_context.link_id, language=form.language if form else language,
        text_id=form.text_id if form else None, served_at=form.served_at if form else None,
        token_digest=form.digest if form and not is_repeat else None, **values,
    )  # fmt: skip


def _move_consents(
    consents: list[LockedConsent], accepted: Choices, link_context: LinkContext, receipt: writer.Row,
    form: ServedForm | None,
) -> list[writer.Row]:  # fmt: skip
    """The decisions to write. A refusal applies to every recipient type."""
    return [
        writer.decide_now(
            consent, accepted[consent.channel], source=link_context.source, origin=receipt["origin"],
            at=receipt["decided_at"], chosen_at=form.chosen_at if form else None, text_id=receipt["text_id"],
        )
        for consent in consents
        if consent.channel in accepted
        and (accepted[consent.channel] == Status.REFUSED or consent.recipient_type == RecipientType.INDIVIDUAL)
    ]  # fmt: skip


def _write(
    session: Session, vault: Vault, link_context: LinkContext, receipt: writer.Row, consents: list[LockedConsent],
    made: list[writer.Row], undo_period: timedelta, before: Collection[Status | None],
) -> None:  # fmt: skip
    """Insert all rows of one act. Who granted gets a confirmation (Regulation art. 7, the same day); who refused, as
    messages.is_refusal_told says."""
    at = receipt["decided_at"]
    text = vault.read(link_context.address, Recipient.PLACE, link_context.provider_id, link_context.recipient_id)
    address, is_grant = read_canonical(text), any(decision["status"] == Status.GRANTED for decision in made)
    endpoints = BrandEndpoints.of(link_context.iys_code, link_context.brand_code)
    holiday_calendar.refresh_corrections(session, at)
    is_told = is_grant or messages.is_refusal_told(session, [receipt], address, before)
    rows = DecisionRows()
    for decision in made:
        rows.add(decision, writer.submission_row(vault, decision, endpoints, address=text, undo_period=undo_period))
    with in_few_statements(session):
        writer.write_decisions(session, consents, rows)
        writer.write_receipts(session, [(receipt, [decision["id"] for decision in made])])
        if is_grant:
            link_contexts.note_link(session, link_context)
        if is_told:
            messages.write_confirmation(
                session, vault, [receipt], address, is_grant=is_grant, campaign_id=link_context.campaign_id,
                undo_period=undo_period,
            )  # fmt: skip
