"""Store the messages that a provider reports, and what is known of each: whether a check asked first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.addresses import Address
from portal.core.ids import new_ids
from portal.core.iys_protocol import Channel, RecipientType
from portal.core.models import Brand, ReportedSend
from portal.core.models.inserts import insert_missing
from portal.core.vault import Vault
from portal.domain.sends.address_checks import find_checks

Key = tuple[int, Channel, datetime]  # Of a recipient's message.


@dataclass(frozen=True)
class Send:
    """A message that was sent by another system, to the second."""

    address: Address = field(repr=False)
    channel: Channel
    recipient_type: RecipientType
    sent_at: datetime
    campaign: str | None  # The provider's name or reference.


def record_sends(
    session: Session, vault: Vault, brand: Brand, sends: Sequence[Send], ids: Mapping[str, int], *, request_id: int,
    at: datetime,
) -> list[bool]:  # fmt: skip
    """Store up to 10,000 sends of a brand; whether each was new. A message of the same second on the same channel to
    the same recipient is the same one. `ids` are those of recipients, by canonical address."""
    if not sends:
        return []
    keys = [(ids[each.address.text], each.channel, each.sent_at) for each in sends]
    known = _find_known(session, brand, sends, ids)
    new: dict[Key, Send] = {}
    for key, each in zip(keys, sends, strict=True):
        if key not in known:
            new.setdefault(key, each)
    stored = _insert(session, vault, brand, new, {"request_id": request_id, "reported_at": at})
    return [stored.pop(key, False) for key in keys]


def _find_known(session: Session, brand: Brand, sends: Sequence[Send], ids: Mapping[str, int]) -> set[Key]:
    moments = [each.sent_at for each in sends]
    rows = select(ReportedSend.recipient_id, ReportedSend.channel, ReportedSend.sent_at).where(
        ReportedSend.recipient_id.in_(ids.values()), ReportedSend.brand_id == brand.id,
        ReportedSend.sent_at.between(min(moments), max(moments)),
    )  # fmt: skip
    return {(recipient_id, channel, sent_at) for recipient_id, channel, sent_at in session.execute(rows)}


def _insert(
    session: Session, vault: Vault, brand: Brand, new: dict[Key, Send], common: dict[str, Any]
) -> dict[Key, bool]:
    """Store those that no other report stores meanwhile; which they are. In one order, or two reports deadlock."""
    keys = sorted(new)
    sends = [new[key] for key in keys]
    checks = find_checks(session, vault, brand, sends)
    rows = []
    for place, (row_id, (recipient_id, _, _), send) in enumerate(zip(new_ids(len(keys)), keys, sends, strict=True)):
        check_id, verdict = checks.get(place, (None, None))
        text = send.campaign
        rows.append({
            "id": row_id, "provider_id": brand.provider_id, "brand_id": brand.id, "recipient_id": recipient_id,
            "channel": send.channel, "recipient_type": send.recipient_type, "sent_at": send.sent_at,
            "campaign": vault.seal(text, ReportedSend.CAMPAIGN, brand.provider_id, row_id) if text else None,
            "check_id": check_id, "check_verdict": verdict, **common,
        })  # fmt: skip
    if insert_missing(session, ReportedSend, rows) == len(rows):
        return dict.fromkeys(keys, True)
    ids = {row["id"]: key for row, key in zip(rows, keys, strict=True)}
    return {ids[its_id]: True for its_id in session.scalars(select(ReportedSend.id).where(ReportedSend.id.in_(ids)))}
