"""Checks of lists before sending, remembered so that each message sent later can be compared with them.

No address is kept of a check, but DIGEST_BYTES of the SHA-256 over its salt and each address: 300 kB for a list of
50,000. The salt is encrypted, so a stolen database tests no address.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from portal.core.addresses import Address
from portal.core.iys_protocol import Channel, RecipientType
from portal.core.models import AddressCheck, Brand
from portal.core.vault import Vault

DIGEST_BYTES = 6  # Among 50,000 addresses one that was not asked about matches once in five billion times.
MAX_CHECKS = 1000  # Of the sends' channels, that one report is compared with, the newest first: some 10 s for 10,000.
UNSEARCHED = "unsearched"  # ReportedSend.check_verdict where there are more: an older one may have asked.
IN_ORDER = ("may", "may_not", "unknown")  # Of AddressCheck.digests; the values of may_send.Verdict.


class Sent(Protocol):
    """What is compared with checks."""

    @property
    def address(self) -> Address: ...
    @property
    def channel(self) -> Channel: ...
    @property
    def recipient_type(self) -> RecipientType: ...
    @property
    def sent_at(self) -> datetime: ...


def record_check(
    session: Session, vault: Vault, brand: Brand, *, number: int, key_id: int, channel: Channel,
    recipient_type: RecipientType, verdicts: Mapping[str, str], salt: str, at: datetime, valid_until: datetime,
) -> None:  # fmt: skip
    """Remember a check; `verdicts` are by canonical address, `salt` is that of its certificate, `number` its number."""
    parts = [sorted(_digest(salt, text) for text, its in verdicts.items() if its == each) for each in IN_ORDER]
    session.add(
        AddressCheck(
            id=number, provider_id=brand.provider_id, brand_id=brand.id, key_id=key_id, channel=channel,
            recipient_type=recipient_type, may=len(parts[0]), may_not=len(parts[1]), unknown=len(parts[2]),
            salt=vault.seal(salt, AddressCheck.SALT, brand.provider_id, number),
            digests=b"".join(each for part in parts for each in part), checked_at=at, valid_until=valid_until,
        )
    )  # fmt: skip


def find_checks(
    session: Session, vault: Vault, brand: Brand, sends: Sequence[Sent]
) -> dict[int, tuple[int | None, str]]:
    """By a send's place in the list, the id of the last check before it that was valid then and asked about its
    address, and what it answered; or UNSEARCHED."""
    found: dict[int, tuple[int | None, str]] = {}
    if not sends:
        return found
    moments = [each.sent_at for each in sends]
    alike = {(each.channel, each.recipient_type) for each in sends}
    checks = (
        select(AddressCheck)
        .where(
            AddressCheck.brand_id == brand.id, AddressCheck.checked_at <= max(moments),
            AddressCheck.valid_until >= min(moments),
            tuple_(AddressCheck.channel, AddressCheck.recipient_type).in_(alike),
        )
        .order_by(AddressCheck.checked_at.desc(), AddressCheck.id.desc())
        .limit(MAX_CHECKS + 1)
        .execution_options(yield_per=20)
    )  # fmt: skip
    with session.scalars(checks) as newest_first:
        for count, check in enumerate(newest_first):
            left = [place for place in range(len(sends)) if place not in found]
            if count == MAX_CHECKS:
                found |= dict.fromkeys(left, (None, UNSEARCHED))
            elif covered := [place for place in left if _covers(check, sends[place])]:
                salt = vault.read(check.salt, AddressCheck.SALT, check.provider_id, check.id)
                verdicts = _verdicts(check)
                answers = {place: verdicts.get(_digest(salt, sends[place].address.text)) for place in covered}
                found |= {place: (check.id, verdict) for place, verdict in answers.items() if verdict}
            if len(found) == len(sends):
                break
    return found


def _covers(check: AddressCheck, send: Sent) -> bool:
    is_alike = (check.channel, check.recipient_type) == (send.channel, send.recipient_type)
    return is_alike and check.checked_at <= send.sent_at <= check.valid_until


def _verdicts(check: AddressCheck) -> dict[bytes, str]:
    """What was answered, by digest of an address."""
    answers = (verdict for verdict in IN_ORDER for _ in range(getattr(check, verdict)))
    starts = range(0, len(check.digests), DIGEST_BYTES)
    return dict(zip((check.digests[start : start + DIGEST_BYTES] for start in starts), answers, strict=True))


def _digest(salt: str, address: str) -> bytes:
    return hashlib.sha256(f"{salt}\n{address}\n".encode()).digest()[:DIGEST_BYTES]
