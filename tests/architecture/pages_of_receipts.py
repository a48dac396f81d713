"""Receipts, and the page that checks them, with things to show."""

from datetime import UTC, date, datetime
from types import SimpleNamespace as Thing

from markupsafe import Markup

from portal.core.iys_protocol import Channel, RecipientType, Status
from portal.core.models import DecisionOrigin, Outcome
from portal.domain.consents.deadlines import Urgency

AT = datetime(2026, 11, 24, 11, 2, 30, tzinfo=UTC)
ADDRESS = "+90 5•• ••• •• 67"
SENDER = Thing(
    title="Örnek Mağazacılık A.Ş.", number="0123456789012345", contact="0850 123 45 67",
    notice_url="https://www.example.com/aydinlatma",
)  # fmt: skip
QR = Markup('<div role="img" aria-label="Bu belgenin adresi, karekod olarak"><svg class="qr"></svg></div>')


def _line(status=Status.GRANTED, outcome=Outcome.ACCEPTED, **other):
    line = {
        "channel": Channel.SMS, "is_merchant": False, "status": status, "decided_at": AT, "annulled_at": None,
        "outcome": outcome, "transaction_id": "ab" * 32, "accepted_at": AT, "deadline": AT, "urgency": Urgency.AMBER,
        "is_changed": False, "now_status": status, "now_since": AT,
    }  # fmt: skip
    return Thing(**(line | other))


def _part(name="Örnek Mağaza", text=True, lines=None):
    shown = Thing(version=2, language="tr", title="Size yazalım mı?", body="Yeniliklerimizi haber vermek için.")
    every = [_line(status, outcome) for outcome in (*Outcome, None) for status in Status]
    return Thing(
        brand_name=name, sender=SENDER, logo_url="/logo/1/ab.png", text=shown if text else None, lines=lines or every
    )


def receipt(**other) -> dict:
    page = {
        "number": "K7QM-01NX-H4V0-T2ZA",
        "decided_at": AT,
        "origin": DecisionOrigin.LINK,
        "address": ADDRESS,
        "is_practice": True,
        "is_disowned": False,
        "parts": [_part()],
        "has_grant": True,
        "has_refusal": True,
        "is_told": True,
        "undo_until": None,
        "is_too_late": False,
        "colour_url": "/colour/0b5e6b.css",
        "qr": QR,
        "code": "code",
        "spoken": {},
        "verify_url": "/dogrula",
        "page_url": "/k/code",
    }
    return {"receipt": Thing(**(page | other))}


def _of_several() -> dict:
    lines = [_line(Status.REFUSED, now_status=Status.GRANTED, is_changed=True), _line(Status.REFUSED, is_merchant=True)]
    parts = [_part("Bir", text=False, lines=lines), _part("İki", text=False, lines=lines)]
    return receipt(
        parts=parts, origin=DecisionOrigin.MINE, has_grant=False, page_url=None, colour_url=None, is_practice=False
    )


def _undone() -> dict:
    taken_back = {"annulled_at": AT, "is_changed": True, "deadline": None}
    lines = [
        _line(Status.GRANTED, Outcome.ANNULLED, now_status=now, **taken_back) for now in (None, *Status)
    ]  # fmt: skip
    return receipt(parts=[_part(lines=lines)], has_grant=False, has_refusal=False)


def _verify(**other) -> dict:
    return {"told": None, "wrong": None, "token": "", "found": None, "not_found": None, "number": ""} | other


def _told(retired_at=None, text=True) -> dict:
    lines = [
        Thing(
            channel=Channel.SMS, recipient_type=kind, status=Status.GRANTED, decided_at=AT, annulled_at=annulled_at,
            state=state, transaction_id="ab" * 32 if state else None, registered_at=AT if state else None,
        )
        for kind, annulled_at, state in (
            (RecipientType.INDIVIDUAL, None, Outcome.VERIFIED), (RecipientType.MERCHANT, AT, None),
        )
    ]  # fmt: skip
    shown = {"version": 2, "language": "en", "digest": "ab" * 32} if text else None
    parts = [
        Thing(
            brand="Örnek Mağaza", title=SENDER.title, number=number, contact=SENDER.contact, text=shown,
            notice_url=SENDER.notice_url, lines=lines,
        )
        for number in (SENDER.number, "1" * 11, "1" * 10)
    ]  # fmt: skip
    told = Thing(
        number="K7QM-01NX-H4V0-T2ZA", decided_at=AT, as_of=AT, address=ADDRESS, origin=DecisionOrigin.LINK, parts=parts,
        key_name="a" * 43, retired_at=retired_at, is_practice=not text,
    )  # fmt: skip
    return _verify(told=told)


OF_RECEIPTS = {
    ("recipient/receipt.html", ""): receipt,
    ("recipient/receipt.html", "may be undone"): lambda: receipt(undo_until=AT, spoken={"lang": "en"}),
    ("recipient/receipt.html", "undone"): _undone,
    ("recipient/receipt.html", "too late"): lambda: receipt(is_too_late=True),
    ("recipient/receipt.html", "of several brands"): _of_several,
    ("verification/receipt_check.html", ""): _verify,
    ("verification/receipt_check.html", "told"): _told,
    ("verification/receipt_check.html", "told by a retired key"): lambda: _told(retired_at=AT, text=False),
    ("verification/receipt_check.html", "found"): lambda: _verify(
        number="K7QM-01NX-H4V0-T2ZA",
        found=[Thing(brand_name="Bir", day=date(2026, 11, 24), is_practice=practice) for practice in (True, False)],
    ),
    **{
        ("verification/receipt_check.html", wrong): lambda wrong=wrong: _verify(wrong=wrong, token="eyJ")
        for wrong in ("changed", "other_key", "too_long", "no_token")
    },
    **{
        ("verification/receipt_check.html", why): lambda why=why: _verify(not_found=why, number="K7")
        for why in ("unknown", "no_number")
    },
}
