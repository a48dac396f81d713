"""Read İYS's row of a movement (pull, push, a line of a day's file): grants as exactly spelled, refusals however."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from unicodedata import normalize

from portal.core import addresses, iys_clock_difference, iys_protocol
from portal.core.addresses import Address, BadAddress
from portal.core.ids import new_id
from portal.core.iys_protocol import Channel, RecipientType, Status
from portal.core.iys_protocol.enums import LINE_CLOSED
from portal.core.models import ReceivedVia
from portal.domain.consents.locking import LockedConsent

LONGEST_SOURCE, LONGEST_TRANSACTION = 30, 80
SHORTEST_TRANSACTION = 32  # İYS's are 64 hexadecimal digits, or were UUIDs.
LATER = " later, by its "  # Of what a further act under a used transactionId is kept by.
DIGESTED = ("type", "recipientType", "source", "consentDate", "creationDate", "transactionId")  # No address.


@dataclass(frozen=True)
class MovementRow:
    """One movement as İYS lists it; a merchant's first record may have neither source nor date."""

    address: Address = field(repr=False)
    channel: Channel
    recipient_type: RecipientType
    status: Status
    source: str
    consent_date: datetime | None
    creation_date: datetime
    transaction_id: str
    is_moment_told: bool = True  # Not where nobody can read when it was made: each time it is told it has another one.
    is_channel_told: bool = True  # Not where a refusal counts for all channels, since nobody knows its own.

    def acted_at(self, ahead: timedelta) -> datetime:
        """When a person did it at İYS, by our clock, which is so far ahead of İYS's (negative: behind). A refusal wins
        what is uncertain by that: it is never earlier than İYS says, and a grant never later, nor later than its
        consentDate: İYS may have stored it only when the person had refused here."""
        is_measured = self.source != LINE_CLOSED and abs(ahead) <= iys_clock_difference.LONGEST
        by_ours = self.creation_date + ahead if is_measured else self.creation_date
        if self.status == Status.REFUSED:
            return max(self.creation_date, by_ours)
        return min(self.creation_date, by_ours, self.consent_date or self.creation_date)

    def is_same_act(self, created: datetime | None, consented: datetime | None) -> bool:
        """Whether it is the act of these dates, under whose name it is told again: by İYS's creationDate, which our
        clock, with its fractions of a second, stands for where none could be read; then by the consentDate."""
        if self.is_moment_told and created and (created == self.creation_date or created.microsecond == 0):
            return created == self.creation_date
        if self.consent_date is None:
            return not self.is_moment_told  # It tells nothing by which it could be another.
        return self.consent_date == consented

    def is_another_refusal(self, acts: Iterable[tuple[datetime | None, datetime | None]]) -> bool:
        """Whether it refuses, and is none of these acts, each by its creationDate and consentDate."""
        return self.status == Status.REFUSED and not any(self.is_same_act(*dates) for dates in acts)

    def is_same_as_ours(self, accepted_at: datetime | None, told_date: datetime | None) -> bool:
        """Whether it is the act that we told İYS with this date, under whose name it is told: a grant always is; of a
        refusal İYS may have answered another moment."""
        dates = (accepted_at, told_date), (None, told_date)
        return self.status == Status.GRANTED or any(self.is_same_act(*each) for each in dates)

    @property
    def later_names(self) -> list[str]:
        """What it may be kept by where another act has its transactionId: the first, if any of its dates is told."""
        dates = {"creationDate": self.creation_date if self.is_moment_told else None, "consentDate": self.consent_date}
        return [f"{self.transaction_id}{LATER}{name} {date.isoformat()}" for name, date in dates.items() if date]


def told_name(name: str) -> str:
    """The transactionId that İYS tells of an act, by what it is kept by."""
    return name.partition(LATER)[0]


def read_rows(listed: Iterable[Any], at: datetime) -> tuple[list[MovementRow], int]:
    """The movements in a list of İYS's, and how many of its rows were not read, or not fully."""
    read = [read_row(each, at) for each in listed]
    unread = sum(1 for rows in read if not all(row.is_channel_told for row in rows) or not rows)
    return [row for rows in read for row in rows], unread


def read_row(row: Any, at: datetime) -> list[MovementRow]:
    """İYS's row, read or received at `at`, as one movement; none where it says nothing that we can use.

    A grant that is not understood is none. A refusal needs an address. Where its channel is unknown, or none of its
    address, it is one movement for each channel of that kind of address. Where it has no moment that can be read, or
    one that stands for none (1900, 1970, 9999), it is of `at`: no refusal is older than it would have been, so it may
    end a grant that is newer than it. Of a recipient type that nobody knows it is an individual's, and ends the grants
    of every type like any refusal. Without a transactionId, or with one that names nothing ("0", "-", "null"), a digest
    of the row stands for it, so that a repeated row is the same movement.
    """
    try:
        return _read_refusal(row, at) if _upper(row.get("status")) == Status.REFUSED else [_read_grant(row)]
    except (TypeError, KeyError, ValueError, AttributeError, BadAddress):
        return []


def stored_row(
    consent: LockedConsent, row: MovementRow, *, decision_id: int | None, by: ReceivedVia, at: datetime
) -> dict[str, Any]:
    """A movement of a consent as it is kept: received at `at`, and made a decision, or the report of one of ours."""
    return {
        "id": new_id(),
        "provider_id": consent.provider_id,
        "brand_id": consent.brand_id,
        "consent_id": consent.id,
        "status": row.status,
        "source": row.source,
        "consent_date": row.consent_date,
        "creation_date": row.creation_date,
        "transaction_id": row.transaction_id,
        "received_at": at,
        "received_via": by,
        "decision_id": decision_id,
    }


def is_closure(source: object) -> bool:
    """Whether a row's source says that the line was closed, however it is spelled."""
    return _upper(source) == LINE_CLOSED


def _read_grant(row: dict[str, Any]) -> MovementRow:
    transaction_id = _clean(row["transactionId"])
    if not 0 < len(transaction_id) <= LONGEST_TRANSACTION:
        raise ValueError("no transactionId")
    channel = Channel(row["type"])  # A mailbox that the rules do not know is granted nothing.
    parse = addresses.parse if channel == Channel.EMAIL else addresses.parse_possible
    address = parse(row["recipient"])
    if channel not in address.all_channels:
        raise ValueError("a channel of another kind of address")
    return MovementRow(
        address=address,
        channel=channel,
        recipient_type=RecipientType(row.get("recipientType") or RecipientType.INDIVIDUAL),
        status=Status(row["status"]),
        source=_clean(row.get("source"))[:LONGEST_SOURCE],
        # A date that cannot be read takes nothing from what was decided.
        consent_date=iys_protocol.read_wire_date(row.get("consentDate")),
        creation_date=iys_protocol.parse_wire_date(row["creationDate"]),
        transaction_id=transaction_id,
    )


def _read_refusal(row: dict[str, Any], at: datetime) -> list[MovementRow]:
    address = addresses.parse_possible(_text(row["recipient"]))
    channels = address.all_channels
    told = [each for each in channels if each == _upper(row.get("type"))]
    recipient_type = _upper(row.get("recipientType"))
    told_at = iys_protocol.read_creation_date(row.get("creationDate"), at)
    movement = MovementRow(
        address=address,
        channel=channels[0],
        recipient_type=RecipientType.MERCHANT if recipient_type == RecipientType.MERCHANT else RecipientType.INDIVIDUAL,
        status=Status.REFUSED,
        source=_upper(row.get("source"))[:LONGEST_SOURCE],
        consent_date=iys_protocol.read_consent_date(row.get("consentDate"), at),
        creation_date=told_at or at,
        transaction_id=_transaction_id(row, None if told_at else f"{at:%Y-%m-%d}"),
        is_moment_told=told_at is not None,
        is_channel_told=bool(told),
    )
    return [replace(movement, channel=each) for each in told or channels]


def _transaction_id(row: dict[str, Any], day: str | None) -> str:
    """İYS's, or a digest of what the row says of its consent: at another consent, the same digest is another name. A
    row that does not even tell when it was made is the same movement for a `day`, not for ever."""
    told = _text(row.get("transactionId"))
    if SHORTEST_TRANSACTION <= len(told) <= LONGEST_TRANSACTION and told.strip("0-"):
        return told
    said = [value if isinstance(value := row.get(name), str | int | float) else None for name in DIGESTED]
    return f"row-{hashlib.sha256(json.dumps([*said, day]).encode()).hexdigest()}"


def _upper(word: object) -> str:
    """A word of İYS's in capitals, also where it was written with Turkish ones."""
    return normalize("NFC", _text(word).upper()).replace("İ", "I")


def _text(value: object) -> str:
    """A word or a number as text; empty for anything else, and for what no database keeps."""
    try:
        return _clean(str(value) if type(value) is int else value)
    except ValueError:
        return ""


def _clean(text: object) -> str:
    """A word of İYS's; ValueError for what is no text, or no database keeps."""
    if text is None:
        return ""
    if not isinstance(text, str) or "\x00" in text:
        raise ValueError("not a word")
    text.encode()  # UnicodeEncodeError, a ValueError, for half a character.
    return text.strip()
