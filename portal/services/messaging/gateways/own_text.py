"""Know what we sent where a vendor repeats it, or whoever answers quotes it: by comparing it with the texts that we
sent with the links in it. All other words are somebody else's, wherever they stand and whatever they are like."""

import re
from collections.abc import Callable, Collection
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import islice
from typing import Any

from portal.domain.replies import fold
from portal.domain.replies.refusing_words import MAY_REFUSE
from portal.services.messaging.gateways.row_words import LETTER

LONGEST_TEXT, MOST_LINKS = 4000, 4  # Characters of a text that may be ours, and links of it that are looked up.
LEAST_WORDS = 4  # Of a quotation, beside links, the pair of words behind one, and words that refuse.
LINK_MARK = "\ua66e"  # A letter that nobody writes, in place of a link.
LINK = re.compile(
    r"(?<![\w./-])(?:https?://)?[\w.-]{1,253}(?::[0-9]{1,5})?(?:/\w{1,64}){0,3}/(?P<code>\w{1,64})/?"
    r"(?:\?[\w=&%.-]{0,200})?",
    re.IGNORECASE,
)
OPERATOR_CODE = re.compile(r"\bB[0-9]{3}$")  # Appended to each SMS on its way.


class OwnText:
    """What an account sends. `find_sent`: the texts that we sent to whom the link with a code belongs."""

    def __init__(self, find_sent: Callable[[str], Collection[str]] = lambda code: ()):
        self.find_sent = find_sent
        self._beside_cached = lru_cache(16)(self._find_beside)

    def is_ours(self, value: Any) -> bool:
        """Whether nobody else's words stand in it, beside a link of ours."""
        return isinstance(value, str) and value != "" and self.beside(value) == ""

    def beside(self, value: Any) -> Any:
        """What stands in a value beside links and a text of ours: what somebody else wrote."""
        return self._beside_cached(value) if isinstance(value, str) else value

    def _find_beside(self, value: str) -> str:
        links = islice(LINK.finditer(value), MOST_LINKS) if len(value) <= LONGEST_TEXT else ()
        sent = dict.fromkeys(text for each in links for text in self.find_sent(each["code"]))
        if not sent:
            return value
        words = _words(value)
        left = list(words)
        for text in map(_words, sent):
            for start, begin, size in SequenceMatcher(None, words, text, autojunk=False).get_matching_blocks():
                for each in _quoted(text, begin, begin + size):
                    left[start + each - begin] = LINK_MARK
        beside = OPERATOR_CODE.sub("", " ".join(each for each in left if each != LINK_MARK))
        return beside if LETTER.search(beside) else ""


def _quoted(text: list[str], begin: int, end: int) -> range:
    """Which words of a text that all stand in a value are surely quoted there. Whoever refuses may write "Ret" before
    or behind the link that we sent, as we do: at the edge it is theirs, unless our text begins or ends there."""
    plain = [each for each in range(begin, end) if not MAY_REFUSE.search(text[each].lower())]
    counted = [each for each in plain if LINK_MARK not in text[max(0, each - 2) : each + 1]]
    if len(counted) < LEAST_WORDS and end - begin < len(text):
        return range(0)
    return range(plain[0] if begin else 0, plain[-1] + 1 if end < len(text) else end)


def _words(text: str) -> list[str]:
    return fold(LINK.sub(f" {LINK_MARK} ", text)).split()


NO_TEXT = OwnText()
