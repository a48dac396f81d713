"""The pending sign-in in the cookie session: the password was right, the second factor is still missing.

A first factor is enrolled only where a mailed link was opened in this browser, too: a password alone may be a thief's.
"""

from flask import session
from flask_login import current_user

from portal.core import clock
from portal.core.extensions import db
from portal.core.models import OneTimeLink, SessionEnd, User
from portal.domain.identity import accounts, one_time_links, sessions

NAME = "pending"
FOR_CODES = 5 * 60  # Seconds to use a factor.
FOR_ENROLMENT = 15 * 60  # Seconds for users without a factor, who may have to install an app.
KEPT = ("language", "onward")  # Survive the sign-in.


def begin(user: User, link: OneTimeLink | None = None) -> None:
    """Begin a pending sign-in, by a mailed link where one was opened, and clear the visitor's cookie session. Commits.

    Nothing that an attacker planted in the browser survives, and an open session of it ends.
    """
    if current_user.is_authenticated:
        sessions.end_sessions(
            db.session, current_user.id, SessionEnd.SIGNED_OUT, clock.now(), only=current_user.sign_in.id
        )
        db.session.commit()
    kept = {name: session[name] for name in KEPT if name in session}
    session.clear()
    session.update(kept)
    session[NAME] = {"user": str(user.id), "at": clock.now().timestamp(), "mark": accounts.password_mark(user)}
    if link is not None:
        session[NAME] |= {"link": str(link.id)}


def find_user(seconds: int = FOR_CODES) -> User | None:
    """The user of the pending sign-in; None if there is none, it expired, or the password changed."""
    pending = session.get(NAME) or {}
    if not 0 <= clock.now().timestamp() - pending.get("at", 0) <= seconds:
        return None
    user = db.session.get(User, int(pending["user"]))
    return user if user and user.is_open and pending["mark"] == accounts.password_mark(user) else None


def find_link(user: User) -> OneTimeLink | None:
    """The mailed link by which this pending sign-in may enrol a first factor; None if there is none or it ended."""
    link = db.session.get(OneTimeLink, int(session.get(NAME, {}).get("link", 0)))
    return link if link and one_time_links.lets_enrol(link, user, clock.now()) else None


def is_over() -> bool:
    """Whether there was a pending sign-in that expired; it is deleted."""
    return NAME in session and find_user(FOR_ENROLMENT) is None and end()


def factor_id() -> int | None:
    """The id of the factor that this pending sign-in enrols. Another one's secret may be known to others."""
    return int(session.get(NAME, {}).get("factor", 0)) or None


def remember_factor(factor: int) -> None:
    session[NAME] = session[NAME] | {"factor": str(factor)}


def end() -> bool:
    """Delete the pending sign-in; whether there was one."""
    return session.pop(NAME, None) is not None
