"""What is still missing in a layout, and what makes it invalid."""

from collections import Counter

from portal.core.iys_protocol import Channel, RecipientType, Source, Status
from portal.core.lazy_text import N_
from portal.services.imports.layout.layout import STATUS_FIELDS, Field, Layout

ADDRESSES = {
    Field.ADDRESS: tuple(Channel), Field.PHONE: (Channel.SMS, Channel.CALL), Field.EMAIL: (Channel.EMAIL,),
}  # fmt: skip

NO_ADDRESS = N_("Telefon numarasının ya da e-posta adresinin hangi sütunda olduğunu seçin.")
ADDRESS_TWICE = N_("Tek adres sütunu ile ayrı telefon ya da e-posta sütunu bir arada seçilemez.")
COLUMN_TWICE = N_("Aynı sütun iki ayrı bilgi için seçilmiş.")
NO_SUCH_COLUMN = N_("Dosyada bu kadar sütun yok; sütunları yeniden seçin.")
TIME_ALONE = N_("Saat sütunu ancak tarih sütunuyla birlikte seçilir.")
CHANNELS_UNFIT = N_("Seçilen kanallar adres sütununa uymuyor: e-posta izni e-posta adresi, diğerleri telefon ister.")


def missing(layout: Layout) -> list[str]:
    """The missing fields, of "address", "channels", "status", "source", "date", "origin"."""
    columns = layout.columns
    optional = layout.recipient_type == RecipientType.MERCHANT and Field.TYPE not in columns
    before_2015 = layout.source == Source.BEFORE_2015 and Field.SOURCE not in columns
    is_given = {
        "address": bool(ADDRESSES.keys() & columns.keys()),
        "channels": bool(layout.channels) or Field.CHANNEL in columns,
        "status": layout.status is not None or Field.STATUS in columns or not _lacks_status(layout),
        "source": layout.source is not None or Field.SOURCE in columns or optional,
        "date": layout.date is not None or Field.DATE in columns or optional or before_2015,
        "origin": bool(layout.origin) or Field.ORIGIN in columns or _only_refuses(layout),
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
        CHANNELS_UNFIT: bool(addresses and layout.channels and Field.CHANNEL not in columns and not _served(layout)),
    }
    return [sentence for sentence, is_broken in broken.items() if is_broken]


def _served(layout: Layout) -> set[Channel]:
    """The wanted channels for which some column has addresses."""
    able = {channel for column, channels in ADDRESSES.items() if column in layout.columns for channel in channels}
    return able & set(layout.channels) if Field.CHANNEL not in layout.columns else able


def _lacks_status(layout: Layout) -> bool:
    """Whether a wanted channel has no status column of its own."""
    served = _served(layout) or set(layout.channels) or set(Channel)
    return any(STATUS_FIELDS[channel] not in layout.columns for channel in served)


def _only_refuses(layout: Layout) -> bool:
    """Whether no line can be a grant: a refusal needs no proof."""
    return layout.status == Status.REFUSED and not {Field.STATUS, *STATUS_FIELDS.values()} & layout.columns.keys()
