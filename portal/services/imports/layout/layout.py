"""A layout: which column is which field, defaults for lines that say nothing, and the chosen fixes."""

import json
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from portal.core.iys_protocol import Channel, RecipientType, Source, Status
from portal.core.models import ContactKind


class Field(StrEnum):
    """What a column may hold."""

    ADDRESS = "address"  # A telephone number or an e-mail address.
    PHONE = "phone"
    EMAIL = "email"
    CHANNEL = "channel"  # One or several.
    STATUS = "status"
    STATUS_SMS = "status_sms"  # Many files have a column of yes and no for each channel.
    STATUS_CALL = "status_call"
    STATUS_EMAIL = "status_email"
    DATE = "date"
    TIME = "time"  # Of day, where it stands apart from the date.
    SOURCE = "source"
    TYPE = "type"  # BIREYSEL or TACIR
    NAME = "name"
    ORIGIN = "origin"  # Which form, order or recording proves it.
    CONTACT = "contact"  # How the person came to the provider.


STATUS_FIELDS = {Channel.SMS: Field.STATUS_SMS, Channel.CALL: Field.STATUS_CALL, Channel.EMAIL: Field.STATUS_EMAIL}


class Fix(StrEnum):
    """A repair that a person may apply to all lines with its problem."""

    EMAIL_LETTERS = "email_letters"  # ç becomes c.
    EMAIL_SPACES = "email_spaces"
    DATE_SWAP = "date_swap"  # Month first, where day first makes no date or one to come.


@dataclass(frozen=True)
class Layout:
    """How a file is read. Fields without a column take these values for all lines."""

    columns: dict[Field, int] = field(default_factory=dict)  # Counted from 0.
    sheets: tuple[int, ...] = (0,)
    day_first: bool = True  # 03.04.2026 is the third of April.
    channels: tuple[Channel, ...] = tuple(Channel)  # An address serves those of them that it can.
    status: Status | None = None
    source: Source | None = None
    recipient_type: RecipientType = RecipientType.INDIVIDUAL
    date: datetime | None = None  # Aware.
    origin: str = ""
    contact: ContactKind | None = None
    fixes: frozenset[Fix] = frozenset()
    words: dict[str, dict[str, str]] = field(default_factory=dict)  # {"source": {"mağaza formu": "HS_ISLAK_IMZA"}}

    def packed(self) -> str:
        """As JSON, to be encrypted."""
        facts = {name: getattr(self, name) for name in self.__dataclass_fields__}
        facts["fixes"] = sorted(self.fixes)
        facts["date"] = self.date.isoformat() if self.date else None
        return json.dumps(facts, ensure_ascii=False)

    @classmethod
    def unpacked(cls, text: str) -> "Layout":
        """What packed() wrote. Raises ValueError for anything else."""
        facts = json.loads(text)
        return cls(
            columns={Field(name): int(column) for name, column in facts["columns"].items()},
            sheets=tuple(facts["sheets"]),
            day_first=facts["day_first"],
            channels=tuple(map(Channel, facts["channels"])),
            status=Status(facts["status"]) if facts["status"] else None,
            source=Source(facts["source"]) if facts["source"] else None,
            recipient_type=RecipientType(facts["recipient_type"]),
            date=datetime.fromisoformat(facts["date"]) if facts["date"] else None,
            origin=facts["origin"],
            contact=ContactKind(facts["contact"]) if facts["contact"] else None,
            fixes=frozenset(map(Fix, facts["fixes"])),
            words=facts["words"],
        )

    def with_fix(self, fix: Fix, *, on: bool = True) -> "Layout":
        """A copy with the fix, or without it."""
        return replace(self, fixes=self.fixes | {fix} if on else self.fixes - {fix})
