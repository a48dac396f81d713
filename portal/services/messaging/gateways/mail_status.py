"""Enhanced status codes of mail systems (RFC 3463) in our terms."""

import re

from portal.services.messaging.gateways.protocol import Reason

ENHANCED = re.compile(r"(?<![\w.])[245]\.\d{1,3}\.\d{1,3}(?!\w|\.\d)")  # No IP address, no version.
CODE = re.compile(r"\b(?:[456][0-9]{2}|[45]\.[0-9]{1,3}\.[0-9]{1,3})\b")
# Another or undefined one; or one of policy: whoever refuses by a rule of their own has that, too.
OPEN = re.compile(r"5\.(?:\d+\.0|7\.\d+)")
REASONS = (
    (re.compile(r"4\.7\.\d+"), Reason.RATE),  # Greylisted, or too many at once.
    (re.compile(r"\d\.1\.(?:1|2|3|6|10)"), Reason.BAD_ADDRESS),
    # Google's 7.2x and Microsoft's 7.5xx: the sender is not authenticated (SPF, DKIM, DMARC).
    (re.compile(r"\d\.(?:1\.[78]|7\.2\d|7\.5\d\d)"), Reason.HEADER),
    (re.compile(r"\d\.(?:[24]\.\d+|3\.1)"), Reason.UNREACHABLE),
    (re.compile(r"\d\.[3-7]\.\d+"), Reason.CONTENT),
)


def enhanced_status(text: str) -> str:
    """The first status in a text, such as 5.1.1; empty where there is none."""
    found = ENHANCED.search(text)
    return found[0] if found else ""


def reason_of(status: str) -> Reason | None:
    """Why a mail failed, by its status; None where that says nothing."""
    return next((reason for pattern, reason in REASONS if pattern.fullmatch(status)), None)


def tells_reason(status: str) -> bool:
    """Whether a failure's status tells why, so that it was no person's wish. One that may work later is none."""
    return status != "" and OPEN.fullmatch(status) is None
