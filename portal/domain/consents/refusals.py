"""Refuse for a person: asked of staff, by one click in a mail program, by a reply, from an overview, because the
address is someone else's now.

Nobody grants for somebody else. One act is one message and, for each address, one receipt, at however many providers.
Every refusal is a decision, also of what is refused already: İYS may hold a grant of which nobody told us yet. Nothing
here commits.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import not_, select
from sqlalchemy.orm import Session

from portal.core import address_holders
from portal.core.addresses import Address
from portal.core.business_days import holiday_calendar
from portal.core.iys_protocol import Channel, Source, Status
from portal.core.models import Brand, Consent, Decision, DecisionOrigin, Provider, Receipt, ReceiptDecision, Recipient
from portal.core.vault import Vault
from portal.domain.consents import MINUTE, annulments, locking, reassigned_addresses, recipients, spellings, writer
from portal.domain.consents.writer import BrandEndpoints, DecisionRows
from portal.domain.notifications import messages

# How a person may have told the provider; HS_KARAR where nobody asked and the provider itself decided so.
SOURCES = (
    Source.CALL_CENTRE, Source.EMAIL, Source.SMS, Source.PHYSICAL_PLACE, Source.SIGNED_FORM, Source.SOCIAL_MEDIA,
    Source.WEB, Source.ELECTRONIC, Source.EVENT, Source.PROVIDER_DECISION,
)  # fmt: skip


class NothingToRefuse(ValueError):
    """None of the channels that were chosen is one of this address."""


@dataclass(frozen=True)
class RefusalScope:
    """What is refused at one provider: some of its brands, on some channels of the address."""

    recipient: Recipient
    address: Address
    brands: Sequence[Brand]
    channels: Collection[Channel]

    @property
    def keys(self) -> set[tuple[int, int, Channel]]:
        """Recipient, brand and channel, as far as the address has it. Raises NothingToRefuse."""
        served = set(self.channels).intersection(self.address.all_channels)
        if not served or not self.brands:
            raise NothingToRefuse
        return {(self.recipient.id, brand.id, channel) for brand in self.brands for channel in served}


@dataclass(frozen=True)
class Withdrawn:
    """What came of an act: the first row of its receipt, that of the address which was proved where it is about several
    spellings, the receipt's number, how many decisions were made (none by a repeat), how many recipients are left."""

    receipt_id: int
    nonce: int
    number: str
    refused: int
    left: int = 0


def refuse(
    session: Session, vault: Vault, recipient: Recipient, brands: Iterable[Brand], channels: Iterable[Channel],
    *, address: Address, source: Source, user_id: int, at: datetime,
) -> Withdrawn:  # fmt: skip
    """Stop messages of these brands on these channels, as somebody asked of staff, by every spelling of the mailbox
    that the provider has; by this one alone where the provider decided so itself. No decisions are made where the user
    did the same within a minute. Raises NothingToRefuse."""
    part = RefusalScope(recipient, address, list(brands), list(channels))
    others, left = find_other_parts(session, vault, recipient.provider_id, address, part.brands, part.channels)
    if source == Source.PROVIDER_DECISION:
        others, left = [], 0
    withdrawn = withdraw(
        session, vault, [part, *others], origin=DecisionOrigin.STAFF, language="tr", source=source, user_id=user_id,
        at=at, request_metadata=json.dumps({"user": user_id}), proved=address,
    )  # fmt: skip
    return replace(withdrawn, left=left)


def find_other_parts(
    session: Session, vault: Vault, provider_id: int, address: Address, brands: Sequence[Brand],
    channels: Collection[Channel],
) -> tuple[list[RefusalScope], int]:  # fmt: skip
    """These brands of a provider on these channels at its other spellings of an address's mailbox, as far as one act
    goes; how many it leaves that are not refused yet."""
    others = spellings.find_at(session, vault, provider_id, address)
    chosen, left = spellings.choose_for_one_act(session, others, {provider_id: brands})
    spelled = recipients.read_addresses(vault, chosen)
    return [RefusalScope(each, its, brands, channels) for each, its in spelled.items()], left


def withdraw(
    session: Session, vault: Vault, parts: Iterable[RefusalScope], *, origin: DecisionOrigin, language: str,
    request_metadata: str, at: datetime, link_id: int | None = None, source: Source | None = None,
    user_id: int | None = None, proved: Address | None = None, is_told: bool = True, is_portals: bool = False,
) -> Withdrawn:  # fmt: skip
    """Refuse these brands on these channels, for every recipient type that is held, whether or not they are refused
    already. The same act by the same origin within a minute has one receipt: mail programs post again and again.
    `proved` is the address that is told, where the parts are of several spellings of it.

    `request_metadata` (IP address and user agent) is encrypted. İYS is told what a mail program posts as HS_EPOSTA or
    HS_MESAJ, everything else by `source` or as the brand's own pages. The person is told as messages.is_refusal_told
    says, if `is_told`, by the portal where it answers the operator's account (`is_portals`), but not of a vendor's,
    mail system's or the provider's word, nor who is not meant. Raises NothingToRefuse.
    """
    parts = sorted(parts, key=lambda part: part.recipient.id)  # In one order, or two such acts deadlock.
    if not parts:
        raise NothingToRefuse
    address = proved or parts[0].address
    locking.lock_recipients(session, [part.recipient.id for part in parts])
    if repeated := _find_repeated(session, parts, origin, source, at, user_id):
        own = [part.recipient.id for part in parts if part.address.text == address.text]
        return _receipt_of(session, repeated, own, at)
    numbers, refused, receipts = defaultdict[str, str](writer.new_receipt_number), 0, []
    before: set[Status | None] = set()
    for part in parts:
        sources = dict.fromkeys(part.brands, source) if source else _sources_of(session, part, origin)
        made, statuses = _refuse_part(session, vault, part, sources, origin=origin, user_id=user_id, at=at)
        receipt = writer.receipt_row(
            vault, part.recipient.provider_id, part.recipient.id, origin=origin, language=language, at=at,
            link_id=link_id, request_metadata=request_metadata, number=numbers[part.address.text],
            choices=" ".join(f"{channel}={Status.REFUSED}" for channel in sorted({key[2] for key in part.keys})),
        )  # fmt: skip
        writer.write_receipts(session, [(receipt, made)])
        receipts.append(receipt)
        refused, before = refused + len(made), before | statuses
    is_asked = origin not in (DecisionOrigin.FEEDBACK, DecisionOrigin.NOT_MINE) and source != Source.PROVIDER_DECISION
    receipts.sort(key=lambda each: each["number"] != numbers[address.text])
    if is_told and is_asked and messages.is_refusal_told(session, receipts, address, before):
        messages.write_confirmation(session, vault, receipts, address, is_grant=False, is_portals=is_portals)
    return Withdrawn(receipts[0]["id"], receipts[0]["nonce"], receipts[0]["number"], refused)


def take_back_grants(
    session: Session, vault: Vault, receipt: Receipt, *, language: str, request_metadata: str, at: datetime
) -> Withdrawn | None:  # fmt: skip
    """Refuse what one act granted: else what a file, a program or İYS tells later of before would be granted again.
    None where it granted nothing, or its firm heard that the address came to somebody else."""
    locking.lock_recipients(session, [receipt.recipient_id])
    recipient = session.get_one(Recipient, receipt.recipient_id)
    grants = (
        select(Decision.brand_id, Decision.channel)  # By a page, which is of one brand.
        .join(ReceiptDecision, ReceiptDecision.decision_id == Decision.id)
        .where(ReceiptDecision.receipt_id == receipt.id, Decision.status == Status.GRANTED)
    )
    granted = session.execute(grants).all()
    if not granted or (recipient.own_held_since or receipt.decided_at) > receipt.decided_at:
        return None
    address, brand = recipients.read_address(vault, recipient), session.get_one(Brand, granted[0].brand_id)
    part = RefusalScope(recipient, address, [brand], {Channel(row.channel) for row in granted})
    return withdraw(
        session, vault, [part], origin=DecisionOrigin.LINK, language=language, request_metadata=request_metadata,
        at=at, link_id=receipt.link_id,
    )  # fmt: skip


def does_stand(session: Session, receipt_id: int) -> bool:
    """Whether all that the act of a receipt refused is refused now, by whichever decision."""
    number = select(Receipt.number).where(Receipt.id == receipt_id).scalar_subquery()
    decided = select(ReceiptDecision.decision_id).join(Receipt).where(Receipt.number == number)
    whose = select(Decision.consent_id).where(Decision.id.in_(decided))
    ended = select(Consent.id).where(Consent.id.in_(whose), Consent.status.is_distinct_from(Status.REFUSED))
    return session.scalar(ended.limit(1)) is None


def _find_repeated(
    session: Session, parts: Sequence[RefusalScope], origin: DecisionOrigin, source: Source | None, at: datetime,
    user_id: int | None,
) -> list[int]:  # fmt: skip
    """The decisions of the same act within the last minute, where all that is refused now stands on one act's; what the
    provider decided itself is not what a person told it. The recipients are locked."""
    keys = {key for part in parts for key in part.keys}
    recipient_ids = {part.recipient.id for part in parts}
    standing = (
        select(Consent.recipient_id, Consent.brand_id, Consent.channel, Decision)
        .outerjoin(Decision, Decision.id == Consent.decision_id)
        .where(Consent.recipient_id.in_(recipient_ids))
    )
    theirs = [row for row in session.execute(standing) if tuple(row[:3]) in keys]
    decisions = [row.Decision for row in theirs if row.Decision is not None]
    acts = {(each.status, each.origin, each.user_id, each.recorded_at) for each in decisions}
    moment = max((each.recorded_at for each in decisions), default=at)
    is_said = source is None or {each.source for each in decisions} == {source}
    is_whole = is_said and len(decisions) == len(theirs) and {tuple(row[:3]) for row in theirs} == keys
    is_repeated = is_whole and acts == {(Status.REFUSED, origin, user_id, moment)} and abs(at - moment) < MINUTE
    return [each.id for each in decisions] if is_repeated else []


def _receipt_of(
    session: Session, decision_ids: Collection[int], proved_ids: Collection[int], at: datetime
) -> Withdrawn:  # fmt: skip
    """The receipt of an act just made; that of these recipients, where there is one."""
    own = select(Receipt).join(ReceiptDecision, ReceiptDecision.receipt_id == Receipt.id)
    own = own.where(ReceiptDecision.decision_id.in_(decision_ids), Receipt.decided_at > at - MINUTE)
    order = Receipt.recipient_id.not_in(proved_ids), Receipt.recipient_id, Receipt.id
    receipt = session.scalars(own.order_by(*order).limit(1)).one()
    return Withdrawn(receipt.id, receipt.nonce, receipt.number, 0)


def _refuse_part(
    session: Session, vault: Vault, part: RefusalScope, sources: Mapping[Brand, str], *, origin: DecisionOrigin,
    at: datetime, user_id: int | None,
) -> tuple[list[int], set[Status | None]]:  # fmt: skip
    """The decisions made, with what İYS is told of where it was said, brand by brand; and what stood before."""
    channels, recipient, made = {key[2] for key in part.keys}, part.recipient, []
    before: set[Status | None] = set()
    holiday_calendar.refresh_corrections(session, at)
    iys_code = session.scalars(select(Provider.iys_code).where(Provider.id == recipient.provider_id)).one()
    for brand in sorted(sources, key=lambda brand: brand.id):
        consents, _ = locking.lock_channels(session, recipient.provider_id, brand.id, recipient.id, channels)
        before.update(each.status for each in consents)
        annulments.void_waiting_grants(session, consents, at)
        endpoints, rows = BrandEndpoints.of(iys_code, brand.brand_code), DecisionRows()
        for consent in consents:
            decision = writer.decide_now(
                consent, Status.REFUSED, source=sources[brand], origin=origin, user_id=user_id, at=at
            )
            rows.add(decision, writer.submission_row(vault, decision, endpoints, address=part.address.text))
        writer.write_decisions(session, consents, rows)
        made += [decision["id"] for decision in rows.decisions]
    return made, before


def refuse_not_mine(
    session: Session, vault: Vault, recipient: Recipient, address: Address, *, language: str,
    request_metadata: str, at: datetime, link_id: int | None = None,
) -> Withdrawn:  # fmt: skip
    """Refuse all brands of a provider on every channel, since who has the address says that it is not, or is no more,
    the person whom the provider means. What was decided before is shown to nobody who has the address, at any firm, and
    what the provider's programs call the earlier holder names nobody any more."""
    return _refuse_not_mine(
        session, vault, {recipient: address}, address, language=language, request_metadata=request_metadata, at=at,
        link_id=link_id,
    )  # fmt: skip


def refuse_as_new_holder(
    session: Session, vault: Vault, address: Address, *, language: str, request_metadata: str, at: datetime
) -> Withdrawn:  # fmt: skip
    """The same at every provider that has the address, however its mailbox is spelled, as its holder says after a code
    that reached it; of other spellings than that, as far as one act goes. Raises NothingToRefuse."""
    own = address_holders.find_holders(session, vault, address)
    others, beyond = spellings.find_everywhere(session, vault, address, own)
    brands = _brands_by_provider(session, {each.provider_id for each in others})
    chosen, left = spellings.choose_for_one_act(session, others, brands)
    withdrawn = _refuse_not_mine(
        session, vault, recipients.read_addresses(vault, [*own, *chosen]), address, language=language,
        request_metadata=request_metadata, at=at,
    )  # fmt: skip
    return replace(withdrawn, left=left + beyond)


def _refuse_not_mine(
    session: Session, vault: Vault, whose: Mapping[Recipient, Address], address: Address, *, language: str,
    request_metadata: str, at: datetime, link_id: int | None = None,
) -> Withdrawn:  # fmt: skip
    holders, is_for_all = reassigned_addresses.lock_holders(session, vault, list(whose), address)
    brands = _brands_by_provider(session, {each.provider_id for each in whose})
    parts = [RefusalScope(each, its, brands[each.provider_id], its.all_channels) for each, its in whose.items()]
    withdrawn = withdraw(
        session, vault, parts, origin=DecisionOrigin.NOT_MINE, language=language, request_metadata=request_metadata,
        at=at, link_id=link_id, proved=address,
    )  # fmt: skip
    if withdrawn.refused:
        reassigned_addresses.note_said(session, list(whose), holders, at)
        if is_for_all:  # Their own rows are spread_again's, for who gets the address in this moment.
            reassigned_addresses.spread(session, vault, address, holders - {each.id for each in whose}, at)
    return withdrawn


def _brands_by_provider(session: Session, provider_ids: Collection[int]) -> dict[int, list[Brand]]:
    """All brands of each; those that ended with its sandbox mode only where it has no other."""
    theirs = select(Brand).where(Brand.provider_id.in_(provider_ids)).order_by(not_(Brand.has_not_ended()), Brand.id)
    found: dict[int, list[Brand]] = {each: [] for each in provider_ids}
    for brand in session.scalars(theirs):
        its = found[brand.provider_id]
        if not its or not (brand.is_sandbox and brand.closed_at):
            its.append(brand)
    return found


def _sources_of(session: Session, part: RefusalScope, origin: DecisionOrigin) -> dict[Brand, str]:
    """What İYS is told of where it was said. The link of a landline came by no message."""
    brands, channels = part.brands, part.channels
    if origin == DecisionOrigin.ONE_CLICK and set(channels).intersection(part.address.channels) != {Channel.CALL}:
        return dict.fromkeys(brands, Source.SMS if Channel.SMS in channels else Source.EMAIL)
    theirs = select(Provider.id, Provider.source).where(Provider.id.in_({brand.provider_id for brand in brands}))
    usual = dict(session.execute(theirs).all())
    return {brand: brand.source or usual[brand.provider_id] for brand in brands}
