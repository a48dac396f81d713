"""What mail systems report of our mails: failures (RFC 3464), complaints (ARF, RFC 5965), and bounces in forms of their
own."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from email import message_from_bytes, message_from_string
from email.message import Message
from email.utils import parseaddr

from flufl.bounce import all_failures

from portal.services.messaging.gateways import mail_reading, mail_text, own_words
from portal.services.messaging.gateways.mail_status import ENHANCED, enhanced_status, reason_of
from portal.services.messaging.gateways.mail_system_words import unfamiliar_answer
from portal.services.messaging.gateways.mail_tokens import find_messages
from portal.services.messaging.gateways.protocol import (
    DOUBTFUL_ANSWER,
    BlockedAddress,
    Feedback,
    MailClue,
    Reason,
    Report,
    ReportState,
)
from portal.services.messaging.gateways.returned_mail import (
    COMPLAINT,
    LONGEST_SENDER,
    STATUS,
    ReturnedMail,
    has_null_sender,
    is_auto_replied,
    is_mail_systems,
    says_it_answers,
    unread_mail,
)
from portal.services.messaging.gateways.vendor_rows import guess_address

MAX_ODD_BYTES, LONGEST_LINE = 32 * 1024, 998  # What flufl.bounce gets to see; it tries many patterns on each line.
NO_COMPLAINT = ("not-spam", "auth-failure")  # RFC 6430 and 6591 use ARF for other news.
ANSWER = re.compile(r"(?:<<< ?)?5[0-9]{2}[ -]")
STATES = {"delivered": ReportState.DELIVERED, "failed": ReportState.FAILED}  # Others: delayed, relayed.


def read_report(returned: ReturnedMail, told_of: Sequence[int], keys: Sequence[bytes]) -> Feedback | None:
    """What a mail system reports in the form of a standard; None where it does not, or says nothing."""
    mail, parts = returned.mail, returned.parts
    if COMPLAINT in parts:  # Whoever passes it on.
        told = _complaint(returned, told_of, keys)
        if told or STATUS not in parts:
            return told
    says_status = STATUS in parts and (returned.is_report or is_mail_systems(mail) or is_auto_replied(mail))
    reports = tuple(_reports(parts[STATUS], told_of[0], returned.at)) if says_status and told_of else ()
    return Feedback(reports, _likely_refusals(mail, parts[STATUS], reports)) if reports else None


def read_odd_bounce(returned: ReturnedMail, told_of: Sequence[int], *, is_ours: bool) -> Feedback | None:
    """What a mail system says in a form of its own; None of an absence notice, and where it says nothing."""
    mail = returned.mail
    is_bounce = is_mail_systems(mail) and not is_auto_replied(mail) and COMPLAINT not in returned.parts
    if not told_of or not is_bounce:
        return None
    report = _odd_report(returned.raw, told_of[0], returned.at, is_unknown=is_ours and has_null_sender(mail))
    return Feedback((report,), _likely_refusals(mail, mail, [report])) if report else None


def _complaint(returned: ReturnedMail, told_of: Sequence[int], keys: Sequence[bytes]) -> Feedback | None:
    part = returned.parts[COMPLAINT]
    fields = part.get_payload(0) if part.is_multipart() else None
    if not isinstance(fields, Message) or not (kind := mail_reading.header(fields, "Feedback-Type")):
        return None
    original = _find_original(returned.parts)
    named = told_of or [each for _, each in find_messages(keys, mail_reading.header(original, "Message-ID"))]
    codes = () if says_it_answers(original) else returned.codes  # Else of what somebody else wrote.
    if not named and not codes:
        return None
    if kind in NO_COMPLAINT:
        return Feedback()
    about = parseaddr(mail_reading.header(fields, "Original-Rcpt-To")[:LONGEST_SENDER])[1]
    clue = MailClue(codes=codes, is_ours=bool(named))
    mail = replace(unread_mail(returned), sender=guess_address(about), clue=clue)
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
    """One where a failure says that its recipient left or refuses, in a field, a line with a code, or of themselves;
    and where a server answered in words that are not all mail systems' own."""
    fields = [field for each in status.walk() for field in _diagnostics(each)]
    text = mail_text.read(mail)
    said = own_words.refusing_diagnostic([*fields, *own_words.with_codes(text)]) or own_words.refusing_sentence(text)
    said = said or next(filter(None, _unfamiliar_answers(status, text, reports)), "")
    failed = [each for each in reports if each.state in (ReportState.FAILED, ReportState.EXPIRED)] if said else []
    return tuple(BlockedAddress("", each.at, DOUBTFUL_ANSWER, each.message_id, said) for each in failed[:1])


def _unfamiliar_answers(status: Message, text: str, reports: Sequence[Report]) -> Iterator[str]:
    """Of the recipients who failed; what is in no field, and whatever begins with a code, stands in the text."""
    failed = [each for each in status.walk() if mail_reading.header(each, "Action") == "failed"]
    told = [(each, mail_reading.header(block, "Status")) for block in failed for each in _diagnostics(block)]
    if not any(each.state == ReportState.FAILED for each in reports):
        return
    answers = (each for each in own_words.answers(text) if not told or ANSWER.match(each))
    for said, of_field in (*told, *((each, enhanced_status(reports[0].code)) for each in answers)):
        yield unfamiliar_answer(said, enhanced_status(of_field))


def _diagnostics(block: Message) -> list[str]:
    found = mail_reading.texts(block, "diagnostic-code")
    return [" ".join(mail_reading.decoded(each).split()) for each in found]


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


def _find_original(parts: Mapping[str, Message]) -> Message:
    """The mail that a complaint returns, whose addresses its provider may have left out."""
    for kind in ("message/rfc822", "text/rfc822-headers"):
        payload = parts[kind].get_payload() if kind in parts else None
        for mail in [message_from_string(payload)] if isinstance(payload, str) else payload or ():
            if isinstance(mail, Message):
                return mail
    return Message()
