"""The fields that a grant's evidence holds ("sms: -", "sms_ok=no; source=web"), and whether one of a choice says no.

A plain no counts in a field of any name. An empty one, a dash or a zero counts only where the name is of a choice: of a
consent, a channel or a subject of messages. "Şube: -" and "utm_campaign: none" say nothing of any.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import islice

from portal.core.iys_protocol import Channel, Status
from portal.services.imports.layout.cell_words import STATUSES
from portal.services.imports.layout.dates import MONTHS
from portal.services.imports.layout.normalization import folded, name_of, says_nothing
from portal.services.imports.layout.refusals import may_refuse
from portal.services.imports.layout.vocabulary import (
    AGREES,
    BULLETIN,
    CALL,
    CHANNEL,
    CONSENT,
    EMAIL,
    GIVING,
    QUESTION,
    SMS,
    STATE,
    TOPIC,
    WISH,
    Words,
)

# "sms_ok: no", "consent=false", "SMS izni (web): no", "web form: nein".
NO_AS_VALUE = re.compile(
    r"(?i)\w{2,40}[\"')\]]?\s{0,2}[:=]\s{0,2}[\"']?(?P<value>no|false|off|hay[ıi]r|nope|nein|niet|non(?!-)|yox|[hn])\b"
)
# "Sözleşme: No 4711", "Mağaza: H blok"; not "form: no, 12 kez", "form: no 12.03.2026" or "form: no 14:05".
NUMBERED = re.compile(
    r"(?i)(?:no[ .:]{0,2}|[hn][ .-]{0,2})\d+\b(?![-./:]\d)\s?(?P<month>[^\W\d]*)|[hn]\b[ .-]{0,2}[^\W\d]"
)
# The value behind a field's name, also in quotes, brackets or the next line: "checked=0", "{"izin": null}"; no number
# of a telephone ("onay: 0 532 …"). What stands before it is the name.
FIELD_VALUE = re.compile(
    r"[\"')\]]?\s{0,3}[:=?]>?(?:[^\S\n]{0,3}\n\s{0,8}(?:[-*•]\s)?)?[\"'\[({\s]{0,12}+"
    r"(?P<value>[^\s,;&\"'{}\])=:?]{0,20}+)(?!:\d|[\s(]{0,2}\d{3}[\s)-]{0,2}\d{3})(?P<is_whole>\s{0,3}(?:$|[,;&}\])\"'|.\n]))?"
)
BETWEEN_FIELDS = re.compile(r"[,;&{}|\n]|\.\s")
IN_BRACKETS = re.compile(r"\([^()]*\)|\[[^][]*\]")
MOST_FIELDS = 60
LONGEST_FIELD = 60  # Characters before a value that its field's name stands in.

NAME_OF_CHOICE = (
    r"opt(?:ed)? ?in|consent|permission|(?:accept|agre|allow|check|grant|subscrib|tick|sign)ed|checkbox|ok|izin|izni|"
    r"onay[ilm]*|riza\w*|kutu\w*|isaretl\w+"
)
# Where no number makes a no the sign of one: "SMS izni", "İzin Durumu".
NAME_OF_CONSENT = re.compile(
    rf"\b(?:{NAME_OF_CHOICE}|{CHANNEL}|{CONSENT}(?: {GIVING})?|{TOPIC}|{AGREES}|{STATE}|{QUESTION})$"
)
# Where nothing, or zero, is a no, too: "marketing: 0", "Kanal: yok", "İzin durumu: -"; not "Sipariş durumu: -".
_SUBJECT = rf"(?:{NAME_OF_CHOICE}|{CHANNEL}|{CONSENT}|{TOPIC}|{AGREES}|kvkk|gdpr|etk|iys)"
_CHOICES = re.compile(rf"\b(?:{_SUBJECT}|{WISH})\b")
_CHOSEN = Words("tercih~ kanal~ secim~ preference preferences channel channels choice choices")
NAME_OF_ANSWER = re.compile(
    rf"\b(?:{_SUBJECT}(?: {GIVING})?|{_CHOSEN}|preferences? cent(?:er|re)|abone\w*|subscri\w+|imza\w{{0,4}}|signature|"
    rf"{_SUBJECT}(?: \w+)? (?:{STATE}|{QUESTION}|{WISH}))$"
)
# Of other things. A campaign's own name is no choice, as its messages are.
_OTHERS = Words("""
    teslimat~ kargo~ odeme~ fatura~ siparis~ satis~ urun~ randevu~ iade~ dil~ renk~ beden~ basvuru~ kayit~ sube~ magaza~
    delivery shipping payment invoice order sales product language acquisition source
""")
NAME_OF_OTHERS = re.compile(
    rf"\b(?:utm \w+|kampanya(?:si)?|campaign|promotion|{_OTHERS} (?:edilen |edilmis )?{_CHOSEN})$"
)
# Of another channel than the granted one, or of an address, nothing and zero say no more than that.
NAME_OF_CHANNEL = {
    Channel.SMS: re.compile(rf"\b{SMS}$"),
    Channel.CALL: re.compile(rf"\b{CALL}$"),
    Channel.EMAIL: re.compile(rf"\b(?:{EMAIL}|{BULLETIN})$"),
}
NAME_OF_ADDRESS = re.compile(r"\b(?:telefon\w{0,4}|tel|phone|eposta\w{0,3}|e?mails?)$")
# Perhaps that of a sale: empty it says nothing.
NAME_OF_ONE_WAY = re.compile(r"\b(?:kanal|kanali|channel)$")


@lru_cache(maxsize=1)
def find_fields(evidence: str) -> Sequence[tuple[str, re.Match[str]]]:
    """The folded name of each field, and what FIELD_VALUE finds of its value, of the first ones; asked several times
    of one evidence."""
    found = []
    for value in islice(FIELD_VALUE.finditer(evidence), MOST_FIELDS + 1):
        before = evidence[max(0, value.start() - LONGEST_FIELD) : value.start() + 1].rstrip("\"':=? ")
        name = name_of(BETWEEN_FIELDS.split(IN_BRACKETS.sub(" ", before))[-1])
        if name:
            found.append((name, value))
    return found


def has_refused_choice(evidence: str, channel: Channel | None) -> bool:
    """Whether a field says no, or one of a choice says nothing; or there are more than anybody reads."""
    if len(find_fields(evidence)) > MOST_FIELDS or _is_valued_no(evidence):
        return True
    return any(
        _is_of_choice(name, channel) and _is_no(name, found["value"], is_whole=found["is_whole"] is not None)
        for name, found in find_fields(evidence)
    )


def speaks_of_choice(text: str) -> bool:
    """Whether a text has a word of a consent, a channel or a subject of messages."""
    return _CHOICES.search(folded(text)) is not None


def _is_valued_no(evidence: str) -> bool:
    """Whether the value of some field is a no, which only in a field of anything else is the sign of a number."""
    for found in NO_AS_VALUE.finditer(evidence):
        start = found.start("value")
        numbered = NUMBERED.match(evidence, start)
        if numbered is None or folded(numbered["month"] or "") in MONTHS:
            return True
        field = IN_BRACKETS.sub(" ", evidence[max(0, start - LONGEST_FIELD) : start])
        if NAME_OF_CONSENT.search(name_of(field)):
            return True
    return False


def _is_of_choice(name: str, channel: Channel | None) -> bool:
    others = (
        [NAME_OF_ADDRESS] if channel is None else [each for kind, each in NAME_OF_CHANNEL.items() if kind != channel]
    )
    is_of_another = any(each.search(name) for each in others)
    return not is_of_another and not NAME_OF_OTHERS.search(name) and NAME_OF_ANSWER.search(name) is not None


def _is_no(name: str, value: str, *, is_whole: bool) -> bool:
    """Of a value of several words the first one counts; one that may only refuse does where it is all of it."""
    if says_nothing(value):
        return NAME_OF_ONE_WAY.search(name) is None
    said = not value.strip("0.") or STATUSES.get(folded(value)) == Status.REFUSED
    return said or folded(value) == "hic" or (is_whole and may_refuse(value))
