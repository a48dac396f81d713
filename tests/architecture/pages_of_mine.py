"""A person's own overview, before the code and after it, with things to show."""

from datetime import UTC, datetime
from types import SimpleNamespace as Thing

from portal.core.iys_protocol import Channel, RecipientType, Status
from portal.core.models import DecisionOrigin, Outcome
from portal.web.my_consents import sentences
from portal.web.my_consents.holdings import Head, Held
from portal.web.my_consents.overview import Piece

AT = datetime(2026, 11, 24, 11, 2, 30, tzinfo=UTC)
FRAME = {"address": "+90 5•• ••• •• 67", "until": "14:17", "token": "token"}
BEFORE = {"address": "+90 5•• ••• •• 67", "code": "kod", "until": "14:12", "token": "token"}


def _head(channel, status, origin=DecisionOrigin.LINK, outcome=Outcome.VERIFIED, **other) -> Head:
    facts = {
        "recipient_type": RecipientType.INDIVIDUAL, "since": AT, "accepted_at": AT, "iys_status": status.value,
        "iys_as_of": AT,
    } | other  # fmt: skip
    return Head(channel=channel, status=status, origin=origin, outcome=outcome, **facts)


def held(number: int, *heads: Head, code: int = 1) -> Held:
    provider = Thing(
        id=number, title="Örnek Mağazacılık A.Ş.", mersis="0123456789012345", iys_code=1, contact="0850 123 45 67"
    )
    brand = Thing(id=number, name="Örnek Mağaza", brand_code=code, contact=None)
    return Held(brand, provider, Thing(id=1), (Channel.SMS, Channel.CALL), heads)


ALL = [
    held(1, _head(Channel.SMS, Status.GRANTED), _head(Channel.CALL, Status.REFUSED, DecisionOrigin.AT_IYS)),
    held(
        2,
        _head(Channel.SMS, Status.GRANTED, outcome=Outcome.WAITING, iys_status=None),
        _head(Channel.SMS, Status.GRANTED, DecisionOrigin.OTHER_SENDER, recipient_type=RecipientType.MERCHANT),
        code=990_000_001,
    ),
    held(3),
    *(held(4 + n, _head(Channel.SMS, Status.REFUSED, outcome=each)) for n, each in enumerate(Outcome)),
]


def overview(**other) -> dict:
    return {
        "shown": Piece(ALL, 2, 3), "total": 42, "granted": 2, "is_refused": False,
        "receipt": {"number": "0123-4567-89AB-CDEF", "url": "/m/code"}, "stands": sentences.stands,
        "at_iys": sentences.at_iys, "page_url": "/izinlerim/liste?sayfa={}".format, **FRAME,
    } | other  # fmt: skip


def _brand(**other) -> dict:
    told = [
        Thing(
            decided_at=AT, channel=Channel.SMS, recipient_type=each, status=Status.GRANTED, origin=DecisionOrigin.LINK,
            outcome=Outcome.VERIFIED, accepted_at=AT, transaction_id="ab" * 32,
        )
        for each in RecipientType
    ]  # fmt: skip
    return {
        "held": ALL[1], "told": Piece(told, 1, 2), "outcome": sentences.outcome,
        "page_url": "/izinlerim/marka/1?sayfa={}".format, **FRAME,
    } | other  # fmt: skip


def _erasure(**other) -> dict:
    asked = Thing(
        id=1, title="Örnek A.Ş.", brands=["Örnek"], asked_at=AT, due_at=AT, closed_at=None, case_url="/s/x",
        is_asked=True,
    )  # fmt: skip
    answered = Thing(**vars(asked) | {"id": 2, "closed_at": AT, "case_url": None, "is_asked": False})
    left = [Thing(id=3, title="Başka A.Ş.", brands=[], asked_at=None), answered]
    return {"firms": [asked, *left], "left": left, "error": "Kimden isteyeceğinizi seçin.", **FRAME} | other


def _ask(**other) -> dict:
    return {"typed": "", "error": None, "warning": None, "token": "token", "notice_url": "https://x.example"} | other


OF_MINE = {
    ("my_consents/ask.html", ""): _ask,
    ("my_consents/ask.html", "wrong"): lambda: _ask(typed="0532", error="Rakamı eksik.", notice_url=""),
    ("my_consents/ask.html", "too often"): lambda: _ask(warning="Bu adres için kısa sürede çok kod istendi."),
    ("my_consents/code.html", ""): lambda: BEFORE,
    ("my_consents/code.html", "wrong"): lambda: BEFORE | {"error": "Kod yanlış.", "warning": "Çok istendi."},
    ("my_consents/code_over.html", ""): lambda: BEFORE | {"warning": "Çok istendi."},
    ("my_consents/over.html", ""): dict,
    ("my_consents/overview.html", ""): overview,
    ("my_consents/overview.html", "all refused"): lambda: overview(is_refused=True, granted=0, receipt=None),
    ("my_consents/overview.html", "nothing"): lambda: overview(shown=Piece([], 1, 1), total=0, granted=0, receipt=None),
    ("my_consents/brand.html", ""): _brand,
    ("my_consents/brand.html", "nothing"): lambda: _brand(told=Piece([], 1, 1)),
    ("my_consents/erasure.html", ""): _erasure,
    ("my_consents/erasure.html", "nothing"): lambda: _erasure(firms=[], left=[], error=None),
}  # fmt: skip
