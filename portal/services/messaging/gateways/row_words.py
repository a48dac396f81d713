"""How surely words in a vendor's row refuse, by where they stand, and what else says that a person wrote."""

import re
from enum import Enum, IntEnum
from typing import Any

from portal.domain.replies import REFUSING, ReplyOutcome, classify_reply, fold
from portal.domain.replies.refusing_words import MAY_REFUSE
from portal.services.messaging.gateways import json_values, own_words
from portal.services.messaging.gateways.sample_words import is_texts, names_list, plain_name
from portal.services.messaging.gateways.unread_rows import people_at

LETTER = re.compile(r"[^\W\d_]")
NEGATIVE_FLAG = re.compile(r"(?:NO|HAYIR)(?: ERRORS?)?")  # Folded: a field says no, and no person.
UNSET_VALUE = re.compile(r"FALSE|TRUE|NONE|NULL|NIL|UNDEFINED|N A|N|(?:DIS|EN)ABLED")  # Folded: nobody answered.
# Places (pointers in a row): what stands there a person wrote; or a person may have, so that a "no" is no flag.
REPLY_TEXT_PLACE = re.compile(r"/repl(?:y|ies)(?:/[0-9]+)?(?:[/_-]?(?:text|message|body|content))?$")
ANSWER_PLACE = re.compile(
    r"/(?:repl(?:y|ied|ies(?!$))|answer|button|interactive|yanit|cevap)(?:[/_-]?(?:text|title|payload|body))?$"
)
DIRECTION_PLACE, EVENT_TYPE_PLACE = re.compile(r"/[^/]*(?:direction|yon)$"), re.compile(r"/(?:event[^/]*|type)$")
INBOUND_WORD = re.compile(r"(?i)in|mo|inbound|incoming|received|gelen")
INBOUND_EVENT = re.compile(
    r"(?i)(?:^|[._ -])(?:(?:messages?|sms)[._ -](?:received|mo)|inbound|incoming|mo(?:[._ -](?:text|binary|media))?)$"
)
LISTED_FLAG_NAME = re.compile(r"(?:(?<!white|allow|beyaz)(?<!safe)(?<!un)listede?|opted_?out|unsubscribed|suppressed)$")
TRUE_VALUES = ("true", "1", "yes", "evet")
REASON_PLACE = re.compile(
    r"(?:error|hata|reason|neden|status|durum|state|descri|aciklama|detail|detay|title|sonuc|result)[^/]*$"
    r"|/(?:errors?|status|hata|durum|reason)/"
)


class Kind(Enum):
    """What a row is by the mappings."""

    REPLY = 1  # One of replies, with a sender and a text.
    REPORT = 2  # Of a known state.
    ODD_REPORT = 3  # With a state or an id, though of no known state.
    OTHER = 4  # Such as an event of another kind, or an envelope.


class Refusing(IntEnum):
    """How surely words refuse."""

    NOT, MAYBE, LIKELY, SURELY = range(4)


def refusing_at(kind: Kind, place: str, value: Any) -> Refusing:
    """How surely a value refuses where it stands, in a row of this kind."""
    words = refusing(value)
    if kind == Kind.OTHER:
        return max(words, Refusing.LIKELY) if _names_list_at(place, value) else words
    if words and not is_texts(place) and (_is_negative_flag(place, value) or _is_vendors_reason(kind, place, value)):
        return Refusing.NOT
    return words


def refusing(value: Any) -> Refusing:
    outcome = classify_reply(value) if isinstance(value, str) else None
    if outcome in REFUSING:
        return Refusing.SURELY if outcome == ReplyOutcome.REFUSAL else Refusing.LIKELY
    return Refusing.MAYBE if outcome and " " in value and MAY_REFUSE.search(fold(value).lower()) else Refusing.NOT


def is_reply_text(place: str, value: Any) -> bool:
    """Whether what a person replied stands there by the place's name."""
    if not isinstance(value, str) or not REPLY_TEXT_PLACE.search(place) or UNSET_VALUE.fullmatch(fold(value)):
        return False
    return LETTER.search(value) is not None and not (place.endswith("/replies") and _is_negative_flag(place, value))


def says_listed(place: str, value: str) -> bool:
    """Whether a value names a list of refusals, or a flag that is set does."""
    return names_list(value) or (value.lower() in TRUE_VALUES and bool(LISTED_FLAG_NAME.search(plain_name(place))))


def is_inbound(row: Any) -> bool:
    """Whether a row says that a person wrote it, whatever its state."""
    return any(
        (DIRECTION_PLACE.search(place) and INBOUND_WORD.fullmatch(each))
        or (EVENT_TYPE_PLACE.search(place) and INBOUND_EVENT.search(each))
        for place, each in json_values.leaves(row) if isinstance(each, str)
    )  # fmt: skip


def says_received(row: Any) -> bool:
    """The same of any word in it, such as a state; some vendors' messages are received where they went, too."""
    return any(INBOUND_WORD.fullmatch(each) for each in json_values.strings(row))


def _names_list_at(place: str, value: Any) -> bool:
    """Whether a value names a list of refusals; or its place does, of a flag that is set or of somebody's number."""
    return names_list(f"{place} {value}" if value is True or people_at(place, value) else str(value))


def _is_negative_flag(place: str, value: str) -> bool:
    return NEGATIVE_FLAG.fullmatch(fold(value)) is not None and not ANSWER_PLACE.search(place)


def _is_vendors_reason(kind: Kind, place: str, value: str) -> bool:
    """Whether a report says why its message did not arrive, in no words of a person's own."""
    if kind == Kind.REPLY or not REASON_PLACE.search(place) or refusing(value) == Refusing.SURELY:
        return False
    return names_list(value) or not own_words.refusing_diagnostic([value])
