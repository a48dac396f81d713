"""SMS sender headers of brands: the spelling that operators register, and whose name they are short for."""

import re
from collections.abc import Iterator

from portal.core.addresses.problems import ExplainedProblem
from portal.core.lazy_text import N_

HEADER = re.compile(r"[A-Za-z0-9 .-]{3,11}")
DOMAIN_LIKE = re.compile(r"[A-Za-z0-9-]+\.[A-Za-z]{2,}(\.[A-Za-z]{2,})*")
ASCII = str.maketrans("çğıöşüÇĞİÖŞÜâîûÂÎÛ", "cgiosuCGIOSUaiuAIU")
# Well-known senders and words of their trades: what is short for a name may not be theirs (HAVALE of "Hava Lezzet").
OTHERS = re.compile(
    "ptt|ing|mng|teb|qnb|sgk|gib|ups|dhl|tnt|btk|iys|usom|uyap|mhrs|edevlet|akbank|garanti|ziraat|vakif|vakifbank|halkbank"
    "|isbank|denizbank|finansbank|yapikredi|hsbc|enpara|papara|turkcell|vodafone|telekom|aras|yurtici|surat|fedex|polis"
    "|thy|bim|hgs|ogs|egm|meb|toki|afad|tedas|igdas|iski|kargo|kurye|posta|banka|havale|icra|vergi|adliye|mahkeme|noter"
    "|emniyet|jandarma|belediye|bakanlik|devlet|gumruk|saglik|sigorta|fatura|odeme|tahsilat|destek|guvenlik|bildirim"
)
LONGEST_ACRONYM = 5  # So few letters of several words (THY, AFAD, KARGO) are another word to whoever reads them.


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
        N_("Gönderici adı, markanızın ya da firmanızın adının kısaltması olmalı."),
        N_("Firmanızın ya da markanızın adını yazın."),
    )


class BadHeader(ValueError):
    """The text is not a sender header; `suggestion` is a similar one, if any."""

    def __init__(self, problem: HeaderProblem, suggestion: str | None = None):
        super().__init__(problem.value)
        self.problem, self.suggestion = problem, suggestion


def validate_header(text: str, names: str) -> str:
    """A normalised SMS sender header as operators register it (N-2): short for words of the reviewed `names`, in their
    order. Raises BadHeader."""
    header = " ".join(text.split())
    plain = header.translate(ASCII)
    if plain != header:
        raise BadHeader(HeaderProblem.TURKISH, plain if HEADER.fullmatch(plain) else None)
    if not 3 <= len(header) <= 11:
        raise BadHeader(HeaderProblem.LENGTH, header[:11].strip() if HEADER.fullmatch(header[:11].strip()) else None)
    if not HEADER.fullmatch(header):
        raise BadHeader(HeaderProblem.CHARACTERS)
    if DOMAIN_LIKE.fullmatch(header):
        raise BadHeader(HeaderProblem.DOMAIN)
    if not re.search("[A-Za-z]", header):
        raise BadHeader(HeaderProblem.NO_LETTER)
    if not is_short_for(header, names):
        raise BadHeader(HeaderProblem.OTHER)
    return header


def is_short_for(header: str, names: str) -> bool:
    """Whether letters shorten some words of names, in their order: ORNEKMAG, ORNKMGZ of "Örnek Mağaza"; up to five are
    whole words or shorten one: ORNK. What is not has to become a brand's name, which the operator sees."""
    letters = "".join(filter(str.isalnum, header.lower()))
    words = re.findall(r"[a-z0-9]+", names.translate(ASCII).lower())
    if any(OTHERS.fullmatch(each) and each not in words for each in (letters, *re.findall("[a-z]+", header.lower()))):
        return False
    if len(letters) <= LONGEST_ACRONYM:
        whole = {"".join(words[start:end]) for end in range(len(words) + 1) for start in range(end)}
        return letters in whole or any(len(letters) in _shortened_lengths(letters, word) for word in words)
    reached = {0}  # How many letters the words so far may have given.
    for word in words:
        reached |= {start + length for start in reached for length in _shortened_lengths(letters[start:], word)}
    return len(letters) in reached


def _shortened_lengths(letters: str, word: str) -> Iterator[int]:
    """How many of the first letters may shorten a word: its beginning, or its first letter and consonants of it."""
    yield from (length for length in range(1, len(word) + 1) if letters.startswith(word[:length]))
    if letters[:1] == word[0]:
        rest = iter(word[1:])
        for length, letter in enumerate(letters[1:], start=2):
            if letter in "aeiou" or letter not in rest:
                break
            yield length
