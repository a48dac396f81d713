"""End all sessions of one person, of the operator's staff or of a provider: an account may be compromised."""

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
    ended = _end_sessions(staff_member_or_404(user_id).id)
    record_operator_audit("sessions.ended", "user", user_id, count=ended)
    return _commit_and_return(ended, url_for(".staff"))


@blueprint.post("/providers/<id:provider_id>/people/<id:membership_id>/sessions/end")
@needs(Permission.STAFF, fresh=True)
def end_sessions_of_person(provider_id: int, membership_id: int) -> ResponseReturnValue:
    """End somebody's sessions at every provider. The provider sees it in its audit log."""
    member = members.find_member(
        db.session, visible_provider_or_404(db.session, provider_id).id, membership_id
    ) or abort(404)
    ended = _end_sessions(member.user_id)
    record_operator_audit("sessions.ended", "membership", member.id, provider_id=provider_id, count=ended)
    return _commit_and_return(ended, url_for(".provider", provider_id=provider_id, _anchor="people"))


def _end_sessions(user_id: int) -> int:
    """All but the session in use."""
    return sessions.end_sessions(db.session, user_id, SessionEnd.REVOKED, clock.now(), but=current_user.sign_in.id)


def _commit_and_return(ended: int, url: str) -> ResponseReturnValue:
    db.session.commit()
    flash(ngettext("%(num)s oturum kapatıldı.", "%(num)s oturum kapatıldı.", ended))
    return redirect(url, 303)
