"""A mail that came back to us: what is looked at in it, and who or what wrote it."""

import re
from collections.abc import Callable
from email.message import Message
from email.utils import parseaddr
from itertools import islice
from urllib.parse import unquote

from portal.core import clock
from portal.services.messaging.gateways import mail_reading, mail_text, push_text
from portal.services.messaging.gateways.protocol import InboundMessage
from portal.services.messaging.gateways.vendor_rows import guess_address

MOST_CODES = 20  # Of links of ours; what else looks like a code counts for nothing.
LONGEST_SENDER = 400  # Characters; the parser goes one call deeper at each bracket.
LONGEST_ID, MOST_READ = 200, 4000  # Of a mail's id and its text.
BY_SYSTEM = re.compile(r"(?:mailer-daemon|postmaster)@")
# Whatever stands before it: a firm's own host has no path, and programs that check links spell them in their own way.
# One of six letters is one in millions, and takes long to read.
CODE = re.compile(r"(?<![A-Za-z0-9])[A-Za-z0-9]{7,32}(?![A-Za-z0-9])")
COMPLAINT, STATUS = REPORTS = "message/feedback-report", "message/delivery-status"


class ReturnedMail:
    """A mail that came back, with what is looked at in it."""

    def __init__(self, mail: Message, raw: bytes, to: str, is_code: Callable[[str], bool]) -> None:
        self.mail = mail
        self.raw = raw  # With its encoded parts opened behind it.
        self.at = mail_reading.date_of(mail)
        self.parts = {part.get_content_type(): part for part in mail.walk()}
        # Itself: what people write may carry one.
        self.is_report = mail.get_content_type() == "multipart/report" and not self.parts.keys().isdisjoint(REPORTS)
        self.addresses = mail_reading.recipients(mail, to)
        self.spelled = mail_reading.spellings(raw.decode("ascii", "replace"))
        candidates = dict.fromkeys(CODE.findall(unquote(self.spelled)))
        self.codes = tuple(islice(filter(is_code, candidates), MOST_CODES))


def unread_mail(returned: ReturnedMail) -> InboundMessage:
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


def is_answer_of_machine(mail: Message) -> bool:
    """Whether a machine answered by itself, such as by an absence notice."""
    is_reply = is_auto_replied(mail) or mail_reading.header(mail, "Precedence") == "auto_reply"
    return has_null_sender(mail) or is_reply or "X-Autoreply" in mail


def is_marked(mail: Message) -> bool:
    """Whether a mail is marked as no person's: what lists and programs send is, and what people write behind some
    servers, or has been passed on by a rule of theirs."""
    return (
        mail_reading.header(mail, "Auto-Submitted") not in ("", "no")
        or mail_reading.header(mail, "Precedence") in ("bulk", "junk", "list")
        or any(name in mail for name in ("List-Id", "List-Unsubscribe", "X-Auto-Response-Suppress"))
    )


def is_mail_systems(mail: Message) -> bool:
    """Whether no person sent a mail; absence notices may lack an envelope's sender, too."""
    return has_null_sender(mail) or "mailer-daemon@" in mail_reading.header(mail, "From")


def is_by_mail_system(mail: Message) -> bool:
    """Whether a mail system wrote it by its name."""
    return BY_SYSTEM.search(mail_reading.header(mail, "From")) is not None


def is_auto_replied(mail: Message) -> bool:
    return mail_reading.header(mail, "Auto-Submitted").startswith("auto-replied")


def has_null_sender(mail: Message) -> bool:
    return mail_reading.header(mail, "Return-Path") == "<>"


def says_it_answers(mail: Message) -> bool:
    return "In-Reply-To" in mail or "References" in mail
