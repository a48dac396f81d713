"""The blueprint of a user's own pages, and their layout."""

from typing import Any

from flask import Blueprint, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.models import MailKind, SessionEnd, User
from portal.domain.identity import accounts, sessions
from portal.web.shared.audit_entries import record_audit

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


def record_credential_change(audit_act: str, mail_kind: MailKind, mailed: dict[str, Any], **facts: Any) -> None:
    """What follows a changed password or factor: other sessions end, and the user gets a mail. Audited."""
    at = clock.now()
    sessions.end_sessions(db.session, current_user.id, SessionEnd.CHANGED, at, but=current_user.sign_in.id)
    user = db.session.get_one(User, current_user.id)
    accounts.mail_user(db.session, vault(), user, mail_kind, {"at": at, **mailed}, at)
    record_account_audit(audit_act, **facts)


@blueprint.context_processor
def layout_context() -> dict[str, Any]:
    if not current_user.is_authenticated:
        return {}
    if current_user.provider is not None:
        home, works_for = url_for("dashboard.overview"), current_user.provider.title
    elif current_user.user.operator_role:
        home, works_for = url_for("operator.providers"), _("Operatör")
    else:
        home, works_for = url_for("account.choose"), ""
    return {"current_user": current_user, "navigation_items": NAVIGATION, "home": home, "works_for": works_for}
