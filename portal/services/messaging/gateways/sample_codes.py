"""The words for errors and states that a vendor's page lists, each with what is said beside it."""

import re

from portal.services.messaging.gateways import sample_words

MOST = 60  # Words of one list.
CODE = re.compile(r"(?:[A-Za-z]{1,10}:)?[\w.#*/-]{1,40}")
HTTP_STATUS = re.compile(r"[45][0-9]{2}")
BULLET = re.compile(r"^[-*•·–] +")
BETWEEN = re.compile(r"\||\t| {2,}|: |; | [-–—=>→]{1,3} ")  # Of cells.
COMMA = re.compile(r",|/| (?:ve|veya|ya da|and|or) ")
SENTENCE = re.compile(r"(?<=\w\w)[`'\"]?\)?\. (?=\w)")  # The end of one.
NEXT = re.compile(r",| (?:ve|veya|and|or) (?=[`'\"]?[A-Z0-9_]{2}|[0-9])")
LINK = re.compile(r"(?:is|are|can be|one of|şunlardan biri):? ")
PAIR = re.compile(r"[`'\"]?((?:[A-Za-z]{1,10}:)?[\w.#*/-]{1,40})[`'\"]?(?: ?[:=–—-] ?| |$)(.*)")
SIGNS = " `'\"“”*•·.,:"
HEADINGS = frozenset(
    f"{sample_words.FAULT_NAMES} {sample_words.REPORT_NAMES['state']} deger value field alan anlam anlami meaning "
    "aciklama description http httpdurumu httpstatus durumlar states status errors hatalar".split()
)


def read_codes(text: str) -> dict[str, str]:
    """The words of a table or list, in their order; "" beside one of which nothing is said. An HTTP status counts only
    where no other word stands in its row."""
    found: dict[str, str] = {}
    lines = [each for each in text.split("\n") if each.strip()]
    for line in lines:
        if words := _in_one_line(line, is_only=len(lines) == 1):
            return found | words
        cells = [each for cell in BETWEEN.split(BULLET.sub("", line.strip())) if (each := cell.strip(SIGNS))]
        if cells and not found and sample_words.plain_name(cells[0]) in HEADINGS:
            cells = cells[1:] if len(cells) == 2 and COMMA.search(cells[1]) else []
        for word, meaning in _row(cells).items():
            if CODE.fullmatch(word) and re.search(r"\w", word) and len(found) < MOST:
                found.setdefault(word, meaning)
    return found


def _in_one_line(line: str, *, is_only: bool) -> dict[str, str]:
    """Words between commas, with what is said of each, maybe after their name: "status 1 delivered, 2 failed"."""
    line = SENTENCE.split(BULLET.sub("", line.strip()))[0].lstrip("(").rstrip(").")
    name, _blank, rest = line.partition(" ")
    is_named = sample_words.plain_name(name) in HEADINGS
    found: dict[str, str] = {}
    for piece in NEXT.split(LINK.sub("", rest, count=1) if is_named else line):
        pair = PAIR.fullmatch(piece.strip())
        if pair and _is_code(pair[1]):
            found[pair[1]] = pair[2].strip(SIGNS)
        elif found:
            found[list(found)[-1]] += f", {piece.strip()}"
        else:
            return {}
    return found if len(found) > 1 and (is_named or is_only) and not re.search(r"[|\t]", line) else {}


def _is_code(word: str) -> bool:
    return word.isupper() or re.search(r"[0-9_]", word) is not None


def _row(cells: list[str]) -> dict[str, str]:
    if len(cells) > 2 and HTTP_STATUS.fullmatch(cells[0]) and CODE.fullmatch(cells[1]):
        cells = cells[1:]
    if len(cells) != 1:
        return {cells[0]: " ".join(cells[1:])} if cells else {}
    words = [each.strip(SIGNS) for each in COMMA.split(cells[0])]
    if all(CODE.fullmatch(each) for each in words):
        return dict.fromkeys(words, "")
    word, _blank, meaning = cells[0].partition(" ")
    return {word.strip(SIGNS): meaning} if _is_code(word) else {}
