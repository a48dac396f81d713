"""Know what we sent where a vendor repeats it, or whoever answers quotes it: by its beginning and by links of ours.

A link alone says nothing of who wrote what stands beside it: people who refuse paste the one they were sent.
"""

import re
from collections.abc import Callable, Collection
from functools import cached_property, lru_cache
from itertools import islice
from typing import Any

from portal.core.word_pairs import WORDS
from portal.domain.replies import fold, names_brand
from portal.services.messaging.gateways.row_words import LETTER

LONGEST_TEXT = 6000  # Characters of a text that may be ours.
MOST_COLONS, MOST_NAME_WORDS, LEAST_TEXT_WORDS = 20, 12, 3  # Before our link; of a name; between them.
BRACKETED_WORDS = re.compile(r"\((\w{1,20}(?: \w{1,20})?)\)")
LINK_WORDS = frozenset(WORDS)  # Two of them stand in brackets beside a link, as on its page.
LINK_MARK, COLON_MARK = "\ua66e", "\u01bb"  # Letters that nobody writes, in their place while a text is folded.
# Folded: what stands before each link in templates/messages, and the sentences behind the last one.
INTRODUCED_LINK = re.compile(
    r"\b(?:RET|REFUSE|REDDETMEK ICIN|AYRILMAK ICIN|BELGENIZ|OKUYABILIRSINIZ|VERILERINIZ|RECEIPT|HERE|DATA)"
    rf" {COLON_MARK} {LINK_MARK}"
)
FIRM_FOOTER = re.compile(r"(?:.{0,400}?\b(?:MERSIS|VKN|TCKN)(?: [0-9]{1,16})?(?![0-9]))?")  # Contact and firm.
REFUSAL_HINT = re.compile(  # How to refuse, and the operator's code.
    r"(?:(?:SMS|MESAJ|ALMAK|[0-9]{1,16}) ){0,8}(?:ISTEM(?:IYOR|EZ)S\w{1,10}|RET ICIN)(?: \w{1,20}){0,3} RET YAZIP"
    r"(?: \w{1,20}){1,4} GONDER(?:IN(?:IZ)?|EBILIRSINIZ)|\bB[0-9]{3}$"
)


class OwnText:
    """What an account sends: its links are at hosts, and each text begins with a name and a colon."""

    def __init__(self, hosts: Collection[str] = (), find_names: Callable[[], Collection[str]] = tuple):
        known = "|".join(map(re.escape, sorted(filter(None, hosts)))) or r"(?!)"
        self.link = re.compile(
            rf"(?:\bhttps?://|(?<![\w.-]))(?:{known})(?::[0-9]{{1,5}})?(?:/\w{{1,64}}){{1,4}}/?(?:\?[\w=&%.-]{{0,200}})?",
            re.IGNORECASE,
        )
        self.find_names = find_names
        self._beside_cached = lru_cache(16)(self._find_beside)

    def is_ours(self, value: Any) -> bool:
        """Whether nobody else's words stand in it, beside a link of ours."""
        return isinstance(value, str) and value != "" and self.beside(value) == ""

    def beside(self, value: Any) -> Any:
        """What stands in a value beside links and a text of ours: what somebody else wrote."""
        return self._beside_cached(value) if isinstance(value, str) else value

    @cached_property
    def names(self) -> frozenset[str]:
        return frozenset(map(fold, self.find_names()))

    def _find_beside(self, value: str) -> str:
        if not self.link.search(value):
            return value
        if (span := self._find_text(value)) is None:
            left = self.link.sub(" ", value).strip()
            return left if re.search(r"\w", left) else ""
        before, behind = span
        end = FIRM_FOOTER.match(behind)
        behind = REFUSAL_HINT.sub(" ", behind[end.end() if end else 0 :])
        left = f"{before} {behind}".replace(COLON_MARK, " ").replace(LINK_MARK, " ").strip()
        return left if LETTER.search(left) else ""

    def _find_text(self, value: str) -> tuple[str, str] | None:
        """What stands before a text of ours and behind its last link, folded."""
        marked = self.link.sub(f" {LINK_MARK} ", value).replace(":", f" {COLON_MARK} ")
        folded = fold(BRACKETED_WORDS.sub(_without_pair, marked)) if len(value) <= LONGEST_TEXT else ""
        for colon in islice(re.finditer(f" {COLON_MARK} ", folded), MOST_COLONS):
            words = folded[: colon.start()].split()[-MOST_NAME_WORDS:]
            names = (" ".join(words[first:]) for first in range(len(words)))
            name = next((each for each in names if each in self.names and names_brand(each)), "")
            links = list(INTRODUCED_LINK.finditer(folded, colon.end())) if name else []
            if links and len(folded[colon.end() : links[0].start()].split()) >= LEAST_TEXT_WORDS:
                return folded[: colon.start() - len(name)], folded[links[-1].end() :]
        return None


def _without_pair(found: re.Match[str]) -> str:
    return " " if LINK_WORDS.issuperset(found[1].lower().split()) else found[0]


NO_TEXT = OwnText()
