"""A stranger's mail as texts: its headers and encodings, however odd, and nothing that parsers would take long over."""

import base64
import codecs
import quopri
import re
from contextlib import suppress
from datetime import datetime
from email import message_from_bytes
from email.header import decode_header
from email.message import Message
from email.utils import parsedate_to_datetime
from urllib.parse import unquote

from portal.services.messaging.gateways import push_text
from portal.services.messaging.gateways.vendor_rows import parse_time

MOST_NESTED, LONGEST_CONTENT_TYPE = 20, 2000  # The parser takes quadratic time in both.
FOLD = re.compile(rb"\n[ \t]")
HEADER = re.compile(rb"From |[ \t]|[!-9;-~]{1,200}:")
ODD_LINE = "X-Odd-Line"
RECIPIENTS = (
    "delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-delivered-to", "x-forwarded-to",
    "apparently-to", "to", "cc", "bcc", "resent-to", "resent-cc", "resent-bcc",
)  # fmt: skip
RECEIVED_FOR = re.compile(r"\bfor <?([^\s<>;]{3,320})")
MOST_DECODED, LONGEST_HEADER = 50, 2000  # Headers that may be encoded, and characters of one.


def with_head(raw: bytes) -> bytes:
    """A mail in which no line ends the head that is no header, such as spam filters and relays write above others."""
    raw = raw.removeprefix(codecs.BOM_UTF8).lstrip()
    head, gap, body = raw.partition(b"\n\n")
    lines = head.split(b"\n")
    if not any(HEADER.match(line) for line in lines):
        return raw
    odd = ODD_LINE.encode() + b": "
    return b"\n".join(line if HEADER.match(line) else odd + line for line in lines) + gap + body


def is_harmless(raw: bytes) -> bool:
    """Whether the parser will be done in linear time."""
    lines = FOLD.sub(b" ", raw).split(b"\n")
    is_long = any(len(line) > LONGEST_CONTENT_TYPE and line[:8].lower() == b"content-" for line in lines)
    return not is_long and max(map(raw.lower().count, (b"multipart/", b"message/rfc822"))) <= MOST_NESTED


def as_plain_text(raw: bytes) -> bytes:
    """A mail without what its headers say of its parts."""
    head, _, body = raw.partition(b"\n\n")
    lines = FOLD.sub(b" ", head).split(b"\n")
    return b"\n".join(line for line in lines if line[:8].lower() != b"content-") + b"\n\n" + body


def open_encoded(part: Message) -> bytes:
    """Put what a message within a mail holds in place of its base64, which the parser leaves there; what that, or a
    text, is."""
    is_encoded = header(part, "Content-Transfer-Encoding") == "base64"
    if is_encoded and part.get_content_maintype() == "text":
        return bytes(part.get_payload(decode=True) or b"")
    if not is_encoded or part.get_content_maintype() != "message" or not part.is_multipart():
        return b""
    content = b""
    with suppress(Exception):  # Whatever the writer raises.
        content = base64.b64decode(
            b"".join(each.as_bytes() for each in part.get_payload() if isinstance(each, Message))
        )
    if not is_harmless(content):
        return b""
    opened = message_from_bytes(f"Content-Type: {part.get_content_type()}\n\n".encode() + content)
    if content and opened.is_multipart():
        part.set_payload(opened.get_payload())
    return content


def recipients(mail: Message, to: str) -> str:
    """Whom a mail came for, as far as its envelope and headers tell."""
    found = [to, *(value for name in RECIPIENTS for value in texts(mail, name))]
    found += [each[1] for value in texts(mail, "received") if (each := RECEIVED_FOR.search(value))]
    return spellings(" ".join([*found, *map(decoded, found[:MOST_DECODED])]))


def spellings(text: str) -> str:
    """A text in which addresses are also found that are folded, quoted, or encoded."""
    joined = re.sub(r"\n[ \t]", "", text)
    printed = quopri.decodestring(joined.encode("ascii", "replace")).decode("ascii", "replace")
    return unquote(f"{text}\n{joined}\n{printed}")


def texts(mail: Message, name: str) -> list[str]:
    """All headers of a name in lower case, whose bytes may be in any encoding."""
    found = (str(value) for each, value in mail.raw_items() if each.lower() == name)
    return [push_text.decode(value.encode("utf-8", "surrogateescape")) for value in found]


def subjects(mail: Message) -> list[str]:
    return [decoded(each) for each in texts(mail, "subject")]


def decoded(text: str) -> str:
    """A header without the encoding of RFC 2047, as far as it can be decoded."""
    with suppress(Exception):
        found = decode_header(text[:LONGEST_HEADER])
        return "".join(
            each if isinstance(each, str)
            else push_text.decode(each, f"charset={charset}") if charset else each.decode("raw_unicode_escape")
            for each, charset in found
        )  # fmt: skip
    return text[:LONGEST_HEADER]


def header(mail: Message, name: str) -> str:
    """A header in lower case; empty where there is none."""
    return str(mail.get(name, "")).strip().lower()


def date_of(mail: Message) -> datetime | None:
    with suppress(ValueError, OverflowError):
        return parse_time(parsedate_to_datetime(str(mail.get("Date", ""))).isoformat(), "UTC")
    return None
