"""A layout: which column is which field, defaults for lines that say nothing, and the chosen fixes; what is missing in
it, and what makes it invalid."""

import json
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from portal.core.iys_protocol import Channel, RecipientType, Source, Status
from portal.core.lazy_text import N_
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
    RETAILER = "retailer"  # Code of the retailer (bayi) that mediated,
    RETAILER_ACCESS = "retailer_access"  # and of those that may use the consent.


RETAILERS = (Field.RETAILER, Field.RETAILER_ACCESS)
STATUS_FIELDS = {Channel.SMS: Field.STATUS_SMS, Channel.CALL: Field.STATUS_CALL, Channel.EMAIL: Field.STATUS_EMAIL}

ADDRESSES = {
    Field.ADDRESS: tuple(Channel), Field.PHONE: (Channel.SMS, Channel.CALL), Field.EMAIL: (Channel.EMAIL,),
}  # fmt: skip

NO_ADDRESS = N_("Telefon numarasının ya da e-posta adresinin hangi sütunda olduğunu seçin.")
ADDRESS_TWICE = N_("Tek adres sütunu ile ayrı telefon ya da e-posta sütunu bir arada seçilemez.")
COLUMN_TWICE = N_("Aynı sütun iki ayrı bilgi için seçilmiş.")
NO_SUCH_COLUMN = N_("Dosyada bu kadar sütun yok; sütunları yeniden seçin.")
TIME_ALONE = N_("Saat sütunu ancak tarih sütunuyla birlikte seçilir.")
CHANNELS_UNFIT = N_("Seçilen kanallar adres sütununa uymuyor: e-posta izni e-posta adresi, diğerleri telefon ister.")


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
    received_at: datetime | None = None  # Aware: of an undated refusal, where the file ran before.
    written_ns: int | None = None  # When the file itself was written, as its folder says; of a shell.
    brings_anew: tuple[int, ...] = ()  # Batches that were taken back, whose lines a shell was told to bring again.
    origin: str = ""
    contact: ContactKind | None = None
    fixes: frozenset[Fix] = frozenset()
    words: dict[str, dict[str, str]] = field(default_factory=dict)  # {"source": {"mağaza formu": "HS_ISLAK_IMZA"}}
    # Codes and names of the provider's other brands when the layout was chosen: what a dry run decides by them stays.
    other_brands: tuple[str, ...] | None = field(default=None, compare=False)

    def packed(self) -> str:
        """As JSON, to be encrypted."""
        facts = {name: getattr(self, name) for name in self.__dataclass_fields__}
        facts["fixes"] = sorted(self.fixes)
        facts |= {name: at and at.isoformat() for name, at in (("date", self.date), ("received_at", self.received_at))}
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
            received_at=datetime.fromisoformat(facts["received_at"]) if facts.get("received_at") else None,
            written_ns=facts.get("written_ns"),
            brings_anew=tuple(facts.get("brings_anew", ())),
            origin=facts["origin"],
            contact=ContactKind(facts["contact"]) if facts["contact"] else None,
            fixes=frozenset(map(Fix, facts["fixes"])),
            words=facts["words"],
            other_brands=None if facts.get("other_brands") is None else tuple(facts["other_brands"]),
        )

    def with_fix(self, fix: Fix, *, on: bool = True) -> "Layout":
        """A copy with the fix, or without it."""
        return replace(self, fixes=self.fixes | {fix} if on else self.fixes - {fix})

    def with_words(self, words: dict[str, dict[str, str]]) -> "Layout":
        """A copy that knows further words; what it knows itself goes before."""
        return replace(self, words=self.words | {kind: of | self.words.get(kind, {}) for kind, of in words.items()})


OF_GRANTS = frozenset({"source", "date", "origin"})  # A refusal needs none of them.


def missing(layout: Layout) -> list[str]:
    """The missing fields, of "address", "channels", "status", "source", "date", "origin"."""
    columns = layout.columns
    optional = layout.recipient_type == RecipientType.MERCHANT and Field.TYPE not in columns
    before_2015 = layout.source == Source.BEFORE_2015 and Field.SOURCE not in columns
    wanted = wanted_channels(layout)
    served = _served(layout) or set(wanted) or set(Channel)
    lacks_status = any(STATUS_FIELDS[channel] not in columns for channel in served)
    # No line can be a grant: a refusal needs no proof.
    refuses = layout.status == Status.REFUSED and not {Field.STATUS, *STATUS_FIELDS.values()} & columns.keys()
    is_given = {
        "address": bool(ADDRESSES.keys() & columns.keys()),
        "channels": bool(layout.channels) or Field.CHANNEL in columns or (bool(wanted) and Field.STATUS not in columns),
        "status": layout.status is not None or Field.STATUS in columns or not lacks_status,
        "source": layout.source is not None or Field.SOURCE in columns or optional,
        "date": layout.date is not None or Field.DATE in columns or optional or before_2015,
        "origin": bool(layout.origin) or Field.ORIGIN in columns or refuses,
    }
    return [name for name, given in is_given.items() if not given]


def problems_of(layout: Layout, width: int) -> list[str]:
    """Why a layout is invalid for a file of `width` columns, as Turkish msgids; empty where it is valid."""
    columns = layout.columns
    addresses = ADDRESSES.keys() & columns.keys()
    broken = {
        NO_ADDRESS: not addresses,
        ADDRESS_TWICE: Field.ADDRESS in addresses and len(addresses) > 1,
        COLUMN_TWICE: any(count > 1 for count in Counter(columns.values()).values()),
        NO_SUCH_COLUMN: any(not 0 <= column < width for column in columns.values()),
        TIME_ALONE: Field.TIME in columns and Field.DATE not in columns,
        CHANNELS_UNFIT: bool(
            addresses and wanted_channels(layout) and Field.CHANNEL not in columns and not _served(layout)
        ),
    }
    return [sentence for sentence, is_broken in broken.items() if is_broken]


def wanted_channels(layout: Layout) -> tuple[Channel, ...]:
    """The chosen channels, and those that have a column of yes and no: a mapped one always counts."""
    return tuple(each for each in Channel if each in layout.channels or STATUS_FIELDS[each] in layout.columns)


def _served(layout: Layout) -> set[Channel]:
    """The wanted channels for which some column has addresses."""
    able = {channel for column, channels in ADDRESSES.items() if column in layout.columns for channel in channels}
    return able & set(wanted_channels(layout)) if Field.CHANNEL not in layout.columns else able
