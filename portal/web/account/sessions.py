"""A user's open sessions, and their sign-ins and failed attempts of the last 90 days."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import abort, flash, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user, logout_user
from sqlalchemy import select

from portal.core import clock
from portal.core.extensions import db, read_session, vault
from portal.core.models import NO_PROVIDER, SessionEnd, SignIn, ThrottledAction, ThrottleHit
from portal.domain.identity import sessions
from portal.domain.identity.permissions import Permission
from portal.web.account.blueprint import blueprint, record_account_audit
from portal.web.shared import user_agents
from portal.web.shared.access import needs
from portal.web.shared.redirects import commit_and_redirect

SHOWN = timedelta(days=90)
MAX_LINES = 200  # Lines of history on the page.


@dataclass(frozen=True)
class HistoryLine:
    """A sign-in, or a failed attempt (`action`)."""

    at: datetime
    sign_in: SignIn | None = None
    ending: SessionEnd | None = None  # None: still open.
    action: ThrottledAction | None = None
    device: str = ""
    network: str = ""


@blueprint.get("/sessions", endpoint="sessions")
@needs(Permission.SELF)
def show_sessions() -> ResponseReturnValue:
    """List open sessions, the current one first, and the history."""
    at = clock.now()
    theirs = select(SignIn).where(SignIn.user_id == current_user.id, SignIn.started_at > at - SHOWN)
    sign_ins = read_session().scalars(theirs.order_by(SignIn.started_at.desc()).limit(MAX_LINES))
    lines = [_history_line(sign_in, at) for sign_in in sign_ins]
    this_id = current_user.sign_in.id
    open_ones = [line for line in lines if line.ending is None]
    open_ones.sort(key=lambda line: line.sign_in is None or line.sign_in.id != this_id)
    hits = select(ThrottleHit).where(ThrottleHit.user_id == current_user.id, ThrottleHit.at > at - SHOWN)
    failed = read_session().scalars(hits.order_by(ThrottleHit.at.desc()).limit(MAX_LINES))
    history = lines + [HistoryLine(each.at, action=each.action) for each in failed]
    history.sort(key=lambda line: line.at, reverse=True)
    return render_template("account/sessions.html", open_ones=open_ones, history=history[:MAX_LINES], this_id=this_id)


@blueprint.post("/sessions/<id:sign_in_id>/end")
@needs(Permission.SELF, fresh=True)
def end_session(sign_in_id: int) -> ResponseReturnValue:
    """End a session, which may be the current one."""
    if not sessions.end_sessions(db.session, current_user.id, SessionEnd.REVOKED, clock.now(), only=sign_in_id):
        abort(404)
    record_account_audit("session.ended", session=str(sign_in_id))
    db.session.commit()
    if sign_in_id == current_user.sign_in.id:
        return _sign_out()
    flash(_("Oturum kapatıldı."))
    return redirect(url_for(".sessions"), 303)


@blueprint.post("/sessions/end-others")
@needs(Permission.SELF, fresh=True)
def end_other_sessions() -> ResponseReturnValue:
    ended = sessions.end_sessions(
        db.session, current_user.id, SessionEnd.REVOKED, clock.now(), but=current_user.sign_in.id
    )
    record_account_audit("sessions.ended", count=ended)
    message = ngettext("%(num)s oturum kapatıldı.", "%(num)s oturum kapatıldı.", ended)
    return commit_and_redirect(url_for(".sessions"), message)


@blueprint.post("/sessions/end-all")
@needs(Permission.SELF, fresh=True)
def end_all_sessions() -> ResponseReturnValue:
    ended = sessions.end_sessions(db.session, current_user.id, SessionEnd.REVOKED, clock.now())
    record_account_audit("sessions.ended", count=ended)
    db.session.commit()
    return _sign_out()


def _sign_out() -> ResponseReturnValue:
    logout_user()
    session.clear()
    return redirect(url_for("signin.sign_in"), 303)


def _history_line(sign_in: SignIn, at: datetime) -> HistoryLine:
    ending = sign_in.ending or sessions.find_timeout(sign_in, at)
    address = vault().read(sign_in.address, SignIn.PLACE, NO_PROVIDER, sign_in.id)
    device, network = user_agents.device_name(sign_in.agent), user_agents.masked_network(address)
    return HistoryLine(sign_in.started_at, sign_in, ending, device=device, network=network)
