"""What mail systems send back, each in its own form. {to} is the envelope's sender of our mail, {header} the address
in its List-Unsubscribe header."""

ORIGINAL = """\
From: Marka <bilgi@ornek.com.tr>
To: ayse@example.com
Message-ID: <m81@ornek.com.tr>
List-Unsubscribe: <https://izin.ornek.com.tr/u/7Kq2XbM4Rt>, <mailto:{header}>
"""


def dsn(sender: str, words: str, status: str, *, first: str = "Reporting-MTA: dns; mx.example.com") -> str:
    """A report in the form of RFC 3464."""
    return f"""\
Return-Path: <>
Date: Sat, 28 Nov 2026 21:02:11 +0300
From: {sender}
To: {{to}}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="B/7.1"

--B/7.1
Content-Type: text/plain; charset=us-ascii

{words}

--B/7.1
Content-Type: message/delivery-status

{first}

{status}

--B/7.1
Content-Type: text/rfc822-headers

{ORIGINAL}
--B/7.1--
"""


def plain(sender: str, subject: str, words: str, **headers: str) -> str:
    """A mail of one text."""
    more = "".join(f"{name.replace('_', '-')}: {value}\n" for name, value in headers.items())
    more += f"From: {sender}\nTo: {{to}}\nSubject: {subject}\n"
    return f"Return-Path: <>\nDate: Sat, 28 Nov 2026 21:02:11 +0300\n{more}\n{words}\n"


def block(action: str, status: str, diagnostic: str = "", recipient: str = "ayse@example.com") -> str:
    said = f"\nDiagnostic-Code: {diagnostic}" if diagnostic else ""
    return f"Final-Recipient: rfc822; {recipient}\nAction: {action}\nStatus: {status}{said}"


# Name: (mail, what it says: state, reason and code of each report).
SAMPLES: dict[str, tuple[str, list[tuple[str, str | None, str]]]] = {
    "postfix, no such mailbox": (
        dsn(
            "MAILER-DAEMON@mx.example.com (Mail Delivery System)",
            "This is the mail system at host mx.example.com.\n\n<ayse@example.com>: host mail.example.com said: 550",
            block("failed", "5.1.1", "smtp; 550 5.1.1 <ayse@example.com>: Recipient address rejected: User unknown"),
            first="Reporting-MTA: dns; mx.example.com\nX-Postfix-Queue-ID: 4XYZ1\nX-Postfix-Sender: rfc822; {to}",
        ),
        [("failed", "bad_address", "5.1.1")],
    ),
    "postfix, given up after days": (
        dsn(
            "MAILER-DAEMON@mx.example.com",
            "<ayse@example.com>: connect to mail.example.com: Connection timed out",
            block("failed", "4.4.1", "X-Postfix; connect to mail.example.com[192.0.2.1]:25: Connection timed out"),
        ),
        [("expired", "unreachable", "4.4.1")],
    ),
    "postfix, still trying": (
        dsn("MAILER-DAEMON@mx.example.com", "THIS IS A WARNING ONLY.", block("delayed", "4.4.1")),
        [("accepted", None, "delayed")],
    ),
    "postfix, the domain takes no mail": (
        dsn(
            "MAILER-DAEMON@mx.example.com",
            "Domain example.com does not accept mail (nullMX)",
            block("failed", "5.1.10", "X-Postfix; Domain example.com does not accept mail (nullMX)"),
        ),
        [("failed", "bad_address", "5.1.10")],
    ),
    "delivered": (
        dsn("MAILER-DAEMON@mx.example.com", "Your message was delivered.", block("delivered", "2.0.0")),
        [("delivered", None, "delivered")],
    ),
    "handed on to a system without reports": (
        dsn("MAILER-DAEMON@mx.example.com", "Your message was relayed.", block("relayed", "2.0.0")),
        [("accepted", None, "relayed")],
    ),
    "exchange online, no such mailbox": (
        dsn(
            "postmaster@example.onmicrosoft.com",
            "Your message to ayse@example.com couldn't be delivered.\r\nayse wasn't found at example.com.",
            block(
                "Failed",
                "5.1.10",
                "smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient ayse@example.com not found by SMTP",
            ),
            first="Reporting-MTA: dns;AM0PR01.eurprd01.prod.exchangelabs.com\nReceived-From-MTA: dns;mx.ornek.com.tr",
        ),
        [("failed", "bad_address", "5.1.10")],
    ),
    "exchange, policy of the receiver": (
        dsn(
            "postmaster@example.com",
            "Your message wasn't delivered because the recipient's e-mail provider rejected it.",
            block("failed", "5.7.1", "smtp;550 5.7.1 TRANSPORT.RULES.RejectMessage; the message was rejected"),
        ),
        [("failed", "content", "5.7.1")],
    ),
    "microsoft, sender not authenticated": (
        dsn(
            "postmaster@outlook.com",
            "550 5.7.515 Access denied",
            block("failed", "5.7.515", "smtp;550 5.7.515 Access denied, sending domain ORNEK.COM.TR doesn't meet it"),
        ),
        [("failed", "header", "5.7.515")],
    ),
    "gmail, no such mailbox": (
        dsn(
            "Mail Delivery Subsystem <mailer-daemon@googlemail.com>",
            "** Address not found **\n\nYour message wasn't delivered because the address couldn't be found.",
            block("failed", "5.1.1", "smtp; 550-5.1.1 The email account that you tried to reach does not exist."),
            first="Reporting-MTA: dns; googlemail.com\nArrival-Date: Sat, 28 Nov 2026 10:02:10 -0800 (PST)",
        ),
        [("failed", "bad_address", "5.1.1")],
    ),
    "gmail, mailbox full": (
        dsn(
            "Mail Delivery Subsystem <mailer-daemon@googlemail.com>",
            "** Delivery incomplete **",
            block("failed", "4.2.2", "smtp; 452-4.2.2 The recipient's inbox is out of storage space."),
        ),
        [("expired", "unreachable", "4.2.2")],
    ),
    "gmail, sender not authenticated": (
        dsn(
            "mailer-daemon@googlemail.com",
            "Message blocked",
            block(
                "failed", "5.7.26", "smtp; 550-5.7.26 Your email has been blocked because the sender is unauthenticated"
            ),
        ),
        [("failed", "header", "5.7.26")],
    ),
    "yahoo, account closed": (
        dsn(
            "MAILER-DAEMON@yahoo.com",
            "Unable to deliver message to the following address(es).",
            block("failed", "5.0.0", "smtp; 554 5.2.1 delivery error: dd This user doesn't have a yahoo.com account"),
        ),
        [("failed", "unreachable", "5.2.1")],
    ),
    "sendmail, two of a list": (
        dsn(
            "Mail Delivery Subsystem <MAILER-DAEMON@example.com>",
            "The following addresses had permanent fatal errors",
            block("failed", "5.1.1") + "\n\n" + block("expanded", "2.1.5", recipient="liste@example.com"),
        ),
        [("failed", "bad_address", "5.1.1"), ("accepted", None, "expanded")],
    ),
    "a report without a status": (
        dsn("MAILER-DAEMON@example.com", "It failed.", "Final-Recipient: rfc822; ayse@example.com\nAction: failed"),
        [("failed", None, "failed")],
    ),
    "qmail": (
        plain(
            "MAILER-DAEMON@mail.example.com",
            "failure notice",
            "Hi. This is the qmail-send program at mail.example.com.\nI'm afraid I wasn't able to deliver it.\n"
            "This is a permanent error; I've given up. Sorry it didn't work out.\n\n<ayse@example.com>:\n"
            "Sorry, no mailbox here by that name. (#5.1.1)\n\n--- Below this line is a copy of the message.\n\n"
            + ORIGINAL,
        ),
        [("failed", "bad_address", "5.1.1")],
    ),
    "exchange 5.5": (
        plain(
            "System Administrator <postmaster@example.com>",
            "Undeliverable: onay",
            "Your message\n\n  To:      ayse@example.com\n\ndid not reach the following recipient(s):\n\n"
            "ayse@example.com on Sat, 28 Nov 2026 21:02:11 +0300\n    The recipient name is not recognized\n"
            "\tMSEXCH:IMS:EXAMPLE:MAIL:EX 0 (000C05A6) Unknown Recipient\n",
        ),
        [("failed", None, "failed")],
    ),
    "exim": (
        plain(
            "Mail Delivery System <Mailer-Daemon@example.com>",
            "Mail delivery failed: returning message to sender",
            "This message was created automatically by mail delivery software (Exim 4.98.1).\n\nA message of yours "
            "could not be delivered.\n\n  ayse@example.com\n    SMTP error from remote mail server at 192.0.2.10:\n"
            "    550 5.1.1 User unknown\n",
            X_Failed_Recipients="ayse@example.com",
            Auto_Submitted="auto-generated",
        ),
        [("failed", "bad_address", "5.1.1")],
    ),
    "a form that nobody knows": (
        plain("posta@example.com", "Iletilemedi", "Iletiniz ulasmadi. Kutu kapali."),
        [("accepted", "unknown", "")],
    ),
    "an absence notice": (
        plain("ayse@example.com", "Ofis dışındayım", "Pazartesi döneceğim.", Auto_Submitted="auto-replied (vacation)"),
        [],
    ),
}

COMPLAINT = """\
Return-Path: <>
From: <feedbackloop@mail.example.com>
Date: Sat, 28 Nov 2026 21:02:11 +0300
Subject: FW: onay
To: <sikayet@ornek.com.tr>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="arf"

--arf
Content-Type: text/plain; charset="US-ASCII"

This is an email abuse report for an email message received from IP 192.0.2.1.

--arf
Content-Type: message/feedback-report

Feedback-Type: {kind}
User-Agent: SomeGenerator/1.0
Version: 1
Original-Rcpt-To: <redacted@example.com>
Source-IP: 192.0.2.1

--arf
Content-Type: message/rfc822

{original}
Merhaba,
--arf--
"""
