"""The links in a text: ours, written as we write them, and whatever else a phone or a browser would open.

Fake messages carry true codes at hosts of their own. So a link is ours only if it is written as we write them, whole:
whatever else looks like a link is a foreign one. Reads hosts of the running app.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from portal.web.shared import hosts

SHORT = r"[A-Za-z0-9]{6,16}"
LONG = r"[A-Za-z0-9]{17,32}"
AS_TYPED = re.ASCII | re.IGNORECASE  # Without ASCII, "ſ" is an "s" and "ı" an "i".
OURS = re.compile(
    rf"(?:(?:https?://)?(?P<host>[a-z0-9.-]+)(?::\d+)?)?/(?:(?P<letter>[kums])/)?(?P<code>{SHORT}|{LONG})(?:[/?#][\w/.=&-]*)?",
    AS_TYPED,
)
# A host's own page, as a message with six digits names it, is no link with a code, but it is ours.
HOST = re.compile(r"(?:https?://)?([a-z0-9.-]+)(?::\d+)?(?:[/?#][^\\@]*)?", AS_TYPED)
# What phones and browsers make a link of: a scheme, a name with a path, an IP address, or a name with an ending that is
# usual (there are some 1,400). What follows the @ of a mail address is none.
NAME = r"(?<![\w-])(?<!\w[.@])(?:[\w-]+[.。．｡])+"
ENDINGS = (
    "com|net|org|info|biz|tr|link|app|dev|xyz|top|site|online|website|web|page|shop|store|club|live|vip|icu|fun|pro|life|"
    "click|cyou|buzz|bond|sbs|cfd|me|co|io|ai|tv|cc|ru|us|eu|uk|de|nl|az|ly|to|gl|gd|gg|be|im|in|is|ws|pw|su|cn|tk|ml|ga|gq"
)
BYTE = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
LINK_LIKE = re.compile(
    r"(?<!\w)\w+:[/\\]\S|(?<!\w)www[.。．｡]\S"
    rf"|{NAME}(?:xn--[\w-]+|[^\W\d]{{2,}})(?::\d+)?[/\\?#]\S|{NAME}(?:{ENDINGS})(?![\w@-])"
    rf"|(?<![\w.-])(?:{BYTE}\.){{3}}{BYTE}(?![\w-]|\.\d)",
    re.IGNORECASE,
)
UNSEEN = ("Cc", "Cf")  # Ends of lines, and marks without a width, which end a link on a phone.
APART = re.compile(r"""[<>"'`|^{}\[\]«»“”‘’]|(?=https?:)""", AS_TYPED)  # No link has these; or the next one begins.
AROUND = ".,;:!?()*_~…–—-"


class LinkKind(StrEnum):
    """The letter in a link before its code. At a host that serves links only, an asking link has none."""

    ASKING = "k"
    REFUSING = "u"
    RECEIPT = "m"
    CASE = "s"


@dataclass(frozen=True)
class Links:
    """What was found in a text, in its order."""

    ours: tuple[tuple[LinkKind, str], ...]  # And the code. None of a word that holds a foreign one, too.
    foreign: frozenset[str]


def find(text: str) -> Links:
    """The links of a text. Only where it stands alone may one of ours lack the host."""
    words = words_of(text)
    alone = "".join(words)
    ours, foreign = [], set()
    for pieces in map(_pieces, words):
        strange = {piece.lower() for piece in pieces if _is_foreign(piece)}
        foreign |= strange
        if not strange:
            ours += [link for piece in pieces if (link := _link(piece, alone))]
    return Links(tuple(ours), frozenset(foreign))


def words_of(text: str) -> list[str]:
    """The words, without marks that nobody sees."""
    return "".join(" " if unicodedata.category(letter) in UNSEEN else letter for letter in text).split()


def _pieces(word: str) -> list[str]:
    """The links in a word, each without what stands around it: "Ret:https://…" is one word, too."""
    pieces = [piece.strip(AROUND) for piece in APART.split(word)]
    return [piece[begins.start() :] if (begins := LINK_LIKE.search(piece)) else piece for piece in pieces]


def _link(piece: str, alone: str) -> tuple[LinkKind, str] | None:
    """The kind and the code of a link of ours."""
    match = OURS.fullmatch(piece)
    if match is None or not match["host"] and piece != alone:
        return None
    host, letter = (match["host"] or "").lower(), (match["letter"] or "").lower()
    if host and not hosts.is_ours(host) or not letter and not hosts.is_short(host):
        return None
    return LinkKind(letter or LinkKind.ASKING), match["code"]


def _is_foreign(piece: str) -> bool:
    if not LINK_LIKE.match(piece):
        return False
    match = HOST.fullmatch(piece)
    return match is None or not hosts.is_ours(match[1].lower())
