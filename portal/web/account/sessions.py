"""Where the person is signed in, how each session ends, and who came or tried to come in within 90 days."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import abort, flash, redirect, render_template, session, url_for
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

SHOWN = timedelta(days=90)
MOST = 200  # Lines of history on the page.


@dataclass(frozen=True)
class Line:
    """One coming in, or one try that failed (`action`)."""

    at: datetime
    sign_in: SignIn | None = None
    ending: SessionEnd | None = None  # None: it is open.
    action: ThrottledAction | None = None
    device: str = ""
    network: str = ""


@blueprint.get("/sessions", endpoint="sessions")
@needs(Permission.SELF)
def show_sessions():
    """List what is open, this one first, and what has been."""
    at = clock.now()
    lines = [_line(sign_in, at) for sign_in in _begun(at)]
    open_ones = sorted(
        (line for line in lines if line.ending is None), key=lambda line: line.sign_in.id != current_user.sign_in.id
    )
    history = sorted([*lines, *_failed(at)], key=lambda line: line.at, reverse=True)
    return render_template(
        "account/sessions.html", open_ones=open_ones, history=history[:MOST], this_id=current_user.sign_in.id
    )


@blueprint.post("/sessions/<id:sign_in_id>/end")
@needs(Permission.SELF, fresh=True)
def end_session(sign_in_id: int):
    """End one of them; this one, too, if it is that."""
    if not sessions.end_sessions(db.session, current_user.id, SessionEnd.REVOKED, clock.now(), only=sign_in_id):
        abort(404)
    record_account_audit("session.ended", session=str(sign_in_id))
    db.session.commit()
    if sign_in_id == current_user.sign_in.id:
        return _out()
    flash(_("Oturum kapatıldı."))
    return redirect(url_for(".sessions"), 303)


@blueprint.post("/sessions/end-others")
@needs(Permission.SELF, fresh=True)
def end_other_sessions():
    """End all but this one."""
    ended = sessions.end_sessions(db.session, current_user.id, SessionEnd.REVOKED, clock.now(), but=current_user.sign_in.id)
    record_account_audit("sessions.ended", count=ended)
    db.session.commit()
    flash(ngettext("%(num)s oturum kapatıldı.", "%(num)s oturum kapatıldı.", ended))
    return redirect(url_for(".sessions"), 303)


@blueprint.post("/sessions/end-all")
@needs(Permission.SELF, fresh=True)
def end_all_sessions():
    """Go out everywhere, here too."""
    ended = sessions.end_sessions(db.session, current_user.id, SessionEnd.REVOKED, clock.now())
    record_account_audit("sessions.ended", count=ended)
    db.session.commit()
    return _out()


def _out():
    logout_user()
    session.clear()
    return redirect(url_for("signin.sign_in"), 303)


def _begun(at: datetime) -> list[SignIn]:
    theirs = select(SignIn).where(SignIn.user_id == current_user.id, SignIn.started_at > at - SHOWN)
    return list(read_session().scalars(theirs.order_by(SignIn.started_at.desc()).limit(MOST)))


def _line(sign_in: SignIn, at: datetime) -> Line:
    ending = sign_in.ending or sessions.find_timeout(sign_in, at)
    address = vault().read(sign_in.address, SignIn.PLACE, NO_PROVIDER, sign_in.id)
    return Line(
        sign_in.started_at,
        sign_in,
        ending,
        device=user_agents.device_name(sign_in.agent),
        network=user_agents.masked_network(address),
    )


def _failed(at: datetime) -> list[Line]:
    theirs = select(ThrottleHit).where(ThrottleHit.user_id == current_user.id, ThrottleHit.at > at - SHOWN)
    found = read_session().scalars(theirs.order_by(ThrottleHit.at.desc()).limit(MOST))
    return [Line(failed.at, action=failed.action) for failed in found]
