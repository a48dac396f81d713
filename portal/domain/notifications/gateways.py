"""Accounts at vendors of messages: kept sealed, tried before they are used, and chosen by brand."""

import hashlib
import json
import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, exists, func, or_, select
from sqlalchemy.orm import Session

from portal.core.addresses import AddressKind
from portal.core.former_words import with_former
from portal.core.ids import new_id
from portal.core.models import (
    NO_PROVIDER,
    Brand,
    BrandGateway,
    Campaign,
    EventKind,
    FormerBrandGateway,
    GatewayEvent,
    GatewayState,
    Message,
    MessageGateway,
)
from portal.core.vault import Vault

SECRET_BYTES = 24
INBOX_UNREAD_AFTER = timedelta(hours=1)
ANSWERED_FOR = timedelta(days=90)  # By people, after their brand chose another account, or it was removed.
WHOLE = 100  # Percent of a brand's batches.
GENERIC, ROUTE, DOMESTIC = "described", "route", "domestic"  # A vendor, its field, and that field's value.
IS_SWEEP = GatewayEvent.gateway_id == MessageGateway.id, GatewayEvent.kind == EventKind.SWEEP
IN_USE = (GatewayState.UNTESTED, GatewayState.WORKING, GatewayState.STOPPED)


class NotOurs(LookupError):
    """No such gateway of this provider, or it was removed."""


def add_gateway(
    session: Session, vault: Vault, *, provider_id: int | None, carries: AddressKind, vendor: str, header: str,
    credentials: Mapping[str, str], per_second: int, at: datetime,
) -> MessageGateway:  # fmt: skip
    """Keep an account (provider_id None: the operator's). Nothing leaves through it before mark_tested."""
    gateway_id, secret = new_id(), secrets.token_urlsafe(SECRET_BYTES)
    gateway = MessageGateway(
        id=gateway_id, provider_id=provider_id, carries=carries, vendor=vendor, header=header, per_second=per_second,
        credentials=_seal(vault, gateway_id, provider_id, credentials),
        secret=vault.seal(secret, MessageGateway.SECRET, provider_id or NO_PROVIDER, gateway_id),
        secret_digest=_digest(secret), created_at=at,
    )  # fmt: skip
    session.add(gateway)
    session.flush()
    return gateway


def read_credentials(vault: Vault, gateway: MessageGateway) -> dict[str, str]:
    """Raises CannotOpen."""
    owner = gateway.provider_id or NO_PROVIDER
    fields: dict[str, str] = json.loads(vault.read(gateway.credentials, MessageGateway.CREDENTIALS, owner, gateway.id))
    return fields


def read_secret(vault: Vault, gateway: MessageGateway) -> str:
    """The part of the callback URL that nobody can guess. Raises CannotOpen."""
    return vault.read(gateway.secret, MessageGateway.SECRET, gateway.provider_id or NO_PROVIDER, gateway.id)


def find_by_secret(session: Session, secret: str) -> MessageGateway | None:
    """The gateway whose callback URL this is; removed ones still report what they had taken."""
    return session.scalar(select(MessageGateway).where(MessageGateway.secret_digest == _digest(secret)))


def own_gateways(session: Session, provider_id: int | None) -> Sequence[MessageGateway]:
    """Those of a provider (None: of the operator) that are not removed, the oldest first."""
    theirs = select(MessageGateway).where(
        MessageGateway.provider_id.is_(None) if provider_id is None else MessageGateway.provider_id == provider_id,
        MessageGateway.state != GatewayState.REMOVED,
    )
    return session.scalars(theirs.order_by(MessageGateway.created_at, MessageGateway.id)).all()


def serving(session: Session, brand: Brand, carries: AddressKind) -> Sequence[MessageGateway]:
    """The accounts through which a brand's messages go: those it chose, else its provider's first one that works, or
    all where none does."""
    in_use = MessageGateway.carries == carries, MessageGateway.state.in_(IN_USE)
    chosen = select(MessageGateway).join(BrandGateway, BrandGateway.gateway_id == MessageGateway.id)
    rows = session.scalars(chosen.where(BrandGateway.brand_id == brand.id, *in_use).order_by(BrandGateway.place)).all()
    theirs = select(MessageGateway).where(MessageGateway.provider_id == brand.provider_id, *in_use)
    others = session.scalars(theirs.order_by(MessageGateway.id)).all()
    return rows or [each for each in others if each.state == GatewayState.WORKING][:1] or others


def is_domestic(vault: Vault, gateway: MessageGateway) -> bool:
    """Whether a vendor sends from Türkiye: SMS with a link that come from abroad are not delivered (checklist N-1).

    Of a vendor that only its description knows, whoever added the account says so. Raises CannotOpen.
    """
    return gateway.vendor != GENERIC or read_credentials(vault, gateway).get(ROUTE) == DOMESTIC


def own_gateway(session: Session, provider_id: int | None, gateway_id: int) -> MessageGateway:
    """Locked. Raises NotOurs."""
    gateway = session.get(MessageGateway, gateway_id, with_for_update=True)
    if gateway is None or gateway.provider_id != provider_id or gateway.state == GatewayState.REMOVED:
        raise NotOurs
    return gateway


def replace_credentials(
    vault: Vault, gateway: MessageGateway, credentials: Mapping[str, str], *, header: str, per_second: int,
    needs_test: bool = False,
) -> None:  # fmt: skip
    """Keep new credentials. What waits goes on with them: at once where they were checked, else (`needs_test`) after
    mark_tested."""
    gateway.credentials = _seal(vault, gateway.id, gateway.provider_id, credentials)
    if gateway.header != header:
        gateway.former_headers = with_former(gateway.former_headers, gateway.header)
    gateway.header, gateway.per_second = header, per_second
    if gateway.state == GatewayState.STOPPED or needs_test:
        _resume(gateway)
    if needs_test:
        gateway.state = GatewayState.UNTESTED


def keep_former_inbox(session: Session, vault: Vault, gateway: MessageGateway, at: datetime) -> None:
    """Before other credentials replace an account's: what is answered to its former inbox is read as after a removal.
    Raises CannotOpen."""
    if gateway.tested_at is None:  # It was never asked, and what is pushed comes to the same URL.
        return
    former = add_gateway(
        session, vault, provider_id=gateway.provider_id, carries=gateway.carries, vendor=gateway.vendor,
        header=gateway.header, credentials=read_credentials(vault, gateway), per_second=gateway.per_second,
        at=gateway.created_at,
    )  # fmt: skip
    former.state, former.removed_at, former.tested_at = GatewayState.REMOVED, at, gateway.tested_at
    former.swept_at, former.former_headers = gateway.swept_at, gateway.former_headers
    former.mailbox_position, former.junk_position = gateway.mailbox_position, gateway.junk_position
    for left in session.scalars(select(FormerBrandGateway).where(FormerBrandGateway.gateway_id == gateway.id)).all():
        _keep_former(session, [left.brand_id], former.id, left.left_at)
    _keep_former(session, _chosen_by(session, gateway), former.id, at)
    gateway.mailbox_position = gateway.junk_position = None


def is_former_inbox(gateway: MessageGateway) -> ColumnElement[bool]:
    """The condition that a row is what keep_former_inbox() kept of an account."""
    return and_(_is_of_same_account(gateway), MessageGateway.removed_at.is_not(None))


def is_account_of_former(gateway: MessageGateway) -> ColumnElement[bool]:
    """The condition that a row is the account of which keep_former_inbox() kept this one."""
    is_later = or_(MessageGateway.removed_at.is_(None), MessageGateway.removed_at > gateway.removed_at)
    return and_(_is_of_same_account(gateway), is_later)


def _is_of_same_account(gateway: MessageGateway) -> ColumnElement[bool]:
    same = MessageGateway.provider_id == gateway.provider_id, MessageGateway.vendor == gateway.vendor
    return and_(*same, MessageGateway.created_at == gateway.created_at, MessageGateway.id != gateway.id)


def is_inbox_unread(at: datetime, after: timedelta = INBOX_UNREAD_AFTER) -> ColumnElement[bool]:
    """The condition that what a vendor or a mailbox has for an account that sends was not read for a while, whatever
    the cause."""
    is_read = or_(MessageGateway.carries == AddressKind.PHONE, MessageGateway.mailbox_position.is_not(None))
    heard_at = func.coalesce(MessageGateway.swept_at, MessageGateway.tested_at)
    return and_(MessageGateway.state == GatewayState.WORKING, is_read, heard_at < at - after)


def has_unread_reports(at: datetime, after: timedelta = INBOX_UNREAD_AFTER) -> ColumnElement[bool]:
    """The condition that the vendor of an account that sends has told no reports for a while, though it was asked: they
    tell of refusals, too."""
    unread_since = MessageGateway.reports_unread_since
    is_unread = and_(unread_since.is_not(None), unread_since <= at - after)
    return and_(MessageGateway.state == GatewayState.WORKING, is_unread)


def has_failing_inbox(at: datetime, after: timedelta) -> ColumnElement[bool]:
    """The condition that an account's inbox is unread, and that its last sweep got no replies told."""
    return and_(is_inbox_unread(at, after), exists().where(*IS_SWEEP, GatewayEvent.failures > 0))


def has_failing_sweeps(at: datetime, after: timedelta) -> ColumnElement[bool]:
    """The condition that an account's inbox is unread although the sender sweeps it: replies or the list of refusals
    are not told, which its owner can mend. A sweep that ran has planned the next one; `swept_at` moves only where all
    replies and refusals were told."""
    was_swept = or_(GatewayEvent.failures > 0, GatewayEvent.due_at > at)
    return and_(is_inbox_unread(at, after), exists().where(*IS_SWEEP, was_swept))


def note_if_reports_were_told(gateway: MessageGateway, at: datetime, *, were_told: bool) -> None:
    """Note whether its vendor told them, where it was asked."""
    gateway.reports_unread_since = None if were_told else gateway.reports_unread_since or at


def mark_inbox_read(gateway: MessageGateway, at: datetime) -> None:
    gateway.swept_at = at
    if gateway.state == GatewayState.WORKING and gateway.reports_unread_since is None:
        gateway.stop_mailed_at = None


def fingerprint(gateway: MessageGateway) -> str:
    """Of what a test tests: another one after each change of the credentials or the sender."""
    return hashlib.sha256(gateway.credentials + gateway.header.encode()).hexdigest()


def mark_tested(gateway: MessageGateway, at: datetime) -> None:
    """A test message was accepted, with the fingerprint that it still has: from now on it sends."""
    gateway.tested_at = at
    _resume(gateway)


def _resume(gateway: MessageGateway) -> None:
    gateway.state, gateway.resting_until, gateway.failures = GatewayState.WORKING, None, 0
    gateway.stopped_code = gateway.stopped_reason = gateway.stop_mailed_at = None
    gateway.refused_in_a_row = 0


def remove(session: Session, gateway: MessageGateway, at: datetime) -> None:
    """It sends nothing more; brands that had it have none in its place. Its reports and replies are still read."""
    gateway.state, gateway.removed_at = GatewayState.REMOVED, at
    _keep_former(session, _chosen_by(session, gateway), gateway.id, at)
    session.execute(delete(BrandGateway).where(BrandGateway.gateway_id == gateway.id))


def set_for_brand(
    session: Session, brand_id: int, carries: AddressKind, gateway_ids: Sequence[int], *, at: datetime,
    unused: Collection[int] = (),
) -> None:  # fmt: skip
    """Send a brand's messages through one gateway, or through the first of two while it works. Empty: through the
    provider's first one. The caller has checked whose they are. What the brand leaves is answered for a while, but for
    `unused`, by which somebody says that nothing of it ever left, as far as that is true of what we sent."""
    brand = session.get_one(Brand, brand_id, with_for_update={"key_share": True})
    theirs = BrandGateway.brand_id == brand_id, BrandGateway.carries == carries
    chosen = session.scalars(select(BrandGateway.gateway_id).where(*theirs)).all()
    left = {*(chosen or _find_shared(session, brand, carries, at))}.difference(gateway_ids) if gateway_ids else set()
    doubtful = left.intersection(unused)
    for each in (left - doubtful) | _find_used(session, brand_id, doubtful, at):
        _keep_former(session, [brand_id], each, at)
    session.execute(delete(BrandGateway).where(*theirs))
    for place, gateway_id in enumerate(gateway_ids[:2], 1):
        session.add(
            BrandGateway(
                brand_id=brand_id, carries=carries, place=place, gateway_id=gateway_id, share=WHOLE if place == 1 else 0
            )
        )
    session.flush()


def lock_choice(session: Session, brand_id: int) -> Sequence[int]:
    """The accounts that a brand chose, as they stay until the commit."""
    session.get_one(Brand, brand_id, with_for_update={"key_share": True})
    return session.scalars(select(BrandGateway.gateway_id).where(BrandGateway.brand_id == brand_id)).all()


def sends_through(gateway: MessageGateway, at: datetime) -> ColumnElement[bool]:
    """The condition that a brand of the owner's sends through an account, did so lately, or chose none."""
    chosen = exists().where(BrandGateway.brand_id == Brand.id, BrandGateway.carries == gateway.carries)
    left = exists().where(FormerBrandGateway.brand_id == Brand.id, FormerBrandGateway.gateway_id == gateway.id)
    is_answered = FormerBrandGateway.left_at > at - ANSWERED_FOR
    return or_(~chosen, chosen.where(BrandGateway.gateway_id == gateway.id), left.where(is_answered))


def _chosen_by(session: Session, gateway: MessageGateway) -> Sequence[int]:
    """The brands that chose an account."""
    return session.scalars(select(BrandGateway.brand_id).where(BrandGateway.gateway_id == gateway.id)).all()


def _find_shared(session: Session, brand: Brand, carries: AddressKind, at: datetime) -> Sequence[int]:
    """The accounts that are a brand's while it chose none: all of its owner, also ones removed lately."""
    theirs = MessageGateway.provider_id == brand.provider_id, MessageGateway.carries == carries
    is_answered = or_(MessageGateway.removed_at.is_(None), MessageGateway.removed_at > at - ANSWERED_FOR)
    return session.scalars(select(MessageGateway.id).where(*theirs, is_answered)).all()


def _find_used(session: Session, brand_id: int, gateway_ids: Collection[int], at: datetime) -> set[int]:
    """Those of some accounts by which we sent messages of a brand that are answered yet."""
    campaigns = select(Campaign.id).where(Campaign.brand_id == brand_id)
    by_brand = or_(Message.brand_id == brand_id, Message.campaign_id.in_(campaigns))
    sent = Message.gateway_id.in_(gateway_ids), Message.called_at > at - ANSWERED_FOR
    return {*session.scalars(select(Message.gateway_id).where(*sent, by_brand).distinct())}


def _keep_former(session: Session, brand_ids: Iterable[int], gateway_id: int, left_at: datetime) -> None:
    for brand_id in brand_ids:
        session.merge(FormerBrandGateway(brand_id=brand_id, gateway_id=gateway_id, left_at=left_at))


def _seal(vault: Vault, gateway_id: int, provider_id: int | None, credentials: Mapping[str, str]) -> bytes:
    text = json.dumps(dict(credentials), ensure_ascii=False)
    return vault.seal(text, MessageGateway.CREDENTIALS, provider_id or NO_PROVIDER, gateway_id)


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
