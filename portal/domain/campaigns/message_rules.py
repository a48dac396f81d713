"""Which rule a message falls under, before anybody writes it: commercial, exempt, or to a merchant.

Law 6563 art. 6 and 8, Regulation on commercial messages (RG 15.07.2015/29417) art. 5-9; checklist X-1, X-3, X-6, W-1.
"""

from enum import StrEnum


class Subject(StrEnum):
    """What a message is about."""

    ORDER = "order"  # A purchase, its delivery, payment, debt or warranty.
    MEMBERSHIP = "membership"  # A subscription, membership or partnership that goes on.
    DUTY = "duty"  # What a law makes the firm tell.
    OTHER = "other"


class Reader(StrEnum):
    """Who gets it."""

    PERSON = "person"
    MERCHANT = "merchant"  # A merchant or tradesperson, at the address of the business.


class MessageRule(StrEnum):
    """What the message needs."""

    EXEMPT = "exempt"  # No consent, and no word of advertising.
    CONSENT = "consent"
    MERCHANT = "merchant"  # No consent before, but an entry in İYS, and a look for a refusal.
    REFUSED = "refused"  # It may not be sent.


def find_rule(*, promotes: bool, subject: Subject, reader: Reader, has_refused: bool) -> MessageRule:
    """The rule for a message. One that promotes is commercial whatever else it says; so is a greeting (OTHER), since it
    makes the firm known."""
    if not promotes and subject != Subject.OTHER:
        return MessageRule.EXEMPT
    if has_refused:
        return MessageRule.REFUSED
    return MessageRule.CONSENT if reader == Reader.PERSON else MessageRule.MERCHANT
