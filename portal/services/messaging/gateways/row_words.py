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
FLAG = re.compile(r"(?:NO|HAYIR)(?: ERRORS?)?")  # Folded: a field that says no is no person who does.
# Folded: what a program writes where nobody answered, unlike a "no" alone, which may be a person's.
UNSET_VALUE = re.compile(r"FALSE|TRUE|NONE|NULL|NIL|UNDEFINED|N A|N|(?:DIS|EN)ABLED")
# Where a person's answer stands in an event of a message, maybe a word alone; and what says that a person wrote.
ANSWER = re.compile(r"/repl(?:y|ies)(?:/[0-9]+)?(?:[/_-]?(?:text|message|body|content))?$")
ASKED = re.compile(
    r"/(?:repl(?:y|ied|ies(?!$))|answer|button|interactive|yanit|cevap)(?:[/_-]?(?:text|title|payload|body))?$"
)
DIRECTION, INBOUND = re.compile(r"/[^/]*(?:direction|yon)$"), re.compile(r"(?i)in|mo|inbound|incoming|received|gelen")
EVENT = re.compile(r"/(?:event[^/]*|type)$")
COMES_IN = re.compile(
    r"(?i)(?:^|[._ -])(?:(?:messages?|sms)[._ -](?:received|mo)|inbound|incoming|mo(?:[._ -](?:text|binary|media))?)$"
)
# A plain name of a field; on lists of who is let through no person refuses.
LISTED = re.compile(r"(?:(?<!white|allow|beyaz)(?<!safe)(?<!un)listede?|opted_?out|unsubscribed|suppressed)$")
SET = ("true", "1", "yes", "evet")
SAYS_WHY = re.compile(
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
    """How surely a value refuses: in a row of a known shape no flag does, nor why a report's message did not arrive; in
    another a list of refusals does, also by its name ("blacklisted": true)."""
    words, is_named = refusing(value), value is True or bool(people_at(place, value))
    if kind == Kind.OTHER and names_list(f"{place} {value}" if is_named else str(value)):
        return max(words, Refusing.LIKELY)
    if words and kind != Kind.OTHER and not is_texts(place):
        is_flag = FLAG.fullmatch(fold(value)) is not None and not ASKED.search(place)
        is_why = kind != Kind.REPLY and words <= Refusing.LIKELY and SAYS_WHY.search(place) is not None
        is_why = is_why and (names_list(value) or not own_words.refusing_diagnostic([value]))
        return Refusing.NOT if is_flag or is_why else words
    return words


def refusing(value: Any) -> Refusing:
    outcome = classify_reply(value) if isinstance(value, str) else None
    if outcome in REFUSING:
        return Refusing.SURELY if outcome == ReplyOutcome.REFUSAL else Refusing.LIKELY
    return Refusing.MAYBE if outcome and " " in value and MAY_REFUSE.search(fold(value).lower()) else Refusing.NOT


def is_answer(place: str, value: Any) -> bool:
    """Whether a place's name says that a person's answer stands there."""
    if not isinstance(value, str) or not ANSWER.search(place) or not LETTER.search(value):
        return False
    folded = fold(value)
    return not UNSET_VALUE.fullmatch(folded) and not (place.endswith("/replies") and FLAG.fullmatch(folded))


def says_listed(place: str, value: str) -> bool:
    """Whether a value names a list of refusals, or a flag that is set does."""
    return names_list(value) or (value.lower() in SET and LISTED.search(plain_name(place)) is not None)


def is_inbound(row: Any) -> bool:
    """Whether a row says that a person wrote it, whatever its state."""
    return any(
        (DIRECTION.search(place) and INBOUND.fullmatch(each)) or (EVENT.search(place) and COMES_IN.search(each))
        for place, each in json_values.leaves(row) if isinstance(each, str)
    )  # fmt: skip


def says_received(row: Any) -> bool:
    """The same of any word in it, such as a state; some vendors' messages are received where they went, too."""
    return any(INBOUND.fullmatch(each) for each in json_values.strings(row))
