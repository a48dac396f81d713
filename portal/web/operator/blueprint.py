"""The operator's console (iş ortağı). Nobody is impersonated: every act is done, and audited, in one's own name."""

from typing import Any

from flask import Blueprint
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from portal.domain.identity.permissions import Permission

blueprint = Blueprint("operator", __name__, url_prefix="/operator")

# Items of the navigation: name, endpoint, label, and the permission needed.
NAVIGATION = (
    ("providers", "operator.providers", _l("Hizmet sağlayıcılar"), Permission.CONSOLE),
    ("inquiries", "operator.inquiries", _l("Sorular"), Permission.ANSWER),
    ("orders", "operator.orders", _l("Siparişler"), Permission.REVIEW),
    ("tariff", "operator.price_list", _l("Paketler"), Permission.TARIFF),
    ("calendar", "operator.holidays", _l("Takvim"), Permission.CALENDAR),
    ("gateways", "operator.gateways", _l("Gönderim"), Permission.CONNECT),
    ("health", "operator.health", _l("Sağlık"), Permission.HEALTH),
    ("staff", "operator.staff", _l("Ekip"), Permission.STAFF),
    ("audit", "operator.audit", _l("Denetim"), Permission.AUDIT),
)


@blueprint.context_processor
def layout_context() -> dict[str, Any]:
    if not current_user.is_authenticated:
        return {}
    return {
        "current_user": current_user,
        "navigation_items": [item[:3] for item in NAVIGATION if current_user.may_at_operator(item[3])],
        "may": current_user.may_at_operator,
        "Permission": Permission,
    }
