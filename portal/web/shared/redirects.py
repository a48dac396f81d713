"""The end of a posted form: the transaction ends, and a redirect with a message follows."""

from flask import flash, redirect
from flask.typing import ResponseReturnValue

from portal.core.extensions import db


def commit_and_redirect(url: str, message: str) -> ResponseReturnValue:
    db.session.commit()
    flash(message)
    return redirect(url, 303)


def rollback_and_redirect(url: str, message: str) -> ResponseReturnValue:
    db.session.rollback()
    flash(str(message))  # The session keeps no lazy text.
    return redirect(url, 303)
