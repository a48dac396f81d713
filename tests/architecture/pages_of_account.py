"""The pages of one's own account, with things to show."""

from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace as Thing

from portal.core.models import FactorKind, Role, SessionEnd, SignInMethod, ThrottledAction
from portal.domain.identity.passwords import judge
from portal.web.account.authenticator_apps import FirstCodeForm
from portal.web.account.blueprint import PARTS
from portal.web.account.factors import NameForm
from portal.web.account.passkeys import PasskeyForm
from portal.web.account.password import PasswordForm
from portal.web.account.profile import MeForm
from portal.web.account.sessions import Line
from portal.web.shared import qr_code

AT = datetime(2026, 11, 24, 11, 2, 30, tzinfo=UTC)
FRAME = {"parts": PARTS, "home": "/dashboard/", "works_for": "Örnek Mağazacılık A.Ş."}
APP = Thing(id=1, kind=FactorKind.TOTP, name="İş telefonum", created_at=AT, used_at=AT)
PASSKEY = Thing(id=2, kind=FactorKind.PASSKEY, name="Ofisteki bilgisayar", created_at=AT, used_at=None)
OPTIONS = '{"challenge": "YQ", "rpId": "localhost"}'


def wrong(form):
    form.validate()
    return form


def _weak_password() -> PasswordForm:
    form = wrong(PasswordForm())
    form.new.verdict = judge("galatasaray1905", [])
    return form


def sign_in(number: int, ending: SessionEnd | None = None) -> Line:
    row = Thing(id=number, by=SignInMethod.TOTP, seen_at=AT)
    return Line(AT, row, ending, device="Chrome (Windows)", network="203.0.113.•")


def provider(number: int, **other) -> tuple:
    facts = {"id": number, "title": "Örnek Mağazacılık A.Ş.", "suspended_at": None, "in_sandbox_mode": True}
    return Thing(role=Role.OWNER), Thing(**(facts | other))


def page(**own) -> Callable[[], dict]:
    """The frame, with the page's own things; those that need a request are called."""
    return lambda: FRAME | {name: thing() if callable(thing) else thing for name, thing in own.items()}


OF_ACCOUNT: dict[tuple[str, str], Callable[[], dict]] = {
    ("account/choose.html", ""): page(
        memberships=[provider(1), provider(2, suspended_at=AT)], is_staff=True, current_provider_id=1,
        suspended=["Üçüncü A.Ş."],
    ),
    ("account/choose.html", "nobody's"): page(memberships=[], is_staff=False, current_provider_id=None, suspended=[]),
    ("account/me.html", ""): page(form=MeForm, email="ayse@example.com"),
    ("account/me.html", "wrong"): page(form=lambda: wrong(MeForm()), email="ayse@example.com"),
    ("account/password.html", ""): page(form=PasswordForm),
    ("account/password.html", "weak"): page(form=_weak_password),
    ("account/factors.html", ""): page(factors=[APP, PASSKEY], left=10, is_full=False),
    ("account/factors.html", "few codes"): page(factors=[APP], left=1, is_full=True),
    ("account/factors.html", "no codes"): page(factors=[APP], left=0, is_full=False),
    ("account/factor.html", ""): page(factor=PASSKEY, form=lambda: wrong(NameForm()), is_last=False),
    ("account/factor.html", "last"): page(factor=APP, form=NameForm, is_last=True),
    ("account/new_app.html", ""): page(form=lambda: wrong(NameForm()), is_full=False),
    ("account/new_app.html", "full"): page(form=NameForm, is_full=True),
    ("account/app.html", ""): page(
        factor=APP, form=lambda: wrong(FirstCodeForm()), secret="JBSW Y3DP", picture=qr_code.svg("otpauth://", "Kod")
    ),
    ("account/new_passkey.html", ""): page(form=PasskeyForm, options=OPTIONS, failed=True, is_full=False),
    ("account/new_passkey.html", "by number"): page(form=PasskeyForm, options=None, failed=False, is_full=False),
    ("account/new_passkey.html", "full"): page(form=PasskeyForm, options=None, failed=False, is_full=True),
    ("account/codes.html", ""): page(codes=None),
    ("account/codes.html", "made"): page(codes=["abcd-efgh-jkmn-pqrs"] * 10),
    ("account/sessions.html", ""): page(
        open_ones=[sign_in(1), sign_in(2)], this_id=1,
        history=[sign_in(1), sign_in(3, SessionEnd.IDLE), Line(AT, action=ThrottledAction.PASSWORD)],
    ),
    ("account/sessions.html", "one"): page(open_ones=[sign_in(1)], this_id=1, history=[sign_in(1)]),
}  # fmt: skip
