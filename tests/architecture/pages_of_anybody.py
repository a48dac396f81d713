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
    ("anybody/message.html", ""): _check,
    ("anybody/message.html", "known"): lambda: _check(said="Abc123xyz", checked=checked()),
    ("anybody/message.html", "known, on its way"): lambda: _check(checked=checked(sent_at=None, is_practice=True)),
    ("anybody/message.html", "known, of a firm itself"): lambda: _check(
        checked=checked(sent_at=None, is_ours=False, what=What.REFUSE), has_foreign=True
    ),
    ("anybody/message.html", "a receipt"): lambda: _check(
        checked=checked(what=What.RECEIPT, senders=(SHOP, SHOP), pair=None, sent_at=None, is_ours=False)
    ),
    ("anybody/message.html", "a case"): lambda: _check(
        checked=checked(what=What.CASE, pair=None, sent_at=None, is_ours=False)
    ),
    ("anybody/message.html", "of somebody else"): lambda: _check(said="https://evil.example/k/Abc", message="foreign"),
    ("anybody/message.html", "unknown"): lambda: _check(said="Abc123xyz", message="unknown"),
    ("anybody/message.html", "without a code"): lambda: _check(said="?", message="no_code"),
    ("anybody/message.html", "six digits"): lambda: _check(said="800410", message="six_digits"),
    ("anybody/help.html", ""): dict,
    ("anybody/accessibility.html", ""): lambda: OPERATOR,
    ("anybody/accessibility.html", "of nobody named"): lambda: dict.fromkeys(OPERATOR, ""),
    ("anybody/privacy.html", ""): lambda: OPERATOR,
    ("anybody/privacy.html", "of nobody named"): lambda: dict.fromkeys(OPERATOR, ""),
}
