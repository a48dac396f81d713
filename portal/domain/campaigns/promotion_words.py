"""Words that make an advertisement of a text. A message that asks for consent, or tells of something, holds none
(Regulation art. 6 and 7; checklist C-4, M-5).

The list warns and refuses nothing: a word may be harmless where it stands. Naming what consent is for
("kampanyalarımızı bildirmek için") is no promotion; naming an advantage, a hurry or a price is.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from portal.core.transliteration import ascii_only


class Principle(StrEnum):
    """Why a word promotes."""

    PRICE = "price"  # What something costs, or costs less.
    GIFT = "gift"  # Something that one gets or may win.
    HURRY = "hurry"  # That one must be quick.
    PRAISE = "praise"  # That it is good.
    SALE = "sale"  # A call to buy.


@dataclass(frozen=True)
class PromotionWord:
    """A word as it was written, and why it promotes."""

    text: str
    principle: Principle


# Beginnings of words in plain small letters, since Turkish adds endings. A full stop at the end: the whole word.
BEGINNINGS = {
    Principle.PRICE: "indirim ucuz bedava hesapli kelepir taksit kupon outlet promosyon discount coupon cheap bargain",
    Principle.GIFT: "hediye armagan cekilis odul surpriz ikramiye kazan. kazanin kazanma bonus gift prize win.",
    Principle.HURRY: "kacirma acele stoklarla tukenmeden sinirli. hurry",
    Principle.PRAISE: "firsat avantaj ayricalik muhtesem inanilmaz benzersiz harika super. exclusive",
    Principle.SALE: "sale. deal. deals. offer. offers.",
}
PHRASES = {
    Principle.PRICE: (
        r"% ?\d+|(?<!\d)\d+ ?(?:%|(?:tl|try|eur|euro|usd)\b)|\byuzde \d+"
        r"|\bucretsiz (?:kargo|urun|teslim)|\b\d al \d ode"
    ),
    Principle.GIFT: r"\b\d alana \d",
    Principle.HURRY: r"\bson (?:gun|saat|firsat|sans|\d)|\bhemen (?:al|tikla|gel)|\blast (?:day|chance)|\bdon't miss",
    Principle.PRAISE: r"\bsize ozel|\bsadece size|\ben (?:iyi|uygun|ucuz)\b",
    Principle.SALE: r"\bsatin al|\bsiparis ver|\balisverise ba|\bbuy now",
}
WORD = re.compile(r"[a-z]+")
PATTERNS = {principle: re.compile(pattern) for principle, pattern in PHRASES.items()}


def find_promotion(*texts: str) -> list[PromotionWord]:
    """What in these texts promotes, each word once. Call with texts of a bounded length."""
    found: dict[str, PromotionWord] = {}
    for text in texts:
        # "₺" and "€" become words; a word is told as it was written where its letters stand one for one.
        plain = ascii_only(text).lower()
        written = text if len(plain) == len(text) else plain
        for start, end, principle in _places(plain):
            found.setdefault(plain[start:end], PromotionWord(" ".join(written[start:end].split()), principle))
    return list(found.values())


def _places(plain: str) -> list[tuple[int, int, Principle]]:
    """(start, end, principle) in the order of the text."""
    places = [
        (match.start(), match.end(), principle)
        for principle, pattern in PATTERNS.items()
        for match in pattern.finditer(plain)
    ]
    for match in WORD.finditer(plain):
        principle = _principle_of(match[0])
        if principle:
            places.append((match.start(), match.end(), principle))
    return sorted(places)


def _principle_of(word: str) -> Principle | None:
    for principle, beginnings in BEGINNINGS.items():
        for each in beginnings.split():
            if word == each[:-1] if each.endswith(".") else word.startswith(each):
                return principle
    return None
