"""İYS payloads as bytes."""

import json
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from portal.core.iys_protocol.dates import format_wire_date
from portal.core.iys_protocol.enums import Channel, RecipientType, Source, Status

FIRST_RETAILER, LAST_RETAILER = 10_000_000, 99_999_999  # A retailerCode has eight digits.


class Retailers(NamedTuple):
    """The retailer (bayi) that mediated a decision, and those that may use the consent, by their codes at İYS."""

    code: int | None = None
    access: tuple[int, ...] = ()


NO_RETAILERS = Retailers()


def is_retailer_code(value: object) -> bool:
    """Whether it is an integer of eight digits; whether İYS knows it is another question (H180)."""
    return type(value) is int and FIRST_RETAILER <= value <= LAST_RETAILER


def freeze_payload(
    *,
    recipient: str,
    channel: Channel,
    recipient_type: RecipientType,
    status: Status,
    source: Source | None,
    consent_date: datetime | None,
    retailers: Retailers = NO_RETAILERS,
) -> bytes:
    """The body of a V2 single add: compact UTF-8 JSON in a fixed key order, re-sent unchanged on every retry.

    `recipient` is +E.164 or a lower-case e-mail. Raises ValueError for an unknown enum value, an empty recipient or a
    naive date: İYS refuses null and "" even where a field may be left out. Only a merchant's first grant may come
    without source and date: their keys are left out, and so are those of retailers that are not given.
    """
    if not recipient:
        raise ValueError("a consent needs a recipient")
    may_lack = recipient_type == RecipientType.MERCHANT and status == Status.GRANTED
    if not may_lack and (source is None or consent_date is None):
        raise ValueError("only a merchant's grant may lack its source or date")
    before, after = _around_the_date(channel, source, status, recipient_type)
    date = f'"consentDate":"{format_wire_date(consent_date)}",' if consent_date else ""
    named = {"retailerCode": retailers.code, "retailerAccess": retailers.access}
    its = "".join(f',"{name}":{_compact(value)}' for name, value in named.items() if value)
    return f'{{"recipient":{_compact(recipient)},{before}{date}{after}{its}}}'.encode()


_compact = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@lru_cache(maxsize=1024)
def _around_the_date(
    channel: Channel, source: Source | None, status: Status, recipient_type: RecipientType
) -> tuple[str, str]:
    """The JSON after the recipient, before and after the date. Cached, since imports repeat few combinations."""
    named = {} if source is None else {"source": Source(source)}
    before = {"type": Channel(channel), **named, "status": Status(status)}
    return f"{_compact(before)[1:-1]},", _compact({"recipientType": RecipientType(recipient_type)})[1:-1]


def freeze_bulk_payload(payloads: Iterable[bytes]) -> bytes:
    """The body of a bulk add: a JSON array of frozen payloads, each byte for byte, in their order."""
    return b"[" + b",".join(payloads) + b"]"
