"""Names that stand in messages of ours: one line of visible characters, and nothing that a phone makes a link of."""

import re
import unicodedata

from portal.core.addresses import is_email
from portal.core.addresses.problems import ExplainedProblem
from portal.core.lazy_text import N_

# Blank ones that Unicode counts as letters, symbols or marks: Hangul fillers, an empty Braille cell, joiners.
BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0") | {chr(each) for each in range(0xFE00, 0xFE10)}
INVISIBLE = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")  # Also line breaks, and marks that turn the direction.
DOTS = str.maketrans("。｡․", "...")  # As browsers read them in a host.
LINK = re.compile(r"(?<=\w)\.+(?=\w{2})|://|@|(?<!\w)www\b", re.IGNORECASE)
WORD = re.compile(r"[^\s,;()<>]+")


class NameProblem(ExplainedProblem):
    """Why a text is no name to show."""

    BLANK = "blank", N_("Ad boş."), N_("Kişilerin sizi tanıdığı adı yazın.")
    INVISIBLE = (
        "invisible",
        N_("Adda görünmeyen karakterler ya da satır sonu var."),
        N_("Adı tek satırda, klavyeden yeniden yazın."),
    )
    LINK = (
        "link",
        N_("Adda bağlantıya benzeyen bir parça var."),
        N_("Uzantıyı (.com gibi) yazmayın; kısaltmalarda noktadan sonra boşluk bırakın."),
    )


class BadName(ValueError):
    """The text is no name to show; `problem` says why."""

    def __init__(self, problem: NameProblem):
        super().__init__(problem.value)
        self.problem = problem


def parse_name(text: str) -> str:
    """A name as it is stored: composed, with single spaces. Raises BadName."""
    stripped = text.strip()
    if any(each in BLANK or unicodedata.category(each) in INVISIBLE for each in stripped):
        raise BadName(NameProblem.INVISIBLE)
    name = unicodedata.normalize("NFC", " ".join(stripped.split()))
    if not any(each.isalnum() for each in name):
        raise BadName(NameProblem.BLANK)
    if holds_link(name):
        raise BadName(NameProblem.LINK)
    return name


def parse_title(text: str) -> str:
    """The same for a trade title, whose abbreviations ("San.Tic.Ltd.Şti.") get their spaces. Raises BadName."""
    return parse_name(re.sub(r"(?<=\w)\.(?=\w{2})", ". ", text))


def holds_link(text: str) -> bool:
    """Whether a phone or a mail program might make a link of a part of the text."""
    return LINK.search(unicodedata.normalize("NFKC", text).translate(DOTS)) is not None


def without_emails(text: str) -> str:
    """Contact details without the e-mail addresses in them, each a word of its own."""
    return WORD.sub(lambda word: " " if is_email(word[0].rstrip(".")) else word[0], text)
