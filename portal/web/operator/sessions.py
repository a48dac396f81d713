"""Ending the sessions of one person, of the operator's own or of a provider's: an account may be in wrong hands."""

from flask import abort, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import ngettext
from flask_login import current_user

from portal.core import clock
from portal.core.extensions import db
from portal.core.models import SessionEnd
from portal.domain.identity import members, sessions
from portal.domain.identity.permissions import Permission
from portal.web.operator.blueprint import blueprint
from portal.web.operator.provider_access import visible_provider_or_404
from portal.web.operator.staff import staff_member_or_404
from portal.web.shared.access import needs
from portal.web.shared.signed_in_person import record_operator_audit


@blueprint.post("/staff/<id:user_id>/sessions/end")
@needs(Permission.STAFF, fresh=True)
def end_sessions_of_staff(user_id: int) -> ResponseReturnValue:
    """Let somebody of the operator sign in anew, wherever they are in."""
    ended = _end_sessions(staff_member_or_404(user_id).id)
    record_operator_audit("sessions.ended", "user", user_id, count=ended)
    return _commit_and_return(ended, url_for(".staff"))


@blueprint.post("/providers/<id:provider_id>/people/<id:membership_id>/sessions/end")
@needs(Permission.STAFF, fresh=True)
def end_sessions_of_person(provider_id: int, membership_id: int) -> ResponseReturnValue:
    """Let somebody of a provider sign in anew, wherever they are in. The provider's people read of it."""
    of = members.find_member(db.session, visible_provider_or_404(db.session, provider_id).id, membership_id) or abort(404)
    ended = _end_sessions(of.user_id)
    record_operator_audit("sessions.ended", "membership", of.id, provider_id=provider_id, count=ended)
    return _commit_and_return(ended, url_for(".provider", provider_id=provider_id, _anchor="people"))


def _end_sessions(user_id: int) -> int:
    """All but the one this is done in."""
    return sessions.end_sessions(db.session, user_id, SessionEnd.REVOKED, clock.now(), but=current_user.sign_in.id)


def _commit_and_return(ended: int, where: str):
    db.session.commit()
    flash(ngettext("%(num)s oturum kapatıldı.", "%(num)s oturum kapatıldı.", ended))
    return redirect(where, 303)
