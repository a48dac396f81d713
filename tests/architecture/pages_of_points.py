"""Consent points: the pages of who comes by, and the dashboard's, with things to show."""

from datetime import UTC, datetime
from types import SimpleNamespace as Thing

from markupsafe import Markup

from portal.core.addresses import AddressKind
from portal.core.iys_protocol import Channel, Status
from portal.domain.consent_points import Numbers, State
from portal.web.dashboard.campaigns.consent_point_forms import BudgetForm, PointForm
from portal.web.recipient.page_content import Back, Look, Row

AT = datetime(2026, 11, 24, 11, 2, 30, tzinfo=UTC)
TEXT = Thing(
    brand_name="Örnek Mağaza", sender_title="Örnek Mağazacılık A.Ş.", sender_mersis="0123456789012345",
    sender_contact="0850 123 45 67", notice_url="https://www.example.com/aydinlatma",
    title_tr="Örnek Mağaza size ileti gönderebilir mi?", title_en="May Örnek Mağaza send you messages?",
)  # fmt: skip
CHOICES = [(Channel.SMS, Status.GRANTED), (Channel.CALL, Status.REFUSED)]
TWO = ["/m/one", "/m/two"]


def head(**other) -> Thing:
    facts = {
        "slug": "ornek", "text": TEXT, "title": TEXT.title_tr, "body": "Yeniliklerimizi bildirmek istiyoruz.",
        "look": Look("/logo/1/ab.png", "/colour/0b5e6b.css"), "hearer": "iys", "used_up": frozenset(),
        "offers_mail": True,
    }  # fmt: skip
    return Thing(**(facts | other))


def asks(**other) -> dict:
    rows = [Row(channel, None, None) for channel in Channel]
    facts = {"head": head(), "rows": rows, "back": Back(), "requires_name": False, "form_token": "token"}
    return facts | other


def reviews(**other) -> dict:
    facts = {"head": head(), "choices": CHOICES, "has_grant": True, "back": Back(), "requires_name": True}
    return facts | {"form_token": "token"} | other


def address(**other) -> dict:
    facts = {
        "head": head(), "is_phone": True, "has_both": True, "choices": CHOICES, "receipts": [], "form_token": "token",
        "typed": "", "error": "", "many": None, "lost": (), "is_full": False,
    }  # fmt: skip
    return facts | other


def code(**other) -> dict:
    facts = {
        "head": head(), "code": "code", "address": "+90 5•• ••• •• 67", "is_phone": True, "choices": CHOICES,
        "until": "14:12", "is_open": True, "form_token": "token", "message": "", "digits": "",
    }  # fmt: skip
    return facts | other


def listed(state: State) -> Thing:
    return Thing(
        point=point(), name="Kadıköy kasa", brand_name="Örnek Mağaza", state=state, addresses=12_345,
        address="https://izinlink.example/b/ornek-magaza",
    )  # fmt: skip


def point() -> Thing:
    return Thing(id=1, slug="ornek-magaza", daily_budget=200, closed_at=None, created_at=AT)


def mine(state: State = State.OPEN, **other) -> dict:
    numbers = Numbers(
        addresses=12_345, decided={(Channel.SMS, Status.GRANTED): 9, (Channel.EMAIL, Status.REFUSED): 3},
        codes_today={AddressKind.PHONE: 200, AddressKind.EMAIL: 200}, proved_today=150,
    )  # fmt: skip
    return {
        "point": point(), "campaign": Thing(name="Kadıköy kasa", offered=tuple(Channel)), "text": TEXT,
        "brand": Thing(name="Örnek Mağaza"), "state": state, "numbers": numbers, "form": BudgetForm(),
        "address": "https://izinlink.example/b/ornek-magaza", "code": Markup('<div role="img" aria-label="QR"></div>'),
        "most": 5000, "prefix": "",
    } | other  # fmt: skip


def _written(validated: bool = False) -> dict:
    form = PointForm(brands=[Thing(id=1, name="Örnek Mağaza")])
    if validated:
        form.validate()
    return {"form": form, "base": "https://izinlink.example/b/", "most": 5000, "prefix": "deneme-"}


def _wrong_budget() -> dict:
    form = BudgetForm(daily_budget=0)
    form.validate()
    return mine(form=form)


OF_POINTS = {
    ("consent_points/page.html", "asks"): asks,
    ("consent_points/page.html", "came back"): lambda: asks(
        back=Back(("choose", "name"), {Channel.SMS: Status.REFUSED}, "Fatma"),
        requires_name=True,
        head=head(used_up={"phone"}, hearer="sandbox"),
    ),
    ("consent_points/page.html", "no codes"): lambda: asks(head=head(used_up={"phone", "email"}, hearer="nobody")),
    ("consent_points/page.html", "no mails"): lambda: asks(head=head(used_up={"email"})),
    ("consent_points/review.html", ""): reviews,
    ("consent_points/review.html", "came back"): lambda: reviews(back=Back(("name",)), head=head(used_up={"phone"})),
    ("consent_points/address.html", "phone"): address,
    ("consent_points/address.html", "mail comes second"): lambda: address(
        is_phone=False, has_both=False, receipts=TWO[:1], error="Adres boş.", typed="fatma"
    ),
    ("consent_points/address.html", "too many"): lambda: address(
        many=Thing(again_at_minute=AT), lost=(Channel.EMAIL,), is_full=True
    ),
    ("consent_points/code.html", ""): code,
    ("consent_points/code.html", "wrong"): lambda: code(message="wrong", is_phone=False),
    ("consent_points/code.html", "too soon"): lambda: code(message="too_soon", digits="123456"),
    ("consent_points/code.html", "over"): lambda: code(is_open=False, message="over"),
    ("consent_points/done.html", "two"): lambda: {"head": head(), "receipts": TWO, "lost": []},
    ("consent_points/done.html", "lost"): lambda: {"head": head(), "receipts": [], "lost": [Channel.SMS]},
    ("consent_points/over.html", ""): lambda: {"head": head()},
    ("consent_points/no_codes.html", ""): lambda: {"head": head(used_up={"phone"})},
    **{
        ("consent_points/shut.html", state): lambda state=state: {"head": head(), "state": state}
        for state in (*(each.value for each in State if each != State.OPEN), "full")
    },
    ("consent_points/not_found.html", ""): lambda: {"slug": "yok"},
    ("dashboard/campaigns/points.html", ""): lambda: {"points": [listed(state) for state in State]},
    ("dashboard/campaigns/points.html", "at first"): lambda: {"points": []},
    ("dashboard/campaigns/new_point.html", ""): _written,
    ("dashboard/campaigns/new_point.html", "wrong"): lambda: _written(validated=True),
    **{("dashboard/campaigns/point.html", state.value): lambda state=state: mine(state) for state in State},
    ("dashboard/campaigns/point.html", "wrong"): _wrong_budget,
}
