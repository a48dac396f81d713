"""Password strength: long, hard to guess, not made of its owner's name. No composition rules (NIST SP 800-63B)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from zxcvbn import zxcvbn

SHORTEST, LONGEST = 12, 128
ASSESSED = 72  # Characters that zxcvbn assesses, since its cost grows with the length.
ENOUGH = 3  # Of zxcvbn's scores 0 … 4: more than 10^8 guesses.
SHORTEST_WORD = 3  # Of a name or an address; shorter ones occur in anything.
MIN_OTHER = 8  # Characters a password must have beside its owner's words.
PORTAL_WORDS = ("izinlink", "izin", "link")
# Frequent Turkish passwords, which zxcvbn's English lists lack.
TURKISH = (
    "sifre", "parola", "sifrem", "parolam", "galatasaray", "fenerbahce", "besiktas", "trabzonspor", "bursaspor",
    "istanbul", "ankara", "izmir", "antalya", "bursa", "adana", "konya", "turkiye", "turkey", "ataturk", "mustafa",
    "kemal", "merhaba", "selam", "askim", "canim", "bebegim", "annem", "babam", "seniseviyorum", "bismillah",
    "mehmet", "ahmet", "fatma", "ayse", "emine", "hatice", "zeynep", "elif", "yusuf", "murat", "deneme",
    "yonetici", "magaza", "dukkan", "firma", "sirket", "ocak", "subat", "mart", "nisan", "mayis", "haziran", "temmuz",
    "agustos", "eylul", "ekim", "kasim", "aralik",
)  # fmt: skip

PLAIN = str.maketrans("ıİşŞğĞüÜöÖçÇâÂîÎûÛ", "iIsSgGuUoOcCaAiIuU")


class PasswordProblem(StrEnum):
    """Why a password is too weak."""

    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    ABOUT_YOU = "about_you"  # Made of the name, the e-mail address, or the portal's name.
    REPEATED = "repeated"
    USUAL = "usual"  # In a list of frequent passwords.
    GUESSABLE = "guessable"


@dataclass(frozen=True)
class PasswordStrength:
    """The strength of a password; `problem` is None where it is enough."""

    score: int  # 0 … 4.
    problem: PasswordProblem | None


def assess_password(password: str, about: Sequence[str]) -> PasswordStrength:
    """Assess a password. `about` is what is known of its owner: name, e-mail address, company."""
    if len(password) > LONGEST:
        return PasswordStrength(0, PasswordProblem.TOO_LONG)
    own = _split_words(about)
    plain = password.translate(PLAIN)
    assessed = zxcvbn(plain[:ASSESSED] or "0", user_inputs=[*own, *TURKISH])  # zxcvbn rejects an empty text.
    score = assessed["score"]
    if len(password) < SHORTEST:
        return PasswordStrength(min(score, ENOUGH - 1), PasswordProblem.TOO_SHORT)
    if _is_made_of(plain.lower(), own):
        return PasswordStrength(min(score, 1), PasswordProblem.ABOUT_YOU)
    return PasswordStrength(score, None if score >= ENOUGH else _find_problem(assessed["sequence"]))


def _split_words(about: Sequence[str]) -> list[str]:
    """The words of names and addresses, longest first."""
    found = set(PORTAL_WORDS)
    for text in about:
        found |= {word for word in re.split(r"[\W_]+", text.translate(PLAIN).lower()) if len(word) >= SHORTEST_WORD}
    return sorted(found, key=lambda word: (-len(word), word))


def _is_made_of(plain: str, own: list[str]) -> bool:
    """Whether little is left of a password without its owner's words."""
    rest = plain
    for word in own:
        rest = rest.replace(word, " ")
    return rest != plain and len(re.sub(r"[\W_]", "", rest)) < MIN_OTHER


def _find_problem(sequence: list[dict[str, Any]]) -> PasswordProblem:
    """The problem of the longest part that zxcvbn guessed."""
    longest: dict[str, Any] = max(sequence, key=lambda part: len(part["token"]), default={})
    pattern = longest.get("pattern")
    if pattern in ("repeat", "sequence"):
        return PasswordProblem.REPEATED
    return PasswordProblem.USUAL if pattern == "dictionary" else PasswordProblem.GUESSABLE
