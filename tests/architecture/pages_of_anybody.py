"""What anybody reads: a message that was checked, help, accessibility, privacy."""

from datetime import UTC, datetime

from portal.domain.receipts.contents import Sender
from portal.web.verification.known_messages import Known, What

AT = datetime(2026, 11, 24, 11, 2, tzinfo=UTC)
OPERATOR = {
    "title": "Örnek İş Ortağı A.Ş.",
    "address": "Kadıköy, İstanbul",
    "notice_url": "https://www.example.com/kvkk",
}


SHOP = "Örnek Mağaza", Sender("Örnek Mağazacılık A.Ş.", "0123456789012345", "0850 123 45 67", "https://ornek.example")


def checked(**other) -> Known:
    """A message that is known."""
    facts = {
        "what": What.ASK, "senders": (SHOP,), "address": "+90 5•• ••• •• 67", "pair": "elma nehir", "made_at": AT,
        "sent_at": AT, "is_ours": True, "is_practice": False, "page_url": "/",
    }  # fmt: skip
    return Known(**facts | other)


def _check(**other) -> dict:
    return {"said": "", "checked": None, "message": None, "has_foreign": False} | other


OF_ANYBODY = {
    ("verification/message_check.html", ""): _check,
    ("verification/message_check.html", "known"): lambda: _check(said="Abc123xyz", checked=checked()),
    ("verification/message_check.html", "known, on its way"): lambda: _check(
        checked=checked(sent_at=None, is_practice=True)
    ),
    ("verification/message_check.html", "known, of a firm itself"): lambda: _check(
        checked=checked(sent_at=None, is_ours=False, what=What.REFUSE), has_foreign=True
    ),
    ("verification/message_check.html", "a receipt"): lambda: _check(
        checked=checked(what=What.RECEIPT, senders=(SHOP, SHOP), pair=None, sent_at=None, is_ours=False)
    ),
    ("verification/message_check.html", "a case"): lambda: _check(
        checked=checked(what=What.CASE, pair=None, sent_at=None, is_ours=False)
    ),
    ("verification/message_check.html", "of somebody else"): lambda: _check(
        said="https://evil.example/k/Abc", message="foreign"
    ),
    ("verification/message_check.html", "unknown"): lambda: _check(said="Abc123xyz", message="unknown"),
    ("verification/message_check.html", "without a code"): lambda: _check(said="?", message="no_code"),
    ("verification/message_check.html", "six digits"): lambda: _check(said="800410", message="six_digits"),
    ("verification/help.html", ""): dict,
    ("verification/accessibility.html", ""): lambda: OPERATOR,
    ("verification/accessibility.html", "of nobody named"): lambda: dict.fromkeys(OPERATOR, ""),
    ("verification/privacy.html", ""): lambda: OPERATOR,
    ("verification/privacy.html", "of nobody named"): lambda: dict.fromkeys(OPERATOR, ""),
}
