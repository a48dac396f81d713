"""Samples as people paste them: without what stands around them on the vendor's page; and what one looks like."""

import re
from contextlib import suppress
from urllib.parse import urlsplit

from portal.core.lazy_text import N_
from portal.services.messaging.gateways import sample_calls, sample_words
from portal.services.messaging.gateways.described_call import parse_answer
from portal.services.messaging.gateways.description_parts import push_places
from portal.services.messaging.gateways.sample_calls import HEADER_LINE, REQUEST_LINE

IS_CALL = N_("Bu bir gönderim örneğine benziyor.")
IS_ANSWER = N_("Bu bir yanıt/rapor örneğine benziyor. Gönderimse ilk satırına POST ve adresi yazın.")
LABEL = re.compile(r"\A(?:url|endpoint|adres|istek|request) ?: ?(?=(?:GET |POST |PUT )?https?://)", re.IGNORECASE)
FENCE = re.compile(r"```[^\n]*\n")
REST = re.compile(r",\s*(?:(?:\.\.\.|…)\s*)?(?=[\]}])")  # "and so on" after the last row, or a comma after it.
COMMENT = re.compile(r"(?<![^\s,{\[])//[^\n]*")
CURLY = {'"': "“”„‟", "'": "‘’‚"}
BEGINNINGS = ("{", "[", "<", "curl", "POST ", "GET ", "PUT ", "https://", "http://")


def clean_sample(text: str | None) -> str:
    """The first block of code where there are fences, without headings above it, in straight quotes, and without what
    no JSON has: comments, and dots that stand for further rows."""
    lines = (text or "").replace("\r\n", "\n")
    if FENCE.search(lines):
        lines = FENCE.split(lines, maxsplit=1)[1].partition("```")[0]
    kept = lines.strip().split("\n")
    while len(kept) > 1 and _is_heading(kept[0].strip(), kept[1:]):
        kept = kept[1:]
    cleaned = LABEL.sub("", "\n".join(map(_without_comment, kept)).strip(), count=1)
    for plain, signs in CURLY.items():
        if plain not in cleaned:
            cleaned = re.sub(f"[{signs}]", plain, cleaned)
    return REST.sub("", cleaned)


def clean_answer(text: str | None) -> str:
    """The same of an answer, without its status and headers."""
    cleaned = clean_sample(text)
    head, _gap, body = cleaned.partition("\n\n")
    is_head = all(HEADER_LINE.fullmatch(each) or each.startswith("HTTP/") for each in head.split("\n"))
    return body.strip() if is_head and body else cleaned


def clean_push(text: str | None) -> str:
    """The same of what the vendor sends us, which its page may show as a call: the body, or else the query."""
    cleaned = clean_answer(text)
    with suppress(ValueError):
        call = sample_calls.read_request(cleaned) if is_call(cleaned) else None
        return (call.text.strip() or urlsplit(call.url).query) if call else cleaned
    return cleaned


def _is_heading(line: str, below: list[str]) -> bool:
    if line.startswith(BEGINNINGS) and not line.endswith(":"):
        return False
    is_above_code = next((each for each in below if each.strip()), "").lstrip().startswith(BEGINNINGS)
    return (
        not line or line[0] in "#*" or line.endswith(":") or (is_above_code and not re.search(r"[=:{}\[\]<>|]", line))
    )


def _without_comment(line: str) -> str:
    """A line without what follows "//", unless that stands in a text."""
    found = COMMENT.search(line)
    before = line[: found.start()] if found else ""
    return before.rstrip() if found and before.count('"') % 2 == 0 else line


def is_call(text: str) -> bool:
    first = text.strip().partition("\n")[0].strip()
    return first.startswith(("curl ", "https://", "http://")) or REQUEST_LINE.fullmatch(first) is not None


def is_damaged(text: str) -> bool:
    """Whether an answer or a push begins like JSON or XML and is neither: most often a part of it was not copied."""
    return text.startswith(("{", "[", "<")) and isinstance(parse_answer(text), str)


def is_answer(text: str) -> bool:
    """Whether it is an answer or a report and no call: it has a state, and nothing to say."""
    places = push_places(text)
    has_text = "text" in sample_words.guess_names(places, sample_words.CALL_NAMES)
    return not is_call(text) and not has_text and "word" in sample_words.guess_names(places, sample_words.ANSWER_NAMES)
