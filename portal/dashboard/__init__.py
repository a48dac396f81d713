"""The provider's dashboard. Everything is fetched through the signed-in person's provider."""

from flask import Blueprint
from flask_login import current_user

from portal import audit, clock
from portal.extensions import db, reading
from portal.models import Provider

door = Blueprint("dashboard", __name__, url_prefix="/dashboard")


def note(act: str, subject: str, subject_id: int, **facts) -> None:
    """Note in this transaction what the signed-in person does."""
    audit.note(
        db.session, act, subject, subject_id, provider_id=current_user.provider_id, at=clock.now(),
        user_id=current_user.id, facts=facts,
    )  # fmt: skip


def provider_key() -> str:
    """Limits are of a provider, not of an address; who has not signed in meets the lock."""
    return str(getattr(current_user, "provider_id", "nobody"))


def an_id(text: str) -> int:
    """An id out of a query. Raises ValueError for what no database holds."""
    if not 0 <= (number := int(text)) < 2**63:
        raise ValueError(text)
    return number


@door.context_processor
def layout() -> dict:
    """What the layout shows on every page."""
    if not current_user.is_authenticated:  # An error page shown before the lock was reached.
        return {}
    provider = reading().get_one(Provider, current_user.provider_id)
    return {"current_user": current_user, "provider_title": provider.title}


from portal.dashboard import (  # noqa: E402 - the pages register with the door
    campaigns,  # noqa: F401
    connection,  # noqa: F401
    days,  # noqa: F401
    differences,  # noqa: F401
    forwarding,  # noqa: F401
    movements,  # noqa: F401
    overview,  # noqa: F401
    pushes,  # noqa: F401
    recipients,  # noqa: F401
)
