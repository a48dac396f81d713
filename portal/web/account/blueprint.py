"""Pages of whoever is signed in, about themselves: for whom they work, their sessions, factors and password."""

from flask import Blueprint, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from portal.core import clock
from portal.core.extensions import db
from portal.domain import audit

blueprint = Blueprint("account", __name__, url_prefix="/account")

# Parts of the navigation: name, endpoint, words. Everybody has them all.
PARTS = (
    ("me", "account.me", _l("Hesabım")),
    ("password", "account.password", _l("Parola")),
    ("factors", "account.factors", _l("İkinci adım")),
    ("sessions", "account.sessions", _l("Oturumlar")),
    ("providers", "account.choose", _l("Firmalarım")),
)


def note(act: str, **facts) -> None:
    """Note in this transaction what the person does with their own account."""
    audit.note(
        db.session, act, "user", current_user.id, provider_id=current_user.provider_id, at=clock.now(),
        user_id=current_user.id, sign_in_id=current_user.sign_in.id, facts=facts,
    )  # fmt: skip


@blueprint.context_processor
def layout() -> dict:
    """What the layout shows on every page."""
    if not current_user.is_authenticated:
        return {}
    return {"current_user": current_user, "parts": PARTS, "home": _home(), "works_for": _works_for()}


def _home() -> str:
    """Where the person works: the way back from these pages."""
    if current_user.provider is not None:
        return url_for("dashboard.overview")
    return url_for("operator.providers" if current_user.user.operator_role else "account.choose")


def _works_for() -> str:
    if current_user.provider is not None:
        return current_user.provider.title
    return _("Operatör") if current_user.user.operator_role else ""
