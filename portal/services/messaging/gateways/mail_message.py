"""Write a message as a mail (RFC 5322): its text as it is, and the same as HTML for mail programs that prefer that.

Everything is ASCII on the wire, so that no relay has to convert it and break the DKIM signature. The library's older
classes are used: its newer ones lose spaces where they fold encoded words.
"""

import re
from datetime import datetime
from email.charset import QP, Charset
from email.header import Header
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import compat32
from email.utils import format_datetime, formataddr

from flask import current_app

from portal.services.messaging.gateways import mail_tokens
from portal.services.messaging.gateways.protocol import OutgoingMessage

TEMPLATE = "messages/mail.html"
LINK = re.compile(r"(https?://[^\s<>\"']*[^\s<>\"'.,;:!?)])")
LONGEST_LINE = 998  # RFC 5322.
UTF_8 = Charset("utf-8")
UTF_8.body_encoding = QP


def write_mail(
    message: OutgoingMessage, mailbox: str, at: datetime, key: bytes, unsubscribe_address: str = "",
    reply_address: str = "",
) -> bytes:  # fmt: skip
    """The mail, with the line ends of the wire. The Message-ID is the message's own: a repeat is the same mail.

    `mailbox` is the sender's, with the brand's name or without: "Marka <bilgi@marka.com>". A message with a one-click
    URL can be refused by that (RFC 8058), and by a mail to `unsubscribe_address`. Replies go to `reply_address`, too.
    `key` is of its tokens.
    """
    name, address = split_mailbox(mailbox)
    mail = MIMEMultipart("alternative")
    mail["From"] = _named(name, address)
    mail["To"] = message.to
    if reply_address:
        mail["Reply-To"] = f"{address}, {reply_address}"
    mail["Subject"] = _header(" ".join(message.subject.split())).encode()
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = mail_tokens.mail_id(key, message.id, address.rpartition("@")[2])
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday notes come back.
    mail["Content-Language"] = message.language
    if message.one_click:
        by_mail = f", <mailto:{unsubscribe_address}>" if unsubscribe_address else ""
        mail["List-Unsubscribe"] = f"<{message.one_click}>{by_mail}"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.attach(_part(message.text, "plain"))
    mail.attach(_part(_html(message, name or address), "html"))
    # A folded Message-ID is quoted wrongly by some programs; names and subjects are folded already.
    return mail.as_bytes(policy=compat32.clone(linesep="\r\n", max_line_length=LONGEST_LINE))


def split_mailbox(mailbox: str) -> tuple[str, str]:
    """The name, if any, and the address. A name may hold anything that a header can."""
    name, _, address = mailbox.rpartition("<")
    return " ".join(name.replace('"', " ").split()), address.strip().removesuffix(">")


def _html(message: OutgoingMessage, sender: str) -> str:
    """Paragraphs of lines; of each line, text and links by turns."""
    lines = [[LINK.split(line) for line in each.split("\n")] for each in message.text.strip().split("\n\n")]
    facts = {"sender": sender, "subject": message.subject, "language": message.language, "paragraphs": lines}
    return current_app.jinja_env.get_template(TEMPLATE).render(facts)


def _part(text: str, kind: str) -> MIMEText:
    part = MIMEText("", kind)
    del part["Content-Transfer-Encoding"]
    part.set_payload(text, UTF_8)
    return part


def _named(name: str, address: str) -> str:
    if name.isascii():
        return formataddr((name, address))
    named = _header(name)
    named.append(f"<{address}>", "us-ascii")
    return named.encode()


def _header(text: str) -> Header:
    return Header(text, "us-ascii" if text.isascii() else "utf-8", header_name="Subject")
