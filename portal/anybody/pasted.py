"""What somebody typed or pasted to have a message checked: the code in it, and whether all its links are ours.

Fake messages carry true codes at hosts of their own. So a link counts only if it is written as we write them, whole:
whatever else looks like a link is a foreign one.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from portal.web import hosts

LONGEST = 5000  # Letters: somebody may paste the whole message, and a mail's link to refuse stands at its end.
SHORT = r"[A-Za-z0-9]{6,16}"
LONG = r"[A-Za-z0-9]{17,32}"
AS_TYPED = re.ASCII | re.IGNORECASE  # Without ASCII, "ſ" is an "s" and "ı" an "i".
OURS = re.compile(
    rf"(?:(?:https?://)?(?P<host>[a-z0-9.-]+)(?::\d+)?)?/(?:(?P<door>[kums])/)?(?P<code>{SHORT}|{LONG})(?:[/?#][\w/.=&-]*)?",
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
BARE = re.compile(rf"(?!\d{{6}}$){SHORT}")
BARE_LONG = re.compile(LONG)
SIX_DIGITS = re.compile(r"(?<!\d)\d{3} ?\d{3}(?!\d)")  # They show that an address is somebody's, not who wrote.
UNSEEN = ("Cc", "Cf")  # Ends of lines, and marks without a width, which end a link on a phone.
APART = re.compile(r"""[<>"'`|^{}\[\]«»“”‘’]|(?=https?:)""", AS_TYPED)  # No link has these; or the next one begins.
AROUND = ".,;:!?()*_~…–—-"


class Door(StrEnum):
    """The letter in a link before its code. At a host that serves links only, an asking link has none."""

    ASKING = "k"
    REFUSING = "u"
    RECEIPT = "m"
    CASE = "s"


SHOW_WORDS = (Door.ASKING, Door.REFUSING)  # Two of them, to be compared with those in the message.


class Lacks(StrEnum):
    """Why nothing can be looked up."""

    CODE = "no_code"
    OURS = "foreign"  # The links are somebody else's.
    LINK = "six_digits"


@dataclass(frozen=True)
class Pasted:
    """What was found in it: a code and the doors it may open, or what it lacks."""

    code: str = ""
    doors: tuple[Door, ...] = ()
    foreign: frozenset[str] = frozenset()  # Links of others.
    lacks: Lacks | None = None


def read(text: str) -> Pasted:
    """The first link of ours; or a code that stands alone; or why there is none. Reads hosts of the running app."""
    words = _words(text)
    alone = "".join(words)
    ours = (pieces for pieces in map(_pieces, words) if not any(map(_is_foreign, pieces)))
    links = [link for pieces in ours for piece in pieces if (link := _link(piece, alone))]
    foreign = links_of_others(text)
    if links:
        door, code = min(links, key=lambda link: link[0] not in SHOW_WORDS)
        return Pasted(code, (door,), foreign)
    if BARE.fullmatch(alone):
        return Pasted(alone, (Door.ASKING,))
    if BARE_LONG.fullmatch(alone) and len(words) == 1:
        return Pasted(alone, (Door.RECEIPT, Door.CASE))
    if SIX_DIGITS.search(text):
        return Pasted(lacks=Lacks.LINK)
    return Pasted(lacks=Lacks.OURS if foreign else Lacks.CODE)


def links_of_others(text: str) -> frozenset[str]:
    """What a phone or a browser would open, and not at our hosts."""
    return frozenset(piece.lower() for word in _words(text) for piece in _pieces(word) if _is_foreign(piece))


def _words(text: str) -> list[str]:
    return "".join(" " if unicodedata.category(letter) in UNSEEN else letter for letter in text).split()


def _pieces(word: str) -> list[str]:
    """The links in a word, each without what stands around it: "Ret:https://…" is one word, too."""
    pieces = [piece.strip(AROUND) for piece in APART.split(word)]
    return [piece[begins.start() :] if (begins := LINK_LIKE.search(piece)) else piece for piece in pieces]


def _link(piece: str, alone: str) -> tuple[Door, str] | None:
    """The door and the code of a link of ours. Only where it stands alone may it lack the host."""
    match = OURS.fullmatch(piece)
    if match is None or not match["host"] and piece != alone:
        return None
    host, door = (match["host"] or "").lower(), (match["door"] or "").lower()
    if host and not hosts.is_ours(host) or not door and not hosts.is_short(host):
        return None
    return Door(door or Door.ASKING), match["code"]


def _is_foreign(piece: str) -> bool:
    if not LINK_LIKE.match(piece):
        return False
    match = HOST.fullmatch(piece)
    return match is None or not hosts.is_ours(match[1].lower())
