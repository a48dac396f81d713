"""The words for errors and states that a vendor's page lists, each with what is said beside it."""

import re

from portal.services.messaging.gateways import sample_words

MOST = 60  # Words of one list.
CODE = re.compile(r"[\w.#*/-]{1,40}")
HTTP_STATUS = re.compile(r"[45][0-9]{2}")
BULLET = re.compile(r"^[-*•·–] +")
BETWEEN = re.compile(r"\||\t| {2,}|: |; | [-–—=>→]{1,3} ")  # Of cells.
COMMA = re.compile(r",|/| (?:ve|veya|ya da|and|or) ")
SIGNS = " `'\"“”*•·.,:"
HEADINGS = frozenset(
    f"{sample_words.FAULT_NAMES} {sample_words.REPORT_NAMES['state']} deger value field alan anlam anlami meaning "
    "aciklama description http httpdurumu httpstatus durumlar states status errors hatalar".split()
)


def read_codes(text: str) -> dict[str, str]:
    """The words of a table or list, in their order; "" beside one of which nothing is said. An HTTP status counts only
    where no other word stands in its row."""
    found: dict[str, str] = {}
    for line in text.split("\n"):
        cells = [each for cell in BETWEEN.split(BULLET.sub("", line.strip())) if (each := cell.strip(SIGNS))]
        if cells and not found and sample_words.plain_name(cells[0]) in HEADINGS:
            cells = cells[1:] if len(cells) == 2 and COMMA.search(cells[1]) else []
        for word, meaning in _row(cells).items():
            if CODE.fullmatch(word) and re.search(r"\w", word) and len(found) < MOST:
                found.setdefault(word, meaning)
    return found


def _row(cells: list[str]) -> dict[str, str]:
    if len(cells) > 2 and HTTP_STATUS.fullmatch(cells[0]) and CODE.fullmatch(cells[1]):
        cells = cells[1:]
    if len(cells) != 1:
        return {cells[0]: " ".join(cells[1:])} if cells else {}
    words = [each.strip(SIGNS) for each in COMMA.split(cells[0])]
    if all(CODE.fullmatch(each) for each in words):
        return dict.fromkeys(words, "")
    word, _blank, meaning = cells[0].partition(" ")
    return {word: meaning} if word.isupper() or re.search(r"[0-9_]", word) else {}
