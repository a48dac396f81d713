"""Whether a password is good enough: long, hard to guess, and not made of its owner. Nothing is asked of its letters.

NIST SP 800-63B (5.1.1.2): length counts, composition rules do not.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from zxcvbn import zxcvbn

SHORTEST, LONGEST = 12, 128
WEIGHED = 72  # Characters that are weighed: the cost grows with the length, and more are not guessed by chance.
ENOUGH = 3  # Of the scores 0 … 4; it stands for more than 10^8 guesses.
SHORTEST_PIECE = 3  # Of a name or an address: shorter ones stand in anything.
OF_ITS_OWN = 8  # So many characters a password has beside its owner's name.
EVERYWHERE = ("izinlink", "izin", "link")
# What people here choose first, and the English lists do not hold.
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
    """Why a password is not enough."""

    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    ABOUT_YOU = "about_you"  # Made of the name, the e-mail address, or the name of this house.
    REPEATED = "repeated"
    USUAL = "usual"  # Among those that are tried first.
    GUESSABLE = "guessable"


@dataclass(frozen=True)
class PasswordStrength:
    """How strong a password is; `problem` is None where it is enough."""

    score: int  # 0 … 4.
    problem: PasswordProblem | None

    @property
    def is_enough(self) -> bool:
        return self.problem is None


def assess_password(password: str, about: list[str]) -> PasswordStrength:
    """Weigh a password. `about` is what is known of its owner: name, e-mail address, firm."""
    if len(password) > LONGEST:
        return PasswordStrength(0, PasswordProblem.TOO_LONG)
    own = _pieces(about)
    plain = password.translate(PLAIN)
    weighed = zxcvbn(plain[:WEIGHED] or "0", user_inputs=[*own, *TURKISH])  # It cannot weigh nothing at all.
    score = weighed["score"]
    if len(password) < SHORTEST:
        return PasswordStrength(min(score, ENOUGH - 1), PasswordProblem.TOO_SHORT)
    if _is_made_of(plain.lower(), own):
        return PasswordStrength(min(score, 1), PasswordProblem.ABOUT_YOU)
    return PasswordStrength(score, None if score >= ENOUGH else _why(weighed["sequence"]))


def _pieces(about: list[str]) -> list[str]:
    """The words that a name or an address consists of, the longest first."""
    found = set(EVERYWHERE)
    for text in about:
        found |= {piece for piece in re.split(r"[\W_]+", text.translate(PLAIN).lower()) if len(piece) >= SHORTEST_PIECE}
    return sorted(found, key=lambda piece: (-len(piece), piece))


def _is_made_of(plain: str, own: list[str]) -> bool:
    """Whether little is left of a password without its owner's words."""
    rest = plain
    for piece in own:
        rest = rest.replace(piece, " ")
    return rest != plain and len(re.sub(r"[\W_]", "", rest)) < OF_ITS_OWN


def _why(sequence: list[dict]) -> PasswordProblem:
    """What the longest guessed part of a password is."""
    longest = max(sequence, key=lambda part: len(part["token"]), default={})
    kinds = {"repeat": PasswordProblem.REPEATED, "sequence": PasswordProblem.REPEATED, "dictionary": PasswordProblem.USUAL}
    return kinds.get(longest.get("pattern"), PasswordProblem.GUESSABLE)
