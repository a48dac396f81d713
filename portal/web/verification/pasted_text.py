"""What somebody typed or pasted to have a message checked: the code in it, or what it lacks."""

import re
from dataclasses import dataclass
from enum import StrEnum

from portal.web.verification import text_links
from portal.web.verification.text_links import LONG, SHORT, LinkKind

LONGEST = 5000  # Letters: somebody may paste the whole message, and a mail's link to refuse stands at its end.
BARE = re.compile(rf"(?!\d{{6}}$){SHORT}")
BARE_LONG = re.compile(LONG)
SIX_DIGITS = re.compile(r"(?<!\d)\d{3} ?\d{3}(?!\d)")  # They show that an address is somebody's, not who wrote.
WITH_WORD_PAIR = (LinkKind.ASKING, LinkKind.REFUSING)  # Two of them, to be compared with those in the message.


class Problem(StrEnum):
    """Why nothing can be looked up."""

    CODE = "no_code"
    OURS = "foreign"  # The links are somebody else's.
    LINK = "six_digits"


@dataclass(frozen=True)
class PastedText:
    """What was found in it: a code and the kinds of link it may be of, or what it lacks."""

    code: str = ""
    kinds: tuple[LinkKind, ...] = ()
    foreign: frozenset[str] = frozenset()  # Links of others.
    lacks: Problem | None = None


def parse(text: str) -> PastedText:
    """The first link of ours; or a code that stands alone; or why there is none."""
    links, words = text_links.find_links(text), text_links.words_of(text)
    alone = "".join(words)
    if links.ours:
        kind, code = min(links.ours, key=lambda link: link[0] not in WITH_WORD_PAIR)
        return PastedText(code, (kind,), links.foreign)
    has_six_digits = bool(SIX_DIGITS.search(text))
    if BARE.fullmatch(alone) and not (has_six_digits and len(words) > 1):
        return PastedText(alone, (LinkKind.ASKING,))
    if BARE_LONG.fullmatch(alone) and len(words) == 1:
        return PastedText(alone, (LinkKind.RECEIPT, LinkKind.CASE))
    if has_six_digits:
        return PastedText(lacks=Problem.LINK)
    return PastedText(lacks=Problem.OURS if links.foreign else Problem.CODE)
