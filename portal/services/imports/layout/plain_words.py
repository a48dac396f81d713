"""Words and columns that say nothing of refusing: of any other nobody knows what it says, and its author is asked.

The rule is one of known words (vocabulary). Words are folded to ASCII.
"""

import re
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from itertools import chain
from typing import Any, cast

from portal.core.addresses.normalization import normalize_spelling
from portal.core.iys_protocol import Source
from portal.services.imports.layout import dates, vocabulary
from portal.services.imports.layout.cell_words import CHANNELS, CONTACTS, SOURCES, STATUSES, TYPES
from portal.services.imports.layout.firm_words import TOWNS, without_firms
from portal.services.imports.layout.headings import NUMBER, refusal_spoken, without_answers
from portal.services.imports.layout.normalization import folded, key_of, name_of, says_nothing, spelled, without_marks
from portal.services.imports.layout.refusals import may_refuse, speaks_of_death
from portal.services.imports.layout.vocabulary import Words

LONGEST_TEXT, LONGEST_CODE, LONGEST_DATE = 100, 40, 40  # Characters of a harmless cell.
LONGEST_HEADING, LONGEST_MAIL = 300, 400

# "Son" (last) before what ended nothing: "Son üyelik" may be its end.
_LAST = re.compile(
    r"\b(?:son|last) (?=(?:alisveris|siparis|satin alma|ziyaret|giris|islem|odeme|guncelleme|fatura|teslim|randevu|"
    r"servis|bagis|login|order|purchase|visit|seen|update|updated|modified|payment)\b)"
)
_LISTED = {*dates.MONTHS, "v", "q"} | {
    word
    for phrase, meaning in chain.from_iterable(each.items() for each in (SOURCES, CONTACTS, TYPES, CHANNELS))
    if meaning != Source.PROVIDER_DECISION for word in phrase.split()
}  # fmt: skip
# "SMS 🚫", "izin (-)", "izin-"
_ODD_SIGN = re.compile(r"[^\w\s/|\\(),;:.?'’\"“”…&*+\[\]–—#%₺=-]|[(\[][–—-]+[)\]]|\w ?[–—-]$")

# No sign stands before or behind; brackets and quotes may, around words.
_BARE = re.compile(r"[(\"'“‘]*[^\W_](?:.*[^\W_])?[)\"'”’.,:]*", re.S)
_TEXT = re.compile(r"[^\W_]+(?:(?: +|['’/&-]|[.,] *| & | / )[^\W_]+)*\.?")
# "XXX Ali", "Ali 28.11", "Ali R E T", "Ali, H", "Ali Er H", "h Ali Er", "Ali Er BLOK", "Ali X", "Ali 0". A capital
# before a name is an initial, and "B Blok" a building.
_NO_NAME = re.compile(
    r"([^\W\d_])\1\1|\d[.,/]\d|(?<!\w)[^\W\d_](?: [^\W\d_]){2}(?!\w)|[,/-] *[hrnf]\.?$|"
    r"\w{2} \w{2,} [hrn]\.?$|^(?-i:(?:[hrn]|blok) [A-ZÇĞİÖŞÜ])|^blok$|\w{2} \w{2,} blok$|"
    r"(?<!\w)(?:xx?|0)(?!\w)",
    re.I,
)
# "RETli", "ONAYsız"; and "Ayşe Yılmaz geri çevirdi", but for a word of firms and places.
_LETTERS_OF_TWO = re.compile(r"[^\W\d_a-zçğıöşü]{3}[a-zçğıöşü]")
_SMALL_WORDS = Words("oglu kizi bin van von der del abla abi amca teyze hoca bey hanim~ dr av ust")
# The last of three words or more: "AYŞE YILMAZ VAZCAYDI", "… ATLANACAK", "… ISRAR ETME".
_DONE = re.compile(
    r"(?:\w\w[aeiu](?:[ry]?d|[st]t)[iu](?<!verdi)|[ae]c[ae]k|yor|(?:et|git|gel|ol|kal)m[ae]|"
    r"(?:[iu][ln]|l[ae]n)m[iu]s(?<!satilmis))(?:l[ae]r)?$"
)
# Surnames that are words of refusing elsewhere: "Satı Dur", "Sakin"; but "Ayşe Yılmaz Dur", "SATI DUR".
_SURNAME = re.compile(r"[^\W\d_a-zçğıöşü][a-zçğıöşü]+ (?:Dur|Sak[iı]n)|Sakin")
_NOT_LATIN = re.compile(r"[^\W\u0000-\u024f\u0259\u1e00-\u1eff]")
# Of folded words: "Ali bulundu", "Ali gidiyor", "Ali arama"; not "Efendi" and "Döndü".
_VERB = re.compile(r"\b(?!efendi|hindi\b|dondu\b)(?:[a-z]{2,}(?:[cfkp]t[iu]|[ln]d[iu]|[iu]yor)(?:l[ae]r)?|arama)\b")
# What is no name, but of a firm: "Ali sms geçme", "Ali listeye alma".
_TOPIC = re.compile(
    r"\b(?:sms|mesaj|msj|mail|e ?mail|eposta|telefon|iletisim|irtibat|liste|kayit|kaydi|gonderim|izin|izni|iznin|"
    r"onayi|rizasi|reklam|kampanya|bulten|ebulten|newsletter|consent|abonelik|uyelik|numarasi)\w*|"
    r"\b(?:iys|kvkk|call|calls|onay verm\w*)\b"
)
_FIRM = re.compile(r"\b(?:ltd|sti|san|tic|anonim|limited|a s|as$)\b")  # Not "Marked as bad".
_AUTHOR = re.compile(r"(?:hazırlayan|düzenleyen|prepared by) ?: *", re.I)
_CODE = re.compile(
    r"\d{2} ?[A-Z]{1,3} ?\d{2,5}|#?(?:[^\W\d_]{1,5}[ ._/#-]?)?\d[\w./#-]*(?: \d[\w./#-]*)*(?<![-#/_])|"
    r"[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}"
)
_WORD = re.compile(r"(?<=[ ._/#-])(?![a-f]+(?![^\W_]))[^\W\d_]{4,}(?![^\W_])", re.I)  # "10-GONE", no part of a UUID.
_CROSSED_CODE = re.compile(r"x{1,9} .*|.*[ /-]x{1,9}", re.I)  # "X 1042", "1042/X"
_OF_ZERO = re.compile(r"(?<![^\W\d_])([^\W\d_]{2,})[ ._/#-]?0{1,9}(?![^\W_])")  # "SMS 0", "1042/izin0"
_BETWEEN_WORDS, _MIXED = re.compile(r"[\W_]+"), re.compile(r"\d[^\W\d_]+\d")  # "X4RET9" is chance, "RET42" is not.
_AMOUNT = re.compile(r"[+-]?[₺$€]? ?\d[\d.,]*(?: \d{3})*(?: ?(?:tl|try|usd|eur|adet|ad|kg|puan|₺|\$|€|%))?", re.I)
_GENDER = re.compile(r"[ekbfmw]|erkek|kadin|bay|bayan|male|female|man|woman")
_LANGUAGE = re.compile(
    r"(?:tr|en|de|fr|ar|ru|es|it|fa)(?: (?:tr|us|gb|uk|ie|ca|au|de|at|ch|fr|be|ru|es|mx|it|sa|ae|eg|ir|cy))?|"
    r"turkce|ingilizce|almanca|turkish|english|german"
)
_STREET = re.compile(r"[^\W_][\w\s.,:;/#'’&-]*(?:(?<=[^\W_.])|(?<=\w\.)|(?<=[:/]-))")
_IS_STREET = re.compile(
    r"\d|\b(?:mah|mahallesi|sok|sokak|sokagi|cad|cadde|caddesi|bulvari|blv|apt|street|st|road|ave)\b"
)
_DIGITS = re.compile(r"\d+")
# "izin=0", but no time, no version, no telephone, and not "Sheet0".
_ZERO = re.compile(
    r"(?<!\d)(?<!v\d )(?<!sheet)(?<!sheet )(?<!sayfa)(?<!sayfa )0(?!\d| \d{3} \d{3})|(?<!\d)(?<!\d )00+(?!\d)"
)
_SERIAL = re.compile(r"\d+(?:[.,]\d*)?")  # Excel's and Unix's dates, and any number.
_GROUP = r"[(\[]\+?\d{1,5}[)\]]"
_BETWEEN = r"[\d\s./\\_:,\u00b7\u2010-\u2015\u2212-]"
_PHONE = re.compile(rf"(?:[^\W\d_]{{2,10}}[\s.:/-]*){{0,3}}\+?(?:\d|{_GROUP})(?:{_BETWEEN}|{_GROUP})*(?<=[\d)\].])")
_MAIL = re.compile(r"<?(?:(?:mailto|smtp|to|e-?posta|e-?mail|mail) ?: ?)?<?\w[\w.+-]*@(?:[^\W_]|[.-])*[^\W_]>?", re.I)
# Signs before or behind all that a cell says, but a country's "+".
_CROSSED_OUT = re.compile(r"[\s\"'<>()\[\]]*(?:[|/\\_*–—−-]|\+(?![\s(]*\d)).*|.*[|/\\_*+–—−-][\s\"'<>()\[\]]*", re.S)
# Beside an address that cannot be read: what says nothing, a letter for a zero, "T: 0532 …".
_CROSSED = re.compile(r"x{1,9} .*|.* x{1,9}", re.I | re.S)
_LONE = re.compile(r"(?<![^\W_])(?:x{1,9}|[hrn])(?![^\W_])", re.I)
_BETWEEN_ADDRESSES = re.compile(r"[\s;,/|]+")
_AROUND = re.compile(r"[\s\d()\[\]<>./,;:+_|\\\"'’–—-]+")
_ZERO_LETTER = re.compile(r"(?<![^\W_])o(?=\d)", re.I)
_LABEL = re.compile(r"(?<![^\W_])(?![hnrx])[^\W\d_][:.](?= ?[+(]?\d)", re.I)


@lru_cache(maxsize=4096)
def is_plain(text: str, own: frozenset[str] = frozenset()) -> bool:
    """Whether each word of a heading, a name or a proof is known, but for the name of a firm or its author, and none of
    them refuses. `own` are words of whose file it is."""
    words = _DIGITS.sub(" ", _LAST.sub("", without_answers(without_firms(text[:LONGEST_HEADING]))[0])).split()
    if words == ["not"]:  # A column of notes; in English it turns round what follows.
        return _ODD_SIGN.search(text) is None
    if author := _AUTHOR.match(text):
        return is_text(text[author.end() :])
    return _denies_nothing(text) and all(word in own or _is_known(word) for word in words)


def _denies_nothing(text: str) -> bool:
    """Whether none of its words refuses, and no sign or zero denies; what they mean need not be known."""
    if len(text) > LONGEST_HEADING or _ODD_SIGN.search(text) or refusal_spoken(text) or speaks_of_death(text):
        return False
    return not any(may_refuse(NUMBER.sub("", left)) or _ZERO.search(left) for left in without_answers(text))


def _is_known(word: str) -> bool:
    return word in _LISTED or word in TOWNS or any(word in each for each in vocabulary.PLAIN)


def is_date(cell: str) -> bool:
    """Whether a cell is a date by itself; a number may be one of many things."""
    if len(cell) > LONGEST_DATE or not any(map(str.isdigit, cell)) or _SERIAL.fullmatch(cell.strip()):
        return False
    if dates.notes_in(cell):
        return False
    return any(isinstance(dates.read(cell, day_first), dates.Moment) for day_first in (True, False))


def is_clock(cell: str) -> bool:
    """Whether a cell is a time of day."""
    with suppress(dates.BadTime):
        dates.read_clock(cell)
        return True
    return False


def is_text(cell: str) -> bool:
    """Whether a cell may be a name of a person, a firm or a place: words, none that refuses, and no sign."""
    text = cell.strip()
    if _SURNAME.fullmatch(text):
        return True
    is_name = len(text) <= LONGEST_TEXT and _TEXT.fullmatch(text) is not None and not _NO_NAME.search(text)
    return is_name and (len(text) > 1 or text.isdigit()) and not (_has_note(text) or _says_more(text))


def _has_note(name: str) -> bool:
    """Whether the words of a name say by their letters or their endings that not all of them are one."""
    words = name.split()
    has_small = len(words) > 2 and words[0][0].isupper() and words[1][0].isupper()
    small = [folded(each) for each in words[2:] if has_small and each[0].islower()]
    return (
        _LETTERS_OF_TWO.search(name) is not None
        or any(
            not (word in vocabulary.COMMON or word in vocabulary.TEXTS or word in _SMALL_WORDS)
            for each in small
            for word in each.split()
        )
        or (len(words) > 2 and _DONE.search(folded(name)) is not None)
        or (len(words) > 2 and words[0].islower() and _DONE.search(folded(words[0])) is not None)
    )


def is_proof(cell: str) -> bool:
    """Whether a cell names what proves a consent, and says nothing more: a number ("A-104", "2026/11"), known words."""
    return is_code(cell) or is_plain_cell(cell)


def is_plain_cell(cell: str) -> bool:
    """Whether a cell is plain words, and no sign stands before or behind them."""
    text = cell.strip()
    return _BARE.fullmatch(text) is not None and is_plain(text)


def is_marked(cell: str) -> bool:
    """Whether a sign that may deny stands in a cell, any before or behind what it says, or a letter that crosses it out
    ("X 22.11.2026"); an empty one has none."""
    text = cell.strip()
    is_bare = _BARE.fullmatch(text) is not None and _ODD_SIGN.search(text) is None
    return not says_nothing(text) and not (is_bare and _LONE.search(text) is None)


def is_code(cell: str) -> bool:
    """Whether a cell is a number with few letters: "A-104", "34 ABC 123"."""
    code = cell.strip()
    if len(cell) > LONGEST_CODE or not _CODE.fullmatch(code) or _WORD.search(cell):
        return False
    if _CROSSED_CODE.fullmatch(code) or any(map(_is_of_consents, _OF_ZERO.findall(code))):
        return False
    return not may_refuse(" ".join(each for each in _BETWEEN_WORDS.split(cell) if not _MIXED.search(each)))


def _is_of_consents(word: str) -> bool:
    key = folded(word)
    return key in STATUSES or key in CHANNELS or _TOPIC.search(key) is not None


def is_address_alone(cell: str) -> bool:
    """Whether nothing stands beside an address but its kind or a name: "Cep: 0532 …", "Ayşe <ayse@example.com>"."""
    text = normalize_spelling(cell).rstrip(".")
    if len(text) <= LONGEST_MAIL and _MAIL.fullmatch(text.strip(";, ")):
        return True
    if len(text) > LONGEST_TEXT:
        return False
    if _PHONE.fullmatch(text):
        return text.lower() == text.upper() or is_plain(_DIGITS.split(text)[0])
    name, _, address = text.rpartition(" ")
    return _MAIL.fullmatch(address) is not None and is_text(name.strip("\"' "))


def says_more_than_address(cell: str) -> bool:
    """Whether a sign, a letter or words that nobody knows stand beside an address: "0532 … ❌", "X 0532 …"."""
    if without_marks(cell) != unicodedata.normalize("NFC", cell) or _CROSSED_OUT.fullmatch(cell):
        return True
    parts = _BETWEEN_ADDRESSES.split(normalize_spelling(cell))
    text = " ".join(each for each in parts if not _MAIL.fullmatch(each.strip("()[]")))
    words = _AROUND.sub(" ", _LABEL.sub(" ", _ZERO_LETTER.sub("0", text))).strip()
    is_known = (is_text(words) or is_plain_cell(words)) and any(len(each) > 1 for each in words.split())
    return bool(words) and not is_known


def contents_of(name: str) -> Callable[[str], bool] | None:
    """Whether a cell holds what the name of its column says, where that is harmless; None for any other name."""
    words = _DIGITS.sub(" ", _LAST.sub("", name_of(name[:LONGEST_HEADING]))).split()
    if _ODD_SIGN.search(name):
        return None
    for own, fits, *beside in _KINDS:
        known = (*own, vocabulary.COMMON, *beside)
        is_kind = any(word in each for word in words for each in own)
        if is_kind and all(any(word in each for each in known) or word in vocabulary.PERSON for word in words):
            return cast("Callable[[str], bool]", fits)
    return None


def is_day(cell: str) -> bool:
    """Whether a cell of a column of dates is one, a number that stands for one, or a database's for none."""
    return is_date(cell) or dates.is_blank(cell) or (len(cell) > 3 and _SERIAL.fullmatch(cell.strip()) is not None)


def _is_street(cell: str) -> bool:
    is_one = _STREET.fullmatch(cell.strip()) is not None and _IS_STREET.search(folded(cell)) is not None
    return is_text(cell) or (is_one and not _CROSSED.fullmatch(cell.strip()) and not _says_more(cell))


def _says_more(text: str) -> bool:
    """Whether a name or an address of a house has a word that may refuse, a verb, or letters that nobody here reads."""
    words = folded(text)
    is_about = _TOPIC.search(words) is not None and _FIRM.search(words) is None
    return may_refuse(text) or is_about or _VERB.search(words) is not None or _NOT_LATIN.search(text) is not None


# The words of which a name of the kind has one, what its cells hold, and words that it may have beside those.
_KINDS: tuple[Any, ...] = (
    ((vocabulary.DATES,), is_day, vocabulary.EVENTS, vocabulary.CONSENTS),
    ((vocabulary.EVENTS,), lambda cell: is_day(cell) or is_clock(cell), vocabulary.CLOCKS),
    ((vocabulary.CODES,), is_code),
    ((vocabulary.AMOUNTS,), lambda cell: _AMOUNT.fullmatch(cell.strip()) is not None),
    ((vocabulary.GENDERS,), lambda cell: _GENDER.fullmatch(spelled(cell)) is not None),
    ((vocabulary.LANGUAGES,), lambda cell: _LANGUAGE.fullmatch(spelled(cell)) is not None),
    ((vocabulary.CLOCKS,), is_clock),
    (
        (vocabulary.ADDRESSES,),
        lambda cell: key_of(cell) not in STATUSES and _is_street(cell),
        vocabulary.TEXTS,
        vocabulary.CODES,
    ),
    ((vocabulary.TEXTS,), lambda cell: key_of(cell) not in STATUSES and is_text(cell)),
)
