"""Read a sample call that somebody copied from a vendor's documents: curl, an HTTP request, a URL, or a body alone."""

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

from portal.core.lazy_text import N_
from portal.services.messaging.gateways import description_checks, json_values, xml_values

NO_ADDRESS = N_("Örnekte adres yok: firmanın sayfasındaki https:// ile başlayan adresi de yazın.")
OPEN_ADDRESS = N_(
    "Örnekteki http:// ile şifreniz ve alıcıların numaraları açıkta gider; hesap böyle kaydedilemez. Aynı adresi "
    "https:// ile yazdık: firmada böyle de varsa “Örnekleri oku”ya yeniden basın, yoksa firmadan isteyin."
)
UNREADABLE = N_("Bu örneği okuyamadık: JSON, XML ya da alan=değer biçiminde olmalı. Eksiksiz kopyalandığına bakın.")
REQUEST_LINE = re.compile(r"(GET|POST|PUT) (\S+)(?: HTTP/[0-9.]{1,3})?")
HEADER_LINE = re.compile(r"([A-Za-z][A-Za-z0-9-]{0,60}):([^\r\n]*)")
# What the client of every call writes itself.
OWN_HEADERS = {
    "content-type", "content-length", "host", "accept", "user-agent", "connection", "cookie", "cache-control",
}  # fmt: skip
# Options of curl that take a value; others take none.
OPTIONS = {
    "-X": "method", "--request": "method", "-H": "header", "--header": "header", "-u": "user", "--user": "user",
    "-d": "data", "--data": "data", "--data-raw": "data", "--data-binary": "data", "--data-ascii": "data",
    "--data-urlencode": "plain", "--json": "data", "-F": "plain", "--form": "plain", "--url": "url", "-o": "", "-A": "",
    "--max-time": "", "--connect-timeout": "", "-m": "", "-b": "", "--cookie": "", "-e": "", "--output": "",
}  # fmt: skip


class BadSample(ValueError):
    """A sample that cannot be read; a msgid says why, and of JSON the line of the body where (0: not known)."""

    def __init__(self, problem: str, line: int = 0):
        super().__init__(problem)
        self.problem, self.line = problem, line


@dataclass
class SampleCall:
    url: str = ""
    method: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    has_basic: bool = False  # Signs in by HTTP Basic.
    text: str = field(default="", repr=False)  # Of the body.
    body_type: str = "json"
    body: Any = None
    query: dict[str, str] = field(default_factory=dict)


def parse_call(text: str, url: str = "") -> SampleCall:
    """Read a sample; a `url` counts more than its own. Raises BadSample."""
    text = text.strip().replace("\r\n", "\n")
    try:
        call = read_request(text)
        call.query = dict(parse_qsl(urlsplit(call.url).query)) | call.query
        call.url = url.strip() or call.url
        address = urlsplit(call.url)
        if address.scheme not in ("https", "http") or not address.hostname:
            raise BadSample(NO_ADDRESS)
        call.query |= dict(parse_qsl(address.query))
        call.has_basic |= "@" in address.netloc
        call.url = address._replace(query="", fragment="", netloc=address.netloc.rpartition("@")[2]).geturl()
        call.body_type, call.body = _parse_body(call.text)
    except BadSample:
        raise
    except ValueError as failure:
        raise BadSample(UNREADABLE, getattr(failure, "lineno", 0)) from None
    _read_login(call)
    call.method = call.method or ("GET" if call.body is None else "POST")
    return call


def described_call(description: Mapping[str, Any], url: str) -> SampleCall:
    """The call of a description, whose placeholders stand in place of values."""
    send = description["send"]
    known = {name: send[name] for name in ("method", "headers", "body_type", "body", "query") if name in send}
    return SampleCall(url, **known, has_basic="basic" in description)


def read_request(text: str) -> SampleCall:
    """The same with neither its query nor its body taken apart. Raises ValueError."""
    return _parse_curl(text) if text.startswith("curl") else _parse_request(text)


def _parse_curl(text: str) -> SampleCall:
    call, data, is_get = SampleCall(), [], False
    words = iter(shlex.split(re.sub(r"[\\^]\n", " ", text))[1:])
    for word in words:
        name, value = _option(word, words)
        match OPTIONS.get(name):
            case "method":
                call.method = value.upper()
            case "header":
                header, _, content = value.partition(":")
                call.headers[header.strip()] = content.strip()
            case "user":
                call.has_basic = True
            case "data":
                data.append(value)
            case "plain":
                field_name, _, content = value.partition("=")
                data.append(f"{field_name}={quote(content)}")
            case "url":
                call.url = value
        is_get |= name in ("-G", "--get")
        if not name.startswith("-"):
            call.url = name
    if is_get:
        call.query, call.method = dict(parse_qsl("&".join(data))), "GET"
    else:
        call.text = data[0] if len(data) == 1 else "&".join(data)
    return call


def _option(word: str, words: Iterator[str]) -> tuple[str, str]:
    """An option of curl with its value: "-d x", "-dx", "--data x" or "--data=x"; or a word that is none."""
    name, sign, inline = word.partition("=") if word.startswith("--") else (word[:2], word[2:], word[2:])
    if not word.startswith("-"):
        return word, ""
    if name not in OPTIONS:
        return name, ""
    return name, inline if sign else next(words, "")


def _parse_request(text: str) -> SampleCall:
    """A request line or a URL first, if there is one; header lines; an empty line; the body."""
    call, lines = SampleCall(), text.split("\n")
    if found := REQUEST_LINE.fullmatch(lines[0].strip()):
        call.method, call.url = found[1], found[2]
        lines = lines[1:]
    elif lines[0].strip().lower().startswith(("https://", "http://")):
        call.url, lines = lines[0].strip(), lines[1:]
    while lines and (header := HEADER_LINE.fullmatch(lines[0].strip())):
        call.headers[header[1]] = header[2].strip()
        lines = lines[1:]
    host = next((each for name, each in call.headers.items() if name.lower() == "host"), "")
    if call.url.startswith("/") and host:
        call.url = f"https://{host}{call.url}"
    call.text = "\n".join(lines)
    return call


def _parse_body(text: str) -> tuple[str, Any]:
    text = text.strip()
    if not text:
        return "json", None
    if text.startswith("<"):
        return "xml", xml_values.parse(text, keeps_namespaces=True)
    if text[0] in "{[":
        body = json_values.parse(text)
        if json_values.is_deeper(body, description_checks.DEEPEST - 5):
            raise BadSample(UNREADABLE)
        return "json", body
    fields = dict(parse_qsl("&".join(each.strip().strip("&") for each in text.split("\n"))))
    if not fields:
        raise BadSample(UNREADABLE)
    return "form", fields


def _read_login(call: SampleCall) -> None:
    """Leave out the headers that say nothing of the vendor's, and note HTTP Basic."""
    basic = [name for name, each in call.headers.items() if each.lower().startswith("basic ")]
    call.has_basic |= bool(basic)
    left_out = OWN_HEADERS | {name.lower() for name in basic}
    call.headers = {name: each for name, each in call.headers.items() if each and name.lower() not in left_out}
