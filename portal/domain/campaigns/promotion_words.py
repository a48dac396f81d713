"""Words that make an advertisement of a text. A message that asks for consent, or tells of something, holds none
(Regulation art. 6 and 7; checklist C-4, M-5).

The list warns and refuses nothing: a word may be harmless where it stands. Naming what consent is for
("kampanyalarımızı bildirmek için") is no promotion; naming an advantage, a hurry or a price is.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from portal.core.transliteration import ascii_only
from portal.domain.campaigns.word_search import find_words


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


def _word(beginning: str) -> str:
    """The pattern of a word that begins so, or is so where a full stop ends it."""
    return f"{beginning[:-1]}\\b" if beginning.endswith(".") else f"{beginning}[a-z]*"


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
PATTERNS = {
    principle: re.compile(rf"{phrases}|\b(?:{'|'.join(_word(each) for each in BEGINNINGS[principle].split())})")
    for principle, phrases in PHRASES.items()
}


def find_promotion(*texts: str) -> list[PromotionWord]:
    """What in these texts promotes, each word once. Call with texts of a bounded length."""
    found: dict[str, PromotionWord] = {}
    for text in texts:
        for words, principle in find_words(text, PATTERNS):
            shown = " ".join(words.split())
            found.setdefault(ascii_only(shown).lower(), PromotionWord(shown, principle))
    return list(found.values())
