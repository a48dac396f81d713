"""Compare a pasted message with what we know of its link: a true link may stand in a forged text."""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from portal.core.addresses.masking import LIKE_A_PHONE
from portal.core.display_names import TURNING
from portal.core.transliteration import ASCII
from portal.core.word_pairs import WORDS
from portal.web.verification import pasted_text

# Signs beyond ASCII and usual punctuation may be drawn as letters, and marks are read above others: each is a word.
WORD = re.compile(r"[^\W_]+|[^\w\s\0-\x7f\xab\xad\xb7\xbb\u2000-\u201f\u2022\u2024-\u202f\u2039\u203a\u205f-\u206f]")
SIGN = re.compile(r"[^\w\s]|_")  # Of these whole letters can be drawn.
LEFT_TO_RIGHT = "\u200e"  # Programs put it around lines that they copy.
MOST_SIGNS = 10  # More than we sent, as programs add when they quote or copy.
# "45 |67" is read as 45 167. Quotation marks are no digits.
NEAR_DIGITS = re.compile(r"""(?:[^\w\s>"'“”«»‘’]|_) ?\d"""), re.compile(r"""\d ?(?:[^\w\s"'“”«»‘’]|_)""")
NOT_DIGITS = re.compile(r"\D+")
SHORTEST_PHONE = 7  # Digits.


class ComparisonOutcome(StrEnum):
    """Green: the text that we sent, from its beginning to the link at least; a mismatch beside it says what else may be
    wrong. Amber: nothing contradicts, but it is a part, or there is no text to compare."""

    SAME = "good"
    UNKNOWN = "amber"
    FORGED = "bad"


class Mismatch(StrEnum):
    """What is not as it should be in the text."""

    TEXT = "text"
    WORDS = "words"
    PHONE = "phone"
    LINK = "link"
    NO_WORDS = "no_words"
    NO_BRAND = "no_brand"
    CUT = "cut"  # More was pasted than is read.
    PART = "part"  # A part may say what the whole denies.
    DECLINED = "declined"  # We sent it, and took our approval back since.
    BRAND_HOST = "brand_host"  # The link begins with the brand's own host. The text may be ours all the same.
    MAIL = "mail"  # A pasted mail carries no pictures, no sender, and not where its links lead.
    SANDBOX = "sandbox"  # Nobody reviewed it.
    ENDED = "ended"  # Its firm was suspended, or has left.


FORGED = frozenset({Mismatch.TEXT, Mismatch.WORDS, Mismatch.PHONE, Mismatch.LINK})


@dataclass(frozen=True)
class Verdict:
    outcome: ComparisonOutcome
    mismatches: frozenset[Mismatch] = frozenset()
    is_link_alone: bool = False


def compare(
    pasted: str, code: str, *, sent: str | None, pair: str | None, brands: list[str], known: list[str],
    has_foreign: bool, is_cut: bool = False,
) -> Verdict:  # fmt: skip
    """Judge a pasted text. `sent`: the text that we sent, if we did; `known`: names, contacts and numbers of the
    senders, which their messages may hold."""
    words = _words(pasted_text.without_link(pasted, code))
    found = {Mismatch.LINK} if has_foreign else set()
    if not words:
        return Verdict(
            ComparisonOutcome.FORGED if found else ComparisonOutcome.UNKNOWN, frozenset(found), is_link_alone=True
        )
    written = _words(pasted_text.without_link(sent, code)) if sent is not None else None
    if written is not None and (not _is_part(words, written) or _is_drawn_on(pasted, sent or "", code)):
        found.add(Mismatch.TEXT)
    elif is_cut:
        found.add(Mismatch.CUT)
    elif sent is not None and not _begins_as_sent(words, sent, code):
        found.add(Mismatch.PART)
    if _holds_other_phone(" ".join(words), known if written is None else [" ".join(written)]):
        found.add(Mismatch.PHONE)
    if pair and not _is_part(_words(pair), words):
        found.add(Mismatch.WORDS if _holds_a_pair(words) else Mismatch.NO_WORDS)
    if not any(_is_part(_words(brand), words) for brand in brands):
        found.add(Mismatch.NO_BRAND)
    if found & FORGED:
        return Verdict(ComparisonOutcome.FORGED, frozenset(found))
    if sent is None or found & {Mismatch.PART, Mismatch.CUT}:
        return Verdict(ComparisonOutcome.UNKNOWN, frozenset(found))
    return Verdict(ComparisonOutcome.SAME)


def _begins_as_sent(words: list[str], sent: str, code: str) -> bool:
    """Whether all stands there from the sender's name to the link; of a mail from its subject or its first line."""
    heads = (f"{text.partition(code)[0]}{code}" for text in (sent, sent.partition("\n")[2]) if text)
    return any(words[: len(head)] == head for head in (_words(pasted_text.without_link(each, code)) for each in heads))


def _is_drawn_on(pasted: str, sent: str, code: str) -> bool:
    """Whether signs make it read otherwise than we sent it: others in order, in number, or beside a digit."""
    within_lines = "".join(line.strip(LEFT_TO_RIGHT) for line in pasted.splitlines())
    added = (set(within_lines) & {*TURNING, LEFT_TO_RIGHT}) - set(sent)
    bare, ours = (" ".join(pasted_text.words_of(text.replace(code, ""))) for text in (pasted, sent))
    near = {each for pattern in NEAR_DIGITS for each in pattern.findall(bare)}
    added |= near.difference(*(pattern.findall(ours) for pattern in NEAR_DIGITS))
    return bool(added) or len(SIGN.findall(pasted)) - len(SIGN.findall(sent)) > MOST_SIGNS


def _words(text: str) -> list[str]:
    """Its words as they read in any spelling: without marks, signs, case and Turkish letters."""
    composed = unicodedata.normalize("NFKC", text).translate(ASCII).lower()
    return WORD.findall("".join(unicodedata.normalize("NFD", each)[0] if each.isalpha() else each for each in composed))


def _is_part(words: list[str], whole: list[str]) -> bool:
    """Whether the words stand in the text one after another."""
    return f" {' '.join(words)} " in f" {' '.join(whole)} "


def _holds_a_pair(words: list[str]) -> bool:
    return any(each in WORDS and after in WORDS for each, after in pairwise(words))


def _holds_other_phone(pasted: str, known: list[str]) -> bool:
    """Whether a number stands in the text that is none of the senders'. Numbers in a row count as one here."""
    ours = {_digits(each[0]) for text in known for each in LIKE_A_PHONE.finditer(text)}
    for each in LIKE_A_PHONE.finditer(pasted):
        left = NOT_DIGITS.sub("", each[0])
        for number in ours:
            left = left.replace(number, "")
        if len(left) >= SHORTEST_PHONE:
            return True
    return False


def _digits(phone: str) -> str:
    """Without the country's code and the zero before it, as somebody may write it."""
    return NOT_DIGITS.sub("", phone).removeprefix("90").lstrip("0")
