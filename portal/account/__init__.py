"""Pages of whoever is signed in, about themselves: for whom they work, their sessions, factors and password."""

from flask import Blueprint
from flask_login import current_user

from portal import audit, clock
from portal.extensions import db

door = Blueprint("account", __name__, url_prefix="/account")


def note(act: str, **facts) -> None:
    """Note in this transaction what the person does with their own account."""
    audit.note(
        db.session, act, "user", current_user.id, provider_id=current_user.provider_id, at=clock.now(),
        user_id=current_user.id, sign_in_id=current_user.sign_in.id, facts=facts,
    )  # fmt: skip


@door.context_processor
def layout() -> dict:
    """What the layout shows on every page."""
    return {"current_user": current_user} if current_user.is_authenticated else {}


from portal.account import (  # noqa: E402 - the pages register with the door
    choosing,  # noqa: F401
)
