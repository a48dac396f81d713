"""Normalize words of a file, whatever their case, accents and punctuation; recognize empty cells, and addresses."""

import re
import unicodedata
from functools import lru_cache

from portal.core.addresses import Address, AddressProblem, BadAddress, parse
from portal.core.addresses.normalization import normalize_spelling
from portal.domain.replies.refusing_words import TOPICS

LONGEST_NOTHING = 20
LONGEST_NAME = 300  # Characters: a form's whole question may be a column's name.
_LETTERS = str.maketrans("çğıöşüâîûÇĞİÖŞÜÂÎÛ", "cgiosuaiucgiosuaiu")  # Of Turkish; I becomes i as anywhere else.
_CAMEL_CASE = re.compile(r"(?<=[a-z0-9ğşçıöü])(?=[A-ZĞŞÇİÖÜ])|(?<=[A-Z])(?=[A-Z][a-z])")
_SIGNS = re.compile(r"[\W_]+")
_SPLIT_E_WORDS = re.compile(r"\be (posta|mail|ortam|ticaret|bulten)")
TICKS = {"+": "+", "✓": "+", "✔": "+", "☑": "+", "✅": "+"}
_BY_DIGITS = re.compile(r"(?<=[a-z])(?=\d)|(?<=\d)(?=[a-z])")
_JOINED = re.compile(rf"\b({TOPICS})(?=[a-z]{{2}})")
_JOINTS = re.compile(r"(?<=[^\W_])[_/-](?=[^\W_])")  # Within "tr_TR", "STORE_VISIT", "sign-up".
_IN_BRACKETS = re.compile(r"[(<\[{]([^\W\d_][^()<>\[\]{}]*)[)>\]}]")  # "(null)", "[boş]"
_DASHES = re.compile(r"[-‐-―−_.]+")
_PLAIN = re.compile(r"[^\W_]+(?:[ ./_'’,&-]+[^\W_]+)*[.!]?")
_RETAILER, _RETAILERS = re.compile(r"[1-9][0-9]{7}"), re.compile(r"[1-9][0-9]{7}(?:\.0|[\s,;/|]+[1-9][0-9]{7})*")
_COUNTS = re.compile(r"[1-9]")  # What says nothing has no digit but zeros.
_FLOAT = re.compile(r"([01])[.,]0+")

# What programs write for nothing. "yok" is not among them: as a status it means no.
NOTHING = {
    "", "null", "none", "nil", "nan", "nat", "na", "n a", "undefined", "empty", "blank", "bos", "belirtilmemis",
    "belirtilmedi", "bilinmiyor", "tanimsiz", "girilmemis", "veri yok", "bilgi yok", "kayit yok", "unknown",
}  # fmt: skip
# An address beside more, also beside another one; of telephones those of Türkiye by their length.
_LIKE_ADDRESS = re.compile(r"[^\s@<>();,/|]{1,64}@[^\s@<>();,/|]{1,255}|\+?\d[\d ()./-]{8,30}")
_LIKE_NUMBER = re.compile(  # Each that begins somewhere, also within another.
    r"(?<!\d)(?=((?:\+?90|0)?[ ()./:,_-]{0,3}[2-58]\d\d(?:[ ()./:,_-]{0,3}\d){7})|(\+\d[\d ().]{7,20}))"
)
_LIKE_MAIL = re.compile(r"[^\W_][\w.+%-]{0,63}@(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,63}")
_DASH = re.compile("[\u2010-\u2015\u2212]")
_ERRORS = re.compile(r"#(?:YOK|N/?A|DEĞER|BAŞV|AD|SAYI|SAYI/0|BOŞ|VALUE|REF|NAME|NUM|NULL|DIV/0)[!?]?", re.I)  # Excel's


@lru_cache(maxsize=1024)  # A cell is looked at in several ways, one after the other.
def folded(text: str) -> str:
    """Lower-case ASCII words with one space between them: `İZİN  Türü:` is "izin turu", `E-Posta` is "eposta".

    Of signs alone a tick is "+", and any other stays: "✗".
    """
    text = plain_letters(text)
    words = _SIGNS.sub(" ", text).strip()
    sign = text.replace("\ufe0f", "").strip()  # An emoji's sign that it is one.
    return _SPLIT_E_WORDS.sub(r"e\1", words) if words else TICKS.get(sign, sign)


def plain_letters(text: str) -> str:
    """A text in lower case and, where there are such, ASCII letters; its signs stay."""
    text = normalize_spelling(text.translate(_LETTERS))
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).translate(_LETTERS)
    text = text.lower()
    if not text.isascii():
        text = "".join(letter for letter in unicodedata.normalize("NFD", text) if not unicodedata.combining(letter))
    return text


@lru_cache(maxsize=1024)
def key_of(cell: str) -> str:
    """A cell as lists of words have it: folded if it is plain words, or one sign. Beside a word any sign may turn it
    round ("☐ Evet", "Evet ❌", "~~Evet~~", "1/0"), so that it makes another word, which no list has."""
    word = folded(cell)
    if not any(map(str.isalnum, word)):
        return word
    text = unicodedata.normalize("NFC", " ".join(normalize_spelling(cell).split()))
    if number := _FLOAT.fullmatch(text):
        return number[1]
    return word if _PLAIN.fullmatch(text) else f"~ {text.translate(_LETTERS).lower()}"


def spelled(cell: str) -> str:
    """A cell as it is written, in lower case, with Turkish letters in ASCII and one space between words, without what
    nobody sees, brackets around a word, and a last full stop. Any other sign, which folded() takes off, stays and makes
    it another word: "e ❌", "e*"."""
    text = unicodedata.normalize("NFC", " ".join(normalize_spelling(cell).split())).translate(_LETTERS).lower()
    text = text.replace("i\u0307", "i")  # What some programs make of İ in lower case.
    return _JOINTS.sub(" ", without_brackets(text)).removesuffix(".")


def without_marks(text: str) -> str:
    """Without what strikes or marks letters and digits."""
    text = unicodedata.normalize("NFC", text)
    return text if text.isascii() else "".join(each for each in text if not unicodedata.category(each).startswith("M"))


def without_brackets(text: str) -> str:
    """A word without the brackets around it."""
    whole = _IN_BRACKETS.fullmatch(text.strip())
    return whole[1].strip() if whole else text


def name_of(text: str) -> str:
    """A column's name folded; `consentDate` and `GSMNo` are two words each."""
    return folded(_CAMEL_CASE.sub(" ", unicodedata.normalize("NFC", text)))


def spellings(text: str) -> list[str]:
    """The folded words of a text as name_of() parts them, and as they stand ("RETler"); digits stand apart ("ret2")."""
    parted, whole = name_of(text), folded(text)
    return [_BY_DIGITS.sub(" ", words) for words in ([whole] if parted == whole else [parted, whole])]


def readings(text: str) -> list[str]:
    """Its spellings, and the words that are joined to one of consents apart ("smsret"): any of them may be meant."""
    found = spellings(text)
    apart = _JOINED.sub(r"\1 ", found[-1])
    return found if apart == found[-1] else [*found, apart]


def says_nothing(text: str) -> bool:
    """Whether a cell counts as empty: blank, a dash, NULL, one of Excel's errors. A cross does not, alone or beside a
    word."""
    if not text or text.isspace():
        return True
    if len(text) > LONGEST_NOTHING or _COUNTS.search(text):
        return False
    word = key_of(without_brackets(text))
    return word in NOTHING or (is_sign(word) and not is_cross(word)) or _ERRORS.fullmatch(text.strip()) is not None


def retailer_codes(cell: str) -> tuple[int, ...] | None:
    """The codes of retailers in a cell, none where it says nothing; None where it holds anything but such codes."""
    if says_nothing(cell):
        return ()
    return tuple(map(int, _RETAILER.findall(cell))) if _RETAILERS.fullmatch(cell.strip()) else None


def is_sign(word: str) -> bool:
    """Whether a folded word is a sign, and no tick: a cross, a box, a dash. It may be a no."""
    return bool(word) and word != "+" and not any(map(str.isalnum, word))


def is_cross(word: str) -> bool:
    """Whether a folded word is a sign, and not one that stands for nothing elsewhere: a cross, an empty box."""
    return is_sign(word) and _DASHES.fullmatch(word) is None


def address_or_problem(cell: str) -> Address | AddressProblem:
    try:
        return parse(cell)
    except BadAddress as bad:
        return bad.problem


def addresses_within(cell: str) -> list[Address]:
    """The address that a cell is, or those that stand in it beside more, also struck out or marked: "0532 123 45 67 x",
    "*a@x.com"."""
    if isinstance(whole := address_or_problem(cell), Address):
        return [whole]
    text = normalize_spelling(without_marks(cell))
    patterns, texts = (_LIKE_ADDRESS, _LIKE_NUMBER, _LIKE_MAIL), dict.fromkeys([text, _DASH.sub("-", text)])
    found = (part for each in texts for pattern in patterns for part in pattern.finditer(each))
    parts = (each for part in found for each in (part[0], *part.groups()) if each)
    return list({each: None for part in parts if isinstance(each := address_or_problem(part), Address)})
