"""What anybody reads: a message that was checked, help, accessibility, privacy."""

from datetime import UTC, datetime

from portal.anybody.checking import Checked

AT = datetime(2026, 11, 24, 11, 2, tzinfo=UTC)
OPERATOR = {"title": "Örnek İş Ortağı A.Ş.", "address": "Kadıköy, İstanbul", "notice_url": "https://www.example.com/kvkk"}


def checked(**other) -> Checked:
    """A message that is known."""
    facts = {
        "kind": "ask", "brand_name": "Örnek Mağaza", "sender_title": "Örnek Mağazacılık A.Ş.",
        "sender_mersis": "0123456789012345", "sender_contact": "0850 123 45 67", "address": "+90 5•• ••• •• 67",
        "pair": "elma nehir", "made_at": AT, "sent_at": AT, "is_ours": True, "is_practice": False, "page_url": "/",
    }  # fmt: skip
    return Checked(**facts | other)


def _check(**other) -> dict:
    return {"said": "", "checked": None, "message": None} | other


OF_ANYBODY = {
    ("anybody/message.html", ""): _check,
    ("anybody/message.html", "known"): lambda: _check(said="Abc123xyz", checked=checked()),
    ("anybody/message.html", "known, on its way"): lambda: _check(checked=checked(sent_at=None, is_practice=True)),
    ("anybody/message.html", "known, of a firm itself"): lambda: _check(
        checked=checked(sent_at=None, is_ours=False, kind="refuse")
    ),
    ("anybody/message.html", "unknown"): lambda: _check(said="Abc123xyz", message="unknown"),
    ("anybody/message.html", "without a code"): lambda: _check(said="?", message="no_code"),
    ("anybody/message.html", "six digits"): lambda: _check(said="800410", message="six_digits"),
    ("anybody/help.html", ""): dict,
    ("anybody/accessibility.html", ""): lambda: OPERATOR,
    ("anybody/accessibility.html", "of nobody named"): lambda: dict.fromkeys(OPERATOR, ""),
    ("anybody/privacy.html", ""): lambda: OPERATOR,
    ("anybody/privacy.html", "of nobody named"): lambda: dict.fromkeys(OPERATOR, ""),
}
