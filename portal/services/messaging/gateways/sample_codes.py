"""The words for errors and states that a vendor's page lists, each with what is said beside it."""

import re
from collections.abc import Mapping
from typing import Any

from portal.services.messaging.gateways import sample_words
from portal.services.messaging.gateways.protocol import BLOCKED

MAX_WORDS = 60  # Words of one list.
CODE = re.compile(r"(?:[A-Za-z]{1,10}:)?[\w.#*/-]{1,40}")
HTTP_STATUS = re.compile(r"[45][0-9]{2}")
BULLET = re.compile(r"^[-*•·–] +")
BETWEEN = re.compile(r"\||\t| {2,}|: |; | [-–—=>→]{1,3} ")  # Of cells.
BRACKETS = re.compile(r"\(([^()]+)\)")
COMMA = re.compile(r",|/| (?:ve|veya|ya da|and|or) ")
SENTENCE = re.compile(r"(?<=\w\w)[`'\"]?\)?\. (?=\w)")  # The end of one.
NEXT = re.compile(r",| (?:ve|veya|and|or) (?=[`'\"]?[A-Z0-9_]{2}|[0-9])")
LINK = re.compile(r"(?:(?:field|alanı) )?(?:is|are|can be|will be|one of|şunlardan biri):? ")
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
            if CODE.fullmatch(word) and re.search(r"\w", word) and len(found) < MAX_WORDS:
                found.setdefault(word, meaning)
    return found


def with_meanings(description: Mapping[str, Any]) -> dict[str, Any]:
    """The mapping of a description's reports, with what the vendor's page says of each state; empty if it has none."""
    said = read_codes(description.get("samples", {}).get("states", ""))
    return {**description["report_push"], "said": said} if "report_push" in description else {}


def doubtful_states(reports: Mapping[str, Any]) -> list[str]:
    """The states that name a list of refusals, though a person gave them another meaning, or an earlier guess did."""
    words = [
        str(word) for row in reports.get("states", ()) if row.get("reason") not in BLOCKED for word in row["words"]
    ]
    return [word for word in words if sample_words.may_refuse(word, reports["said"].get(word, ""))]


def _in_one_line(line: str, *, is_only: bool) -> dict[str, str]:
    """Words between commas, with what is said of each, maybe after their name, and that in a sentence or in brackets:
    "status 1 delivered, 2 failed"."""
    line = BULLET.sub("", line.strip())
    if re.search(r"[|\t]", line):
        return {}
    for sentence in [*BRACKETS.findall(line), *SENTENCE.split(line)]:
        words = sentence.lstrip("(").rstrip(").").split(" ")
        names = [number for number, each in enumerate(words) if sample_words.plain_name(each) in HEADINGS]
        starts = [each for each in names if each == 0 or not _is_code(words[0].strip(SIGNS))]
        lists = [LINK.sub("", " ".join(words[each + 1 :]), count=1) for each in starts]
        for text in lists + [" ".join(words)] * is_only:
            if len(found := _between_commas(text)) > 1:
                return found
    return {}


def _between_commas(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for piece in NEXT.split(text):
        pair = PAIR.fullmatch(piece.strip())
        if pair and _is_code(pair[1]):
            found[pair[1]] = pair[2].strip(SIGNS)
        elif found:
            found[list(found)[-1]] += f", {piece.strip()}"
        else:
            return {}
    return found


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
