"""Samples as people paste them: taken out of what stands around them on the vendor's page; and what one looks like."""

import re
from contextlib import suppress
from itertools import takewhile
from urllib.parse import parse_qsl, urlsplit

from portal.core.lazy_text import N_
from portal.services.messaging.gateways import sample_calls, sample_codes, sample_words
from portal.services.messaging.gateways.described_call import parse_answer
from portal.services.messaging.gateways.description_parts import push_places
from portal.services.messaging.gateways.sample_calls import HEADER_LINE, REQUEST_LINE, UNREADABLE

IS_CALL = N_("Bu bir gönderim örneğine benziyor.")
IS_ANSWER = N_("Bu bir yanıt/rapor örneğine benziyor. Gönderimse ilk satırına POST ve adresi yazın.")
IS_PROSE = N_(
    "Bu yazıda örnek bulamadık. Gelen verinin kendisini yapıştırın; şöyle başlar: "
    '{"id": 7, <id>7</id>, id=7&… ya da (yanıtta) OK:7.'
)
IS_POLLED = N_(
    "Bu firma sonucu kendisi bildirmiyor, sorulması gerekiyor; bunu yapamıyoruz: iletiler “Firma aldı, sonuç "
    "bekleniyor” olarak kalır. Bu kutuyu boş bırakın."
)
FENCE = re.compile(r"```[^\n]*\n")
TICKED = re.compile(r"`([^`\n]+)`")
REST = re.compile(r",\s*(?:(?:\.\.\.|…)\s*)?(?=[\]}])")  # "and so on" after the last row, or a comma after it.
COMMENT = re.compile(r"(?<![^\s,{\[])//[^\n]*")
CURLY = {'"': "“”„‟", "'": "‘’‚"}
BEGINNINGS = ("POST ", "GET ", "PUT ", "https://", "http://")
CURL = re.compile(r"curl (?=['\"\\h-])(?:'[^']*'?|\"(?:\\.|[^\"\\])*\"?|[\\^]\n|\n(?=[ \t]*--?[A-Za-z])|[^\n])*")
DOCUMENT = r"[{\[](?=\s*[{\[\"'}\]0-9])|<(?=[?A-Za-z])"
BEGIN = re.compile(
    rf"(?:POST|GET|PUT) (?=[/h?])|https?://|\?(?=\w{{1,60}}=)|\b[\w.\[\]-]{{1,60}}=(?=[^\s&=]{{0,200}}&)|{DOCUMENT}"
)
FIRST_LINE = re.compile(r"(?:(?:POST|GET|PUT) )?\S+(?: HTTP/[0-9.]{1,3}|(?:(?: [^\s&]*)+&\S*)*)")
FIELD = re.compile(r"\s*[?&]?[\w.\[\]-]{1,60}=")
HEADERS = re.compile(r"(?:^[A-Za-z][A-Za-z0-9-]{0,60}:[ \t]*\S[^\n]*\n)+\n?\Z", re.MULTILINE)
SAMPLE = re.compile(rf"curl |{BEGIN.pattern}|{FIELD.pattern}")  # How one begins.
BRACKET = re.compile(r'"(?:\\.|[^"\\])*"?|[{}\[\]]', re.DOTALL)
MEANING = re.compile(r" (?:[–—→]|-{1,2}>?|=>) (?=\S| )|\n\n")  # After a plain answer.
MOST_WORDS = 3  # Of a plain answer without a number.


def clean_sample(text: str | None) -> str:
    """The first sample within a text, in straight quotes, and without what no JSON has: comments, and dots that stand
    for further rows. A text without a sample stays."""
    lines = (text or "").replace("\r\n", "\n")
    fenced = FENCE.search(lines)
    if fenced:
        lines = lines[fenced.end() :].partition("```")[0]
    cleaned = "\n".join(map(_without_comment, lines.strip().split("\n")))
    for plain, signs in CURLY.items():
        if plain not in cleaned:
            cleaned = cleaned.translate(dict.fromkeys(map(ord, signs), plain))
    return REST.sub("", cleaned if fenced else _sample_in(cleaned)).strip()


def clean_answer(text: str | None) -> str:
    """The same of an answer, without its status and headers; of a plain one without its meaning."""
    cleaned = clean_sample(text)
    head, _gap, body = cleaned.partition("\n\n")
    is_head = all(HEADER_LINE.fullmatch(each) or each.startswith("HTTP/") for each in head.split("\n"))
    found = body.strip() if is_head and body else cleaned
    return found if SAMPLE.match(found) else MEANING.split(found)[0].strip()


def clean_push(text: str | None) -> str:
    """The same of what the vendor sends us, which its page may show as a call: the body, or else the query."""
    cleaned = clean_answer(text)
    with suppress(ValueError):
        call = sample_calls.read_request(cleaned) if is_call(cleaned) else None
        return (call.text.strip() or urlsplit(call.url).query) if call else cleaned.lstrip("?")
    return cleaned


def list_around(text: str, sample: str) -> str:
    """What stands around a sample, where it is a list of words and the sample holds one of them; or nothing."""
    around = text if sample in sample_codes.read_codes(text) else text.replace(sample, " ")
    listed = sample_codes.read_codes(around)
    is_list = len(listed) > 1 and not listed.keys().isdisjoint({sample, *push_places(sample).values()})
    return around.strip() if is_list else ""


def _sample_in(text: str) -> str:
    """The first sample where sentences, headings and ticks may stand around it."""
    if curl := CURL.search(text):
        return curl[0]
    begin = re.search(r"^(?:POST|GET|PUT) (?=[/h?])", text, re.MULTILINE) or BEGIN.search(text)
    ticked = next((each for each in TICKED.findall(text) if re.search(r"[=:{<|?0-9]", each)), "")
    if ticked and not (begin and begin.start() == 0):
        return ticked
    if begin is None:
        lines = text.split("\n")
        while len(lines) > 1 and re.match(r"$|[#*]|.*:$", lines[0].strip()):
            lines = lines[1:]
        return "\n".join(lines)
    headers = HEADERS.search(text[: begin.start()])
    return _request_in(text[headers.start() if headers else begin.start() :])


def _request_in(text: str) -> str:
    """A request line or URL, if there is one, and its headers; and the body that follows, maybe after sentences."""
    lines = text.split("\n")
    line = FIRST_LINE.match(lines[0]) if text.startswith(BEGINNINGS) else None
    count = 1 if line else 0
    while count < len(lines) and HEADER_LINE.fullmatch(lines[count].strip()):
        count += 1
    head, rest = lines[1 if line else 0 : count], "\n".join(lines[count:])
    head = [line[0].rstrip(").,;"), *head] if line else head
    is_get = head[:1] and (head[0].startswith("GET ") or (line and not re.match(rf"\s*(?:{DOCUMENT})", rest)))
    if is_get and "=" in head[0] and not head[0].startswith(("POST", "PUT")):
        return "\n".join(head)
    fields = list(takewhile(FIELD.match, rest.strip().split("\n")))
    document = re.search(DOCUMENT, rest)
    if fields:
        body = "\n".join(
            (FIRST_LINE.match(each) or [each])[0].rstrip(").,;") if "&" in each else each for each in fields
        )
    else:
        body = _document_in(rest[document.start() :]) if document else rest.strip()
    return "\n".join([*head, *([""] if head and body else []), body]).strip()


def _document_in(text: str) -> str:
    """The JSON or XML that a text begins with; all of it where its end is missing."""
    if root := re.match(r"(?:<\?[^>]*>\s*)?<([A-Za-z][\w:.-]{0,60})", text):
        end = f"</{root[1]}>"
        return text[: text.rfind(end) + len(end)] if end in text else text
    depth = 0
    for sign in BRACKET.finditer(text):
        depth += {"{": 1, "[": 1, "}": -1, "]": -1}.get(sign[0], 0)
        if depth == 0:
            return text[: sign.end()]
    return text


def _without_comment(line: str) -> str:
    """A line without what follows "//", unless that stands in a text."""
    found = COMMENT.search(line)
    before = line[: found.start()] if found else ""
    return before.rstrip() if found and before.count('"') % 2 == 0 else line


def is_call(text: str) -> bool:
    first = text.strip().partition("\n")[0].strip()
    return first.startswith(("curl ", "https://", "http://")) or REQUEST_LINE.fullmatch(first) is not None


def is_polled(report: str, call: str, url: str) -> bool:
    """Whether a report is got by a call of ours: one to where messages are sent, or with a password."""
    with suppress(ValueError):
        asked = urlsplit(sample_calls.read_request(clean_answer(report)).url)
        sent = urlsplit(url or sample_calls.read_request(call).url)
        names = [f"/query/{name}" for name, _value in parse_qsl(asked.query)]
        is_to_vendor = asked.hostname is not None and asked.hostname == sent.hostname
        return is_to_vendor or "secret.password" in map(sample_words.secret_of, names)
    return False


def problem_of(text: str) -> str:
    """Why an answer or a push is no sample, as a msgid, or nothing: it begins like JSON or XML and is neither, most
    often since a part was not copied; or it is prose. A plain answer has few words, or a number first."""
    if text.startswith(("{", "[", "<")):
        return UNREADABLE if isinstance(parse_answer(text), str) else ""
    words = text.split()
    is_prose = len(words) > MOST_WORDS and not SAMPLE.match(text) and not re.search("[0-9]", " ".join(words[:2]))
    return IS_PROSE if is_prose else ""


def problem_of_call(text: str) -> str:
    """The same of a call. An answer or a report has a state, and nothing to say."""
    if is_call(text):
        return ""
    names = sample_words.guess_names(
        push_places(text), {**sample_words.ANSWER_NAMES, "text": sample_words.CALL_NAMES["text"]}
    )
    is_answer = "word" in names and "text" not in names
    return IS_ANSWER if is_answer else IS_PROSE if problem_of(text) is IS_PROSE else ""
