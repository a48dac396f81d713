"""The end of a posted form: the transaction ends, and a redirect with a message follows."""

from flask import flash, redirect
from flask.typing import ResponseReturnValue

from portal.core.extensions import db, wake


def commit_and_redirect(url: str, message: str, *, wakes: str = "") -> ResponseReturnValue:
    """Commit, wake the task queue for what was written (`wakes`: a name of `wake`), and redirect."""
    db.session.commit()
    if wakes:
        wake(wakes)
    flash(message)
    return redirect(url, 303)


def rollback_and_redirect(url: str, message: str) -> ResponseReturnValue:
    db.session.rollback()
    flash(str(message))  # The session keeps no lazy text.
    return redirect(url, 303)
