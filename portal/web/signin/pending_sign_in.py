"""Half a sign-in: the password was right, a factor is still to be shown. Small, short, and good for nothing else."""

from flask import session
from flask_login import current_user

from portal.core import clock
from portal.core.extensions import db
from portal.core.models import SessionEnd, User
from portal.domain.identity import accounts, sessions

NAME = "half"
FOR_CODES = 5 * 60  # Seconds to show a factor.
FOR_ENROLMENT = 15 * 60  # Seconds for who has none yet, and must first find an app.
KEPT = ("language", "onward")  # What the visitor chose before, and may keep.


def begin(user: User) -> None:
    """Remember whose password was right, and forget nearly everything of the visitor's session. Commits.

    What an attacker may have planted in a visitor's browser does not live on; and whoever was in by it is out, in the
    rows too.
    """
    if current_user.is_authenticated:
        sessions.end_sessions(db.session, current_user.id, SessionEnd.SIGNED_OUT, clock.now(), only=current_user.sign_in.id)
        db.session.commit()
    kept = {name: session[name] for name in KEPT if name in session}
    session.clear()
    session.update(kept)
    session[NAME] = {"user": str(user.id), "at": clock.now().timestamp(), "mark": accounts.password_mark(user)}


def whose(seconds: int = FOR_CODES) -> User | None:
    """Who is half in; None where nobody is, the time is over, or the password was changed meanwhile."""
    half = session.get(NAME) or {}
    if not 0 <= clock.now().timestamp() - half.get("at", 0) <= seconds:
        return None
    user = db.session.get(User, int(half["user"]))
    return user if user and user.is_open and half["mark"] == accounts.password_mark(user) else None


def is_over() -> bool:
    """Whether somebody was half in and took too long; it is forgotten with that."""
    return NAME in session and whose(FOR_ENROLMENT) is None and end()


def candidate() -> int | None:
    """The id of the factor that this half enrols: somebody else may know what another half was shown."""
    return int(session.get(NAME, {}).get("factor", 0)) or None


def enrols(factor_id: int) -> None:
    """Remember it."""
    session[NAME] = session[NAME] | {"factor": str(factor_id)}


def end() -> bool:
    """Forget it; whether there was one."""
    return session.pop(NAME, None) is not None
