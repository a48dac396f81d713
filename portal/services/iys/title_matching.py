"""Compare İYS's title of a company with ours, despite different spelling and abbreviations."""

import re
import unicodedata
from collections.abc import Sequence

# Turkish letters of both cases, and their ASCII substitutes, become the same.
FOLDED = str.maketrans("ıİIşŞğĞüÜöÖçÇ", "iiissgguuoocc")
WRITTEN_OUT = {
    "as": "anonim sirketi",
    "tas": "turk anonim sirketi",
    "ltd": "limited",
    "sti": "sirketi",
    "sirket": "sirketi",
    "san": "sanayi",
    "tic": "ticaret",
    "paz": "pazarlama",
    "ins": "insaat",
    "hiz": "hizmetleri",
    "ith": "ithalat",
    "ihr": "ihracat",
}
LEFT_OUT = {"ve", "&"}
SHORTEST_ABBREVIATION = 3  # Letters of an abbreviation with a dot: fewer would match too much.
WORD = re.compile(r"\w+\.?|&")
SPELLED_LETTERS = re.compile(r"\b(t\.\s*)?a\.\s*s\b\.?")


def all_agree(ours: str, theirs: Sequence[str]) -> bool:
    """Whether there are titles, and each agrees with ours."""
    return bool(theirs) and all(titles_agree(ours, each) for each in theirs)


def titles_agree(ours: str, theirs: str) -> bool:
    """Whether two titles have the same words in the same order: "Örnek San. ve Tic. A.Ş." is "ÖRNEK SANAYİ TİCARET
    ANONİM ŞİRKETİ". An abbreviation with a dot matches each word that begins so."""
    mine, other = _words(ours), _words(theirs)
    return bool(mine) and len(mine) == len(other) and all(map(_words_match, mine, other))


def _words(title: str) -> list[str]:
    plain = unicodedata.normalize("NFC", title).translate(FOLDED).lower()
    plain = SPELLED_LETTERS.sub(lambda found: " tas " if found[1] else " as ", plain)
    words = []
    for word in WORD.findall(plain):
        words += WRITTEN_OUT.get(word.rstrip("."), word).split()
    return [word for word in words if word not in LEFT_OUT]


def _words_match(one: str, other: str) -> bool:
    return one.rstrip(".") == other.rstrip(".") or _is_short_for(one, other) or _is_short_for(other, one)


def _is_short_for(short: str, word: str) -> bool:
    return short.endswith(".") and len(short) > SHORTEST_ABBREVIATION and word.startswith(short[:-1])
