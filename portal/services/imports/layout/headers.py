"""Header detection: which line names the columns, which field each name announces, when two headers are the same."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from portal.core.addresses import Address, redact_certain_addresses
from portal.core.addresses.masking import HIDDEN
from portal.services.imports.layout import vocabulary
from portal.services.imports.layout.cell_words import STATUSES, WEAK
from portal.services.imports.layout.consent_names import (
    consent_announced,
    is_no_status,
    refusal_named,
    speaks_of_ending,
)
from portal.services.imports.layout.dates import Moment, read
from portal.services.imports.layout.layout import STATUS_FIELDS, Field
from portal.services.imports.layout.normalization import (
    LONGEST_NAME,
    address_or_problem,
    folded,
    is_sign,
    key_of,
    name_of,
    says_nothing,
)
from portal.services.imports.layout.vocabulary import CHANNEL, CLOCK, CONSENT, DATE, EMAIL, FORMAT, RECORD, SMS, Words
from portal.services.imports.reading.workbook_chunker.chunks import Line

LINES_BELOW, FEWEST_NAMES = 300, 2  # Beside an example's address in a header.
LINES_ABOVE = 20  # Titles, notes and empty lines that may stand above the names.
CLEAR = 0.6  # From this weight on, a name says it by itself.
_STATUSES = (Field.STATUS, *STATUS_FIELDS.values())
OURS = ["satir", "sorun", "cozum", "iys kodu"]  # Columns that our file of bad lines adds, side by side.

_OTHER = r"(?:2|3|ii|ev|is|sabit|ikinci|diger|alternatif|yedek|home|work|other|second)"
_PHONE = r"(?:telefon|telefonu|tel|cep|gsm|mobil|mobile|phone|msisdn|whatsapp|cell|cellphone)"

# Columns that we never take. The last line's are no consent to messages.
_NEVER = re.compile(
    r"dogum|birth|bday|yildonumu|evlilik|bitis|gecerlilik|expir|son giris|last login|"
    r"\b(?:tc|tckn|t c|kimlik|vkn|vergi|iban|sifre|password|cinsiyet|gender|yas|age|faks|fax|bakiye|tutar)\b|"
    r"\b(?:telefon|tel|cep|phone) (?:modeli?|markasi?|model|brand)\b|^(?:son guncelleme|updated|modified|exported)$|"
    r"kvkk|aydinlatma|acik riza|cerez|cookie|gizlilik|privacy"
)
# The date of a consent, and no other's: each word is known.
_MOMENT = re.compile(rf"\b(?:{DATE}|{CLOCK})\b|ed (?:at|on)$")
_IS_CONSENT, _IS_RECORD = (re.compile(rf"\b(?:{words})\b") for words in (CONSENT, f"{RECORD}|ret"))
_IS_LEAVING = re.compile(r"\b(?:ayril|cik(?:ma|tig))")  # Of a day; a yes under such a name may mean either.
# Of İYS's pages, files and API.
_OF_IYS = re.compile(r"(?:izin tarihi|consent date|iys (?:(?:izin|onay) )?tarihi|(?:izin|onay) tarihi iys)")
_OF_DATES = Words(
    f"ret ilk first e {DATE} {CLOCK} {FORMAT} {CHANNEL} {CONSENT} {RECORD} {vocabulary.GIVING} {vocabulary.ACT} "
    f"{vocabulary.TOPIC} {vocabulary.PERSON} {vocabulary.PLACE} {vocabulary.FILLER}"
)
_IS_DATE = re.compile(rf"\b{DATE}\b|ed (?:at|on)$")
_IS_PLAIN = Words(f"{DATE} {CLOCK} {FORMAT}")

# The first pattern found in a name decides which fields it announces, with weights; {} is a column we never take.
RULES: tuple[tuple[str, Mapping[Field, float]], ...] = (
    (r"(?:iletisim|temas|iliski|contact) (?:nedeni|sebebi|dayanagi|basis|kind|reason)|ilk temas", {Field.CONTACT: 1}),
    (r"(?:izin|onay|riza|kayit|alim|basvuru) kanali", {Field.SOURCE: 0.7, Field.CHANNEL: 0.6}),
    (r"\b(?:kaynak|kaynagi|source|yontem|yontemi|ortam|ortami)\b|(?:alindigi|alinma|izin|onay) (?:yer|yeri|sekli)\b",
     {Field.SOURCE: 1}),
    (rf"^{SMS}$", {Field.STATUS_SMS: 0.9, Field.PHONE: 0.2}),
    (r"^(?:arama|cagri|call|calls|aramalar)$", {Field.STATUS_CALL: 0.9, Field.PHONE: 0.2}),
)  # fmt: skip
# The same, of names that do not speak of consent themselves (consent_names).
OTHER_RULES: tuple[tuple[str, Mapping[Field, float]], ...] = (
    # Not clear ones: a firm's own codes are none of İYS's.
    (r"\b(?:bayi|bayiler|retailers?) (?:eris\w+|access)\b|\beris\w+ (?:\w+ )?bayi", {Field.RETAILER_ACCESS: 0.5}),
    (r"\b(?:bayi|bayinin|retailer)(?: iys)? (?:kod|kodu|no|nosu|numarasi|id|code)\b", {Field.RETAILER: 0.5}),
    (r"\b(?:mecra|mecrasi)\b", {Field.SOURCE: 0.6, Field.CHANNEL: 0.6}),
    (r"\b(?:alici|recipient|musteri|kisi|uye|hesap|cari|customer|account) (?:tipi|tip|turu|tur|type)\b|bireysel",
     {Field.TYPE: 1}),
    (r"\b(?:kanal|kanali|kanallar|kanallari|channels?)\b", {Field.CHANNEL: 1, Field.SOURCE: 0.3}),
    (rf"\b(?:{CONSENT}|ileti|iletisim) (?:tipi|tip|turu|tur|type)\b",
     {Field.CHANNEL: 1, Field.STATUS: 0.3, Field.TYPE: 0.3}),
    (r"^(?:tip|tipi|tur|turu|type)$", {Field.CHANNEL: 0.6, Field.TYPE: 0.6, Field.STATUS: 0.2}),
    (r"\b(?:form|siparis|sozlesme|basvuru|fis|fatura|belge|evrak|kayit|islem|protokol|referans|ref|order|reference|"
     r"agreement|contract|receipt) (?:no|nosu|numarasi|id|kodu|number|ref)\b",
     {Field.ORIGIN: 1}),
    (r"\b(?:dayanak|dayanagi|kanit|kaniti|ispat|ispati|proof|origin|evidence|referans|reference|ses kaydi)\b",
     {Field.ORIGIN: 0.9}),
    (rf"\b{_PHONE}\b.*\b{EMAIL}\b|\b{EMAIL}\b.*\b{_PHONE}\b|^alici(?: adresi)?$|^recipient$|elektronik adres",
     {Field.ADDRESS: 1, Field.PHONE: 0.4, Field.EMAIL: 0.4, Field.STATUS: 0.3}),
    (rf"^{_OTHER} (?:{EMAIL})|\b{EMAIL}\w*\b.*\b{_OTHER}\b", {Field.EMAIL: 0.8, Field.STATUS_EMAIL: 0.2}),
    (rf"\b{EMAIL}", {Field.EMAIL: 1, Field.STATUS_EMAIL: 0.3}),
    (rf"^{_OTHER} {_PHONE}|\b{_PHONE}\b.*\b{_OTHER}\b", {Field.PHONE: 0.8, Field.STATUS_CALL: 0.2}),
    (rf"\b{_PHONE}\b|\b(?:telefon|mobil|phone|gsm|msisdn|whatsapp)|"
     r"\b(?:iletisim|contact) (?:no|nosu|numarasi|number)\b",
     {Field.PHONE: 1, Field.STATUS_CALL: 0.3}),
    (r"\biletisim(?: bilgisi| adresi)?$|^contact$|^numara(?:si)?$|^number$",
     {Field.ADDRESS: 0.7, Field.PHONE: 0.4, Field.EMAIL: 0.4, Field.STATUS: 0.2}),
    (rf"\b(?:{CONSENT}|iys|ret) (?:durumu|durum|status|bilgisi|degeri|var mi|verildi mi)|"
     r"(?:etk|ileti|iletisim|pazarlama|reklam|kampanya|iys|marketing) (?:izni|onayi|izin|onay|consent)",
     {Field.STATUS: 1, Field.CHANNEL: 0.3}),
    (rf"^(?:{CONSENT}|durum|durumu|status|izinler|onay ret)$", {Field.STATUS: 0.8, Field.CHANNEL: 0.4}),
    (r"\b(?:ad|adi|isim|ismi) (?:ve )?(?:soyad|soyadi|soyisim|soyismi)\b|^full name$|^unvan|^(?:musteri|kisi|uye) adi$",
     {Field.NAME: 1}),
    (r"^(?:ad|adi|isim|ismi|name|first name|firma adi|yetkili|musteri)$", {Field.NAME: 0.8}),
    (r"^(?:soyad|soyadi|soyisim|last name|surname)$", {Field.NAME: 0.6}),
    (r"\b(?:no|nosu|numarasi|id|kod|kodu|code|sira|il|ilce|sehir|city|ulke|country|adet|plaka)\b", {}),
    (rf"\b{CONSENT}\b", {Field.STATUS: 0.4, Field.CHANNEL: 0.3}),
    (r"\b(?:adres|adresi|address)\b", {Field.ADDRESS: 0.1}),
)  # fmt: skip
_RULES, _OTHER_RULES = (
    tuple((re.compile(pattern), announced) for pattern, announced in rules) for rules in (RULES, OTHER_RULES)
)
_VALUE = re.compile(r"ret|bireysel|tacir|hs \w+|[\d ]{5,}")
_NO_WORDS = re.compile(rf"{HIDDEN}|[^\W\d_]*\d[\w.,+-]*|\W+$|^\W+")
_IN_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_ROUND = str.maketrans("[]", "()")
_IYS_SOURCE = re.compile(r"iys_\w+", re.I)  # IYS_WEB; "İYS durumu" is a name.


@lru_cache(maxsize=1024)
def announced(name: str) -> Mapping[Field, float] | None:
    """The fields that a column's name announces, with weights: {} for one we never take, None for an unknown name."""
    words = name_of(name[:LONGEST_NAME])
    if _NEVER.search(words):
        return {}
    if _MOMENT.search(words):
        return _date_announced(words)
    if (fields := _first_match(_RULES, words)) is None and (fields := consent_announced(name)) is None:
        fields = _first_match(_OTHER_RULES, words)
        if fields and is_no_status(name):
            return {each: weight for each, weight in fields.items() if each not in _STATUSES} or None
    return fields


def dates_refusals(name: str) -> bool:
    """Whether a refusal may have been said at the dates of a column: its name speaks of refusing or leaving ("Onay
    iptal tarihi"), says nothing of what they are ("Tarih"), or is İYS's, of both. Under any other name ("Onay tarihi",
    "Kayıt tarihi") a refusal may stand beside the date of what it ended."""
    words = name_of(name[:LONGEST_NAME])
    is_bare = all(word in _IS_PLAIN for word in words.split())
    return is_bare or speaks_of_ending(name) or bool(_IS_LEAVING.search(words) or _OF_IYS.fullmatch(words))


def find_header(lines: Sequence[Line]) -> int | None:
    """The place in `lines` of the header, among the first twenty before any address; None where there is none.

    It is the line with most clear names, best without an address. Without any, a line counts of which every name is
    known ("Adres" alone).
    """
    best, most = None, 0.0
    for place, (_, cells) in enumerate(lines[:LINES_ABOVE]):
        ours = our_columns(cells)
        theirs = [cell for column, cell in enumerate(cells) if column not in ours]
        is_data = any(isinstance(address_or_problem(cell), Address) for cell in cells)
        is_of_person = is_data or any(map(holds_person, theirs))
        if is_of_person and not _has_examples(cells, [*lines[:place], *lines[place + 1 :][:LINES_BELOW]]):
            if is_data:
                break
            continue
        if any(map(is_value, theirs)):
            continue
        names = sum(map(is_clear, set(theirs))) or (0.5 if _are_all_known(theirs) else 0)
        if names - 0.5 * is_of_person > most:
            best, most = place, names - 0.5 * is_of_person
    return best


def holds_person(cell: str) -> bool:
    """Whether an address stands in a cell beside words ("0532 123 45 67 RET"); one in brackets is an example."""
    text = _IN_BRACKETS.sub(_without_example, cell[:LONGEST_NAME]).translate(_ROUND)
    return redact_certain_addresses(text) != text


def _without_example(in_brackets: re.Match[str]) -> str:
    """Nothing of a whole address in brackets; of a number's code, "(0532)", all."""
    return "" if redact_certain_addresses(in_brackets[0]) != in_brackets[0] else in_brackets[0]


def _has_examples(cells: Sequence[str], others: Sequence[Line]) -> bool:
    """Whether the addresses in a line are examples in names of columns, or names' own ("Vazgeçmek için: kvkk@…"): words
    stand beside each, and two cells name what other lines hold and none says, of which one has an address."""
    rows = [row for _, row in others]
    if not any(isinstance(address_or_problem(cell), Address) for row in rows for cell in row):
        return False
    names = 0
    for column, cell in enumerate(cells):
        words = _words_beside(cell)
        if not words and (holds_person(cell) or isinstance(address_or_problem(cell), Address)):
            return False
        beneath = [row[column] for row in rows if column < len(row) and not says_nothing(row[column])]
        is_answer = folded(words) in STATUSES and not all(WEAK.fullmatch(key_of(each)) for each in beneath)
        is_name = bool(beneath) and (is_clear(words) or refusal_named(words) is not None)
        names += is_name and not is_answer and words not in map(_words_beside, beneath)
    return names >= FEWEST_NAMES


def _words_beside(cell: str) -> str:
    """A cell without addresses and numbers."""
    return " ".join(_NO_WORDS.sub(" ", redact_certain_addresses(cell[:LONGEST_NAME])).split())


def signature(header: Sequence[str]) -> bytes:
    """SHA-256 of a header's names, whatever their order, case and spelling, without the columns that we add."""
    return hashlib.sha256("\n".join(sorted(name for name in names_of(header) if name)).encode()).digest()


def names_of(header: Sequence[str]) -> list[str]:
    """The names folded, one per column and unique ("ad", "ad #2"); empty where there is none or it is ours."""
    names: list[str] = []
    ours = our_columns(header)
    for column, cell in enumerate(header):
        name = folded(cell)
        name = "" if column in ours or is_sign(name) else name
        names.append(
            f"{name} #{count + 1}" if name and (count := sum(n.split(" #")[0] == name for n in names)) else name
        )
    return names


def our_columns(header: Sequence[str]) -> set[int]:
    """The columns that our file of bad lines added. One of their names alone is anybody's: "Sorun"."""
    names, count = [*map(folded, header)], len(OURS)
    return {each for first in range(len(names)) if names[first : first + count] == OURS
            for each in range(first, first + count)}  # fmt: skip


def may_be_dates(name: str) -> bool:
    """Whether dates in a column of this name may be those of consents; it need not speak of dates ("Kayıt")."""
    return not name or Field.DATE in (announced(f"{name} tarihi") or {})


def is_name_of_day(word: str) -> bool:
    """Whether a folded word says that a column holds dates: "tarihi", "date"."""
    return _IS_DATE.fullmatch(word) is not None


def _date_announced(words: str) -> Mapping[Field, float]:
    """Of names that speak of a date or a time."""
    each = words.split()
    if not all(word in _OF_DATES for word in each):
        return {}  # "Sistem tarihi", "Çekim zamanı": of the file, not of the consent.
    weight = 1 if _IS_CONSENT.search(words) else 0.7 if _IS_RECORD.search(words) else 0.9
    if weight == 0.9 and not all(word in _IS_PLAIN for word in each):
        return {}  # "SMS tarihi"
    return {Field.DATE: weight} if _IS_DATE.search(words) else {Field.TIME: 1, Field.DATE: 0.4}


def _first_match(
    rules: Sequence[tuple[re.Pattern[str], Mapping[Field, float]]], words: str
) -> Mapping[Field, float] | None:
    return next((fields for pattern, fields in rules if pattern.search(words)), None)


def is_clear(cell: str) -> bool:
    """Whether a cell by itself names a column that we know."""
    return max((announced(cell) or {}).values(), default=0) >= CLEAR


def _are_all_known(cells: Sequence[str]) -> bool:
    named = [cell for cell in cells if not says_nothing(cell)]
    return bool(named) and all(announced(cell) is not None for cell in named)


def is_value(cell: str) -> bool:
    """Whether a cell is no name of a column: a date, a source, a number."""
    is_word = _VALUE.fullmatch(folded(cell)) or _IYS_SOURCE.fullmatch(cell.strip())
    return is_word is not None or isinstance(read(cell), Moment)
