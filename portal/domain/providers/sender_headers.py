"""SMS sender headers of brands: the spelling that operators register, and whether it is a reviewed name."""

import re
from collections.abc import Iterable

from portal.core.addresses.problems import ExplainedProblem
from portal.core.lazy_text import N_
from portal.core.transliteration import ASCII, ascii_only

HEADER = re.compile(r"[A-Za-z0-9 .-]{3,11}")
LONGEST = 11  # Characters; a longer name is cut there.
DOMAIN_LIKE = re.compile(r"[A-Za-z0-9-]+\.[A-Za-z]{2,}(\.[A-Za-z]{2,})*")


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


class BadHeader(ValueError):
    """The text is not a sender header; `suggestion` is a similar one, if any."""

    def __init__(self, problem: HeaderProblem, suggestion: str | None = None):
        super().__init__(problem.value)
        self.problem, self.suggestion = problem, suggestion


def validate_header(text: str) -> str:
    """A normalised SMS sender header as operators register it (N-2). Raises BadHeader."""
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
    return header


def is_name(text: str, names: Iterable[str]) -> bool:
    """Whether a header or keyword is one of these names as a whole, word by word and without accents. A part of a name,
    and letters of several words, are another name to whoever reads them: the operator decides on those."""
    return _words(text) in [_words(name) for name in names]


def _words(name: str) -> list[str]:
    """A letter of another alphabet is a question mark, and parts no word."""
    return re.findall(r"[a-z0-9?]+", ascii_only(name).lower())
