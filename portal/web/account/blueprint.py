"""The blueprint of a user's own pages, and their layout."""

from typing import Any

from flask import Blueprint, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from portal.web.shared.signed_in_person import record_audit

blueprint = Blueprint("account", __name__, url_prefix="/account")

# Items of the navigation: name, endpoint, label. Everybody has them all.
NAVIGATION = (
    ("me", "account.me", _l("Hesabım")),
    ("password", "account.password", _l("Parola")),
    ("factors", "account.factors", _l("İkinci adım")),
    ("sessions", "account.sessions", _l("Oturumlar")),
    ("providers", "account.choose", _l("Firmalarım")),
)


def record_account_audit(act: str, **facts: Any) -> None:
    """Add an audit entry about the signed-in person's own account."""
    record_audit(act, "user", current_user.id, **facts)


@blueprint.context_processor
def layout_context() -> dict[str, Any]:
    """Variables of the layout."""
    if not current_user.is_authenticated:
        return {}
    return {"current_user": current_user, "navigation_items": NAVIGATION, "home": _home(), "works_for": _works_for()}


def _home() -> str:
    """The page to go back to."""
    if current_user.provider is not None:
        return url_for("dashboard.overview")
    return url_for("operator.providers" if current_user.user.operator_role else "account.choose")


def _works_for() -> str:
    if current_user.provider is not None:
        return current_user.provider.title
    return _("Operatör") if current_user.user.operator_role else ""
