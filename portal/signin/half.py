"""Half a sign-in: the password was right, a factor is still to be shown. Small, short, and good for nothing else."""

from flask import session

from portal import accounts, clock
from portal.extensions import db
from portal.models import User

NAME = "half"
LIFETIME = 5 * 60  # Seconds.


def begin(user: User) -> None:
    """Remember whose password was right, and forget everything of the visitor's session but the language.

    What an attacker may have planted in a visitor's browser does not live on.
    """
    language = session.get("language")
    session.clear()
    if language:
        session["language"] = language
    session[NAME] = {"user": str(user.id), "at": clock.now().timestamp(), "mark": accounts.mark_of(user)}


def whose() -> User | None:
    """Who is half in; None where nobody is, the time is over, or the password was changed meanwhile."""
    half = session.get(NAME) or {}
    if not 0 <= clock.now().timestamp() - half.get("at", 0) <= LIFETIME:
        return None
    user = db.session.get(User, int(half["user"]))
    return user if user and user.is_open and half["mark"] == accounts.mark_of(user) else None


def end() -> None:
    """Forget it."""
    session.pop(NAME, None)
