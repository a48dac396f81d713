"""Read a receipt whole: who decided what at which brands, which text was shown, and how far İYS has been told.

All rows of one number are one receipt: an act at several providers has a row at each.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, and_, select
from sqlalchemy.orm import Session, aliased

from portal.core import address_holders, addresses
from portal.core.iys_protocol import Channel, RecipientType, Status
from portal.core.models import (
    Annulment,
    Brand,
    Consent,
    ConsentText,
    Decision,
    DecisionOrigin,
    Outcome,
    Provider,
    Receipt,
    ReceiptDecision,
    Recipient,
    Submission,
)
from portal.core.models.approvals import TakenBack, find_taken_back
from portal.core.models.recipient import individuals_first, latest
from portal.core.vault import Vault
from portal.domain.providers import sandbox_mode
from portal.domain.providers.sandbox_mode import Destination

Individuals = aliased(Consent, name="individuals")  # Of the same channel.
AnyRow = Row[*tuple[Any, ...]]


@dataclass(frozen=True)
class DecisionLine:
    """One decision. `outcome` is None where nobody is told of it; `now_*` is what holds today for the same key."""

    decision_id: int
    channel: Channel
    recipient_type: RecipientType
    status: Status
    decided_at: datetime | None  # İYS's consentDate, which a merchant's first consent may lack.
    annulled_at: datetime | None
    outcome: Outcome | None
    transaction_id: str | None
    accepted_at: datetime | None
    verified_at: datetime | None
    ended_at: datetime | None
    told_since: datetime | None  # Since when it waits to be told.
    deadline: datetime | None
    now_status: Status | None
    now_since: datetime | None


@dataclass(frozen=True)
class Sender:
    """Who asked, as the text said that was shown; where there was none, as it is known now."""

    title: str
    number: str  # MERSİS, tax or identity number, by its length.
    contact: str
    notice_url: str


@dataclass(frozen=True)
class BrandDecisions:
    provider_id: int
    brand_id: int
    brand_name: str  # In sandbox mode the account's; sender, logo and colour are left out.
    sender: Sender
    destination: Destination
    text: ConsentText | None
    logo_digest: str | None
    colour: str | None
    lines: tuple[DecisionLine, ...]


@dataclass(frozen=True)
class ReceiptContents:
    """A receipt as it stands now. `address` is masked; `held_since` is as Recipient's."""

    number: str
    receipt_ids: tuple[int, ...]
    link_id: int | None
    origin: DecisionOrigin
    language: str
    decided_at: datetime
    address: str
    held_since: datetime | None
    parts: tuple[BrandDecisions, ...]

    @property
    def is_disowned(self) -> bool:
        """Whether the address has come to another person since."""
        return self.held_since is not None and self.held_since > self.decided_at

    @property
    def lines(self) -> list[DecisionLine]:
        return [line for part in self.parts for line in part.lines]

    @property
    def is_sandbox(self) -> bool:
        """Whether anything of it is heard by the sandbox only."""
        return bool(self.trial_names)

    @property
    def trial_names(self) -> list[str]:
        """The accounts of sandbox mode, for a sandbox notice."""
        return [part.brand_name for part in self.parts if part.destination == Destination.SANDBOX]

    @property
    def as_of(self) -> datetime:
        """The last moment at which anything of it changed: what it says has been so since."""
        moments = [(line.annulled_at, line.accepted_at, line.verified_at, line.ended_at) for line in self.lines]
        return max([self.decided_at, *(moment for line in moments for moment in line if moment)])


def sender_of_text(text: ConsentText) -> Sender:
    return Sender(text.sender_title, text.sender_mersis, text.sender_contact, text.notice_url)


def current_sender(provider: Provider, brand: Brand | None) -> Sender:
    """The sender as it is known now; without a brand, the provider itself. A suspended one has nobody called."""
    if provider.suspended_at is not None:
        return Sender(provider.title, provider.number, "", "")
    contact, notice_url = (brand.contact, brand.notice_url) if brand else (None, None)
    return Sender(provider.title, provider.number, contact or provider.contact, notice_url or provider.notice_url)


def read_contents(session: Session, vault: Vault, receipt: Receipt) -> ReceiptContents:
    """Everything that a receipt lists. Raises CannotOpen."""
    theirs = select(Receipt, Recipient).join(Recipient, Recipient.id == Receipt.recipient_id)
    rows = session.execute(theirs.where(Receipt.number == receipt.number).order_by(Receipt.id)).all()
    recipient = next(row.Recipient for row in rows if row.Receipt.id == receipt.id)
    ids = tuple(row.Receipt.id for row in rows)
    address = vault.read(recipient.address, Recipient.PLACE, recipient.provider_id, recipient.id)
    held_since = latest(*(row.Recipient.held_since for row in rows))
    return ReceiptContents(
        number=receipt.number,
        receipt_ids=ids,
        link_id=next((row.Receipt.link_id for row in rows if row.Receipt.link_id is not None), None),
        origin=receipt.origin,
        language=receipt.language,
        decided_at=receipt.decided_at,
        address=addresses.mask(address),
        held_since=held_since,
        parts=tuple(_parts(session, _texts(session, [row.Receipt for row in rows]), ids, held_since)),
    )


def _texts(session: Session, receipts: list[Receipt]) -> dict[int, ConsentText]:
    """The texts that were shown, by provider."""
    shown = {receipt.text_id: receipt.provider_id for receipt in receipts if receipt.text_id is not None}
    texts = session.scalars(select(ConsentText).where(ConsentText.id.in_(shown))) if shown else ()
    return {shown[text.id]: text for text in texts}


def _lines(receipt_ids: tuple[int, ...]) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Decision, Submission, Annulment.at.label("annulled_at"), Consent, Individuals, Brand, Provider, Receipt,
            Recipient,
        )
        .join(ReceiptDecision, ReceiptDecision.decision_id == Decision.id)
        .join(Receipt, Receipt.id == ReceiptDecision.receipt_id)
        .join(Recipient, Recipient.id == Receipt.recipient_id)
        .join(Consent, Consent.id == Decision.consent_id)
        .join(Brand, Brand.id == Decision.brand_id)
        .join(Provider, Provider.id == Decision.provider_id)
        .outerjoin(
            Individuals,
            and_(
                Individuals.brand_id == Consent.brand_id, Individuals.recipient_id == Consent.recipient_id,
                Individuals.channel == Consent.channel, Individuals.recipient_type == RecipientType.INDIVIDUAL,
                Individuals.status.is_not(None),
            ),
        )
        .outerjoin(Submission, Submission.decision_id == Decision.id)
        .outerjoin(Annulment, Annulment.decision_id == Decision.id)
        .where(ReceiptDecision.receipt_id.in_(receipt_ids))
        .order_by(Provider.id, Brand.id, Decision.recipient_type)
    )  # fmt: skip


def _parts(
    session: Session, texts: dict[int, ConsentText], receipt_ids: tuple[int, ...], held_since: datetime | None
) -> list[BrandDecisions]:  # fmt: skip
    by_brand: dict[int, list[AnyRow]] = {}
    for row in session.execute(_lines(receipt_ids)).all():
        by_brand.setdefault(row.Brand.id, []).append(row)
    return [
        _part(of[0].Brand, of[0].Provider, [(each.Decision.recipient_type, _line(each, held_since)) for each in of],
              texts.get(of[0].Provider.id), find_taken_back(session, of[0].Provider.id))
        for of in by_brand.values()
    ]  # fmt: skip


def _part(
    brand: Brand, provider: Provider, of_brand: list[tuple[RecipientType, DecisionLine]], text: ConsentText | None,
    taken_back: TakenBack,
) -> BrandDecisions:  # fmt: skip
    by_key = individuals_first(((line.channel, line.recipient_type), whose, line) for whose, line in of_brand)
    lines = sorted(by_key.values(), key=lambda line: (list(Channel).index(line.channel), line.recipient_type))
    destination = sandbox_mode.find_destination(provider.iys_code, brand.brand_code)
    is_trial = destination == Destination.SANDBOX
    has_look = not is_trial and provider.suspended_at is None
    now = current_sender(provider, brand)
    name, sender = (text.brand_name, sender_of_text(text)) if text else (brand.name, now)
    if taken_back.holds("name", name):
        name = brand.name
    for field in ("contact", "notice_url"):
        if provider.suspended_at is not None or taken_back.holds(field, getattr(sender, field)):
            sender = replace(sender, **{field: getattr(now, field)})
    shown_name = sandbox_mode.shown_name(name, brand.brand_code)
    return BrandDecisions(
        provider_id=provider.id,
        brand_id=brand.id,
        brand_name=shown_name,
        sender=Sender(shown_name, "", "", "") if is_trial else sender,
        destination=destination,
        text=text,
        logo_digest=brand.logo_digest if has_look else None,
        colour=brand.colour if has_look else None,
        lines=tuple(lines),
    )


def _line(row: AnyRow, held_since: datetime | None) -> DecisionLine:
    decision, consent = row.Decision, row.Consent
    told = sandbox_mode.submission_to_iys(row.Submission)
    is_anothers = _is_anothers(decision, row.Receipt, held_since)
    # The receipt of an earlier holder, about decisions of their own: before them there may have been another one.
    is_earlier = row.Receipt.origin != DecisionOrigin.NOT_MINE and held_since and row.Receipt.decided_at < held_since
    outcome = told.outcome if told else None
    is_hidden = is_anothers or is_earlier or address_holders.hides_iys_answer(decision.status, outcome, held_since)
    known, stands = (None, row.individuals or consent) if is_hidden else (told, consent)
    waiting = known if known is not None and known.is_open else None
    return DecisionLine(
        decision_id=decision.id,
        channel=decision.channel,
        recipient_type=RecipientType.INDIVIDUAL if is_hidden else decision.recipient_type,
        status=decision.status,
        decided_at=row.Receipt.decided_at if is_anothers else decision.consent_date,
        annulled_at=row.annulled_at,
        outcome=Outcome.WAITING if known is None and told else outcome,
        transaction_id=known.transaction_id if known else None,
        accepted_at=known.accepted_at if known else None,
        verified_at=known.verified_at if known else None,
        ended_at=known.ended_at if known else None,
        told_since=waiting.created_at if waiting else None,
        deadline=waiting.safe_deadline if waiting else None,
        now_status=stands.status,
        now_since=stands.effective_at,
    )


def _is_anothers(decision: Decision, receipt: Receipt, held_since: datetime | None) -> bool:
    """Whether a receipt lists an earlier holder's refusal: who has the address now learns that it is refused, not when
    and how the other one did it."""
    if receipt.origin == DecisionOrigin.NOT_MINE and decision.recorded_at < receipt.decided_at:
        return True
    is_their_own = held_since is not None and receipt.decided_at >= held_since
    return is_their_own and not decision.was_made_since(held_since)
