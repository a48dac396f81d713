"""What comes back to the envelope's sender of our mails: bounces (RFC 3464), complaints (ARF, RFC 5965), refusals by
mail, and replies of machines and people.

A mail of a stranger: at most MAX_BYTES of it are read, and nothing that the parsers would take long over. Only an
address with a token of ours says which message it is about, so nobody can fail or refuse somebody else's. Whom an
answer speaks for a Message-ID or a quoted link says as well.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from email import message_from_bytes, message_from_string
from email.message import Message
from email.utils import parseaddr
from itertools import islice

from flufl.bounce import all_failures

from portal.core import clock
from portal.core.ids import LARGEST_ID
from portal.services.messaging.gateways import mail_reading, mail_text, own_words, push_text
from portal.services.messaging.gateways.mail_status import ENHANCED, enhanced_status, reason_of
from portal.services.messaging.gateways.mail_tokens import MAIL_ID, TokenPurpose, find_messages
from portal.services.messaging.gateways.protocol import (
    DOUBTFUL_ANSWER,
    BlockedAddress,
    Feedback,
    InboundMessage,
    MailClue,
    Reason,
    Report,
    ReportState,
)
from portal.services.messaging.gateways.unread_rows import MAILBOX
from portal.services.messaging.gateways.vendor_rows import guess_address

MAX_BYTES = 256 * 1024
MAX_ODD_BYTES, LONGEST_LINE = 32 * 1024, 998  # What flufl.bounce gets to see; it tries many patterns on each line.
NO_COMPLAINT = ("not-spam", "auth-failure")  # RFC 6430 and 6591 use ARF for other news.
OURS = r"\bunsubscribe ?[^\s<>@%]{{0,80}}\s?[@%]\s?{0}|{0}=unsubscribe"  # At a domain, also as SRS and relays write it.
MOST_NAMED, MOST_CODES = 50, 20
SENDERS = ("reply-to", "sender", "x-original-from")
LONGEST_SENDER = 400  # Characters; the parser goes one call deeper at each bracket.
LONGEST_ID, MOST_READ = 200, 4000  # Of a mail's id and its text.
LINK = re.compile(r"/[ukUK]/([A-Za-z0-9]{6,16})(?![A-Za-z0-9])")  # Whose code may be one of ours.
COMPLAINT, STATUS = REPORTS = "message/feedback-report", "message/delivery-status"
STATES = {"delivered": ReportState.DELIVERED, "failed": ReportState.FAILED}  # Others: delayed, relayed.
Named = Sequence[tuple[TokenPurpose, int]]


def parse_returned_mail(raw: bytes, to: str, keys: Sequence[bytes], domain: str = "") -> Feedback:
    """Read a mail that came for `to`, the envelope's recipient where it is known; `keys` are of tokens. What names an
    address of ours, at `domain` where its token is of nobody, and says nothing that we understand waits to be read; so
    does what may name a message or a link of ours, if it does (MailClue.is_ours). Never raises."""
    raw = mail_reading.with_head(raw[:MAX_BYTES].replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\0", b""))
    for mail in (raw, mail_reading.as_plain_text(raw))[0 if mail_reading.is_harmless(raw) else 1 :]:
        with suppress(Exception):  # Whatever the parser, or a codec that a header names, raises.
            return _parse(mail, to, keys, domain)
    said = f"{push_text.decode(raw[:MOST_READ])}…"
    return Feedback(replies=(InboundMessage("", "", to, said, clock.now(), is_dated=False, is_whole=False),))


def _parse(raw: bytes, to: str, keys: Sequence[bytes], domain: str) -> Feedback:
    mail = message_from_bytes(raw)
    returned = _Returned(mail, raw + b"".join(map(mail_reading.open_encoded, mail.walk())), to)
    addressed = list(dict.fromkeys(find_messages(keys, returned.addresses)))
    refused = [each for purpose, each in addressed if purpose == TokenPurpose.UNSUBSCRIBE]
    if refused:  # Nothing but what refuses comes there.
        told_by = _unread(returned)
        return Feedback(
            blocked=tuple(BlockedAddress("", returned.at, "mailto", each, mail=told_by) for each in refused)
        )
    quoted = list(islice(find_messages(keys, returned.spelled), MOST_NAMED))
    named = addressed or quoted
    # An id alone may be of an answer that came back.
    told_of = [each for purpose, each in named if purpose != TokenPurpose.MESSAGE_ID]
    told = _read_report(returned, told_of, keys)
    if told is not None and returned.is_report:
        return told
    told = told or _read_odd_bounce(returned, told_of, is_ours=bool(addressed))
    is_reported = told is not None and _is_mail_systems(mail)
    answer = _find_answer(returned, named, quoted, domain, is_reported=is_reported)
    return replace(told or Feedback(), replies=answer)


class _Returned:
    """A mail that came back, with what is looked at in it."""

    def __init__(self, mail: Message, raw: bytes, to: str) -> None:
        self.mail = mail
        self.raw = raw  # With its encoded parts opened behind it.
        self.at = mail_reading.date_of(mail)
        self.parts = {part.get_content_type(): part for part in mail.walk()}
        # Itself: what people write may carry one.
        self.is_report = mail.get_content_type() == "multipart/report" and not self.parts.keys().isdisjoint(REPORTS)
        self.addresses = mail_reading.recipients(mail, to)
        self.spelled = mail_reading.spellings(raw.decode("ascii", "replace"))
        self.codes = tuple(islice(dict.fromkeys(LINK.findall(self.spelled)), MOST_CODES))


def _find_answer(
    returned: _Returned, named: Named, quoted: Named, domain: str, *, is_reported: bool
) -> tuple[InboundMessage, ...]:
    """What a person has to read; of what a machine wrote by itself, its own words, if they may refuse."""
    mail, ours = returned.mail, re.compile(OURS.format(re.escape(domain)) if domain else "(?!)", re.IGNORECASE)
    is_to_refuse = not is_reported and (
        any(purpose == TokenPurpose.UNSUBSCRIBE for purpose, _ in named) or ours.search(returned.addresses) is not None
    )
    may_refuse = _may_refuse(mail)
    clue = MailClue(
        message_ids=tuple(islice(dict.fromkeys(each for _, each in (*named, *quoted)), MOST_NAMED)),
        replied_id=_replied_id(mail),
        codes=returned.codes,
        says_it_answers=_says_it_answers(mail) or own_words.is_answer(mail_reading.subjects(mail)),
        senders=tuple(MAILBOX.findall(" ".join(each for name in SENDERS for each in mail_reading.texts(mail, name)))),
        is_ours=is_to_refuse or bool(named) or ours.search(returned.spelled) is not None,
        needs_proof=_is_marked(mail) and not (named or may_refuse or is_to_refuse),
    )
    if returned.is_report and not is_reported:
        waits = any(purpose != TokenPurpose.MESSAGE_ID for purpose, _ in named)
    elif is_reported or _is_answer_of_machine(mail):
        waits = may_refuse
    else:
        waits = True
    may_be_ours = clue.is_ours or clue.replied_id is not None or bool(clue.codes)
    return (replace(_unread(returned), clue=clue),) if is_to_refuse or (waits and may_be_ours) else ()


def _find_original(parts: Mapping[str, Message]) -> Message:
    """The mail that a complaint returns, whose addresses its provider may have left out."""
    for kind in ("message/rfc822", "text/rfc822-headers"):
        payload = parts[kind].get_payload() if kind in parts else None
        for mail in [message_from_string(payload)] if isinstance(payload, str) else payload or ():
            if isinstance(mail, Message):
                return mail
    return Message()


def _says_it_answers(mail: Message) -> bool:
    return "In-Reply-To" in mail or "References" in mail


def _replied_id(mail: Message) -> int | None:
    """The id of ours to which a mail says it is the reply."""
    told = [*mail_reading.texts(mail, "in-reply-to"), *mail_reading.texts(mail, "references")]
    found = next(filter(None, map(MAIL_ID.search, told)), None)
    return min(int(found[1]), LARGEST_ID) if found else None


def _read_report(returned: _Returned, told_of: Sequence[int], keys: Sequence[bytes]) -> Feedback | None:
    """What a mail system reports in the form of a standard; None where it does not, or says nothing."""
    mail, parts = returned.mail, returned.parts
    if COMPLAINT in parts:  # Whoever passes it on.
        told = _complaint(returned, told_of, keys)
        if told or STATUS not in parts:
            return told
    says_status = STATUS in parts and (returned.is_report or _is_mail_systems(mail) or _is_auto_replied(mail))
    reports = tuple(_reports(parts[STATUS], told_of[0], returned.at)) if says_status and told_of else ()
    return Feedback(reports, _likely_refusals(mail, parts[STATUS], reports)) if reports else None


def _read_odd_bounce(returned: _Returned, told_of: Sequence[int], *, is_ours: bool) -> Feedback | None:
    """What a mail system says in a form of its own; None of an absence notice, and where it says nothing."""
    mail = returned.mail
    is_bounce = _is_mail_systems(mail) and not _is_auto_replied(mail) and COMPLAINT not in returned.parts
    if not told_of or not is_bounce:
        return None
    report = _odd_report(returned.raw, told_of[0], returned.at, is_unknown=is_ours and _has_null_sender(mail))
    return Feedback((report,), _likely_refusals(mail, mail, [report])) if report else None


def _is_answer_of_machine(mail: Message) -> bool:
    """Whether a machine answered by itself, such as by an absence notice."""
    is_reply = _is_auto_replied(mail) or mail_reading.header(mail, "Precedence") == "auto_reply"
    return _has_null_sender(mail) or is_reply or "X-Autoreply" in mail


def _is_marked(mail: Message) -> bool:
    """Whether a mail is marked as no person's: what lists and programs send is, and what people write behind some
    servers, or has been passed on by a rule of theirs."""
    return (
        mail_reading.header(mail, "Auto-Submitted") not in ("", "no")
        or mail_reading.header(mail, "Precedence") in ("bulk", "junk", "list")
        or any(name in mail for name in ("List-Id", "List-Unsubscribe", "X-Auto-Response-Suppress"))
    )


def _may_refuse(mail: Message) -> bool:
    """Whether somebody's own words may refuse: mails of people, too, are marked as automatic, such as by Exchange."""
    return own_words.may_refuse(mail_reading.subjects(mail), mail_text.read(mail))


def _unread(returned: _Returned) -> InboundMessage:
    """A mail that a person has to read."""
    mail = returned.mail
    sender, subject = ("".join(mail_reading.texts(mail, name)[:1]) for name in ("from", "subject"))
    sender, subject = mail_reading.decoded(sender), mail_reading.decoded(subject)
    said = "\n".join([subject, *mail_reading.texts(mail, mail_reading.ODD_LINE.lower()), mail_text.read(mail)]).strip()
    said = said or push_text.decode(returned.raw[: MOST_READ + 1])
    return InboundMessage(
        mail_reading.header(mail, "Message-ID")[:LONGEST_ID],
        guess_address(parseaddr(sender[:LONGEST_SENDER])[1]),
        "",
        said if len(said) <= MOST_READ else f"{said[:MOST_READ]}…",
        returned.at or clock.now(),
        is_dated=returned.at is not None,
        is_whole=False,
        is_sender_proved=False,
    )


def _complaint(returned: _Returned, told_of: Sequence[int], keys: Sequence[bytes]) -> Feedback | None:
    part = returned.parts[COMPLAINT]
    fields = part.get_payload(0) if part.is_multipart() else None
    if not isinstance(fields, Message) or not (kind := mail_reading.header(fields, "Feedback-Type")):
        return None
    original = _find_original(returned.parts)
    named = told_of or [each for _, each in find_messages(keys, mail_reading.header(original, "Message-ID"))]
    codes = () if _says_it_answers(original) else returned.codes  # Else of what somebody else wrote.
    if not named and not codes:
        return None
    if kind in NO_COMPLAINT:
        return Feedback()
    about = parseaddr(mail_reading.header(fields, "Original-Rcpt-To")[:LONGEST_SENDER])[1]
    clue = MailClue(codes=codes, is_ours=bool(named))
    mail = replace(_unread(returned), sender=guess_address(about), clue=clue)
    message_id = named[0] if named else None
    return Feedback(blocked=(BlockedAddress("", returned.at, f"complaint {kind}"[:40], message_id, mail=mail),))


def _reports(part: Message, message_id: int, at: datetime | None) -> Iterator[Report]:
    """A report for each recipient's block; a mail has several where its address is a list of others."""
    blocks = part.get_payload() if part.is_multipart() else []
    for block in blocks:
        if isinstance(block, Message) and (action := mail_reading.header(block, "Action")):
            yield _report(
                action,
                mail_reading.header(block, "Status"),
                mail_reading.header(block, "Diagnostic-Code"),
                message_id,
                at,
            )


def _likely_refusals(mail: Message, status: Message, reports: Sequence[Report]) -> tuple[BlockedAddress, ...]:
    """One where a failure says that its recipient left or refuses, in a field or in a line with a code."""
    fields = [mail_reading.header(each, "Diagnostic-Code") for each in status.walk()]
    said = own_words.refusing_diagnostic([*fields, *own_words.with_codes(mail_text.read(mail))])
    failed = [each for each in reports if each.state in (ReportState.FAILED, ReportState.EXPIRED)] if said else []
    return tuple(BlockedAddress("", each.at, DOUBTFUL_ANSWER, each.message_id, said) for each in failed[:1])


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


def _is_mail_systems(mail: Message) -> bool:
    """Whether no person sent a mail."""
    return _has_null_sender(mail) or "mailer-daemon@" in mail_reading.header(mail, "From")


def _is_auto_replied(mail: Message) -> bool:
    return mail_reading.header(mail, "Auto-Submitted").startswith("auto-replied")


def _has_null_sender(mail: Message) -> bool:
    return mail_reading.header(mail, "Return-Path") == "<>"
