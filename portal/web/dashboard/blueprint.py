"""The provider's dashboard. Everything is fetched through the signed-in person's provider."""

from flask import Blueprint
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from portal.core import clock
from portal.core.extensions import db
from portal.domain import audit
from portal.domain.identity.permissions import Permission

blueprint = Blueprint("dashboard", __name__, url_prefix="/dashboard")

# Parts of the navigation: name, endpoint, words, and what one must be allowed to do there. A group: name, words, parts.
ASKING = (
    ("campaigns", "dashboard.campaigns", _l("Kampanyalar"), Permission.LOOK),
    ("points", "dashboard.points", _l("İzin noktaları"), Permission.LOOK),
)
IYS = (
    ("forwarding", "dashboard.forwarding", _l("İletim"), Permission.LOOK),
    ("movements", "dashboard.movements", _l("Hareketler"), Permission.LOOK),
    ("days", "dashboard.days", _l("Mutabakat"), Permission.LOOK),
    ("connection", "dashboard.connection", _l("Bağlantı"), Permission.LOOK),
)
FIRM = (
    ("start", "dashboard.start", _l("Başlangıç"), Permission.ONBOARD),
    ("brands", "dashboard.brands", _l("Markalar"), Permission.LOOK),
    ("package", "dashboard.package", _l("Paket"), Permission.LOOK),
    ("people", "dashboard.list_people", _l("Kişiler"), Permission.PEOPLE),
    ("exports", "dashboard.exports", _l("Dışa aktar"), Permission.EXPORT),
    ("audit", "dashboard.audit", _l("Denetim"), Permission.AUDIT),
)
PARTS = (
    ("overview", "dashboard.overview", _l("Genel bakış"), Permission.LOOK),
    ("asking", _l("İzin alma"), ASKING),
    ("imports", "dashboard.imports", _l("Aktarımlar"), Permission.LOOK),
    ("recipients", "dashboard.search", _l("Alıcılar"), Permission.SEARCH),
    ("desk", "desk.queue", _l("Başvurular"), Permission.COMPLAINTS),
    ("iys", _l("İYS"), IYS),
    ("firm", _l("Firma"), FIRM),
)


def note(act: str, subject: str, subject_id: int, **facts) -> None:
    """Note in this transaction what the signed-in person does."""
    audit.note(
        db.session, act, subject, subject_id, provider_id=current_user.provider_id, at=clock.now(),
        user_id=current_user.id, sign_in_id=current_user.sign_in.id, facts=facts,
    )  # fmt: skip


def provider_key() -> str:
    """Limits are of a provider, not of an address; who has not signed in meets the lock."""
    return str(getattr(current_user, "provider_id", "nobody"))


def an_id(text: str) -> int:
    """An id out of a query. Raises ValueError for what no database holds."""
    if not 0 <= (number := int(text)) < 2**63:
        raise ValueError(text)
    return number


@blueprint.context_processor
def layout() -> dict:
    """What the layout shows on every page."""
    if not current_user.is_authenticated or current_user.provider is None:  # An error page before the lock was passed.
        return {}
    return {
        "current_user": current_user,
        "provider_title": current_user.provider.title,
        "is_practising": current_user.provider.is_practising,
        "is_exempt": current_user.provider.is_exempt,
        "is_suspended": current_user.provider.suspended_at is not None,
        "parts": _open_parts(),
        "may": current_user.may_at_provider,
        "Permission": Permission,
    }


def _open_parts() -> list[tuple]:
    """(name, endpoint, words, parts of the group) of what this person may open; a group begins at its first part."""
    parts = []
    for name, *told, last in PARTS:
        if isinstance(last, Permission):
            parts += [(name, *told, ())] * current_user.may_at_provider(last)
        else:
            inner = [part[:3] for part in last if current_user.may_at_provider(part[3])]
            parts.append((name, inner[0][1], *told, inner))
    return parts
