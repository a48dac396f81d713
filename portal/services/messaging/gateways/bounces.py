"""What comes back to the envelope's sender of our mails: bounces (RFC 3464), complaints (ARF, RFC 5965), refusals by
mail, and replies of machines.

A mail of a stranger: at most MAX_BYTES of it are read, and nothing that the parsers would take long over. Only an
address with a token of ours says which message it is about, so nobody can fail or refuse somebody else's.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import Message
from email.parser import BytesHeaderParser
from email.utils import parsedate_to_datetime

from flufl.bounce import all_failures

from portal.services.messaging.gateways.mail_status import ENHANCED, enhanced_status, reason_of
from portal.services.messaging.gateways.mail_tokens import TokenPurpose, find_message
from portal.services.messaging.gateways.protocol import BlockedAddress, Reason, Report, ReportState

MAX_BYTES = 256 * 1024
MAX_ODD_BYTES, LONGEST_LINE = 32 * 1024, 998  # What flufl.bounce gets to see; it tries many patterns on each line.
MOST_MULTIPARTS, LONGEST_CONTENT_TYPE = 20, 2000  # The parser takes quadratic time in both.
FOLD = re.compile(rb"\n[ \t]")
NO_COMPLAINT = ("not-spam", "auth-failure")  # RFC 6430 and 6591 use ARF for other news.
RECIPIENTS = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "To")
STATES = {
    "delivered": ReportState.DELIVERED,
    "failed": ReportState.FAILED,
}  # Others are on their way: delayed, relayed.


@dataclass(frozen=True)
class Feedback:
    """What a mail system told us of our messages. An automatic mail gets no answer (RFC 3834)."""

    reports: tuple[Report, ...] = ()
    blocked: tuple[BlockedAddress, ...] = ()
    is_automatic: bool = True


def parse_returned_mail(raw: bytes, to: str, key: bytes) -> Feedback:
    """Read a mail that came for `to`, the envelope's recipient; `key` is that of the tokens. Never raises."""
    raw = raw[:MAX_BYTES].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    raw = raw if _is_harmless(raw) else _plain_headers(raw)
    try:
        mail = message_from_bytes(raw)
        parts = {part.get_content_type(): part for part in mail.walk()}
    except RecursionError:
        raw = _plain_headers(raw)
        mail, parts = message_from_bytes(raw), {}
    addressed, at = find_message(key, to), _date_of(mail)
    named = addressed or find_message(key, raw.decode("ascii", "replace"))
    if named is None:
        return Feedback(is_automatic=is_automatic(mail))
    _, message_id = named
    if complaint := parts.get("message/feedback-report"):
        return _complaint(complaint, message_id, at)
    if status := parts.get("message/delivery-status"):
        return Feedback(tuple(_reports(status, message_id, at)))
    if _header(mail, "Auto-Submitted").startswith("auto-replied"):  # An absence notice says nothing of our mail.
        return Feedback()
    if addressed == (TokenPurpose.UNSUBSCRIBE, message_id) and not _has_null_sender(mail):
        refusal = BlockedAddress("", at, "mailto", message_id)
        return Feedback(blocked=(refusal,), is_automatic=is_automatic(mail))
    is_bounce = _has_null_sender(mail)
    report = _odd_report(raw, message_id, at, is_bounce=is_bounce) if addressed or is_bounce else None
    return Feedback((report,) if report else (), is_automatic=is_automatic(mail))


def parse_mailbox_mail(raw: bytes, key: bytes) -> Feedback:
    """The same of a mail in a mailbox, where headers name the envelope's recipient. Never raises."""
    head = BytesHeaderParser().parsebytes(raw[:MAX_BYTES].partition(b"\r\n\r\n")[0])
    to = " ".join(str(value) for name in RECIPIENTS for value in head.get_all(name, ()))
    return parse_returned_mail(raw, to, key)


def is_automatic(mail: Message) -> bool:
    """Whether no person wrote a mail, so that an answer might go back and forth for ever."""
    return (
        _has_null_sender(mail)
        or _header(mail, "Auto-Submitted") not in ("", "no")
        or _header(mail, "Precedence") in ("bulk", "junk", "list", "auto_reply")
        or any(name in mail for name in ("List-Id", "List-Unsubscribe", "X-Auto-Response-Suppress", "X-Autoreply"))
    )


def _is_harmless(raw: bytes) -> bool:
    """Whether the parser will be done in linear time."""
    lines = FOLD.sub(b" ", raw).split(b"\n")
    is_long = any(len(line) > LONGEST_CONTENT_TYPE and line[:8].lower() == b"content-" for line in lines)
    return not is_long and raw.lower().count(b"multipart/") <= MOST_MULTIPARTS


def _plain_headers(raw: bytes) -> bytes:
    """The headers that say who wrote, and to whom: what stands below cannot take back a refusal."""
    lines = FOLD.sub(b" ", raw.partition(b"\n\n")[0]).split(b"\n")
    return b"\n".join(line for line in lines if line[:8].lower() != b"content-") + b"\n\n"


def _complaint(part: Message, message_id: int, at: datetime | None) -> Feedback:
    fields = part.get_payload(0) if part.is_multipart() else None
    kind = _header(fields, "Feedback-Type") if isinstance(fields, Message) else ""
    if not kind or kind in NO_COMPLAINT:
        return Feedback()
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


def _odd_report(raw: bytes, message_id: int, at: datetime | None, *, is_bounce: bool) -> Report | None:
    """What flufl.bounce makes of a bounce in a form of its own. What nobody can read, but comes without a sender, is
    an unknown code."""
    lines = raw[:MAX_ODD_BYTES].split(b"\n")
    temporary, permanent = _failures(b"\n".join(line[:LONGEST_LINE] for line in lines))
    if permanent:
        _, _, body = raw[:MAX_ODD_BYTES].partition(b"\n\n")
        found = [each for each in ENHANCED.findall(body.decode("ascii", "replace")) if each.startswith("5")]
        return _report("failed", found[0] if found else "", "", message_id, at)
    if temporary:
        return _report("delayed", "", "", message_id, at)
    return Report(ReportState.ACCEPTED, "", message_id, reason=Reason.UNKNOWN, at=at) if is_bounce else None


def _failures(raw: bytes) -> tuple[Collection[bytes], Collection[bytes]]:
    try:
        temporary, permanent = all_failures(message_from_bytes(raw))
    except Exception:  # Any of its detectors may stumble over a stranger's mail.
        return (), ()
    return temporary, permanent


def _has_null_sender(mail: Message) -> bool:
    return _header(mail, "Return-Path") == "<>"


def _header(mail: Message, name: str) -> str:
    """A header in lower case; empty where there is none."""
    return str(mail.get(name, "")).strip().lower()


def _date_of(mail: Message) -> datetime | None:
    try:
        at = parsedate_to_datetime(str(mail.get("Date", "")))
    except ValueError:
        return None
    return at.replace(tzinfo=at.tzinfo or UTC)
