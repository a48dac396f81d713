"""What a text costs as an SMS: units and parts, by the alphabet that carries it (3GPP TS 23.038, 23.040).

A part has 140 octets. A header takes some of them: its length 1, joined parts 5, a Turkish table 3. Operators append
their code to each SMS of an application (BTK 2016/DK-YED/211), so it is counted unless told otherwise. These are
estimates: vendors' own tables differ by some characters, and their reports say what was billed.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from portal.core.transliteration import ascii_only

OPERATOR_CODE = " B000"  # A blank, B and three digits.


class Alphabet(StrEnum):
    """How a text is carried, the plainest first."""

    GSM = "gsm"  # The default alphabet; signs of its extension are pairs that begin with an escape.
    TURKISH_LOCKING = "turkish_locking"  # The same with Turkish letters in the place of others.
    TURKISH_SINGLE = "turkish_single"  # Turkish letters are such pairs, too.
    UCS2 = "ucs2"  # 16 bits; an emoji is two units.


@dataclass(frozen=True)
class Cost:
    """Units that each part of a text takes; an escape pair or a surrogate pair is never cut."""

    alphabet: Alphabet
    part_units: tuple[int, ...]

    @property
    def parts(self) -> int:
        return len(self.part_units)

    @property
    def units(self) -> int:
        return sum(self.part_units)


@dataclass(frozen=True)
class DearLetter:
    """A character that the default alphabet lacks, or has as a pair. `units` has the alphabets that carry it."""

    letter: str
    times: int
    units: Mapping[Alphabet, int]

    @property
    def alphabet(self) -> Alphabet:
        """The plainest that carries it: what it forces the whole text into."""
        return next(iter(self.units))


@dataclass(frozen=True)
class Suggestion:
    """A text in ASCII that takes fewer parts; `lost` are the characters that became question marks in it."""

    text: str
    parts_saved: int
    lost: str


_ONE_UNIT = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM = dict.fromkeys(_ONE_UNIT, 1) | dict.fromkeys("\f^{}\\[~]|€", 2)
_TURKISH, _REPLACED = "ĞğİıŞşç", "èìØøÆæ¡¿"  # _REPLACED: what Turkish letters and the euro sign stand for.
_UNITS = {
    Alphabet.GSM: _GSM,
    Alphabet.TURKISH_LOCKING: {letter: units for letter, units in _GSM.items() if letter not in _REPLACED}
    | dict.fromkeys(f"{_TURKISH}€", 1),
    Alphabet.TURKISH_SINGLE: _GSM | dict.fromkeys(_TURKISH, 2),
}
_CAPACITY = {  # Units of a text's only part, and of each of several.
    Alphabet.GSM: (160, 153),
    Alphabet.TURKISH_LOCKING: (155, 149),
    Alphabet.TURKISH_SINGLE: (155, 149),
    Alphabet.UCS2: (70, 67),
}


def count(text: str, alphabet: Alphabet, *, with_operator_code: bool = True) -> Cost | None:
    """What a text takes in an alphabet; None where it holds a character that the alphabet lacks."""
    one, several = _CAPACITY[alphabet]
    part_units = [0]
    for letter in text + OPERATOR_CODE * with_operator_code:
        units = _units_of(letter, alphabet)
        if units is None:
            return None
        if part_units[-1] + units > several:
            part_units.append(0)
        part_units[-1] += units
    total = sum(part_units)
    return Cost(alphabet, (total,) if total <= one else tuple(part_units))


def cheapest(text: str, *, with_operator_code: bool = True) -> Cost:
    """The fewest parts that a text takes in any alphabet, in the plainest of those that do."""
    costs = (count(text, alphabet, with_operator_code=with_operator_code) for alphabet in Alphabet)
    return min(filter(None, costs), key=lambda cost: cost.parts)  # UCS-2 carries everything.


def dear_letters(text: str) -> list[DearLetter]:
    """The characters that make a text dearer than its length in the default alphabet, in their order."""
    return [
        DearLetter(letter, times, letter_units(letter))
        for letter, times in Counter(text).items()
        if _GSM.get(letter) != 1
    ]


def letter_units(letter: str) -> dict[Alphabet, int]:
    """Units of a character in each alphabet that carries it, the plainest first."""
    return {alphabet: units for alphabet in Alphabet if (units := _units_of(letter, alphabet)) is not None}


def suggest_ascii(text: str, *, with_operator_code: bool = True) -> Suggestion | None:
    """The text in ASCII, where that saves parts."""
    plain = ascii_only(text)
    before, after = (cheapest(each, with_operator_code=with_operator_code).parts for each in (text, plain))
    if after >= before:
        return None
    return Suggestion(plain, before - after, lost_letters(text))


def lost_letters(text: str) -> str:
    """The characters of a text that become question marks in ASCII."""
    return "".join(each for each in Counter(text) if "?" in ascii_only(each) != each)


def excess(text: str) -> int:
    """How many characters shorter it would take a part less, cut at its end; 0 where it takes one."""
    parts, length = cheapest(text).parts, len(text)
    if parts == 1:
        return 0
    return bisect_left(range(length), 1, key=lambda cut: int(cheapest(text[: length - cut]).parts < parts))


def _units_of(letter: str, alphabet: Alphabet) -> int | None:
    if alphabet == Alphabet.UCS2:
        return 1 if letter <= "\uffff" else 2
    return _UNITS[alphabet].get(letter)
