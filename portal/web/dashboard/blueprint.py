"""The provider's dashboard. Everything is fetched through the signed-in person's provider."""

from typing import Any

from flask import Blueprint, current_app
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from portal.domain.identity.permissions import Permission
from portal.web.shared import other_provider

blueprint = Blueprint("dashboard", __name__, url_prefix="/dashboard")

# Items of the navigation: name, endpoint, label, and the permission needed. A group: name, label, items.
CONSENT_ITEMS = (
    ("campaigns", "dashboard.campaigns", _l("Kampanyalar"), Permission.LOOK),
    ("points", "dashboard.points", _l("İzin noktaları"), Permission.LOOK),
    ("confirmations", "dashboard.confirmations", _l("Bildirimler"), Permission.LOOK),
)
IYS_ITEMS = (
    ("forwarding", "dashboard.forwarding", _l("İletim"), Permission.LOOK),
    ("movements", "dashboard.movements", _l("Hareketler"), Permission.LOOK),
    ("days", "dashboard.days", _l("Mutabakat"), Permission.LOOK),
    ("connection", "dashboard.connection", _l("Bağlantı"), Permission.LOOK),
)
COMPANY_ITEMS = (
    ("start", "dashboard.start", _l("Başlangıç"), Permission.ONBOARD),
    ("brands", "dashboard.brands", _l("Markalar"), Permission.LOOK),
    ("gateways", "dashboard.gateways", _l("Gönderim"), Permission.LOOK),
    ("package", "dashboard.package", _l("Paket"), Permission.LOOK),
    ("people", "dashboard.list_people", _l("Kişiler"), Permission.PEOPLE),
    ("keys", "dashboard.list_api_keys", _l("API"), Permission.KEYS),
    ("exports", "dashboard.exports", _l("Dışa aktar"), Permission.EXPORT),
    ("audit", "dashboard.audit", _l("Denetim"), Permission.AUDIT),
)
NAVIGATION: tuple[tuple, ...] = (
    ("overview", "dashboard.overview", _l("Genel bakış"), Permission.LOOK),
    ("asking", _l("İzin alma"), CONSENT_ITEMS),
    ("imports", "dashboard.imports", _l("Aktarımlar"), Permission.LOOK),
    ("recipients", "dashboard.search", _l("Alıcılar"), Permission.SEARCH),
    ("desk", "desk.queue", _l("Başvurular"), Permission.COMPLAINTS),
    ("iys", _l("İYS"), IYS_ITEMS),
    ("firm", _l("Firma"), COMPANY_ITEMS),
)


@blueprint.url_defaults
def name_provider(endpoint: str, values: dict[str, Any]) -> None:
    """Let links to files without an id say whose file they are for."""
    if getattr(current_app.view_functions[endpoint], "names_provider", False):
        values.setdefault(other_provider.ARGUMENT, current_user.provider_id)


@blueprint.context_processor
def layout_context() -> dict[str, Any]:
    """What the layout shows on every page."""
    if not current_user.is_authenticated or current_user.provider is None:  # An error page before the access check.
        return {}
    return {
        "current_user": current_user,
        "provider_title": current_user.provider.title,
        "in_sandbox_mode": current_user.provider.in_sandbox_mode,
        "is_exempt": current_user.provider.is_exempt,
        "is_suspended": current_user.provider.suspended_at is not None,
        "navigation_items": _permitted_items(),
        "may": current_user.may_at_provider,
        "Permission": Permission,
    }


def _permitted_items() -> list[tuple]:
    """(name, endpoint, label, items of the group) of what this person may open; a group opens at its first item."""
    items: list[tuple] = []
    for name, *head, last in NAVIGATION:
        if isinstance(last, Permission):
            items += [(name, *head, ())] * current_user.may_at_provider(last)
        else:
            inner = [item[:3] for item in last if current_user.may_at_provider(item[3])]
            items.append((name, inner[0][1], *head, inner))
    return items
