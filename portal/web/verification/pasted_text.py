"""Find the code in a pasted message, or say what is missing."""

import re
from dataclasses import dataclass
from enum import StrEnum

from portal.web.verification import text_links
from portal.web.verification.text_links import LONG, SHORT, LinkKind

LONGEST = 5000  # Characters. People paste the whole message, and a mail's refusal link is at its end.
BARE = re.compile(rf"(?!\d{{6}}$){SHORT}")
BARE_LONG = re.compile(LONG)
SIX_DIGITS = re.compile(r"(?<!\d)\d{3} ?\d{3}(?!\d)")  # Such a code proves an address, not a sender.
WITH_WORD_PAIR = (LinkKind.ASKING, LinkKind.REFUSING)  # Pages of these show two words to compare with the message.


class Problem(StrEnum):
    """Why there is no code to look up."""

    CODE = "no_code"
    OURS = "foreign"  # Only links of others.
    LINK = "six_digits"


@dataclass(frozen=True)
class PastedText:
    """The code and the kinds of link it may belong to, or the problem."""

    code: str = ""
    kinds: tuple[LinkKind, ...] = ()
    foreign: frozenset[str] = frozenset()  # Links of others.
    problem: Problem | None = None


def parse(text: str) -> PastedText:
    """The first link of ours, or a bare code, or the problem."""
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
        return PastedText(problem=Problem.LINK)
    return PastedText(problem=Problem.OURS if links.foreign else Problem.CODE)
