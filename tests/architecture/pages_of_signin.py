"""The pages of coming in, with things to show."""

from datetime import UTC, datetime

from flask_babel import lazy_gettext as _l

from portal.core.models import SessionEnd
from portal.web.shared import qr_code
from portal.web.signin.password_reset import ForgottenForm, ResetForm
from portal.web.signin.second_step import CodeForm
from portal.web.signin.sign_in import WHY, SignInForm

AT = datetime(2026, 11, 24, 11, 2, 30, tzinfo=UTC)
URI = "otpauth://totp/%C4%B0zinlink:ayse%40example.com?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=%C4%B0zinlink"
OPTIONS = '{"challenge": "YQ", "rpId": "localhost"}'


def enrol(**other) -> dict:
    picture = qr_code.drawn(URI, _l("Doğrulama uygulamasının okuyacağı QR kodu"))
    return {"form": CodeForm(), "uri": URI, "picture": picture, "secret": "JBSW Y3DP EHPK 3PXP"} | other


OF_SIGNIN = {
    ("signin/sign_in.html", ""): lambda: {"form": SignInForm(), "failed": True},
    ("signin/sign_in.html", "too many"): lambda: {"form": SignInForm(), "again_at": AT},
    ("signin/sign_in.html", "came back"): lambda: {"form": SignInForm(), "why": WHY[SessionEnd.IDLE]},
    ("signin/second_step.html", ""): lambda: {"form": CodeForm(), "failed": True},
    ("signin/second_step.html", "passkey"): lambda: {"form": CodeForm(), "passkey": OPTIONS, "failed_passkey": True},
    ("signin/second_step.html", "too many"): lambda: {"form": CodeForm(), "again_at": AT},
    ("signin/step_up.html", ""): lambda: {"form": CodeForm(), "failed": True, "onward": "/", "was_posted": True},
    ("signin/step_up.html", "passkey"): lambda: {
        "form": CodeForm(),
        "onward": "/",
        "passkey": OPTIONS,
        "failed_passkey": True,
        "was_posted": False,
    },
    ("signin/enrol.html", ""): enrol,
    ("signin/enrol.html", "wrong"): lambda: enrol(failed=True),
    ("signin/recovery_codes.html", ""): lambda: {
        "codes": ["abcd-efgh-jkmn-pqrs-tuvw-xyz2"] * 10,
        "onward": "/dashboard/",
    },  # fmt: skip
    ("signin/forgotten.html", ""): lambda: {"form": ForgottenForm()},
    ("signin/forgotten_sent.html", ""): dict,
    ("signin/reset.html", ""): lambda: {"form": ResetForm()},
    ("signin/reset_over.html", ""): dict,
}
