"""The operator's console (iş ortağı). Nobody is impersonated: what is done is done in one's own name, and noted."""

from flask import Blueprint
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from portal.core import clock
from portal.core.extensions import db
from portal.domain.audit import note as write_note
from portal.domain.identity.permissions import Permission

blueprint = Blueprint("operator", __name__, url_prefix="/operator")

# Parts of the navigation: name, endpoint, words, and what one must be allowed to do there.
PARTS = (
    ("providers", "operator.providers", _l("Hizmet sağlayıcılar"), Permission.CONSOLE),
    ("inquiries", "operator.inquiries", _l("Sorular"), Permission.ANSWER),
    ("orders", "operator.orders", _l("Siparişler"), Permission.REVIEW),
    ("tariff", "operator.tariff", _l("Paketler"), Permission.TARIFF),
    ("calendar", "operator.holidays", _l("Takvim"), Permission.CALENDAR),
    ("health", "operator.health", _l("Sağlık"), Permission.HEALTH),
    ("staff", "operator.staff", _l("Ekip"), Permission.STAFF),
    ("audit", "operator.audit", _l("Denetim"), Permission.AUDIT),
)


def note(act: str, subject: str, subject_id: int, *, provider_id: int | None = None, **facts) -> None:
    """Note in this transaction what the operator's person does."""
    write_note(
        db.session, act, subject, subject_id, provider_id=provider_id, at=clock.now(), user_id=current_user.id,
        sign_in_id=current_user.sign_in.id, facts=facts,
    )  # fmt: skip


def person_key() -> str:
    """Limits are of a person, not of an address; who has not signed in meets the lock."""
    return str(getattr(current_user, "id", "nobody"))


@blueprint.context_processor
def layout() -> dict:
    """What the layout shows on every page."""
    if not current_user.is_authenticated:
        return {}
    return {
        "current_user": current_user,
        "parts": [part[:3] for part in PARTS if current_user.may_at_operator(part[3])],
        "may": current_user.may_at_operator,
        "Permission": Permission,
    }
