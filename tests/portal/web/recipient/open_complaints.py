"""What Fatma types into the form “I still get messages” of her receipt."""

from portal.core import clock
from tests.portal.domain.complaints.cast import HEADER, TEXT


def told(**other) -> dict:
    """The form, as of a message that came now."""
    at = clock.istanbul(clock.now())
    return {
        "channel": "MESAJ", "header": HEADER, "day": at.date().isoformat(), "hour": at.strftime("%H:%M"), "text": TEXT,
    } | other  # fmt: skip


def complains(browser, code: str, **other):
    """Send it; the answer."""
    return browser.post(f"/m/{code}/sikayet", data=told(**other))
