"""E-mail addresses by İYS's rules (H120); domains are validated, and cached, by email-validator."""

import re
import unicodedata
from functools import lru_cache

from email_validator import EmailNotValidError, validate_email

from portal.core.addresses.problems import AddressProblem, BadAddress

SHORTEST, LONGEST = 6, 265  # İYS's rule 5.
KNOWN_DOMAINS = 65_536  # Cached results.

# İYS lists forbidden characters only by example ("vb."), so we accept those it names as allowed. It does not mention a
# dot right before the @, which mail software refuses.
_LOCAL = re.compile(r"[a-z0-9._+-]*[a-z0-9_+-]")
_POSSIBLE_LOCAL = re.compile(r"[a-z0-9._+-]+")
_DOMAIN = re.compile(r"[a-z0-9.-]{2,}\.[a-z0-9-]{2,}")  # İYS's rule 4: at least a@bb.cc.
_CHARACTERS = re.compile(r"[a-z0-9._+@-]*")
_IDN = re.compile(r"(?<=@)[^\s@<>()\[\]\"',;:/\\]{1,255}")
_LABEL = re.compile(r"(?:mailto|e-?posta(?: adresi)?|e-?mail|mail)\s*:\s*", re.I)
_TURKISH_LETTER = re.compile("[çğıöşüâîûÇĞİÖŞÜÂÎÛ\u0307]")  # The last is the combining dot that lower() leaves of İ.


def parse_email(spelling: str) -> str:
    """Parse a normalized spelling that contains an @; the address in lower case. Raises BadAddress."""
    text = _strip_decoration(spelling)
    if text.isascii():
        text = text.lower()
    if not _is_canonical(text):
        raise BadAddress(_find_problem(text), text if _is_possible(text) else None)
    return text


def is_email(text: str) -> bool:
    """Whether İYS accepts this text as an e-mail address (H120)."""
    return text.isascii() and _is_canonical(text.lower())


def with_ascii_domains(text: str) -> str:
    """A text whose mailboxes have their domains as DNS and İYS do: "ali@şirket.com" is at xn--irket-idb.com."""
    return text if text.isascii() else _IDN.sub(lambda found: _to_ascii(found[0]), text)


@lru_cache(maxsize=KNOWN_DOMAINS)
def _to_ascii(domain: str) -> str:
    if domain.isascii():
        return domain
    try:  # İ is no letter of a host; i is what its owner registered.
        found = validate_email(f"a@{domain.replace('İ', 'i').rstrip('.')}", check_deliverability=False)
    except EmailNotValidError:
        return domain
    return found.ascii_domain


def _strip_decoration(spelling: str) -> str:
    if label := _LABEL.match(spelling):
        spelling = spelling[label.end() :].partition("?")[0]
    spelling = spelling.rstrip(" .")
    if spelling.endswith(">"):  # Ayşe Yılmaz <ayse@example.com>
        spelling = spelling[:-1].rpartition("<")[2]
    return spelling.strip()


def _is_canonical(text: str) -> bool:
    local, _, domain = text.rpartition("@")
    return SHORTEST <= len(text) <= LONGEST and _LOCAL.fullmatch(local) is not None and _is_domain(domain)


def _is_possible(text: str) -> bool:
    """Whether earlier rules may have taken it: its letters and form are İYS's, and no label of its domain is broken."""
    local, _, domain = text.rpartition("@")
    is_long_enough = SHORTEST <= len(text) <= LONGEST
    if not is_long_enough or not _POSSIBLE_LOCAL.fullmatch(local) or not _DOMAIN.fullmatch(domain):
        return False
    return all(label and label == label.strip("-") for label in domain.split("."))


@lru_cache(maxsize=KNOWN_DOMAINS)
def _is_domain(domain: str) -> bool:
    if not _DOMAIN.fullmatch(domain):
        return False
    try:
        validate_email("a@" + domain, check_deliverability=False)
    except EmailNotValidError:
        return False
    return True


def _find_problem(text: str) -> AddressProblem:
    if len(text) > LONGEST:
        return AddressProblem.TOO_LONG
    if sum("@" in part for part in re.split(r"[\s,;|/]+", text)) > 1:
        return AddressProblem.SEVERAL
    if _TURKISH_LETTER.search(unicodedata.normalize("NFC", text)):
        return AddressProblem.EMAIL_TURKISH_LETTER
    if re.search(r"\s", text):
        return AddressProblem.EMAIL_SPACE
    if not _CHARACTERS.fullmatch(text):
        return AddressProblem.EMAIL_CHARACTER
    local, _, domain = text.partition("@")
    if "@" in domain or not domain or not _LOCAL.fullmatch(local):
        return AddressProblem.EMAIL_SHAPE
    return AddressProblem.EMAIL_DOMAIN
