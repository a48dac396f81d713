"""What somebody typed or pasted to have a message checked: the code in it, and whether all its links are ours.

Fake messages carry true codes at hosts of their own. So a link counts only if it is written as we write them, whole:
whatever else looks like a link is a foreign one.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from portal.web import hosts

LONGEST = 1000  # Letters: somebody may paste the whole message.
SHORT = r"[A-Za-z0-9]{6,16}"
LONG = r"[A-Za-z0-9]{17,32}"
OURS = re.compile(
    rf"(?:(?:https?://)?(?P<host>[a-z0-9.-]+)(?::\d+)?)?/(?:(?P<door>[kums])/)?(?P<code>{SHORT}|{LONG})(?:[/?#]\S*)?",
    re.IGNORECASE,
)
# A host's own page, as a message with six digits names it, is no link with a code, but it is ours.
HOST = re.compile(r"(?:https?://)?([a-z0-9.-]+)(?::\d+)?(?:[/?#][^\\@]*)?", re.IGNORECASE)
LINK_LIKE = re.compile(r"(?:\w+:[/\\]|www\.|(?:[\w-]+\.)+[^\W\d]{2,}(?::\d+)?[/\\])\S", re.IGNORECASE)
BARE = re.compile(rf"(?!\d{{6}}$){SHORT}")
BARE_LONG = re.compile(LONG)
SIX_DIGITS = re.compile(r"(?<!\d)\d{3} ?\d{3}(?!\d)")  # They show that an address is somebody's, not who wrote.
AROUND = ".,;:!?()[]{}<>\"'«»“”‘’"


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
    has_foreign: bool = False  # Beside our link there is another.
    lacks: Lacks | None = None


def read(text: str) -> Pasted:
    """The first link of ours; or a code that stands alone; or why there is none. Reads hosts of the running app."""
    words = [_from_link(word) for word in text.split()]
    links = [link for word in words if (link := _link(word))]
    has_foreign = any(_is_foreign(word) for word in words)
    if links:
        door, code = min(links, key=lambda link: link[0] not in SHOW_WORDS)
        return Pasted(code, (door,), has_foreign)
    alone = "".join(text.split())
    if BARE.fullmatch(alone):
        return Pasted(alone, (Door.ASKING,))
    if BARE_LONG.fullmatch(text.strip()):
        return Pasted(alone, (Door.RECEIPT, Door.CASE))
    if SIX_DIGITS.search(text):
        return Pasted(lacks=Lacks.LINK)
    return Pasted(lacks=Lacks.OURS if has_foreign else Lacks.CODE)


def _from_link(word: str) -> str:
    """The word without what stands around a link: "Ret:https://…" is one word, too."""
    start = word.lower().find("http")
    return word[max(start, 0) :].strip(AROUND)


def _link(word: str) -> tuple[Door, str] | None:
    match = OURS.fullmatch(word)
    if match is None:
        return None
    host, door = (match["host"] or "").lower(), (match["door"] or "").lower()
    if host and not hosts.is_ours(host) or not door and not hosts.is_short(host):
        return None
    return Door(door or Door.ASKING), match["code"]


def _is_foreign(word: str) -> bool:
    if not LINK_LIKE.match(word):
        return False
    match = HOST.fullmatch(word)
    return match is None or not hosts.is_ours(match[1].lower())
