"""Everything this portal holds of one address: consents at each brand, their state at İYS, and the decisions behind."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import address_holders
from portal.core.addresses import Address
from portal.core.iys_protocol import Channel, RecipientType, Status
from portal.core.models import (
    AudienceEntry,
    Brand,
    Consent,
    ConsentRequest,
    Decision,
    DecisionOrigin,
    Outcome,
    Provider,
    Recipient,
    Submission,
)
from portal.core.models.recipient import individuals_first, latest
from portal.core.vault import Vault
from portal.domain.consents.may_send import MaySendAnswer, Reason, Verdict, answer_of, decided_consents
from portal.domain.providers import sandbox_mode
from portal.domain.providers.sandbox_mode import Destination
from shortlinks import Link


@dataclass(frozen=True)
class HeldConsent:
    """The consent on one channel, for one recipient type."""

    channel: Channel
    recipient_type: RecipientType
    status: Status
    since: datetime
    origin: DecisionOrigin | None  # None: its decision was deleted when its time was over.
    is_own_refusal: bool  # Whether the person refused, and the firm only stated it again, if at all.
    outcome: Outcome | None  # State at İYS; None where İYS is not sent.
    accepted_at: datetime | None
    iys_status: str | None
    iys_as_of: datetime | None
    answer: MaySendAnswer  # Whether the brand may send messages on it.

    @property
    def is_stated_refusal(self) -> bool:
        """Whether the firm alone told that the person refused."""
        return self.status == Status.REFUSED and self.origin is not None and not self.is_own_refusal

    @property
    def is_refused_unseen(self) -> bool:
        """Whether it may not be sent on only for what İYS holds, which is not shown."""
        return self.answer.reason == Reason.REFUSED_AT_IYS and self.iys_status is None


@dataclass(frozen=True)
class HeldBrand:
    """One brand whose provider knows the address."""

    brand: Brand
    provider: Provider
    recipient: Recipient
    address: Address  # The recipient's.
    consents: tuple[HeldConsent, ...]

    @property
    def channels(self) -> tuple[Channel, ...]:
        return self.address.all_channels

    @property
    def held_since(self) -> datetime | None:
        return self.recipient.held_since

    @property
    def destination(self) -> Destination:
        return sandbox_mode.find_destination(self.provider.iys_code, self.brand.brand_code)

    @property
    def name(self) -> str:
        return sandbox_mode.shown_name(self.brand.name, self.brand.brand_code)

    @property
    def sender(self) -> str:
        """The provider's title and MERSİS number; nothing in sandbox mode, since nobody has reviewed it."""
        if self.destination == Destination.SANDBOX:
            return ""
        return f"{self.provider.title}, MERSİS {self.provider.mersis}" if self.provider.mersis else self.provider.title

    @property
    def is_granted(self) -> bool:
        """Whether the brand may send on any channel, or may as soon as İYS holds the grant. Of an address that changed
        hands what is shown counts alone: what İYS holds, and what waits to be read, may be of an earlier holder."""
        if self.held_since is not None:
            return any(each.status == Status.GRANTED for each in self.consents)
        return any(each.answer.verdict != Verdict.MAY_NOT or each.is_refused_unseen for each in self.consents)

    @property
    def has_refused_all(self) -> bool:
        """Whether the person has refused every channel."""
        return all(map(self.has_refused, self.channels))

    def comes_first(self, since: datetime) -> bool:
        """Whether it holds a grant, or did until this session refused: a brand does not move while one acts on it."""
        return any(
            consent.status == Status.GRANTED
            or (consent.origin == DecisionOrigin.MINE and consent.since >= since.replace(microsecond=0))
            for consent in self.consents
        )

    def has_refused(self, channel: Channel) -> bool:
        """Whether the person has, themself: what the firm stated of them gives way to what it states next."""
        held = self.consents_on(channel)
        return bool(held) and all(consent.status == Status.REFUSED and consent.is_own_refusal for consent in held)

    def consents_on(self, channel: Channel) -> list[HeldConsent]:
        """The consents on a channel: BIREYSEL before TACIR."""
        return sorted(
            (consent for consent in self.consents if consent.channel == channel),
            key=lambda consent: consent.recipient_type,
        )


@dataclass(frozen=True)
class Holdings:
    """Everything of one address. `brands` include those without a decision yet, which may be refused as well."""

    address: Address
    # Where it changed hands at every firm: since when it did at the first one, as each shows all since its own day.
    changed_hands_at: datetime | None
    since: datetime  # When this session began.
    recipients: list[Recipient]
    brands: list[HeldBrand]
    shown: list[HeldBrand]  # Those that hold a grant first, then by name.

    @property
    def changed_hands_meanwhile(self) -> bool:
        return self.changed_hands_at is not None and self.changed_hands_at > self.since

    def of(self, brand_id: int) -> HeldBrand | None:
        """A brand, if the address is known there."""
        return next((held for held in self.brands if held.brand.id == brand_id), None)


def find_holdings(session: Session, vault: Vault, address: Address, since: datetime, at: datetime) -> Holdings:
    """Look the address up at all providers. `since` is when this session began. Where none has it by this spelling, its
    mailbox changed hands as those know that have it by another one."""
    found = dict.fromkeys(address_holders.find_holders(session, vault, address), address)
    held = hold(session, address, found, since, at)
    if found:
        return held
    others = address_holders.find_mailbox_holders(session, vault, address)
    return replace(held, changed_hands_at=_changed_hands_at(others))


def hold(
    session: Session, address: Address, recipients: Mapping[Recipient, Address], since: datetime, at: datetime
) -> Holdings:  # fmt: skip
    """What is held of these recipients, each with its address."""
    by_provider: dict[int, list[Recipient]] = {}
    for recipient in recipients:
        by_provider.setdefault(recipient.provider_id, []).append(recipient)
    held_since = {each.id: each.held_since for each in recipients}
    asked = _asked_brands(session, held_since)
    consents = _consents_by_brand(session, held_since, at)
    open_brands = session.execute(
        select(Brand, Provider)
        .join(Provider, Provider.id == Brand.provider_id)
        .where(Brand.provider_id.in_(by_provider), Brand.has_not_ended())
        .order_by(Brand.id)
    )
    brands = [
        HeldBrand(brand, provider, each, recipients[each], tuple(consents.get((each.id, brand.id), ())))
        for brand, provider in open_brands
        for each in by_provider[provider.id]
    ]
    used = [held for held in brands if held.consents or (held.recipient.id, held.brand.id) in asked]
    users = {held.recipient.id for held in used}  # Of the others, every open brand is shown.
    shown = used + [held for held in brands if held.recipient.id not in users and held.brand.closed_at is None]
    shown.sort(key=lambda held: (not held.comes_first(since), held.name.casefold(), held.brand.id))
    return Holdings(address, _changed_hands_at(recipients), since, list(recipients), brands, shown)


def _changed_hands_at(recipients: Collection[Recipient]) -> datetime | None:
    changes = [each.held_since for each in recipients if each.held_since is not None]
    return min(changes) if changes and len(changes) == len(recipients) else None


def _asked_brands(session: Session, held_since: dict[int, datetime | None]) -> set[tuple[int, int]]:
    """Recipients and the brands that made the present holder a link; who asked an earlier holder is told to nobody."""
    asked = session.execute(
        select(ConsentRequest.brand_id, ConsentRequest.recipient_id, Link.created_at)
        .join(AudienceEntry, AudienceEntry.id == ConsentRequest.entry_id)
        .join(Link, Link.id == AudienceEntry.link_id)
        .where(ConsentRequest.recipient_id.in_(held_since))
    )
    return {
        (row.recipient_id, row.brand_id)
        for row in asked
        if latest(held_since[row.recipient_id], row.created_at) == row.created_at
    }


def _consents_by_brand(
    session: Session, held_since: dict[int, datetime | None], at: datetime
) -> dict[tuple[int, int], list[HeldConsent]]:
    """By recipient and brand."""
    statement = decided_consents(held_since, Decision, Submission)
    rows = session.execute(statement.outerjoin(Submission, Submission.decision_id == Consent.decision_id)).all()
    own = address_holders.find_own_refused_ids(session, held_since)
    found: list[tuple[tuple[int, int, Channel, RecipientType], RecipientType, HeldConsent]] = []
    for consent, brand, provider, is_unread, pulled_at, decision, submission in rows:
        assert consent.status and consent.effective_at  # Both are set by its first decision.
        since, effective_at = held_since[consent.recipient_id], consent.effective_at
        if since and decision:  # That it was renewed says that İYS held a grant.
            decision = decision.renewed()
            effective_at = decision.effective_at
        is_theirs = decision.was_made_since(since) if decision else since is None
        if not is_theirs:  # Also of a refusal: that there is one tells what the earlier holder decided.
            continue
        sent = sandbox_mode.submission_to_iys(submission)
        outcome = sent.outcome if sent else None
        is_hidden = address_holders.hides_iys_answer(consent.status, outcome, since)
        is_unknown = address_holders.hides_iys_status(decision, outcome, since)
        shown = HeldConsent(
            channel=consent.channel, status=consent.status,
            recipient_type=RecipientType.INDIVIDUAL if is_hidden else consent.recipient_type,
            origin=decision.origin if decision else None,
            is_own_refusal=consent.id in own,
            since=max(effective_at, since or effective_at),
            outcome=shown_outcome(sent, is_hidden=is_hidden),
            accepted_at=sent.accepted_at if sent and not is_hidden else None,
            iys_status=None if is_unknown else consent.iys_status,
            iys_as_of=None if is_unknown else consent.iys_as_of,
            answer=answer_of(consent, brand, provider.iys_code, at, has_unread_reply=is_unread, pulled_at=pulled_at),
        )  # fmt: skip
        key = consent.recipient_id, consent.brand_id, shown.channel, shown.recipient_type
        found.append((key, consent.recipient_type, shown))
    by_brand: dict[tuple[int, int], list[HeldConsent]] = {}
    for (recipient_id, brand_id, *_), shown in individuals_first(found).items():
        by_brand.setdefault((recipient_id, brand_id), []).append(shown)
    return {whose: sorted(theirs, key=_in_order) for whose, theirs in by_brand.items()}


def _in_order(consent: HeldConsent) -> tuple[int, str]:
    """That of their rows would tell which an earlier holder had decided."""
    return list(Channel).index(consent.channel), consent.recipient_type


def shown_outcome(sent: Submission | None, *, is_hidden: bool) -> Outcome | None:
    if sent is None:
        return None
    return Outcome.WAITING if is_hidden else sent.outcome
