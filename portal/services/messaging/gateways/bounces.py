"""What comes back to the envelope's sender of our mails: bounces (RFC 3464), complaints (ARF, RFC 5965), refusals by
mail, and replies of machines and people.

A mail of a stranger: at most MAX_BYTES of it are read, and nothing that the parsers would take long over. Only an
address with a token of ours says which message it is about, so nobody can fail or refuse somebody else's.
"""

import base64
import codecs
import quopri
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from email import message_from_bytes
from email.header import decode_header
from email.message import Message
from email.utils import parseaddr, parsedate_to_datetime
from itertools import islice
from urllib.parse import unquote

from flufl.bounce import all_failures

from portal.core import clock
from portal.domain.replies import REFUSING, classify_reply
from portal.services.messaging.gateways import mail_text, push_text
from portal.services.messaging.gateways.mail_status import ENHANCED, enhanced_status, reason_of
from portal.services.messaging.gateways.mail_tokens import TokenPurpose, find_messages
from portal.services.messaging.gateways.protocol import (
    BlockedAddress,
    Feedback,
    InboundMessage,
    Reason,
    Report,
    ReportState,
)
from portal.services.messaging.gateways.vendor_rows import canonical, parse_time

MAX_BYTES = 256 * 1024
MAX_ODD_BYTES, LONGEST_LINE = 32 * 1024, 998  # What flufl.bounce gets to see; it tries many patterns on each line.
MOST_NESTED, LONGEST_CONTENT_TYPE = 20, 2000  # The parser takes quadratic time in both.
FOLD = re.compile(rb"\n[ \t]")
HEADER = re.compile(rb"From |[ \t]|[!-9;-~]{1,200}:")
ODD_LINE = "X-Odd-Line"
NO_COMPLAINT = ("not-spam", "auth-failure")  # RFC 6430 and 6591 use ARF for other news.
RECIPIENTS = (
    "delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-delivered-to", "x-forwarded-to",
    "apparently-to", "to", "cc", "bcc", "resent-to", "resent-cc", "resent-bcc",
)  # fmt: skip
RECEIVED_FOR = re.compile(r"\bfor <?([^\s<>;]{3,320})")
OURS = r"\bunsubscribe ?[^\s<>@%]{{0,80}}\s?[@%]\s?{0}|{0}=unsubscribe"  # At a domain, also as SRS and relays write it.
MOST_NAMED = 50
MOST_DECODED, LONGEST_HEADER = 50, 2000  # Headers that may be encoded, and characters of one.
LONGEST_SENDER = 400  # Characters; the parser goes one call deeper at each bracket.
LONGEST_ID, MOST_READ, MOST_LINES = 200, 4000, 200  # Of a mail's id and its text.
COMPLAINT, STATUS = REPORTS = "message/feedback-report", "message/delivery-status"
STATES = {
    "delivered": ReportState.DELIVERED,
    "failed": ReportState.FAILED,
}  # Others are on their way: delayed, relayed.
Named = Sequence[tuple[TokenPurpose, int]]


def parse_returned_mail(raw: bytes, to: str, keys: Sequence[bytes], domain: str = "") -> Feedback:
    """Read a mail that came for `to`, the envelope's recipient where it is known; `keys` are of tokens. What names an
    address of ours, at `domain` where its token is of nobody, and says nothing that we understand waits to be read.
    Never raises."""
    raw = _with_head(raw[:MAX_BYTES].replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\0", b""))
    for mail in (raw, _as_plain_text(raw))[0 if _is_harmless(raw) else 1 :]:
        with suppress(Exception):  # Whatever the parser, or a codec that a header names, raises.
            return _parse(mail, to, keys, domain)
    said = f"{push_text.decode(raw[:MOST_READ])}…"
    return Feedback(replies=(InboundMessage("", "", to, said, clock.now(), is_dated=False, is_whole=False),))


def _parse(raw: bytes, to: str, keys: Sequence[bytes], domain: str) -> Feedback:
    mail = message_from_bytes(raw)
    raw += b"".join(map(_open_encoded, mail.walk()))
    parts = {part.get_content_type(): part for part in mail.walk()}
    named_to, anywhere, at = _recipients(mail, to), _spellings(raw.decode("ascii", "replace")), _date_of(mail)
    addressed = list(dict.fromkeys(find_messages(keys, named_to)))
    refused = [each for purpose, each in addressed if purpose == TokenPurpose.UNSUBSCRIBE]
    if refused:  # Nothing but what refuses comes there.
        return Feedback(blocked=tuple(BlockedAddress("", at, "mailto", each) for each in refused))
    named = addressed or list(islice(find_messages(keys, anywhere), MOST_NAMED))
    told = _read_automatic(mail, parts, raw, named, at, is_ours=bool(addressed)) if named else None
    if told is None and _waits(mail, parts, named, named_to, anywhere, domain):
        told = Feedback(replies=(_unread(mail, raw, named[0][1] if named else None, at),))
    return told or Feedback()


def _waits(
    mail: Message, parts: Mapping[str, Message], named: Named, named_to: str, anywhere: str, domain: str
) -> bool:  # fmt: skip
    """Whether a person has to read what is no news of a mail system."""
    ours = re.compile(OURS.format(re.escape(domain)) if domain else "(?!)", re.IGNORECASE)
    if _refuses(named) or ours.search(named_to):
        return True
    if not parts.keys().isdisjoint(REPORTS):
        return bool(named)
    return bool(named or ours.search(anywhere)) and (not is_automatic(mail) or _may_refuse(mail))


def _refuses(named: Named) -> bool:
    return any(purpose == TokenPurpose.UNSUBSCRIBE for purpose, _ in named)


def _read_automatic(
    mail: Message, parts: Mapping[str, Message], raw: bytes, named: Named, at: datetime | None, *, is_ours: bool
) -> Feedback | None:
    """What a mail system says of a message; None where it says nothing."""
    message_id = named[0][1]
    if COMPLAINT in parts:
        told = _complaint(parts[COMPLAINT], message_id, at)
        if told or STATUS not in parts:
            return told
    if STATUS in parts and (reports := tuple(_reports(parts[STATUS], message_id, at))):
        return Feedback(reports)
    if parts.keys().isdisjoint(REPORTS) and _header(mail, "Auto-Submitted").startswith("auto-replied"):
        return None if _refuses(named) or _may_refuse(mail) else Feedback()  # Else an absence notice.
    is_bounce = _has_null_sender(mail)
    report = _odd_report(raw, message_id, at, is_unknown=is_ours and is_bounce) if is_ours or is_bounce else None
    return Feedback((report,)) if report else None


def is_automatic(mail: Message) -> bool:
    """Whether no person wrote a mail, so that an answer might go back and forth for ever."""
    return (
        _has_null_sender(mail)
        or _header(mail, "Auto-Submitted") not in ("", "no")
        or _header(mail, "Precedence") in ("bulk", "junk", "list", "auto_reply")
        or any(name in mail for name in ("List-Id", "List-Unsubscribe", "X-Auto-Response-Suppress", "X-Autoreply"))
    )


def _may_refuse(mail: Message) -> bool:
    """Whether somebody's own words may refuse: mails of people, too, are marked as automatic, such as by Exchange."""
    lines = [*map(_decoded, _texts(mail, "subject")), *mail_text.read(mail).splitlines()]
    own = (each for each in lines if not each.startswith(mail_text.QUOTED))
    return any(classify_reply(each) in REFUSING for each in islice(own, MOST_LINES))


def _open_encoded(part: Message) -> bytes:
    """Put what a message within a mail holds in place of its base64, which the parser leaves there; what that, or a
    text, is."""
    is_encoded = _header(part, "Content-Transfer-Encoding") == "base64"
    if is_encoded and part.get_content_maintype() == "text":
        return bytes(part.get_payload(decode=True) or b"")
    if not is_encoded or part.get_content_maintype() != "message" or not part.is_multipart():
        return b""
    content = b""
    with suppress(Exception):  # Whatever the writer raises.
        content = base64.b64decode(
            b"".join(each.as_bytes() for each in part.get_payload() if isinstance(each, Message))
        )
    if not _is_harmless(content):
        return b""
    opened = message_from_bytes(f"Content-Type: {part.get_content_type()}\n\n".encode() + content)
    if content and opened.is_multipart():
        part.set_payload(opened.get_payload())
    return content


def _with_head(raw: bytes) -> bytes:
    """A mail in which no line ends the head that is no header, such as spam filters and relays write above others."""
    raw = raw.removeprefix(codecs.BOM_UTF8).lstrip()
    head, gap, body = raw.partition(b"\n\n")
    lines = head.split(b"\n")
    if not any(HEADER.match(line) for line in lines):
        return raw
    odd = ODD_LINE.encode() + b": "
    return b"\n".join(line if HEADER.match(line) else odd + line for line in lines) + gap + body


def _recipients(mail: Message, to: str) -> str:
    """Whom a mail came for, as far as its envelope and headers tell."""
    found = [to, *(value for name in RECIPIENTS for value in _texts(mail, name))]
    found += [each[1] for value in _texts(mail, "received") if (each := RECEIVED_FOR.search(value))]
    return _spellings(" ".join([*found, *map(_decoded, found[:MOST_DECODED])]))


def _spellings(text: str) -> str:
    """A text in which addresses are also found that are folded, quoted, or encoded."""
    joined = re.sub(r"\n[ \t]", "", text)
    printed = quopri.decodestring(joined.encode("ascii", "replace")).decode("ascii", "replace")
    return unquote(f"{text}\n{joined}\n{printed}")


def _texts(mail: Message, name: str) -> list[str]:
    """All headers of a name in lower case, whose bytes may be in any encoding."""
    found = (str(value) for each, value in mail.raw_items() if each.lower() == name)
    return [push_text.decode(value.encode("utf-8", "surrogateescape")) for value in found]


def _decoded(text: str) -> str:
    """A header without the encoding of RFC 2047, as far as it can be decoded."""
    with suppress(Exception):
        found = decode_header(text[:LONGEST_HEADER])
        return "".join(
            each if isinstance(each, str)
            else push_text.decode(each, f"charset={charset}") if charset else each.decode("raw_unicode_escape")
            for each, charset in found
        )  # fmt: skip
    return text[:LONGEST_HEADER]


def _unread(mail: Message, raw: bytes, message_id: int | None, at: datetime | None) -> InboundMessage:
    """A mail that a person has to read."""
    sender, subject = (_decoded("".join(_texts(mail, name)[:1])) for name in ("from", "subject"))
    said = "\n".join([subject, *_texts(mail, ODD_LINE.lower()), mail_text.read(mail)]).strip()
    said = said or push_text.decode(raw[: MOST_READ + 1])
    return InboundMessage(
        _header(mail, "Message-ID")[:LONGEST_ID],
        canonical(parseaddr(sender[:LONGEST_SENDER])[1]),
        "",
        said if len(said) <= MOST_READ else f"{said[:MOST_READ]}…",
        at or clock.now(),
        is_dated=at is not None,
        is_whole=False,
        message_id=message_id,
    )


def _is_harmless(raw: bytes) -> bool:
    """Whether the parser will be done in linear time."""
    lines = FOLD.sub(b" ", raw).split(b"\n")
    is_long = any(len(line) > LONGEST_CONTENT_TYPE and line[:8].lower() == b"content-" for line in lines)
    return not is_long and max(map(raw.lower().count, (b"multipart/", b"message/rfc822"))) <= MOST_NESTED


def _as_plain_text(raw: bytes) -> bytes:
    """A mail without what its headers say of its parts."""
    head, _, body = raw.partition(b"\n\n")
    lines = FOLD.sub(b" ", head).split(b"\n")
    return b"\n".join(line for line in lines if line[:8].lower() != b"content-") + b"\n\n" + body


def _complaint(part: Message, message_id: int, at: datetime | None) -> Feedback | None:
    fields = part.get_payload(0) if part.is_multipart() else None
    kind = _header(fields, "Feedback-Type") if isinstance(fields, Message) else ""
    if not kind or kind in NO_COMPLAINT:
        return Feedback() if kind else None
    return Feedback(blocked=(BlockedAddress("", at, f"complaint {kind}"[:40], message_id),))


def _reports(part: Message, message_id: int, at: datetime | None) -> Iterator[Report]:
    """A report for each recipient's block; a mail has several where its address is a list of others."""
    blocks = part.get_payload() if part.is_multipart() else []
    for block in blocks:
        if isinstance(block, Message) and (action := _header(block, "Action")):
            yield _report(action, _header(block, "Status"), _header(block, "Diagnostic-Code"), message_id, at)


def _report(action: str, status: str, diagnostic: str, message_id: int, at: datetime | None) -> Report:
    """Status 4.x of a failure: the mail system gave up on what might have worked."""
    status = enhanced_status(status)
    if reason_of(status) is None:  # Such as 5.0.0.
        status = enhanced_status(diagnostic) or status
    state = STATES.get(action, ReportState.ACCEPTED)
    if action != "failed":
        return Report(state, message_id=message_id, code=action[:40], at=at)
    if status.startswith("4"):
        state = ReportState.EXPIRED
    return Report(state, message_id=message_id, reason=reason_of(status), code=status or action, at=at)


def _odd_report(raw: bytes, message_id: int, at: datetime | None, *, is_unknown: bool) -> Report | None:
    """What flufl.bounce makes of a bounce in a form of its own; `is_unknown`: else an unknown code."""
    lines = raw[:MAX_ODD_BYTES].split(b"\n")
    temporary, permanent = _failures(b"\n".join(line[:LONGEST_LINE] for line in lines))
    if permanent:
        _, _, body = raw[:MAX_ODD_BYTES].partition(b"\n\n")
        found = [each for each in ENHANCED.findall(body.decode("ascii", "replace")) if each.startswith("5")]
        return _report("failed", found[0] if found else "", "", message_id, at)
    if temporary:
        return _report("delayed", "", "", message_id, at)
    return Report(ReportState.ACCEPTED, "", message_id, reason=Reason.UNKNOWN, at=at) if is_unknown else None


def _failures(raw: bytes) -> tuple[Collection[bytes], Collection[bytes]]:
    try:
        temporary, permanent = all_failures(message_from_bytes(raw))
    except Exception:  # Any of its detectors may fail at a stranger's mail.
        return (), ()
    return temporary, permanent


def _has_null_sender(mail: Message) -> bool:
    return _header(mail, "Return-Path") == "<>"


def _header(mail: Message, name: str) -> str:
    """A header in lower case; empty where there is none."""
    return str(mail.get(name, "")).strip().lower()


def _date_of(mail: Message) -> datetime | None:
    with suppress(ValueError, OverflowError):
        return parse_time(parsedate_to_datetime(str(mail.get("Date", ""))).isoformat(), "UTC")
    return None
