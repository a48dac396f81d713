"""SMS sender headers of brands: the spelling that operators register, and whose name they are short for."""

import re
from collections.abc import Iterable, Iterator

from portal.core.addresses.problems import ExplainedProblem
from portal.core.lazy_text import N_
from portal.core.models import Brand
from portal.core.transliteration import ASCII, ascii_only

HEADER = re.compile(r"[A-Za-z0-9 .-]{3,11}")
LONGEST = 11  # Characters; a longer name is cut there.
DOMAIN_LIKE = re.compile(r"[A-Za-z0-9-]+\.[A-Za-z]{2,}(\.[A-Za-z]{2,})*")
# Well-known senders and words of their trades: nobody is called by them in part (PTTKARGO, BIM of "Bimeks").
OTHERS = re.compile(
    "(?=(izinlink|ptt|ing|mng|teb|qnb|sgk|gib|ups|dhl|tnt|btk|iys|usom|uyap|mhrs|edevlet|akbank|garanti|ziraat|vakif"
    "|halkbank|isbank|denizbank|finansbank|yapikredi|hsbc|enpara|papara|turkcell|vodafone|telekom|aras|yurtici|surat"
    "|fedex|polis|thy|bim|hgs|ogs|egm|meb|toki|afad|tedas|igdas|iski|kargo|kurye|posta|banka|havale|icra|vergi|adliye"
    "|mahkeme|noter|emniyet|jandarma|belediye|bakanlik|devlet|gumruk|saglik|sigorta|fatura|odeme|tahsilat|destek"
    "|guvenlik|bildirim))"
)


class HeaderProblem(ExplainedProblem):
    """Why a text is not an SMS sender header (regulation N-2)."""

    LENGTH = "length", N_("Gönderici adı 3 ile 11 karakter arasında olmalı."), N_("Adı kısaltın ya da uzatın.")
    TURKISH = (
        "turkish",
        N_("Gönderici adında Türkçe harf olamaz; GSM operatörleri böyle adları kaydetmiyor."),
        N_("Harfleri ç yerine c, ş yerine s olacak biçimde yazın."),
    )
    CHARACTERS = (
        "characters",
        N_("Gönderici adında yalnız harf, rakam, boşluk, nokta ve tire olabilir."),
        N_("Diğer işaretleri silin."),
    )
    NO_LETTER = (
        "no_letter",
        N_("Gönderici adında en az bir harf olmalı."),
        N_("Firmanızın ya da markanızın adını yazın."),
    )
    DOMAIN = (
        "domain",
        N_("İnternet adresi gönderici adı olamaz; GSM operatörleri böyle adları iptal ediyor."),
        N_("Firmanızın ya da markanızın adını yazın."),
    )
    OTHER = (
        "other",
        N_("Gönderici adında başka bir kurumun adı ya da işi geçiyor."),
        N_("Firmanızın ya da markanızın adını yazın."),
    )


class BadHeader(ValueError):
    """The text is not a sender header; `suggestion` is a similar one, if any."""

    def __init__(self, problem: HeaderProblem, suggestion: str | None = None):
        super().__init__(problem.value)
        self.problem, self.suggestion = problem, suggestion


def reviewed_names(brand: Brand, title: str) -> list[str]:
    """What the operator, or İYS, has seen of a brand: its names, and the header that it has."""
    return [each for each in (brand.name, title, brand.header) if each]


def validate_header(text: str, names: Iterable[str]) -> str:
    """A normalised SMS sender header as operators register it (N-2), and none of OTHERS. Raises BadHeader."""
    header = " ".join(text.split())
    plain = header.translate(ASCII)
    if plain != header:
        raise BadHeader(HeaderProblem.TURKISH, plain if HEADER.fullmatch(plain) else None)
    if not 3 <= len(header) <= LONGEST:
        cut = header[:LONGEST].strip()
        raise BadHeader(HeaderProblem.LENGTH, cut if HEADER.fullmatch(cut) else None)
    if not HEADER.fullmatch(header):
        raise BadHeader(HeaderProblem.CHARACTERS)
    if DOMAIN_LIKE.fullmatch(header):
        raise BadHeader(HeaderProblem.DOMAIN)
    if not re.search("[A-Za-z]", header):
        raise BadHeader(HeaderProblem.NO_LETTER)
    if all(_names_others(_letters(header), _words(name)) for name in names):
        raise BadHeader(HeaderProblem.OTHER)
    return header


def is_short_for(header: str, names: Iterable[str]) -> bool:
    """Whether a header is words of one name in a row, whole or cut at eleven characters, or shortens one word: ORNEK
    MAGAZ, ORNK of "Örnek Mağaza". Letters of several words are another word to whoever reads them: the operator
    decides."""
    return any(_is_short_for_one(header, _words(name)) for name in names)


def _is_short_for_one(header: str, words: list[str]) -> bool:
    letters = _letters(header)
    if _names_others(letters, words):
        return False
    rows = ("".join(words[start:]) for start in range(len(words)))
    whole = {"".join(words[start:end]) for end in range(len(words) + 1) for start in range(end)}
    is_cut = len(header) == LONGEST and any(row.startswith(letters) for row in rows)
    return is_cut or letters in whole or any(len(letters) in _shortened_lengths(letters, word) for word in words)


def _names_others(letters: str, words: list[str]) -> bool:
    """Whether one of OTHERS stands in a header, and not in a word of the name that stands there as a whole."""
    own = [word for word in words if word in letters]
    return any(not any(other in word for word in own) for other in OTHERS.findall(letters))


def _letters(header: str) -> str:
    return "".join(filter(str.isalnum, header.lower()))


def _words(name: str) -> list[str]:
    """Without accents. A letter of another alphabet is a question mark, and parts no word."""
    return re.findall(r"[a-z0-9?]+", ascii_only(name).lower())


def _shortened_lengths(letters: str, word: str) -> Iterator[int]:
    """How many of the first letters may shorten a word: its beginning, or its first letter and consonants of it."""
    yield from (length for length in range(1, len(word) + 1) if letters.startswith(word[:length]))
    if letters[:1] == word[0]:
        rest = iter(word[1:])
        for length, letter in enumerate(letters[1:], start=2):
            if letter in "aeiou" or letter not in rest:
                break
            yield length
