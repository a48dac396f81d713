"""What the words of a reply say. A refusal is looked for first, and wins over a consent in the same text."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from enum import StrEnum
from itertools import groupby

from portal.domain.replies import word_lists
from portal.domain.replies.refusing_words import MAY_REFUSE

LONGEST = 1600  # Characters that are read: ten parts of an SMS.


class ReplyOutcome(StrEnum):
    """What is to be done about a reply."""

    REFUSAL = "refusal"  # Stop, record it, tell İYS, confirm the same day.
    LIKELY_REFUSAL = "likely_refusal"  # Stop at once; a person decides the same working day.
    CONSENT = "consent"  # The words of one, whether or not somebody was asked.
    REVIEW = "review"  # A person reads it; nothing changes until then.


REFUSING = (ReplyOutcome.REFUSAL, ReplyOutcome.LIKELY_REFUSAL)


def classify_reply(text: str, keywords: Iterable[str] = ()) -> ReplyOutcome:
    """The outcome of a reply by its words. `keywords` are the brand's own, which may stand in it and say nothing.

    Gateways lose Turkish letters: a `?` or U+FFFD stands for any of them in words that refuse. A consent is one form
    and nothing else. What follows LONGEST characters is not read, and nobody consents in so many.
    """
    words = _split(fold(text[:LONGEST]), keywords)
    if _refuses(words):
        return ReplyOutcome.REFUSAL
    if any(_NEGATES.match(part) for word in words for part in (word, *word.split("?"))):
        return ReplyOutcome.LIKELY_REFUSAL
    if _refuses([word for word in words if word not in _CONSENTING]):
        return ReplyOutcome.LIKELY_REFUSAL
    if " ".join(words) in _CONSENTS and _PLAIN.fullmatch(text) and len(text) <= LONGEST:
        return ReplyOutcome.CONSENT
    return ReplyOutcome.REVIEW


def speaks_of_calls(text: str, keywords: Iterable[str] = ()) -> bool:
    """Whether a reply, beside the brand's own `keywords`, speaks of calls, or of everything and not of messages."""
    words = _split(fold(text[:LONGEST]), keywords)
    if any(map(_MEANS_CALLS.match, words)):
        return True
    return speaks_of_everything(text, keywords) and not any(map(_MEANS_MESSAGES.match, words))


def speaks_of_everything(text: str, keywords: Iterable[str] = ()) -> bool:
    """Whether a reply, beside the brand's own `keywords`, has a word of everything."""
    return any(map(_MEANS_EVERYTHING.match, _split(fold(text[:LONGEST]), keywords)))


def names_brand(name: str) -> bool:
    """Whether a name, header or keyword tells in a reply which brand is meant: not where each of its words refuses or
    agrees, or opens or fills a sentence that does ("Ret", "SMS", "Lütfen", "Merhaba")."""
    return not all(map(_says_something, _split(fold(name), ())))


def fold(text: str) -> str:
    """Words in capitals without accents, with single blanks: `İptâl,  et!` is `IPTAL ET`. Question marks stay."""
    decomposed = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text).translate(_MISREAD))
    visible = "".join(each for each in decomposed if unicodedata.category(each) not in ("Mn", "Cf"))
    return " ".join(_SIGN.sub(" ", visible).upper().translate(_LOOKALIKES).split())


def find_names(text: str, names: Iterable[str], others: Iterable[str] = ()) -> set[str]:
    """Those of the names, folded, that stand in a text: all that `classify_reply` leaves out, and others also with an
    ending ("Mağazadan", "Kitabın" of "Kitap"), unless the word says something itself ("EV" in "evet") or is one of the
    `others` ("Koç" in "Koçtaş"). Words that open a sentence are found, too, since a brand may be called so."""
    folded, known, whole = set(filter(_may_name, map(fold, names))), set(map(fold, others)), fold(text[:LONGEST])
    rest, said = _take_out(whole, folded)
    for name in folded - said:
        ended = re.findall(_with_ending(name), f" {whole} " if _refuses_in(name) else rest)
        if any(each == name or (each not in known and names_brand(each)) for each in ended):
            said.add(name)
    return said


def _split(folded: str, keywords: Iterable[str]) -> list[str]:
    """The words without keywords and operator's code; `R E T` is one. A keyword that refuses is not left out, nor one
    that names no brand."""
    text, _ = _take_out(folded, map(fold, filter(names_brand, keywords)))
    words: list[str] = []
    for is_letter, group in groupby(text.split(), lambda word: len(word) == 1 and not word.isdigit()):
        words += ("" if is_letter else " ").join(group).split()
    return [word for word in words if word.strip("?")]


def _take_out(folded: str, names: Iterable[str]) -> tuple[str, set[str]]:
    """A text without operator's code and those names that have no refusing word; and which of them stood there, of a
    longer one no part. A name with what looks like such a code ("Club360") is looked for before the codes."""
    left_out = dict.fromkeys(sorted((each for each in names if not _refuses_in(each)), key=len, reverse=True), "")
    with_code = {name: "" for name in left_out if _OPERATOR_CODE.search(name)}
    text, found = _replace(f" {folded} ", with_code)
    text, found_later = _replace(_OPERATOR_CODE.sub(" ", text), word_lists.SPELLINGS | left_out)
    return text, found | found_later & left_out.keys()


def _replace(text: str, meanings: Mapping[str, str]) -> tuple[str, set[str]]:
    """A text between blanks with other words, or none, in place of these; and which stood there."""
    found = set()
    for written, word in meanings.items():
        while f" {written} " in text:
            text = text.replace(f" {written} ", f" {word} " if word else " ")
            found.add(written)
    return text, found


def _with_ending(name: str) -> str:
    """A pattern of a folded name with whatever follows, also after its last letter has softened before a vowel."""
    softened = _SOFTENED.get(name[-1])
    last = rf"(?:{name[-1]}|{softened}(?= ?[AEIOU?]))" if softened else re.escape(name[-1])
    return rf"(?<= ){re.escape(name[:-1])}{last}\S*"


def _refuses_in(name: str) -> bool:
    return any(map(_is_refusing, _split(name, ())))


def _is_refusing(word: str) -> bool:
    return bool(_REFUSES.fullmatch(word) or _NEGATES.match(word))


def _may_name(name: str) -> bool:
    """Whether a folded name, header or keyword may mean a brand that is called so: also one that opens a sentence."""
    return not all(map(_answers, _split(name, ())))


def _says_something(word: str) -> bool:
    """Whether who writes a folded word means no brand: it answers, or opens a sentence."""
    return word in _OPENINGS or _answers(word)


def _answers(word: str) -> bool:
    """Whether a folded word may refuse, agrees or answers, or says nothing beside such a word."""
    is_listed = word in _CONSENTING or word in _ANSWERS or _FILLS.fullmatch(word) is not None
    return is_listed or _is_refusing(word) or MAY_REFUSE.search(word.lower()) is not None


def only_asks(text: str) -> bool:
    """Whether a reply asks about an order or the like and says nothing else: no word or sign that is not known."""
    words = _split(fold(text), ())
    is_plain = len(text) <= LONGEST and _ASKED.fullmatch(text) is not None
    return is_plain and any(map(_ORDERS.fullmatch, words)) and all(map(_ASKS.fullmatch, words))


def _refuses(words: list[str]) -> bool:
    """Whether there are words of refusal, and nothing but fillers beside them."""
    return any(map(_REFUSES.fullmatch, words)) and all(
        _REFUSES.fullmatch(each) or _FILLS.fullmatch(each) for each in words
    )


def _pattern(words: Iterable[str]) -> str:
    """Any of the words folded; each Turkish letter may be lost, as one question mark or, of UTF-8, as two."""
    return "|".join(re.sub("[ÇĞIİÖŞÜ]", lambda letter: rf"(?:{fold(letter[0])}|\?{{1,2}})", word) for word in words)


_MISREAD = str.maketrans("ÝýÞþÐð\ufffd", "İıŞşĞğ?")  # Of Turkish letters that were taken for ISO 8859-1.
_LOOKALIKES = str.maketrans("АВЕКМНОРСТУХΑΒΕΗΙΚΜΝΟΡΤΥΧ", "ABEKMHOPCTYXABEHIKMNOPTYX")  # Cyrillic and Greek ones.
_SIGN = re.compile(r"[^\w?]|_")
_OPERATOR_CODE = re.compile(r"B\d{3}(?!\S)")  # Appended to each of our SMS; never a brand's.
_PLAIN = re.compile(r"[\w\s\u0300-\u0333\u0339-\u036f.,:;!…&\"'“”‘’«»-]*")  # No question, no emoji, not struck out.
_REFUSES = re.compile(rf"(?:{_pattern(word_lists.STRONG + word_lists.ALONE)})\?*")
_NEGATES = re.compile(
    rf"(?:{_pattern(word_lists.STRONG + word_lists.NEGATIVE)})\?*\Z|(?:{_pattern(word_lists.NEGATIONS)})"
)
_ASKED = re.compile(r"[\w\s.,:;!?()#'’-]*")
_ORDERS = re.compile(rf"(?:{_pattern(word_lists.ORDERS)})\?*")
_ASKS = re.compile(rf"(?:{_pattern(word_lists.ORDERS + word_lists.ASKING)}|\d+)\?*")
_MEANS_CALLS, _MEANS_EVERYTHING, _MEANS_MESSAGES = (
    re.compile(_pattern(each)) for each in (word_lists.CALLS, word_lists.EVERYTHING, word_lists.MESSAGES)
)
_FILLS = re.compile(rf"(?:{_pattern(word_lists.FILLERS)})\?*")
_ANSWERS = frozenset(map(fold, word_lists.ANSWERS))
_OPENINGS = frozenset(map(fold, word_lists.OPENINGS))
_SOFTENED = {"P": "B", "T": "D", "K": "G"}  # Ç and Ğ are C and G here.
_CONSENTS = frozenset(map(fold, word_lists.CONSENTS))
_CONSENTING = frozenset(word for form in _CONSENTS for word in form.split())
