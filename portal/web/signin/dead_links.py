"""Answering mailed links that lead nowhere."""

from flask import render_template, request
from flask.typing import ResponseReturnValue

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.throttle import TooManyRequests
from portal.domain.identity import login_throttle


def render_dead_link(template: str) -> ResponseReturnValue:
    """The page of a used or expired link; a network that tries many gets 429. Commits."""
    status = 404
    try:
        login_throttle.count_dead_link(db.session, vault(), address=request.remote_addr or "", at=clock.now())
    except TooManyRequests:
        status = 429
    db.session.commit()
    return render_template(template), status
