"""Find the code in a pasted message, and links in it: ours, and whatever else a phone or a browser would open.

Fake messages carry true codes at hosts of their own, and a firm may have proved such a host. So a link is ours only if
all of it is written as we write them, at a brand's own host if that brand's links begin with it; whatever else looks
like a link is a foreign one. Reads hosts of the running app.

Our own patterns: linkify-it-py 2.2 passes over names with usual endings ("bad.xyz"), full-width dots ("evil。com") and
unknown schemes, unless it is given all of them; each it overlooks would be a foreign link that nobody is warned of.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from flask import current_app

from portal.core.display_names import BLANK
from portal.web.shared import hosts

SHORT = r"[A-Za-z0-9]{6,16}"
LONG = r"[A-Za-z0-9]{17,32}"
AS_TYPED = re.ASCII | re.IGNORECASE  # Without ASCII, "ſ" is an "s" and "ı" an "i".
OURS = re.compile(
    rf"(?:(?:https?://)?(?P<host>[a-z0-9.-]+)(?::(?P<port>\d+))?)?/(?:(?P<letter>[kums])/)?(?P<code>{SHORT}|{LONG})(?:[/?#][\w/.=&-]*)?",
    AS_TYPED,
)
# A host's own page (a message with a six-digit code names one) has no link code, but is ours.
HOST = re.compile(r"(?:https?://)?(?P<host>[a-z0-9.-]+)(?::(?P<port>\d+))?(?:[/?#][^\\@]*)?", AS_TYPED)
# What phones and browsers turn into a link: a scheme, a name with a path, an IP address, or a name with a top-level
# domain. There are some 1,400 of these: beside the usual ones any in small or in capital letters is taken for one,
# unless an ordinal ("2.el") or an initial ("t.c.kimlik") begins it. What follows the @ of a mail address is none.
# It begins where no other name could, so that a text is read once.
NAME = r"(?<![\w-])(?<![\w-][.。．｡@])(?:[\w-]++[.。．｡])+"
ENDINGS = (
    "com|net|org|info|biz|tr|link|app|dev|xyz|top|site|online|website|web|page|shop|store|club|live|vip|icu|fun|pro|life|"
    "click|cyou|buzz|bond|sbs|cfd|me|co|io|ai|tv|cc|ru|us|eu|uk|de|nl|az|ly|to|gl|gd|gg|be|im|in|is|ws|pw|su|cn|tk|ml|ga|gq"
)
BYTE = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
LINK_LIKE = re.compile(
    r"(?<!\w)\w+:[/\\]\S|(?<!\w)www[.。．｡]\S"
    rf"|{NAME}(?:xn--[\w-]+|[^\W\d]{{2,}})(?::\d+)?[/\\?#]\S|{NAME}(?:{ENDINGS})(?![\w@-])"
    rf"|(?<!\w/)(?!(?:\d+|\w)[.。．｡]){NAME}(?-i:[a-z]{{2,}}|[A-Z]{{2,}})(?![\w@-])"
    rf"|(?<![\w.-])(?:{BYTE}\.){{3}}{BYTE}(?![\w-]|\.\d)",
    re.IGNORECASE,
)
INVISIBLE = ("Cc", "Cf")  # Unicode categories: line ends and zero-width marks, which end a link on a phone.
SEPARATOR = re.compile(r"""[<>"'`|^{}\[\]«»“”‘’]|(?=https?:)""", AS_TYPED)  # No link holds these; or the next begins.
PUNCTUATION = ".,;:!?()*_~…–—-"
DOCUMENT = "/belge.pdf"  # Of a receipt.
LONGEST = 5000  # Characters. People paste the whole message, and a mail's refusal link is at its end.
BARE = re.compile(rf"(?!\d{{6}}$){SHORT}")
BARE_LONG = re.compile(LONG)
SIX_DIGITS = re.compile(r"(?<!\d)\d{3} ?\d{3}(?!\d)")  # Such a code proves an address, not a sender.


class LinkKind(StrEnum):
    """The letter before the code in a link. At a short host, an asking link has none."""

    ASKING = "k"
    REFUSING = "u"
    RECEIPT = "m"
    CASE = "s"


WITH_WORD_PAIR = (LinkKind.ASKING, LinkKind.REFUSING)  # Pages of these show two words to compare with the message.


class PastedTextProblem(StrEnum):
    """Why there is no code to look up."""

    NO_CODE = "no_code"
    FOREIGN = "foreign"  # Only links of others.
    SIX_DIGITS = "six_digits"


@dataclass(frozen=True)
class PastedText:
    """The code and the kinds of link it may belong to, or the problem."""

    code: str = ""
    kinds: tuple[LinkKind, ...] = ()
    foreign: frozenset[str] = frozenset()  # Links of others.
    brand_hosts: frozenset[str] = frozenset()
    problem: PastedTextProblem | None = None


Belongs = Callable[[int, LinkKind, str], bool]  # Whether a code of this kind is a brand's.


def parse(text: str, belongs: Belongs) -> PastedText:
    """The first link of ours, or a bare code, or the problem. A receipt's is the one by which its message is known:
    beside it stands a link that refuses."""
    links, words = find_links(text, belongs), words_of(text)
    alone = "".join(words)
    if links.ours:
        kind, code = min(links.ours, key=lambda link: (link[0] != LinkKind.RECEIPT, link[0] not in WITH_WORD_PAIR))
        return PastedText(code, (kind,), links.foreign, links.brand_hosts)
    has_six_digits = bool(SIX_DIGITS.search(text))
    if BARE.fullmatch(alone) and not (has_six_digits and len(words) > 1):
        return PastedText(alone, (LinkKind.ASKING,))
    if BARE_LONG.fullmatch(alone) and len(words) == 1:
        return PastedText(alone, (LinkKind.RECEIPT, LinkKind.CASE))
    if has_six_digits:
        return PastedText(problem=PastedTextProblem.SIX_DIGITS)
    return PastedText(problem=PastedTextProblem.FOREIGN if links.foreign else PastedTextProblem.NO_CODE)


@dataclass(frozen=True)
class Links:
    """Links of a text, in its order."""

    ours: tuple[tuple[LinkKind, str], ...]  # Kind and code. Left out where the same word holds a foreign link.
    foreign: frozenset[str]
    brand_hosts: frozenset[str]  # Of ours: a firm can lead its own host anywhere.


def find_links(text: str, belongs: Belongs) -> Links:
    """The links of a text. One of ours may lack the host only where it is the whole text."""
    words = words_of(text)
    whole_text = "".join(words)
    ours: list[tuple[LinkKind, str]] = []
    foreign: set[str] = set()
    brand_hosts: set[str] = set()
    for parts in map(_split_word, words):
        found = {part: _parse_link(part, whole_text, belongs) for part in parts}
        others = {part.lower() for part, link in found.items() if not link and _is_foreign(part)}
        foreign |= others
        if not others:
            ours += filter(None, found.values())
            brand_hosts |= {host for part, link in found.items() if link and (host := _brand_host(part))}
    return Links(tuple(ours), frozenset(foreign), frozenset(brand_hosts))


def without_link(text: str, code: str) -> str:
    """The text but for its links with this code; nothing if it is the code alone. What stands beside them stays."""
    words = words_of(text)
    whole_text, kept = "".join(words), []
    for word in words if whole_text != code else ():
        for raw, link in zip(SEPARATOR.split(word), _split_word(word), strict=True):
            found = _parse_link(link, whole_text, lambda *_: True)
            is_this = found is not None and found[1] == code
            kept.append(raw.replace(link, f" {link.partition(code)[2].removeprefix(DOCUMENT)}", 1) if is_this else raw)
    return " ".join(kept)


def words_of(text: str) -> list[str]:
    """The words, without invisible marks and blanks of any kind."""
    return "".join(" " if _is_blank(each) else each for each in text).split()


def _is_blank(letter: str) -> bool:
    return letter in BLANK or unicodedata.category(letter) in INVISIBLE


def _split_word(word: str) -> list[str]:
    """The possible links in a word, without punctuation or text before them: "Ret:https://…" is one word, too."""
    parts = [part.strip(PUNCTUATION) for part in SEPARATOR.split(word)]
    return [part[found.start() :] if (found := LINK_LIKE.search(part)) else part for part in parts]


def _parse_link(part: str, whole_text: str, belongs: Belongs) -> tuple[LinkKind, str] | None:
    """Kind and code of a link of ours."""
    match = OURS.fullmatch(part)
    if match is None or (not match["host"] and part != whole_text) or not _has_our_port(match):
        return None
    host, letter = (match["host"] or "").lower(), (match["letter"] or "").lower()
    kind, code = LinkKind(letter or LinkKind.ASKING), match["code"]
    if host and not hosts.is_ours(host):
        brand_id = hosts.vouched_brand(host)
        return (kind, code) if brand_id is not None and belongs(brand_id, kind, code) else None
    return (kind, code) if letter or hosts.is_short(host) else None


def _brand_host(link: str) -> str | None:
    """The host of a link of ours, where it is a brand's own."""
    match = OURS.fullmatch(link)
    host = (match["host"] or "").lower() if match else ""
    return host if host and not hosts.is_ours(host) else None


def _is_foreign(part: str) -> bool:
    if not LINK_LIKE.match(part):
        return False
    match = HOST.fullmatch(part)
    return match is None or not (hosts.is_ours(match["host"].lower()) and _has_our_port(match))


def _has_our_port(link: re.Match[str]) -> bool:
    """None, or the one that our links have: in any other the eye finds a telephone."""
    return link["port"] is None or link["port"] == str(urlsplit(current_app.config["LINK_BASE"]).port)
